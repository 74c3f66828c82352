"""A submission is stored once, with its outbox row and its used ticket (rules 10 and 11)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway import privacy
from gateway.records import Site
from gateway.store import submissions
from gateway.store.db import Database
from gateway.store.tables import nonces, outbox
from gateway.store.tables import submissions as rows
from tests.support import intake
from tests.support.clock import SettableClock

NOW = SettableClock()()
SARA = {"email": "sara@example.com"}


@pytest.fixture
def place(db: Database) -> tuple[Site, str]:
    with db.write() as conn:
        site = intake.make_site(conn, NOW)
        return site, intake.make_form(conn, site, NOW)


def _rows(db: Database) -> tuple[int, int, int]:
    with db.read() as conn:
        tables = (rows, outbox, nonces)
        counted = [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
        return counted[0], counted[1], counted[2]


def test_r11_the_same_answers_with_the_same_ticket_give_the_same_reply_and_one_row(
    db: Database, place: tuple[Site, str]
) -> None:
    first = intake.submission(*place, SARA, NOW, nonce="n")
    again = intake.submission(*place, SARA, NOW + timedelta(hours=1), nonce="n")
    kept = db.grouped(submissions.receive_all, first)
    repeated = db.grouped(submissions.receive_all, again)
    assert (kept.use, kept.repeat) == (1, False)
    assert (repeated.submission_id, repeated.use, repeated.repeat) == (first.id, 1, True)
    assert _rows(db) == (1, 1, 1)


@pytest.mark.parametrize("minutes, uses", [(1, [2, 3, 4, 5]), (31, [4, 4, 4, 5])])
def test_r11_other_answers_are_two_corrections_within_half_an_hour_then_replays(
    db: Database, place: tuple[Site, str], minutes: int, uses: list[int]
) -> None:
    first = intake.submission(*place, SARA, NOW, nonce="n")
    db.grouped(submissions.receive_all, first)
    later = NOW + timedelta(minutes=minutes)
    received = [
        db.grouped(submissions.receive_all, intake.submission(*place, {**SARA, "x": n}, later, nonce="n"))
        for n in range(4)
    ]
    assert [row.use for row in received] == uses
    with db.read() as conn:
        corrected = submissions.get(conn, first.site_id, received[0].submission_id)
    assert corrected is not None and corrected.corrects == first.id


def test_r11_a_double_click_in_one_group_makes_one_row(db: Database, place: tuple[Site, str]) -> None:
    twins = [intake.submission(*place, SARA, NOW, nonce="n") for _ in range(2)]
    with db.write() as conn:
        one, other = submissions.receive_all(conn, twins)
    assert one.submission_id == other.submission_id and other.repeat
    assert _rows(db) == (1, 1, 1)


def test_r11_a_double_click_on_two_threads_makes_one_row(db: Database, place: tuple[Site, str]) -> None:
    got: list[str] = []

    def send() -> None:
        new = intake.submission(*place, SARA, NOW, nonce="n")
        got.append(db.grouped(submissions.receive_all, new).submission_id)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8 and len(set(got)) == 1
    assert _rows(db) == (1, 1, 1)


def test_r10_nonces_outlive_tickets_and_then_go(db: Database, place: tuple[Site, str]) -> None:
    db.grouped(submissions.receive_all, intake.submission(*place, SARA, NOW))
    assert privacy.expire(db, NOW + privacy.KEEP_NONCES)["nonces"] == 0
    assert privacy.expire(db, NOW + privacy.KEEP_NONCES + timedelta(seconds=1))["nonces"] == 1


def test_a_row_that_fails_five_times_is_parked_as_stuck(db: Database, place: tuple[Site, str]) -> None:
    new = intake.submission(*place, SARA, NOW)
    db.grouped(submissions.receive_all, new)
    at = NOW
    for attempt in range(5):
        with db.write() as conn:
            (waiting,) = submissions.due(conn, at, 10)
            assert submissions.failed(conn, waiting, "ValueError at x.py:1", at) is (attempt == 4)
        at += timedelta(hours=1)
    with db.write() as conn:
        parked = submissions.get(conn, new.site_id, new.id)
        assert parked is not None and parked.status == "stuck"
        assert submissions.due(conn, at, 10) == []
        submissions.requeue(conn, new.id, at)
        assert [row.status for row in submissions.due(conn, at, 10)] == ["pending"]


def test_a_site_reads_no_submission_of_another(db: Database, place: tuple[Site, str]) -> None:
    new = intake.submission(*place, SARA, NOW)
    db.grouped(submissions.receive_all, new)
    with db.read() as conn:
        assert submissions.get(conn, new.site_id, new.id) is not None
        assert submissions.get(conn, "site_other", new.id) is None


def test_odd_but_valid_text_is_kept_as_typed(db: Database, place: tuple[Site, str]) -> None:
    odd = {"first_name": "می‌خواهم 👩‍🚀 \u200f«سارا»\u200e"}
    new = intake.submission(*place, odd, NOW)
    db.grouped(submissions.receive_all, new)
    with db.read() as conn:
        kept = submissions.get(conn, new.site_id, new.id)
    assert kept is not None and kept.answers == odd
