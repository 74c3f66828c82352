"""Two transactions side by side, one stopped at a chosen place: what waits for what is seen, not hoped for.

PostgreSQL alone: SQLite's writer is alone. Both are rolled back, so that one setting serves every place.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, text

from gateway.store.db import Database

Work = Callable[[Connection], object]
SHARED = re.compile(r"pg_advisory|UPDATE leads|FROM leads\b.* FOR ", re.S)  # what several ask for, in some order
PATIENCE = 20.0  # seconds: more than any of it takes on a busy machine
SOON = "SET LOCAL deadlock_timeout = '20ms'"  # PostgreSQL looks for a circle after a second


class _Back(Exception):  # noqa: N818  no error
    """Rolls back."""


class Running(threading.Thread):
    """A transaction in a thread of its own, which stops behind its `stop`th statement that holds a name or a person."""

    def __init__(self, db: Database, work: Work, stop: int = 0) -> None:
        super().__init__(daemon=True)
        self.db, self.work, self.stop = db, work, stop
        self.begun, self.stopped, self.go = threading.Event(), threading.Event(), threading.Event()
        self.pid = self.taken = 0
        self.seen: set[str] = set()  # a statement counts once: who comes first shows what order they are asked for in
        self.at = ""  # the statement behind which it stopped
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with self.db.write() as conn:
                conn.execute(text(SOON))
                driver: Any = conn.connection.driver_connection
                self.pid = driver.info.backend_pid
                self.begun.set()
                with _told(conn, self._passed):
                    self.work(conn)
                raise _Back
        except _Back:
            pass
        except BaseException as error:  # noqa: BLE001  told by who waits for it
            self.error = error
        finally:
            self.begun.set()
            self.stopped.set()

    def _passed(self, statement: str) -> None:
        if SHARED.search(statement) and statement not in self.seen:
            self.seen.add(statement)
            self.taken += 1
            if self.taken == self.stop:
                self.at = " ".join(statement.split())[:90]
                self.stopped.set()
                assert self.go.wait(PATIENCE)

    def settled(self, watch: Connection) -> bool:
        """Waits until it is done or waits for somebody; true when done."""
        assert self.begun.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while self.is_alive() and time.monotonic() < until:
            if watch.execute(text("SELECT cardinality(pg_blocking_pids(:pid))"), {"pid": self.pid}).scalar_one():
                return False
            self.join(0.002)
        return not self.is_alive()


@contextmanager
def _told(conn: Connection, passed: Callable[[str], None]) -> Iterator[None]:
    def after(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        passed(statement)

    event.listen(conn, "after_cursor_execute", after)
    yield
    event.remove(conn, "after_cursor_execute", after)


def circles(db: Database, one: Work, other: Work, *, most: int = 10) -> list[str]:
    """Stops `one` behind each of its first statements, `most` of them, that hold a name or a person; lets `other` run
    until it is done or waits, and lets `one` go on. Returns where either failed, such as by waiting for each other;
    empty: nowhere."""
    found: list[str] = []
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        for stop in range(1, most + 1):
            first = Running(db, one, stop)
            first.start()
            assert first.stopped.wait(PATIENCE)
            if not first.at:  # it has no such place any more
                first.join(PATIENCE)
                return [*found, f"alone: {first.error!r}"] if first.error else found
            second = Running(db, other)
            second.start()
            second.settled(watch)
            first.go.set()
            for thread in (first, second):
                thread.join(PATIENCE)
                if thread.is_alive() or thread.error:
                    found.append(f"{stop}: behind {first.at!r}: {getattr(thread.error, 'orig', thread.error)!r}")
    return found
