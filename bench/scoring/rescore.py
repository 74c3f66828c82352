"""How long does it take to score 100,000 leads anew after the rules have changed, with the worker killed in the middle?

    .venv/bin/python -m bench.scoring.rescore --db sqlite:////tmp/rescore.db [--leads 100000]

The database must be empty or not there. It is filled by bulk inserts (5 events and 3 facts a lead), a changed
rulebook is published, and a process of its own scores anew as the sweeper does, until half is done: then it is killed
(SIGKILL) and another one goes on. In the end each lead must stand by the new rules, its version raised once, no stage
move told twice, nothing owed to the destination that would take everything, and a sample stand as `explain` says.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from gateway import rescoring, standing
from gateway.records import Site
from gateway.scoring.rulebook import shipped, shipped_text
from gateway.store import destinations, leads, migrate, rulebooks, sites
from gateway.store.db import Database
from gateway.store.destinations import NewDestination
from gateway.store.tables import deliveries, events, facts, stage_moves
from gateway.store.tables import leads as rows

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AT_ONCE = 2_000  # leads an insert
SAMPLE = 500
JOBS = ("CMO", "Baker", "مدیر بازاریابی", "Student")
KINDS = (
    ("page_view", "browser", {}), ("content_view", "browser", {}), ("download", "form", {"level": "top"}),
    ("answer", "form", {"field": "time_to_buy", "value": "0_3"}), ("submission", "form", {}),
)  # fmt: skip


def fill(db: Database, count: int) -> Site:
    chance = random.Random(1)
    with db.write() as conn:
        site = sites.add(conn, "demo", "Demo", NOW)
        new = NewDestination(site.id, "webhook", "CRM", {"url": "https://crm.example/hook"}, sends="all")
        destinations.add(conn, "for this bench only", new, NOW)
    for some in _batches(count):
        with db.write() as conn:
            conn.execute(rows.insert(), [_lead(site, number) for number in some])
            conn.execute(facts.insert(), [one for number in some for one in _facts(number, chance)])
            conn.execute(events.insert(), [one for number in some for one in _events(site, number, chance)])
    return site


def _batches(count: int) -> Iterator[range]:
    for begin in range(0, count, AT_ONCE):
        yield range(begin, min(begin + AT_ONCE, count))


def _lead(site: Site, number: int) -> dict[str, Any]:
    plain = dict.fromkeys(("test", "contact_requested", "customer", "deal_open"), False)
    stands = {"version": 1, "grade": "–", "interest": 4, "score": 0, "scored_by": shipped().digest, "search": ""}
    return {"id": f"lead_{number}", "site_id": site.id, "created_at": NOW, "updated_at": NOW, **plain, **stands}


def _facts(number: int, chance: random.Random) -> list[dict[str, Any]]:
    values = {"email": f"p{number}@example.com", "job_title": chance.choice(JOBS), "company_size": "10_49"}
    rest = {"lead_id": f"lead_{number}", "strength": "typed", "origin": "sub_x", "at": NOW, "state": "current"}
    return [{"field": name, "value": value, **rest} for name, value in values.items()]


def _events(site: Site, number: int, chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for position, (kind, source, params) in enumerate(KINDS):
        at = NOW - timedelta(minutes=chance.randrange(60 * 24 * 90))
        about = {"id": f"e{number}-{position}", "site_id": site.id, "lead_id": f"lead_{number}", "visitor_id": None}
        told = {"type": kind, "name": "", "url": "https://shop.example/prices", "source": source, "human": True}
        found.append({**about, **told, "at": at, "received_at": at, "params": params})
    return found


def work(url: str, site_id: str) -> None:
    """The worker: parts of the site until none waits."""
    db = Database(url)
    while rescoring.rescore(db, site_id, lambda: NOW):
        pass
    db.close()


def run(url: str, count: int) -> Iterator[str]:
    migrate.migrate(url)
    db = Database(url)
    begun = time.monotonic()
    site = fill(db, count)
    yield f"{count} leads, {count * len(KINDS)} events, {count * 3} facts written in {time.monotonic() - begun:.0f} s"
    changed = shipped_text().replace("points = 30", "points = 28")
    with db.write() as conn:
        rulebooks.publish(conn, site.id, changed, NOW)
    begun, cpu = time.monotonic(), _loop()
    first = _worker(url, site.id)
    while _done(db, site.id) < count // 2 and first.poll() is None:
        time.sleep(1)
    first.kill()
    first.wait()
    half, reached = time.monotonic() - begun, _done(db, site.id)
    yield f"killed after {half:.0f} s at {reached}: {reached / half:.0f} leads/s"
    yield f"meanwhile ten million empty steps of a loop took {cpu:.2f} s"
    begun = time.monotonic()
    if _worker(url, site.id).wait() != 0:
        raise SystemExit("the second worker failed")
    rest = time.monotonic() - begun
    yield f"the rest in {rest:.0f} s: {(count - reached) / rest:.0f} leads/s; {half + rest:.0f} s in all"
    yield from check(db, site, count)


def _worker(url: str, site_id: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "bench.scoring.rescore", "--db", url, "--work", site_id])


def _done(db: Database, site_id: str) -> int:
    found = rescoring.progress(db, site_id)
    return found.done if found else 0


def _loop() -> float:
    begun = time.process_time()
    for _ in range(10**7):
        pass
    return time.process_time() - begun


def check(db: Database, site: Site, count: int) -> Iterator[str]:
    """Raises SystemExit for what is not as it should be."""
    with db.read() as conn:
        book = rulebooks.in_force(conn, site.id)
        facts_of_all = {
            "stand by the new rules": select(func.count()).where(rows.c.scored_by == book.digest),
            "have their version raised once": select(func.count()).where(rows.c.version == 2),
        }
        found = {what: conn.execute(query).scalar_one() for what, query in facts_of_all.items()}
        moves = select(stage_moves.c.lead_id).group_by(stage_moves.c.lead_id, stage_moves.c.to_stage)
        twice = conn.execute(select(func.count()).select_from(moves.having(func.count() > 1).subquery())).scalar_one()
        owed = conn.execute(select(func.count()).select_from(deliveries)).scalar_one()
        wrong = sum(
            _differs(conn, site, f"lead_{n}") for n in random.Random(2).sample(range(count), min(SAMPLE, count))
        )
    yield f"{found}; stage moves told twice: {twice}; owed: {owed}; of {SAMPLE} explained anew differ: {wrong}"
    if set(found.values()) != {count} or twice or owed or wrong:
        raise SystemExit("not as it should be")


def _differs(conn: Any, site: Site, lead_id: str) -> bool:
    lead = leads.get(conn, site.id, lead_id)
    assert lead is not None
    told = standing.explain(conn, lead, NOW)
    return (told.score, told.grade, told.interest, told.stage) != (lead.score, lead.grade, lead.interest, lead.stage)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", required=True)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.db, asked.work)
        return
    for line in run(asked.db, asked.leads):
        print(line, flush=True)


if __name__ == "__main__":
    main()
