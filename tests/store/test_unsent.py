"""Forms that were shown and not sent, and what became of each question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.ids import new_id
from gateway.records import Site
from gateway.store import forms, questions, sites, submissions, unsent
from gateway.store.db import Database
from gateway.store.forms import Published
from gateway.store.questions import Fate
from gateway.store.submissions import NewSubmission
from gateway.store.tables import submissions as submission_rows
from gateway.store.unsent import Count, Unsent
from tests.support.clock import SettableClock
from tests.support.visitor_side import GUIDE

ASKED = ("email", "first_name", "company", "consent_store")
DAY = timedelta(days=1)


@pytest.fixture
def guide(db: Database, clock: SettableClock) -> Published:
    now = clock()
    with db.write() as conn:
        site: Site = sites.add(conn, "shop", "Shop", now)
        forms.publish(conn, site.id, forms.save_draft(conn, site.id, GUIDE, now).key, now)
        found = forms.published(conn, "guide")
    assert found is not None
    return found


@pytest.fixture
def leave(db: Database, guide: Published, clock: SettableClock) -> Callable[..., None]:
    def told(visitor: str, field: str | None, **more: Any) -> None:
        row = {"version": 1, "nonce": f"n-{visitor}", "asked": ASKED, "at": clock(), **more}
        one = Unsent(guide.site_id, guide.form_id, visitor_id=visitor, field=field, **row)
        with db.write() as conn:
            unsent.note_all(conn, [one])

    return told


@pytest.fixture
def send(db: Database, guide: Published, clock: SettableClock) -> Callable[..., str]:
    def sent(nonce: str, answers: dict[str, Any], **more: Any) -> str:
        names = tuple(name for name in ASKED if not name.startswith("consent_"))
        row = {"form_version": 1, "channel": "embed", "asked": names, "received_at": clock(), **more}
        new = NewSubmission(
            id=new_id("sub", row["received_at"]), site_id=guide.site_id, form_id=guide.form_id, lang="fa", nonce=nonce,
            digest=f"{hash(repr(answers)):x}", answers=answers, **row,
        )  # fmt: skip
        with db.write() as conn:
            return submissions.receive(conn, new).submission_id

    return sent


def fates(db: Database, guide: Published, since: datetime, versions: Any = None) -> questions.Fates:
    with db.read() as conn:
        return questions.fates(conn, guide.form_id, since, ASKED, versions=versions)


def counts(db: Database, guide: Published, clock: SettableClock) -> dict[str, Count]:
    with db.read() as conn:
        return {one.field: one for one in unsent.counts(conn, guide.form_id, clock() - 30 * DAY)}


def fold(db: Database, clock: SettableClock) -> int:
    with db.write() as conn:
        return unsent.fold(conn, clock())


def test_each_question_is_asked_answered_skipped_or_left(db, guide, clock, leave, send):
    send("n-1", {"email": "a@example.ir", "first_name": "", "company": "آرمان", "consent_store": True})
    send("n-2", {"email": "b@example.ir", "consent_store": False})
    leave("one", "company")
    leave("two", None)
    found = fates(db, guide, clock())
    assert (found.shown, found.begun, found.sent) == (4, 3, 2)
    assert found.questions == {
        "email": Fate(3, 2, 0, 0),
        "first_name": Fate(3, 0, 2, 0),
        "company": Fate(3, 1, 1, 1),
        "consent_store": Fate(3, 1, 1, 0),
    }


def test_r22_one_browser_counts_once_a_day_however_often_it_tells(db, guide, clock, leave):
    for number in range(20):
        leave("one", "company" if number % 2 else "email", nonce=f"n{number}")
    leave("one", None, nonce="n-late")
    assert counts(db, guide, clock) == {
        "": Count("", 1, 0),
        **{name: Count(name, 1, int(name == "company")) for name in ASKED},
    }
    clock.advance(days=1)
    leave("one", "email")
    assert counts(db, guide, clock)[""].asked == 2


def test_who_sends_it_after_all_did_not_leave(db, guide, clock, leave, send):
    leave("one", "company")
    send("n-one", {"email": "a@example.ir"})
    assert counts(db, guide, clock) == {}
    leave("two", "company")
    with db.write() as conn:
        unsent.withdraw(conn, guide.form_id, "two", clock())
    assert counts(db, guide, clock) == {}


def test_r37_rows_become_sums_once_their_ticket_is_over(db, guide, clock, leave, send):
    leave("one", "company")
    leave("two", "company")
    leave("three", None)
    send("n-two", {"email": "a@example.ir"})
    before = counts(db, guide, clock)
    assert fold(db, clock) == 0
    clock.advance(hours=25)
    leave("four", "company")
    assert fold(db, clock) == 3
    assert fold(db, clock) == 0
    after = counts(db, guide, clock)
    assert after["company"] == Count("company", before["company"].asked + 1, 2)
    assert after[""] == Count("", 3, 1)
    clock.advance(hours=25)
    assert fold(db, clock) == 1
    assert counts(db, guide, clock) == after


def test_sums_grow_by_what_is_counted_later(db, guide, clock, leave):
    leave("one", "email")
    leave("late", "email", at=clock() + timedelta(minutes=30))
    clock.advance(hours=24, minutes=5)
    assert fold(db, clock) == 1
    clock.advance(hours=1)
    assert fold(db, clock) == 1
    assert counts(db, guide, clock)["email"] == Count("email", 2, 2)


def test_versions_and_days_are_kept_apart(db, guide, clock, leave, send):
    leave("one", "email")
    send("n-1", {"email": "a@example.ir"})
    clock.advance(days=2)
    leave("two", "company", version=2)
    send("n-2", {"email": "b@example.ir"}, form_version=2)
    assert fates(db, guide, clock() - 3 * DAY).sent == 2
    assert fates(db, guide, clock()).questions["company"].left == 1
    assert fates(db, guide, clock()).questions["email"].asked == 2
    assert fates(db, guide, clock() - 3 * DAY, [1]).questions["email"] == Fate(2, 1, 0, 1)


@pytest.mark.parametrize("what", [{"status": "rejected"}, {"status": "erased"}, {"test": True}, {"channel": "api"}])
def test_what_is_no_visitors_form_is_left_out(db, guide, clock, send, what):
    sent = send("n-1", {"email": "a@example.ir"})
    with db.write() as conn:
        conn.execute(submission_rows.update().where(submission_rows.c.id == sent).values(**what))
    assert fates(db, guide, clock()).shown == 0


def test_r11_a_correction_is_the_same_form_once_more(db, guide, clock, send):
    send("n-1", {"email": "a@exmaple.ir"})
    send("n-1", {"email": "a@example.ir"})
    assert fates(db, guide, clock()).sent == 1
