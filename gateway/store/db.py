"""The one way to the database: reads, writes, and writes that share a commit.

SQLite has one writer. Its own busy handler sleeps and starves (a p99 of 774 ms was measured), so writers queue
for a blocking lock instead: a thread lock within the process and a file lock across processes. Whoever holds it
writes and commits for all who wait (`grouped`), since the disk's flush and the statements are what a row costs.
PostgreSQL does without the lock.

What may be done once more after a power cut need not wait for the disk (`unflushed`): such a commit outlives its
process at once, and the machine with the next commit that waits, of whichever process: both databases write one log in
order.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

I = TypeVar("I")  # noqa: E741  an item to write
R = TypeVar("R")  # what writing it gives
Work = Callable[[Connection, Sequence[I]], Sequence[R]]
Write = Callable[[], AbstractContextManager[Connection]]  # one transaction, committed at the end of the block


class LostError(Exception):
    """Whoever wrote for this item was ended before its commit was known: it may not count as stored."""


# What is raised where the database can take nothing now, so that trying again mends it: no answer, a lock held, a
# deadlock, connections used up; InternalError is a PostgreSQL that became a standby (read-only). What was lost may be
# stored all the same: a repeat of the post, with its ticket, is the same row (rule 11).
AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, InternalError, PoolTimeout, LostError)
CONNECT_SECONDS = 5  # until a PostgreSQL that does not answer counts as away
BEGIN_WRITE = "BEGIN IMMEDIATE"  # SQLite's: one that began to read could not always go on to write
HOLD_SECONDS = 0.025  # how long one transaction of the worker may keep SQLite's writer from the visitors
GROUP_LIMIT = 64  # items in one commit: keeps the lock's hold short


class _Waiting(Generic[I, R]):
    """One item that waits for a leader to write it."""

    def __init__(self, work: Work[I, R], item: I) -> None:
        self.work = work
        self.item = item
        self.leads = False  # woken to lead, not because it is done
        self.error: BaseException | None = LostError()  # until it is written
        self.value: R
        self.turn = threading.Lock()
        self.turn.acquire()

    def written(self, value: R) -> None:
        """Its commit is durable."""
        self.value, self.error = value, None

    def result(self) -> R:
        if self.error is not None:
            raise self.error
        return self.value


class Database:
    """Connections of one process. `after_group`: a work of `grouped` → what is called after each of its commits."""

    def __init__(self, url: str, after_group: Mapping[Work[Any, Any], Callable[[], object]] | None = None) -> None:
        self.engine = _engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._unflushed = _engine(url, flushed=False) if self.sqlite else self.engine
        self.after_group = dict(after_group or {})
        self._queue: list[_Waiting[Any, Any]] = []
        self._queue_lock = threading.Lock()
        self._leading = False
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
        with self._exclusive(), self._transaction() as conn:
            yield conn

    @contextmanager
    def unflushed(self) -> Iterator[Write]:
        """Short transactions, one after another over one connection, that wait for no disk: after a power cut the last
        ones of them may not have been, in whole and from the end. Nobody may be told that they are kept."""
        with self._unflushed.connect() as plain:
            conn = plain.execution_options(sarnakh_write=True)

            @contextmanager
            def write() -> Iterator[Connection]:
                with self._exclusive(), conn.begin():
                    if not self.sqlite:
                        conn.execute(_UNFLUSHED)
                    yield conn

            yield write

    def grouped(self, work: Work[I, R], item: I) -> R:
        """Write `item` in a transaction that other threads' items of the same work may share; returns after the commit.

        `work(conn, items)` writes several at once and gives a result each, in order. Raises what it raises for
        this item alone: a group that fails is written again one by one.
        """
        mine = _Waiting(work, item)
        with self._queue_lock:
            self._queue.append(mine)
            mine.leads = not self._leading
            self._leading = True
        if not mine.leads:
            mine.turn.acquire()
        if mine.leads:
            self._lead()
        return mine.result()

    def check_writable(self) -> None:
        """Raises SQLAlchemy's error where nothing could be stored now: no answer, a lock held, a standby."""
        with self.write() as conn:
            conn.execute(text("SELECT 1" if self.sqlite else "SET TRANSACTION READ WRITE"))

    def close(self) -> None:
        self.engine.dispose()
        self._unflushed.dispose()
        if self._lock_file is not None:
            self._lock_file.close()

    def _lead(self) -> None:
        """Commit for all who wait, also for who came while another process wrote; wake them, and hand the lead to the
        next who came meanwhile.

        A group that fails is rolled back whole and written again one by one, so that an item that fails takes no
        neighbour with it and the good case pays for no savepoint.
        """
        batch: list[_Waiting[Any, Any]] = []
        try:
            try:
                with self._exclusive():
                    batch = self._take()
                    self._write(batch)
            except Exception:  # noqa: BLE001  whose fault it was shows when each is written alone
                batch = batch or self._take()
                self._write_each(batch)
        finally:
            self._hand_over(batch or self._take())  # even who is ended while it waits does not take the lead along
        if batch[0].work in self.after_group:
            self.after_group[batch[0].work]()

    def _write(self, batch: Sequence[_Waiting[Any, Any]]) -> None:
        with self._transaction() as conn:
            values = batch[0].work(conn, [waiting.item for waiting in batch])
            pairs = list(zip(batch, values, strict=True))
        for waiting, value in pairs:  # not before the commit: nobody is thanked for what is not stored
            waiting.written(value)

    def _write_each(self, batch: Sequence[_Waiting[Any, Any]]) -> None:
        """Each alone, until the database turns out to be away: then all who are left learn that at once, and none
        waits out its neighbours' time-outs before its own."""
        error: BaseException | None = None
        for waiting in batch:
            if _is_away(error):
                waiting.error = error
            else:
                self._write_alone(waiting)
                error = waiting.error

    def _write_alone(self, waiting: _Waiting[Any, Any]) -> None:
        try:
            with self._exclusive():
                self._write([waiting])
        except Exception as error:  # noqa: BLE001  raised again in the thread that asked
            waiting.error = error

    def _hand_over(self, batch: Sequence[_Waiting[Any, Any]]) -> None:
        with self._queue_lock:
            following = self._queue[0] if self._queue else None
            self._leading = following is not None
        if following is not None:
            following.leads = True
            following.turn.release()
        for waiting in batch:
            waiting.turn.release()

    def _take(self) -> list[_Waiting[Any, Any]]:
        """Whoever waits longest and all who want the same work: a submission never waits for its neighbour's events
        to be written, nor fails with them."""
        with self._queue_lock:
            work = self._queue[0].work
            batch = [waiting for waiting in self._queue if waiting.work is work][:GROUP_LIMIT]
            taken = {id(waiting) for waiting in batch}
            self._queue = [waiting for waiting in self._queue if id(waiting) not in taken]
        return batch

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as plain:
            conn = plain.execution_options(sarnakh_write=True)
            with conn.begin():
                yield conn

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if self._lock_file is None:
            yield
            return
        with self._writer_lock:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _is_away(error: BaseException | None) -> bool:
    """No transaction could begin, so none that is tried next would: no connection, or SQLite held by a stranger."""
    began = isinstance(error, OperationalError) and error.statement not in {None, BEGIN_WRITE}
    return isinstance(error, (OperationalError, PoolTimeout)) and not began


