"""A rulebook that was published before checks grew stricter: its site goes on, and somebody is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from gateway import rescoring
from gateway.cli.doctor import rules as told_by_doctor
from gateway.scoring.rulebook import RulebookError, from_published, from_toml, shipped, shipped_text
from gateway.store import rulebooks
from gateway.store.tables import rulebooks as rows
from tests.pipeline.conftest import World

SENDS_FORM = """
[[rules]]
code = "hand_over_line"
event = "submission"
points = 7
"""
WORDS = shipped_text() + SENDS_FORM  # its code's words in the catalogue need what such a line has not
POINTS = shipped_text() + SENDS_FORM.replace("7", "700").replace('"hand_over_line"', '"sends_form"')
EARLIER = shipped_text().replace("timezone = ", "# the one before\ntimezone = ")
ANSWERS = {"email": "sara@example.com", "first_name": "Sara"}


def publish(world: World, *contents: str) -> None:
    with world.db.write() as conn:
        for number, content in enumerate(contents, 1):
            rulebooks.publish(conn, world.site.id, shipped_text(), world.clock())
            conn.execute(update(rows).where(rows.c.version == number).values(content=content))


def score(world: World) -> int:
    return world.lead(world.send(ANSWERS).lead_id).score


def told(world: World) -> Any:
    return told_by_doctor(SimpleNamespace(db=world.db))  # type: ignore[arg-type]  # all that it needs of them


@pytest.mark.parametrize("text", [WORDS, POINTS])
def test_neither_could_be_published_today(text: str) -> None:
    with pytest.raises(RulebookError):
        from_toml(text)


def test_where_words_alone_are_wrong_it_counts_as_it_did(world: World) -> None:
    publish(world, WORDS)
    assert score(world) == 7
    status, what = told(world)
    assert (status, "version 1" in what, "counts still" in what) == ("warn", True, True)


def test_else_the_newest_that_reads_counts(world: World) -> None:
    publish(world, EARLIER, POINTS)
    assert score(world) == 0
    with world.db.read() as conn:
        assert rulebooks.in_force(conn, world.site.id).digest == from_toml(EARLIER).digest
        found = rulebooks.refused(conn, world.site.id)
    assert found is not None
    assert (found.number, found.counts, found.problems[0].path[-1]) == (2, 1, "points")
    assert told(world)[0] == "fault"
    assert "version 1 counts instead" in told(world)[1]


def test_without_any_the_shipped_one_counts_and_other_sites_work_goes_on(world: World) -> None:
    publish(world, POINTS)
    rescoring.begin_where_needed(world.db, world.clock())  # of the whole installation's hourly work
    with world.db.read() as conn:
        assert rulebooks.in_force(conn, world.site.id).digest == shipped().digest
    assert "version shipped counts instead" in told(world)[1]


def test_a_later_version_ends_it(world: World) -> None:
    publish(world, POINTS, EARLIER)
    with world.db.read() as conn:
        assert rulebooks.refused(conn, world.site.id) is None
    assert told(world)[0] == "ok"


def test_the_lines_of_such_a_rule_can_be_said() -> None:
    rule = next(one for one in from_published(WORDS).event_rules["submission"] if one.points == 7)
    assert rule.title == {"fa": "hand over line", "en": "hand over line"}
