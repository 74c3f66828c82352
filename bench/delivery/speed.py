"""What one worker costs and brings: claim, build, sign, send and record deliveries to a fast receiver on loopback.

Beside it, in turns within one run, the HTTP call alone with the same bytes and signatures, and a loop of ten million
empty steps. Processor time is this process's; the receiver is another one.
Example: python -m bench.delivery.speed --leads 1000 --rounds 3 --db postgresql
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event, select, update

from bench.delivery import receiver
from bench.identity.online import _postgresql
from config import load
from gateway import jobs, organising, pipeline
from gateway.clock import utcnow
from gateway.delivery.attempting import attempt, open_lane
from gateway.delivery.outgoing import Outgoing
from gateway.parts import Parts, make_parts
from gateway.store import destinations, organisations, submissions
from gateway.store.migrate import migrate
from gateway.store.tables import deliveries, ungrouped
from tests.support import intake, postgres

STEPS = 10_000_000


def main() -> None:
    options = _options()
    with receiver.running() as host, database(options) as url, _installation(url, host) as parts:
        fill(parts, f"http://{host}/hook", options.leads)
        print(f"{options.db}, {options.leads} deliveries a round; ten million empty steps: {_empty_steps():.2f} s")
        for _ in range(options.rounds):
            _round(parts, options.leads, again=False)
        _round(parts, options.leads, again=True)


def _round(parts: Parts, count: int, *, again: bool) -> None:
    """Everything is due anew; again: with the bytes that were sent before, as after a failure."""
    with parts.db.write() as conn:
        values = {"status": "due", "due_at": utcnow(), "tries": 0, "finished_at": None}
        conn.execute(update(deliveries).values(values if again else {**values, "payload": None}))
    statements = _Counted(parts)
    clock, own = _measured(lambda: jobs.deliver_with(parts))
    with parts.db.read() as conn:
        arrived = conn.execute(select(deliveries.c.id).where(deliveries.c.status == "delivered")).scalars().all()
    assert len(arrived) == count, f"{len(arrived)} of {count}"
    _, bare = _measured(lambda: _bare(parts))
    each = [f"{seconds / count * 1e3:.2f}" for seconds in (own, bare, own - bare)]
    print(
        f"{'same bytes' if again else 'new bytes'}: {count / clock:.0f} a second;",
        f"processor time {each[0]} ms a delivery, the call alone {each[1]}, beyond it {each[2]};",
        f"{statements.end() / count:.1f} statements (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )


def _bare(parts: Parts) -> None:
    """The same calls without the ledger."""
    with parts.db.read() as conn:
        rows = conn.execute(select(deliveries.c.id, deliveries.c.payload, deliveries.c.destination_id)).all()
        lane = open_lane(conn, parts.config.secret_key, rows[0].destination_id)
    for row in rows:
        tried = attempt(lane, Outgoing(row.id, row.payload, utcnow()), parts)
        assert tried.failure is None


class _Counted:
    """Statements sent to the database from now on."""

    def __init__(self, parts: Parts) -> None:
        self.engines, self.number = {parts.db.engine, parts.db._unflushed}, 0
        for engine in self.engines:
            event.listen(engine, "before_cursor_execute", self._one)

    def _one(self, *_: object) -> None:
        self.number += 1

    def end(self) -> int:
        for engine in self.engines:
            event.remove(engine, "before_cursor_execute", self._one)
        return self.number


def _measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's processor time."""
    clock, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - own


def _empty_steps() -> float:
    def steps() -> None:
        for _ in range(STEPS):
            pass

    return statistics.median(_measured(steps)[1] for _ in range(3))


@contextmanager
def _installation(url: str, host: str) -> Iterator[Parts]:
    with tempfile.TemporaryDirectory(prefix="sarnakh-delivery-") as folder:
        environ = {
            "DATA_DIR": folder, "DATABASE_URL": url, "SECRET_KEY": "bench", "SARNAKH_DNS": "false",
            "SARNAKH_PRIVATE_DESTINATIONS": host, "REDIS_URL": "unix:///nowhere", "SARNAKH_LOG_LEVEL": "error",
        }  # fmt: skip
        migrate(url)
        parts = make_parts(load(environ, dotenv=Path(folder) / "no.env"))
        yield parts
        parts.db.close()


def fill(parts: Parts, url: str, count: int) -> None:
    """So many leads of real submissions, each owed to one webhook."""
    now = utcnow()
    with parts.db.write() as conn:
        site = intake.make_site(conn, now)
        form_id = intake.make_form(conn, site, now, intake.GUIDE + intake.ONE_ADDRESS)
        place = destinations.NewDestination(site.id, "webhook", "CRM", {"url": url}, sends="all")
        destinations.add(conn, parts.config.secret_key, place, now)
    for start in range(0, count, 50):
        with parts.db.write() as conn:
            for number in range(start, min(start + 50, count)):
                answers = {
                    "email": f"person{number}@firm{number % 200}.example", "first_name": "سارا",
                    "job_title": "Head of marketing", "time_to_buy": "0_3",
                }  # fmt: skip
                sent = intake.submission(site, form_id, answers, now)
                submissions.receive(conn, sent)
                found = submissions.get(conn, site.id, sent.id)
                assert found is not None
                pipeline.process(conn, found, {}, now)
                submissions.done(conn, sent.id)
    while organising.regroup_due(parts.db, now):
        pass
    with parts.db.read() as conn:
        assert not organisations.due(conn, 1), ungrouped


@contextmanager
def database(options: argparse.Namespace) -> Iterator[str]:
    """The URL of an empty one on a disk that keeps what it commits, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=options.into, prefix="delivery-speed-") as folder:
        if options.db == "sqlite":
            yield f"sqlite:///{folder}/speed.db"
            return
        with _postgresql(Path(folder)):
            yield postgres.url(Path(folder), "postgres")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default=1000, type=int)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    return parser.parse_args()


if __name__ == "__main__":
    main()
