"""The one way to the database: reads, writes, and writes that share a commit.

SQLite has one writer. Its own busy handler sleeps and starves (a p99 of 774 ms was measured), so writers queue
for a blocking lock instead: a thread lock within the process and a file lock across processes. Whoever holds it
commits for all who wait (`grouped`), since the disk's flush is what a commit costs. PostgreSQL does both itself.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text

T = TypeVar("T")

GROUP_LIMIT = 64  # changes in one commit: keeps the lock's hold short


class _Waiting(Generic[T]):
    """One change that waits for a leader to commit it."""

    def __init__(self, change: Callable[[Connection], T]) -> None:
        self.change = change
        self.done = False
        self.value: T
        self.error: BaseException | None = None

    def run(self, conn: Connection) -> None:
        """The change in a savepoint of its own: one that fails takes no neighbour with it."""
        savepoint = conn.begin_nested()
        try:
            self.value = self.change(conn)
        except Exception as error:  # noqa: BLE001  it is raised again in the thread that asked
            savepoint.rollback()
            self.error = error
        else:
            savepoint.commit()

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.value


class Database:
    """Connections of one process. `after_group` is called once after each commit of `grouped`."""

    def __init__(self, url: str, after_group: Callable[[], None] = lambda: None) -> None:
        self.engine = _engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.after_group = after_group
        self._queue: list[_Waiting[Any]] = []
        self._queue_lock = threading.Lock()
        self._writer_lock = threading.Lock()
        self._lock_file = _lock_file(self.engine) if self.sqlite else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; nothing may be written in it."""
        with self.engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block, durable then."""
        with self._exclusive(), self.engine.connect() as plain:
            conn = plain.execution_options(sarnakh_write=True)
            with conn.begin():
                yield conn

    def grouped(self, change: Callable[[Connection], T]) -> T:
        """Run `change` in a transaction that may be shared with other threads; returns after the commit.

        Raises what `change` raises; its neighbours' commits are not touched by that.
        """
        if not self.sqlite:
            with self.write() as conn:
                value = change(conn)
            self.after_group()
            return value
        mine = _Waiting(change)
        with self._queue_lock:
            self._queue.append(mine)
        with self._writer_lock:
            if not mine.done:
                self._lead()
        return mine.result()

    def close(self) -> None:
        self.engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()

    def _lead(self) -> None:
        """Commit for all who wait. Called with the writer lock held."""
        batch: list[_Waiting[Any]] = []
        try:
            with self._file_lock(), self.engine.connect() as plain:
                conn = plain.execution_options(sarnakh_write=True)
                with conn.begin():
                    batch = self._take()
                    for waiting in batch:
                        waiting.run(conn)
        except BaseException as error:
            for waiting in batch or self._take():
                waiting.error = error
                waiting.done = True
            raise
        for waiting in batch:
            waiting.done = True
        self.after_group()

    def _take(self) -> list[_Waiting[Any]]:
        with self._queue_lock:
            batch, self._queue = self._queue[:GROUP_LIMIT], self._queue[GROUP_LIMIT:]
        return batch

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        with self._writer_lock, self._file_lock():
            yield

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        assert self._lock_file is not None
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _lock_file(engine: Engine) -> BinaryIO:
    """Kept open as long as the database: closing it would let the lock go."""
    return Path(f"{engine.url.database}.lock").open("ab")


def lock_names(conn: Connection, *names: str) -> None:
    """Hold these names until the transaction ends, so that two workers cannot make two leads of one address.

    SQLite's writer is alone already.
    """
    if conn.dialect.name == "postgresql":
        for name in sorted(names):
            conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=32)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is ours: the driver would start transactions late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("sarnakh_write", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
