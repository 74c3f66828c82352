"""Reads, writes, and writes that share a commit, on both databases."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from gateway.store.db import AWAY, Database, LostError, lock_names
from gateway.store.tables import audit, sites
from tests.support.clock import SettableClock

NOW = SettableClock()()


@pytest.fixture
def site(db: Database) -> str:
    row = {"id": "site_1", "key": "k", "name": "n", "origins": [], "timezone": "UTC", "lang": "fa", "cookies": "free"}
    with db.write() as conn:
        conn.execute(sites.insert().values(**row, settings={}, created_at=NOW))
    return "site_1"


def _write(conn: Connection, items: Sequence[str]) -> list[str]:
    rows = [{"site_id": "site_1", "at": NOW, "action": item, "subject": "s", "params": {}} for item in items]
    conn.execute(audit.insert(), rows)
    if "bad" in items:
        raise ValueError("bad")
    return [item.upper() for item in items]


def _count(db: Database) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).select_from(audit)).scalar_one()


def test_a_grouped_write_gives_its_own_result_and_is_committed(db: Database, site: str) -> None:
    assert db.grouped(_write, "a") == "A"
    assert _count(db) == 1


def test_many_threads_share_commits_and_each_gets_its_own_result(db: Database, site: str) -> None:
    results: dict[str, str] = {}
    commits: list[int] = []
    db.after_group[_write] = lambda: commits.append(1)

    def work(name: str) -> None:
        for number in range(20):
            results[f"{name}{number}"] = db.grouped(_write, f"{name}{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {key: key.upper() for key in results}
    assert _count(db) == 160
    assert 1 <= len(commits) <= 160


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_comes_while_another_process_writes_shares_the_next_commit(
    db: Database, site: str, database_url: str
) -> None:
    commits: list[int] = []
    db.after_group[_write] = lambda: commits.append(1)
    threads = [threading.Thread(target=db.grouped, args=(_write, item)) for item in "abcdefgh"]
    elsewhere = Database(database_url)
    with elsewhere.write():
        for thread in threads:
            thread.start()
        patience = time.monotonic() + 5
        while len(db._queue) < len(threads) and time.monotonic() < patience:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    elsewhere.close()
    assert _count(db) == 8
    assert commits == [1]


def test_an_item_that_fails_takes_no_neighbour_with_it(db: Database, site: str) -> None:
    failures: list[str] = []

    def work(item: str) -> None:
        try:
            db.grouped(_write, item)
        except ValueError:
            failures.append(item)

    threads = [threading.Thread(target=work, args=(item,)) for item in ("a", "bad", "b", "c", "bad", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == ["bad", "bad"]
    assert _count(db) == 4


def _fail(_conn: Connection, _items: Sequence[str]) -> list[str]:
    raise RuntimeError("events cannot be written")


def test_works_of_two_sorts_share_no_commit_and_no_fault(db: Database, site: str) -> None:
    told: list[str] = []
    db.after_group = {_write: lambda: told.append("written"), _fail: lambda: told.append("failed")}
    caught: list[str] = []
    started = threading.Barrier(12)

    def work(number: int) -> None:
        started.wait(5)
        try:
            db.grouped(_fail if number % 2 else _write, f"item {number}")
        except RuntimeError:
            caught.append(str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(caught), _count(db)) == (6, 6)
    assert set(told) == {"written", "failed"}


def _together(db: Database, items: str, caught: dict[str, BaseException]) -> None:
    """All of them in one group: they come while the first holds the lead and waits for the lock."""

    def work(item: str) -> None:
        try:
            db.grouped(_write, item)
        except BaseException as error:  # noqa: BLE001  a thread that is ended, too
            caught[item] = error

    threads = [threading.Thread(target=work, args=(item,)) for item in items]
    with db._writer_lock:
        for thread in threads:
            thread.start()
        patience = time.monotonic() + 5
        while len(db._queue) < len(threads) and time.monotonic() < patience:
            time.sleep(0.001)
    for thread in threads:
        thread.join(10)


def _no_connection() -> BaseException:
    return OperationalError(None, None, Exception("no answer"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "error, tried", [(_no_connection, 2), (lambda: OperationalError("INSERT", {}, Exception("deadlock detected")), 6)]
)
def test_a_database_that_is_away_is_tried_twice_for_a_whole_group(
    db: Database, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException], tried: int
) -> None:
    """Else the last of a group would wait out every other's time-out too."""
    tries: list[int] = []

    @contextmanager
    def broken() -> Iterator[Connection]:
        tries.append(1)
        raise error()
        yield

    monkeypatch.setattr(db, "_transaction", broken)
    caught: dict[str, BaseException] = {}
    _together(db, "abcde", caught)
    assert {item: type(found) for item, found in caught.items()} == dict.fromkeys("abcde", OperationalError)
    assert len(tries) == tried


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("where", ["_exclusive", "_transaction"])
def test_whoever_is_ended_before_the_commit_thanks_nobody_and_blocks_nobody(
    db: Database, site: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    real = getattr(db, where)

    @contextmanager
    def ended() -> Iterator[object]:
        with real() as found:
            if where == "_exclusive":  # as it waits for the lock
                raise SystemExit
            yield found
            raise SystemExit  # as it commits: the values are known, and not stored

    caught: dict[str, BaseException] = {}
    with monkeypatch.context() as patched:
        patched.setattr(db, where, ended)
        _together(db, "abc", caught)
    assert sorted(caught) == ["a", "b", "c"]
    assert {type(found) for found in caught.values()} == {SystemExit, LostError}
    assert _count(db) == 0
    assert db.grouped(_write, "d") == "D"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_postgresql_that_became_a_standby_counts_as_away(db: Database, site: str) -> None:
    with pytest.raises(AWAY), db.write() as conn:
        conn.exec_driver_sql("SET TRANSACTION READ ONLY")
        _write(conn, ["a"])


def test_a_write_that_raises_leaves_nothing_behind(db: Database, site: str) -> None:
    with pytest.raises(RuntimeError), db.write() as conn:
        _write(conn, ["a"])
        raise RuntimeError
    assert _count(db) == 0


def test_a_held_name_makes_others_wait_until_the_transaction_ends(db: Database, site: str) -> None:
    order: list[str] = []
    holding, release = threading.Event(), threading.Event()

    def holder() -> None:
        with db.write() as conn:
            lock_names(conn, "lead")
            holding.set()
            release.wait(5)
            order.append("holder")

    def waiter() -> None:
        with db.write() as conn:
            lock_names(conn, "lead")
            order.append("waiter")

    threads = [threading.Thread(target=holder), threading.Thread(target=waiter)]
    threads[0].start()
    assert holding.wait(5)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join()
    assert order == ["holder", "waiter"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_flushes_each_commit_to_disk(db: Database) -> None:
    with db.read() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_unflushed_write_outlives_its_process_and_asks_no_disk(db: Database, site: str, database_url: str) -> None:
    script = (
        "import os, sys; from tests.store.test_db import _write; from gateway.store.db import Database\n"
        "with Database(sys.argv[1]).unflushed() as write:\n"
        "    with write() as conn: _write(conn, ['a'])\n"
        "    with write() as conn: _write(conn, ['b'])\n"
        "    os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", script, database_url], check=False)
    assert (ended.returncode, _count(db)) == (-9, 2)
    with db.unflushed() as write, write() as conn:
        asked = conn.execute(text("PRAGMA synchronous" if db.sqlite else "SHOW synchronous_commit")).scalar()
    assert asked == (1 if db.sqlite else "off")  # 1: NORMAL


def test_an_unflushed_write_that_fails_leaves_nothing_and_the_next_one_works(db: Database, site: str) -> None:
    with db.unflushed() as write:
        with pytest.raises(ValueError), write() as conn:
            _write(conn, ["bad"])
        with write() as conn:
            _write(conn, ["good"])
    assert _count(db) == 1
