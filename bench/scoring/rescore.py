"""How long does it take to score 100,000 leads anew after the rules have changed, with the worker killed in the middle?

    .venv/bin/python -m bench.scoring.rescore [--db postgresql] [--leads 100000] [--into FOLDER]

A database of its own is filled by bulk inserts (a lead: 5 events, 3 facts, an identifier, an accepted submission with
its verdict, a consent), a changed rulebook is published, and a process of its own scores anew as the sweeper does,
until half is done: then it is killed (SIGKILL) and another one goes on. Meanwhile somebody else writes ten times a
second, as a visitor's form does: how long that waits is told. In the end each lead must stand by the new rules, its
version raised once, no stage move told twice, nothing owed to the destination that would take everything, and a sample
stand as `explain` says.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bench.delivery.speed import database
from gateway import rescoring, standing
from gateway.records import Site
from gateway.scoring.rulebook import shipped, shipped_text
from gateway.store import destinations, leads, migrate, rulebooks
from gateway.store.db import Database
from gateway.store.destinations import NewDestination
from gateway.store.tables import (
    consents,
    deliveries,
    events,
    facts,
    identifiers,
    stage_moves,
    submissions,
    verdicts,
)
from gateway.store.tables import leads as rows
from tests.support import intake

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
        site = intake.make_site(conn, NOW)
        form_id = intake.make_form(conn, site, NOW)
        new = NewDestination(site.id, "webhook", "CRM", {"url": "https://crm.example/hook"}, sends="all")
        destinations.add(conn, "for this bench only", new, NOW)
    for some in _batches(count):
        with db.write() as conn:
            conn.execute(rows.insert(), [_lead(site, number) for number in some])
            conn.execute(facts.insert(), [one for number in some for one in _facts(number, chance)])
            conn.execute(events.insert(), [one for number in some for one in _events(site, number, chance)])
            conn.execute(submissions.insert(), [_submission(site, form_id, number) for number in some])
            for table, made in ((verdicts, _verdict), (consents, _consent), (identifiers, _identifier)):
                conn.execute(table.insert(), [made(site, number) for number in some])
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


def _submission(site: Site, form_id: str, number: int) -> dict[str, Any]:
    whose = {"id": f"sub_{number}", "site_id": site.id, "form_id": form_id, "lead_id": f"lead_{number}"}
    came = {"status": "accepted", "received_at": NOW, "channel": "hosted", "lang": "en", "form_version": 1}
    said = {"answers": {"email": f"p{number}@example.com"}, "typed": {}, "asked": ["email"], "page": {}, "facts": {}}
    return {**whose, **came, **said, "test": False}


def _verdict(_site: Site, number: int) -> dict[str, Any]:
    found = [{"code": "free_mail", "outcome": "pass", "weight": 0, "params": {}}] * 20
    return {"submission_id": f"sub_{number}", "at": NOW, "outcome": "accept", "weight": 0, "findings": found}


def _consent(site: Site, number: int) -> dict[str, Any]:
    whose = {"id": f"cons_{number}", "site_id": site.id, "lead_id": f"lead_{number}", "submission_id": f"sub_{number}"}
    said = {"purpose": "marketing", "legal_basis": "consent", "text": "Keep me posted", "lang": "en"}
    return {**whose, **said, "state": "claimed", "at": NOW, "evidence": {}}


def _identifier(site: Site, number: int) -> dict[str, Any]:
    value = f"p{number}@example.com"
    return {"site_id": site.id, "kind": "email", "value": value, "lead_id": f"lead_{number}", "at": NOW}


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
    begun, cpu, waits = time.monotonic(), _loop(), list[float]()
    first = _worker(url, site.id)
    while _done(db, site.id) < count // 2 and first.poll() is None:
        waits += _written_beside(db)
    first.kill()
    first.wait()
    half, reached = time.monotonic() - begun, _done(db, site.id)
    yield f"killed after {half:.0f} s at {reached}: {reached / half:.0f} leads/s"
    begun = time.monotonic()
    second = _worker(url, site.id)
    while second.poll() is None:
        waits += _written_beside(db)
    if second.returncode != 0:
        raise SystemExit("the second worker failed")
    rest = time.monotonic() - begun
    yield f"the rest in {rest:.0f} s: {(count - reached) / rest:.0f} leads/s; {half + rest:.0f} s in all"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (used.ru_utime + used.ru_stime) / count * 1000
    yield f"of the two workers' processor time, their start with it, {each:.2f} ms a lead"
    waits.sort()
    yield (
        f"{len(waits)} writes beside it waited {waits[len(waits) // 2] * 1000:.0f} ms in the middle, "
        f"{waits[len(waits) * 95 // 100] * 1000:.0f} at p95, {waits[-1] * 1000:.0f} at most"
    )
    yield f"ten million empty steps of a loop took {cpu:.2f} and {_loop():.2f} s; load {os.getloadavg()[0]:.1f}"
    yield from check(db, site, count)


def _written_beside(db: Database) -> list[float]:
    """How long each of ten writes within a second waited, in seconds."""
    found = []
    for _ in range(10):
        begun = time.monotonic()
        db.check_writable()
        found.append(time.monotonic() - begun)
        time.sleep(0.1)
    return found


def _worker(url: str, site_id: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "bench.scoring.rescore", "--work", url, site_id])


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
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(*asked.work)
        return
    with database(asked) as url:
        for line in run(url, asked.leads):
            print(line, flush=True)


if __name__ == "__main__":
    main()
