"""What staff teach by releasing and rejecting, and that it can be taken back whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from gateway import learning
from gateway.records import Submission
from gateway.store import lessons, sites, submissions
from gateway.store.db import Database
from gateway.store.tables import lessons as lesson_rows
from gateway.store.tables import sites as site_rows
from gateway.store.tables import word_counts
from tests.forms import samples
from tests.pipeline.conftest import World

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FORM = samples.form(samples.field("first_name"), samples.email(), samples.field("message", "long_text"))
SPAM = "Guaranteed first page ranking, cheap backlinks from https://ranks.example/now"
HAM = "سلام، لطفاً قیمت دستگاه را برای من بفرستید، با تشکر"
Counts = Mapping[str, tuple[int, int]]


def sent(number: int, message: str, site: str = "site_a", **more: Any) -> Submission:
    answers = {"first_name": "Sara", "email": "sara.karimi@acme.example", "message": message}
    return Submission(
        id=f"sub_{number}", site_id=site, form_id="form_1", form_key="contact", form_version=1, status="held",
        received_at=NOW, channel="hosted", lang="en", answers=answers, typed={}, asked=(), page={}, facts={}, **more,
    )  # fmt: skip


def counts(conn: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    return {(row.site_id, row.word): (row.spam, row.ham) for row in conn.execute(select(word_counts))}


def texts(conn: Connection, site: str = "site_a") -> tuple[int, int]:
    return lessons.texts(conn, site)


def teach(conn: Connection, message: str, label: lessons.Label, times: int, start: int = 0) -> None:
    for number in range(start, start + times):
        learning.learn(conn, sent(number, message), FORM, label=label, now=NOW)


@pytest.fixture
def taught(db: Database) -> Database:
    """Two sites, nothing learnt."""
    with db.write() as conn:
        for key in ("a", "b"):
            made = sites.add(conn, key, key, NOW, origins=[])
            conn.execute(site_rows.update().where(site_rows.c.id == made.id).values(id=f"site_{key}"))
    return db


def test_a_decision_teaches_once_and_the_other_decision_replaces_it(taught: Database) -> None:
    with taught.write() as conn:
        learning.learn(conn, sent(1, SPAM), FORM, label="spam", now=NOW)
        once = counts(conn)
        learning.learn(conn, sent(1, SPAM), FORM, label="spam", now=NOW)
        assert counts(conn) == once and texts(conn) == (1, 0)
        learning.learn(conn, sent(1, SPAM), FORM, label="ham", now=NOW)
        assert texts(conn) == (0, 1)
        assert counts(conn) == {key: (ham, spam) for key, (spam, ham) in once.items()}


def test_what_was_learnt_can_be_taken_back_and_learnt_again(taught: Database) -> None:
    with taught.write() as conn:
        learning.learn(conn, sent(1, SPAM), FORM, label="spam", now=NOW)
        once = counts(conn)
        learning.unlearn(conn, "sub_1", NOW)
        assert counts(conn) == {}
        learning.unlearn(conn, "sub_1", NOW)
        learning.unlearn(conn, "sub_unknown", NOW)
        assert counts(conn) == {}
        learning.learn(conn, sent(1, SPAM), FORM, label="spam", now=NOW)
        assert counts(conn) == once


_LESSON = st.tuples(st.text("ab ب", max_size=12), st.sampled_from(["spam", "ham"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.lists(_LESSON, max_size=4), passing=st.lists(_LESSON, max_size=4), data=st.data())
def test_learning_and_unlearning_in_any_order_leaves_no_trace(
    taught: Database, kept: list[Any], passing: list[Any], data: st.DataObject
) -> None:
    with taught.write() as conn:
        conn.execute(word_counts.delete())
        conn.execute(lesson_rows.delete())
        for number, (text, label) in enumerate(kept):
            learning.learn(conn, sent(number, text), FORM, label=label, now=NOW)
        before = counts(conn)
        numbered = list(enumerate(passing, start=100))
        for number, (text, label) in data.draw(st.permutations(numbered)):
            learning.learn(conn, sent(number, text), FORM, label=label, now=NOW)
        for number, _ in data.draw(st.permutations(numbered)):
            learning.unlearn(conn, f"sub_{number}", NOW)
        assert counts(conn) == before


def test_r7_names_addresses_and_numbers_are_never_learnt(taught: Database) -> None:
    personal = "Sara here from Acme, sara.karimi@acme.example, @sara_k, +98 912 123 4567, www.acme.example/about"
    with taught.write() as conn:
        learning.learn(conn, sent(1, personal), FORM, label="spam", now=NOW)
        learning.learn(conn, sent(2, "here from"), FORM, label="ham", now=NOW)
        # All that the first one taught is "here", "from" and their pair.
        assert set(counts(conn).values()) == {(1, 1)} and len(counts(conn)) == 1 + 3


def test_r35_the_same_words_of_two_sites_share_no_hash(taught: Database) -> None:
    with taught.write() as conn:
        for number, site in enumerate(("site_a", "site_b")):
            learning.learn(conn, sent(number, SPAM, site), FORM, label="spam", now=NOW)
        of = {site: {word for place, word in counts(conn) if place == site} for site in ("site_a", "site_b")}
    assert of["site_a"] & of["site_b"] == {lessons.TEXTS}
    assert len(of["site_a"]) == len(of["site_b"]) > 10


def test_r38_a_test_teaches_nothing_nor_does_what_has_no_long_text(taught: Database) -> None:
    with taught.write() as conn:
        learning.learn(conn, sent(1, SPAM, test=True), FORM, label="spam", now=NOW)
        learning.learn(conn, sent(2, ""), FORM, label="spam", now=NOW)
        assert counts(conn) == {}


def test_a_site_speaks_after_ten_lessons_of_each_kind(taught: Database) -> None:
    with taught.write() as conn:
        teach(conn, SPAM, "spam", 10)
        teach(conn, HAM, "ham", 9, start=100)
        assert learning.learnt_spam(conn, sent(900, SPAM), FORM) is None
        teach(conn, HAM, "ham", 1, start=200)
        for message, low, high in ((SPAM, 0.95, 1.0), (HAM, 0.0, 0.05), ("Entirely other sayings", 0.5, 0.5)):
            found = learning.learnt_spam(conn, sent(900, message), FORM)
            assert found is not None and low <= found <= high, message
        assert learning.learnt_spam(conn, sent(900, ""), FORM) is None
        assert learning.learnt_spam(conn, sent(900, SPAM, "site_b"), FORM) is None


def test_a_long_text_teaches_two_hundred_words_at_most(taught: Database) -> None:
    with taught.write() as conn:
        learning.learn(conn, sent(1, " ".join(f"w{chr(97 + n % 26) * (n // 26 + 1)}" for n in range(999))), FORM,
                       label="spam", now=NOW)  # fmt: skip
        assert len(counts(conn)) <= 201


def test_lessons_of_erased_submissions_go_and_their_sums_stay(world: World) -> None:
    submission = world.send({"email": "s@example.com"})
    with world.db.write() as conn:
        lesson = replace(sent(1, SPAM, world.site.id), id=submission.id)
        learning.learn(conn, lesson, FORM, label="spam", now=NOW)
        before = counts(conn)
        lessons.settle_erased(conn, [submission.id])
        assert lessons.current(conn, submission.id) is not None
        submissions.set_status(conn, submission, "erased", NOW)
        lessons.settle_erased(conn, [submission.id])
        assert lessons.current(conn, submission.id) is None and counts(conn) == before
