"""How long it takes to link one new submission where a site has many leads: what the worker does for it, commits
included. One at a time; half of them come from people who are there, half of these with another mailbox, and all from
browsers that were not seen before. The sizes take turns, so that what else the machine does meets them alike.

Example: python -m bench.identity.online --leads 10000,1000000 --db sqlite --into /tmp/online --keep
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, update

from bench.identity.filling import Crowd, Place, fill
from gateway import linking, matching, organising, standing
from gateway.clock import utcnow
from gateway.ids import new_id
from gateway.store import forms, lead_keys, leads, sites, submissions
from gateway.store.db import Database
from gateway.store.migrate import migrate
from gateway.store.submissions import NewSubmission
from gateway.store.tables import leads as lead_rows
from gateway.store.tables import sites as site_rows
from tests.support import postgres
from tests.support.people_forms import ALL
from verification.matching.blocking import KEYS_VERSION

WARM = 50  # submissions before it is measured: prepared statements and the first pages
KNOWN = 1000  # leads that come again, spread evenly over all
LOOP = 1_000_000  # steps of the plain loop that tells how fast the machine is
STEPS = ("link and save", "match", "both", "both, processor", "score", "organise")


@dataclass
class Stage:
    """A database with one site, one form and many leads; `steps`: the milliseconds that were taken there."""

    db: Database
    place: Place
    leads: int
    there: list[dict[str, str]]
    now: datetime
    steps: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})

    def at(self, step: str, share: float) -> float:
        ordered = sorted(self.steps[step])
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def main() -> None:
    options = _options()
    crowd = Crowd(options.lang, f"online {options.lang}")
    with ExitStack() as stack:
        url_of = stack.enter_context(_databases(options))
        stages = [_stage(url_of(size), size, crowd) for size in options.leads]
        for stage in stages:
            stack.callback(stage.db.close)
        if options.rounds:
            _measure(stages, crowd, options.rounds)
            _print(stages)


def _measure(stages: list[Stage], crowd: Crowd, rounds: int) -> None:
    crowd.go_on(10 * max(_count(stage) for stage in stages))  # nobody who came in an earlier run
    dice = Random(f"{crowd.dice.random()} submissions")
    loops = []
    for number in range(WARM + rounds):
        for stage in stages if number % 2 else stages[::-1]:
            answers = _answers(number, stage.there, crowd, dice)
            taken = go(stage, answers, f"{dice.getrandbits(128):032x}")
            if number >= WARM:
                for step, seconds in zip(STEPS, taken, strict=True):
                    stage.steps[step].append(1000 * seconds)
        if number % 50 == 0:
            loops.append(_plain_loop())
    wall, processor = (statistics.median(column) * 10_000_000 / LOOP for column in zip(*loops, strict=True))
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"a loop of 10 million steps: {wall:.2f} s, {processor:.2f} s of the processor (median; load {load})")


def _answers(number: int, there: list[dict[str, str]], crowd: Crowd, dice: Random) -> dict[str, str]:
    """Every second one is somebody new; of the others every second one writes from another mailbox."""
    fresh = crowd.draw()
    if number % 2:
        return fresh
    known = dice.choice(there)
    return known if number % 4 else {**known, "email": fresh["email"]}


def go(stage: Stage, answers: dict[str, str], browser: str) -> tuple[float, ...]:
    """Seconds of each step for one submission, as worker and sweeper take them; receiving it is the edge's. Processor
    time tells what a machine that is busy with other things would take alone, less what the database's own processes
    do."""
    db, place = stage.db, stage.place
    stage.now = now = max(utcnow(), stage.now + timedelta(milliseconds=1))
    made = new_id("sub", now)
    new = NewSubmission(
        made, place.site_id, place.form_id, 1, "hosted", place.lang, now, made, made, answers,
        asked=tuple(answers), visitor_id=browser,
    )  # fmt: skip
    db.grouped(submissions.receive_all, new)
    with db.read() as conn:
        submission = submissions.get(conn, place.site_id, made)
        form = forms.version(conn, place.form_id, 1)
    assert submission is not None
    began, processor = time.perf_counter(), time.thread_time()
    with db.write() as conn:
        link = linking.link(conn, submission, form, now)
        assert link is not None
        linking.save(conn, submission, form, link=link, now=now)
        submissions.done(conn, made)
    saved = time.perf_counter()
    matching.weigh_due(db, now)
    matched, processor = time.perf_counter(), time.thread_time() - processor
    with db.write() as conn:
        standing.refresh(conn, place.site_id, link.lead_id, now)
    scored = time.perf_counter()
    organising.regroup_due(db, now)
    organised = time.perf_counter()
    return saved - began, matched - saved, matched - began, processor, scored - matched, organised - scored


def _plain_loop() -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    wall, processor, total = time.perf_counter(), time.thread_time(), 0
    for number in range(LOOP):
        total += number
    return time.perf_counter() - wall, time.thread_time() - processor


def _print(stages: list[Stage]) -> None:
    for stage in stages:
        for step in STEPS:
            p50, p95, p99 = (stage.at(step, share) for share in (0.5, 0.95, 0.99))
            print(f"{stage.leads} leads, {step}: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms")
    small, large = stages[0], stages[-1]
    for step in ("both", "both, processor") if len(stages) > 1 else ():
        grown = [f"p{100 * share:.0f} {large.at(step, share) / small.at(step, share):.2f}" for share in (0.5, 0.95)]
        print(f"{large.leads} against {small.leads} leads, {step}: {', '.join(grown)} times")


def _stage(url: str, size: int, crowd: Crowd) -> Stage:
    """The database of this URL, filled unless it is."""
    migrate(url)
    db, now = Database(url), utcnow()
    place = place_in(db, now)
    with db.read() as conn:
        filled, begun = lead_keys.count(conn, place.site_id), leads.count(conn, place.site_id)
    if begun and not filled:
        raise SystemExit(f"{url} was not filled to its end: remove it")
    if not filled:
        started = time.monotonic()
        fill(url, place, crowd, size)
        with db.write() as conn:  # what the worker would have kept beside the site
            conn.execute(update(site_rows).values(leads_keyed=size, keys_version=KEYS_VERSION))
        print(f"{size} leads there after {time.monotonic() - started:.0f} s", flush=True)
    return Stage(db, place, size, _known(db, size), now)


def place_in(db: Database, now: datetime) -> Place:
    """Its site and form, made where there are none."""
    with db.write() as conn:
        site = sites.by_key(conn, "online") or sites.add(conn, "online", "Online", now)
        row = forms.save_draft(conn, site.id, ALL, now)
        if row.published_version is None:
            forms.publish(conn, site.id, row.key, now)
    return Place(site.id, row.id, "en")


def _count(stage: Stage) -> int:
    with stage.db.read() as conn:
        return leads.count(conn, stage.place.site_id)


def _known(db: Database, size: int) -> list[dict[str, str]]:
    """What some of the leads said, spread evenly."""
    with db.read() as conn:
        ids = conn.execute(select(lead_rows.c.id).order_by(lead_rows.c.id).limit(size)).scalars().all()
        wanted = ids[:: max(size // KNOWN, 1)]
        return [{fact.field: fact.value for fact in leads.all_facts(conn, lead_id)} for lead_id in wanted]


@contextmanager
def _databases(options: argparse.Namespace) -> Iterator[Callable[[int], str]]:
    """A size → the URL of its database; gone afterwards, unless they are kept."""
    with ExitStack() as stack:
        folder = Path(options.into, f"online-{options.db}-{options.lang}")
        if not options.keep:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.into, prefix="online-")))
        folder.mkdir(parents=True, exist_ok=True)
        if options.db == "postgresql":
            stack.enter_context(_postgresql(folder))
        yield lambda size: _url(folder, options.db, f"leads_{size}")


def _url(folder: Path, kind: str, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder}/{name}.db"
    return postgres.there(folder, name) or postgres.create(folder, name, template="template1")


@contextmanager
def _postgresql(folder: Path) -> Iterator[None]:
    """A cluster that keeps what it commits, unlike the tests' own."""
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
    postgres.OPTIONS.update(
        {**durable, "shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
    )
    server = postgres.start_server(folder)
    try:
        yield
    finally:
        server.send_signal(signal.SIGINT)  # fast: nobody is waited for
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="10000,100000", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--lang", choices=("fa", "en"), default="fa")
    parser.add_argument("--rounds", type=int, default=1000, help="submissions measured at each size; 0: fill alone")
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    parser.add_argument("--keep", action="store_true", help="leave the databases there, and use those that are")
    return parser.parse_args()


if __name__ == "__main__":
    main()
