"""How long it takes to link one new submission where a site has many leads: what the worker does for it, commits
included. One at a time; half of them come from people who are there, half of these with another mailbox.

Example: python -m bench.identity.online --leads 10000,100000,1000000 --db sqlite --into /tmp/online
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench.identity.filling import Crowd, One, fill
from gateway import linking, matching, standing
from gateway.clock import utcnow
from gateway.ids import new_id
from gateway.records import Site
from gateway.store import forms, sites, submissions
from gateway.store.db import Database
from gateway.store.migrate import migrate
from gateway.store.submissions import NewSubmission
from tests.support import postgres
from tests.support.people_forms import ALL

WARM = 30  # submissions before it is measured: prepared statements and the first pages
STEPS = ("link and save", "match", "both", "both, processor", "score")


@dataclass
class Times:
    """Milliseconds a step."""

    leads: int
    steps: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})

    def at(self, step: str, share: float) -> float:
        ordered = sorted(self.steps[step])
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass
class Stage:
    """A database with one site and one form."""

    db: Database
    site: Site
    form_id: str
    now: datetime


def main() -> None:
    options = _options()
    found: list[Times] = []
    with _database(options) as url:
        stage = _stage(url)
        crowd = Crowd(options.lang, f"online {options.lang}")
        there: list[One] = []
        for size in options.leads:
            started = time.monotonic()
            there += fill(url, stage.site.id, crowd, size - (found[-1].leads if found else 0))
            _count(stage, size)
            print(f"{size} leads there after {time.monotonic() - started:.0f} s", flush=True)
            found.append(_measure(stage, there, crowd, size=size, rounds=options.rounds))
            _print(found[-1])
        if len(found) > 1:
            small, large = (statistics.median(times.steps["both"]) for times in (found[0], found[-1]))
            print(f"{found[-1].leads} against {found[0].leads} leads: median {large / small:.2f} times")
        stage.db.close()


def _measure(stage: Stage, there: list[One], crowd: Crowd, *, size: int, rounds: int) -> Times:
    times = Times(size)
    dice = Random(f"{size} submissions")
    for number in range(WARM + rounds):
        answers = _answers(number, there, crowd, dice)
        taken = _go(stage, answers)
        if number >= WARM:
            for step, seconds in zip(STEPS, taken, strict=True):
                times.steps[step].append(1000 * seconds)
    return times


def _answers(number: int, there: list[One], crowd: Crowd, dice: Random) -> dict[str, str]:
    """Every second one is somebody new; of the others every second one writes from another mailbox."""
    fresh = crowd.draw()
    if number % 2:
        return fresh
    known = dice.choice(there).answers
    return dict(known) if number % 4 else {**known, "email": fresh["email"]}


def _go(stage: Stage, answers: dict[str, str]) -> tuple[float, ...]:
    """Seconds of each step for one submission, as the worker takes them; receiving it is the edge's. Its processor time
    beside them tells what a machine that is busy with other things would take alone."""
    db = stage.db
    stage.now = now = max(utcnow(), stage.now + timedelta(milliseconds=1))
    made = new_id("sub", now)
    new = NewSubmission(
        made, stage.site.id, stage.form_id, 1, "hosted", "en", now, made, made, answers, asked=tuple(answers)
    )
    db.grouped(submissions.receive_all, new)
    with db.read() as conn:
        submission = submissions.get(conn, stage.site.id, made)
        form = forms.version(conn, stage.form_id, 1)
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
        standing.refresh(conn, stage.site.id, link.lead_id, now)
    return saved - began, matched - saved, matched - began, processor, time.perf_counter() - matched


def _print(times: Times) -> None:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    for step in STEPS:
        p50, p95, p99 = (times.at(step, share) for share in (0.5, 0.95, 0.99))
        print(f"{times.leads} leads, {step}: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms (load {load})", flush=True)


def _stage(url: str) -> Stage:
    migrate(url)
    db, now = Database(url), utcnow()
    with db.write() as conn:
        site = sites.add(conn, "online", "Online", now)
        row = forms.save_draft(conn, site.id, ALL, now)
        forms.publish(conn, site.id, row.key, now)
    return Stage(db, site, row.id, now)


def _count(stage: Stage, leads: int) -> None:
    """What the worker would have kept beside the site."""
    with stage.db.write() as conn:
        conn.exec_driver_sql(f"UPDATE sites SET leads_keyed = {leads}")


@contextmanager
def _database(options: argparse.Namespace) -> Iterator[str]:
    """The URL of an empty one, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=options.into, prefix="online-") as folder:
        if options.db == "sqlite":
            yield f"sqlite:///{folder}/online.db"
            return
        with _postgresql(Path(folder)) as url:
            yield url


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    """A cluster that keeps what it commits, unlike the tests' own."""
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
    postgres.OPTIONS.update(
        {**durable, "shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
    )
    server = postgres._start_server(folder)
    try:
        yield postgres.url(folder, "postgres")
    finally:
        server.terminate()
        try:
            server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            server.kill()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="10000,100000", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--lang", choices=("fa", "en"), default="fa")
    parser.add_argument("--rounds", type=int, default=1000, help="submissions measured at each size")
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
