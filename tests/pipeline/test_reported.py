"""What sales report of a lead teaches the site's own scorer: the words of what was sent, and nobody's address."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from gateway import learning, reported
from gateway.records import Submission
from gateway.reported import Named, Report
from gateway.store import forms, lessons
from gateway.store.tables import identity_links
from gateway.store.tables import lessons as lesson_rows
from tests.pipeline.conftest import World
from tests.support import intake

ASKS = """
[[fields]]
name = "message"
type = "long_text"
required = false
label = { fa = "پیام", en = "Message" }

[[consents]]"""
SARA = {"email": "sara@example.com", "first_name": "Sara"}
TEXT = "Please call me back about the machine that you showed at the fair in Tabriz"


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(toml=intake.GUIDE.replace("[[consents]]", ASKS, 1))


def tell(world: World, sent: Submission, reason: str, name: str = "out:1", outcome: str = "bad") -> bool:
    with world.db.write() as conn:
        found = reported.named(conn, world.site.id, Named(lead=sent.lead_id or ""))
        report = Report(name, outcome, world.clock(), reason)
        return reported.keep(conn, world.site.id, report, found, world.clock())


def taught(world: World) -> list[tuple[str, str]]:
    """(submission, label) of the lessons in force."""
    with world.db.read() as conn:
        rows = conn.execute(select(lesson_rows).where(lesson_rows.c.undone_at.is_(None)).order_by(lesson_rows.c.id))
        return [(row.submission_id, row.label) for row in rows]


@pytest.mark.parametrize("reason", ["fake", "spam"])
def test_r07_what_sales_call_fake_teaches_its_words_once(world: World, reason: str) -> None:
    sent = world.send({**SARA, "message": TEXT})
    assert tell(world, sent, reason)
    assert taught(world) == [(sent.id, "spam")]
    assert not tell(world, sent, reason)
    assert tell(world, sent, reason, "out:2")
    assert taught(world) == [(sent.id, "spam")]
    with world.db.read() as conn:
        assert lessons.texts(conn, world.site.id) == (1, 0)
        (words,) = conn.execute(select(lesson_rows.c.words)).scalars()
    assert not {_hash(world, one) for one in ("sara", "example")} & set(words)


def _hash(world: World, word: str) -> str:
    from hashlib import blake2b

    return blake2b(word.encode(), key=world.site.id.encode(), digest_size=8).hexdigest()


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("bad", ""), ("bad", "bad_email"), ("bad", "bad_phone"), ("bad", "competitor"), ("bad", "other"), ("lost", "")],
)
def test_what_says_nothing_of_the_text_teaches_nothing(world: World, outcome: str, reason: str) -> None:
    sent = world.send({**SARA, "message": TEXT})
    assert tell(world, sent, reason, outcome=outcome)
    assert taught(world) == []


def test_r02_staffs_word_of_a_submission_stands(world: World) -> None:
    sent = world.send({**SARA, "message": TEXT})
    with world.db.write() as conn:
        form = forms.version(conn, sent.form_id, sent.form_version)
        learning.learn(conn, sent, form, label="ham", now=world.clock())
    tell(world, sent, "fake")
    assert taught(world) == [(sent.id, "ham")]


def test_r07_attack_fakes_in_a_victims_name_teach_nothing_of_what_the_victim_confirmed(world: World) -> None:
    own = world.send({**SARA, "message": TEXT})
    with world.db.write() as conn:
        _confirm(conn, own.id)
    forged = world.send(
        {**SARA, "message": "We make websites for shops and would like to show ours to you"}, visitor_id="thief"
    )
    assert forged.lead_id == own.lead_id
    tell(world, own, "fake")
    assert taught(world) == [(forged.id, "spam")]


def _confirm(conn: Connection, submission_id: str) -> None:
    mine = identity_links.c.submission_id == submission_id
    conn.execute(identity_links.update().where(mine).values(strength="confirmed"))


def test_r35_another_sites_lead_is_named_by_nobody_here(make_world: Callable[..., World], world: World) -> None:
    there = make_world("two", intake.GUIDE.replace('"guide"', '"guide2"')).send(SARA)
    with world.db.read() as conn:
        for who in (Named(lead=there.lead_id or ""), Named(email=SARA["email"]), Named(record="7", destination_id="x")):
            assert reported.named(conn, world.site.id, who) == []