_UNFLUSHED = text("SET LOCAL synchronous_commit TO off")  # no start-up parameter: a pooler between may refuse those
# A sub-query with an order is run as it stands: the locks are taken in that order, whoever asks.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(number) FROM"
    " (SELECT DISTINCT hashtextextended(name, 0) AS number FROM unnest(CAST(:names AS text[])) AS name ORDER BY 1) AS n"
)


def lock_names(conn: Connection, *names: str) -> None:
    """Hold these names until the transaction ends, so that two workers cannot make two leads of one address. Whoever
    needs several asks for them at once: held one after another, two workers may wait for each other.

    SQLite's writer is alone already.
    """
    if names and conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"names": list(names)})


def _lock_file(engine: Engine) -> BinaryIO:
    """Kept open as long as the database: closing it would let the lock go."""
    return Path(f"{engine.url.database}.lock").open("ab")


_DECODER = json.JSONDecoder()


def _engine(url: str, *, flushed: bool = True) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, connect_args=_patience(url))
    arguments = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, pool_size=32, json_deserializer=_from_json)
    # NORMAL: in WAL mode a commit is in the file, and flushed with the next one that is FULL, or a checkpoint
    mode = "FULL" if flushed else "NORMAL"
    event.listen(engine, "connect", lambda connection, _record: _prepare_sqlite(connection, mode))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _from_json(text: str) -> Any:
    """As `json.loads`, which looks for white space around it and so takes four times as long for a short value."""
    return _DECODER.raw_decode(text)[0]


def _patience(url: str) -> dict[str, Any]:
    """What the driver is told. libpq waits for ever by itself; a visitor is told to try again instead."""
    return {} if "connect_timeout" in make_url(url).query else {"connect_timeout": CONNECT_SECONDS}


def _prepare_sqlite(dbapi_connection: Any, synchronous: str) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is ours: the driver would start transactions late
    for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "temp_store=MEMORY"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    """Said to the driver itself: by way of SQLAlchemy it cost as much as a statement."""
    begin = BEGIN_WRITE if conn.get_execution_options().get("sarnakh_write", False) else "BEGIN"
    try:
        conn.connection.driver_connection.execute(begin)  # type: ignore[union-attr]
    except sqlite3.OperationalError as error:
        raise OperationalError(begin, None, error) from error
