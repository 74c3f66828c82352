"""What staff say of pairs that may be one person: merged, two people, later, and each taken back."""

from __future__ import annotations

import pytest

from gateway import duplicates as said_of
from gateway import merging
from gateway.duplicates import SaidError, Sayer, Saying, two_people
from gateway.store import duplicates, duplicates_search, persons
from gateway.store.duplicates import Duplicate, Weighed
from gateway.store.duplicates_search import Tab
from tests.pipeline.conftest import World
from tests.pipeline.test_merging import begun, own
from tests.support.plans import planned

PARTS = (("first_name", "same", 8.0), ("city", "same", 2.5), ("prior", "leads", -10.0))


def note(world: World, one: str, other: str, *, weight: float = 1.0, same: bool = False) -> str:
    """A pair that the matcher found. Returns its id."""
    older, younger = sorted((one, other))
    with world.db.write() as conn:
        weighed = Weighed(older, younger, "same" if same else "possible", weight, PARTS)
        duplicates.keep(conn, world.site.id, weighed, world.clock())
        return duplicates.between(conn, [older], [younger])[0].id


def three(world: World) -> list[str]:
    """Of whom the matcher finds nothing by itself."""
    names = ("Sara", "Reza", "Mina")
    return [begun(world, {"email": f"{name}@{name}.example", "first_name": name}).id for name in names]


def say(world: World, saying: Saying, pair_id: str, by: str | None = "usr_1") -> None:
    with world.db.write() as conn:
        said_of.say(conn, saying, pair_id, Sayer(world.site.id, by, world.clock()))


def got(world: World, pair_id: str) -> Duplicate:
    with world.db.read() as conn:
        found = duplicates.get(conn, world.site.id, pair_id)
    assert found is not None
    return found


def tab(world: World, name: Tab) -> list[str]:
    with world.db.read() as conn:
        return [pair.id for pair in duplicates_search.page(conn, world.site.id, name, limit=25).pairs]


@pytest.mark.parametrize("saying, where, answer", [
    ("merge", "answered", "merged"), ("apart", "answered", "apart"), ("later", "later", None),
])  # fmt: skip
def test_what_is_said_moves_a_pair_and_is_taken_back(
    world: World, saying: Saying, where: Tab, answer: str | None
) -> None:
    a, b, _ = three(world)
    pair, before = note(world, a, b), [own(world, a), own(world, b)]
    say(world, saying, pair)
    assert (tab(world, "possible"), tab(world, where), got(world, pair).answer) == ([], [pair], answer)
    assert world.lead(b).id == (a if saying == "merge" else b)
    world.clock.advance(minutes=1)
    say(world, "undo", pair)
    assert (tab(world, "possible"), tab(world, where), got(world, pair).answer) == ([pair], [], None)
    assert [own(world, a), own(world, b)] == before


@pytest.mark.parametrize("first, second", [("merge", "merge"), ("merge", "apart"), ("apart", "merge"),
                                           ("later", "later"), ("undo", "undo")])  # fmt: skip
def test_who_comes_second_changes_nothing(world: World, first: Saying, second: Saying) -> None:
    a, b, _ = three(world)
    pair = note(world, a, b)
    if first != "undo":
        say(world, first, pair)
    before = got(world, pair)
    with pytest.raises(SaidError):
        say(world, second, pair, by="usr_2")
    assert got(world, pair) == before


def test_one_answer_is_of_all_pairs_between_two_people(world: World) -> None:
    a, b, c = three(world)
    pairs = [note(world, a, c), note(world, b, c)]
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (a, b), by=None, now=world.clock())
    say(world, "apart", pairs[0])
    assert [got(world, pair).answer for pair in pairs] == ["apart", "apart"]
    say(world, "undo", pairs[1])
    assert [got(world, pair).answer for pair in pairs] == [None, None]
    say(world, "merge", pairs[1])
    assert [got(world, pair).answer for pair in pairs] == ["merged", "merged"]


def test_taking_one_back_leaves_the_others_of_that_person(world: World) -> None:
    a, b, c = three(world)
    first, second = note(world, a, b), note(world, b, c)
    say(world, "merge", first)
    world.clock.advance(minutes=1)
    say(world, "merge", second)
    say(world, "undo", first)
    assert world.lead(a).earlier_ids == ()
    assert world.lead(c).id == b
    assert (got(world, first).answer, got(world, second).answer) == (None, "merged")


def test_two_that_became_one_by_another_way_wait_no_more(world: World) -> None:
    a, b, c = three(world)
    pairs = [note(world, *two) for two in ((a, b), (b, c), (a, c))]
    say(world, "merge", pairs[0])
    world.clock.advance(minutes=1)
    say(world, "merge", pairs[1])
    assert tab(world, "possible") == []
    with world.db.read() as conn:
        joined = persons.joined_by(conn, a, c)
        assert joined is not None and {joined.one, joined.other} & {c}
        assert persons.joined_by(conn, a, a) is None


def test_taken_apart_on_the_lead_s_page_they_are_two_people(world: World) -> None:
    a, b, _ = three(world)
    pair = note(world, a, b)
    with world.db.write() as conn:
        merge_id = merging.merge(conn, world.site.id, (a, b), by=None, now=world.clock())
        merging.undo(conn, world.site.id, merge_id, by="usr_1", now=world.clock())
    assert got(world, pair).answer == "apart"


def test_two_people_is_said_of_leads_that_nothing_was_known_of(world: World) -> None:
    a, b, _ = three(world)
    sayer = Sayer(world.site.id, "usr_1", world.clock())
    with world.db.write() as conn:
        two_people(conn, (b, a), Weighed(a, b, "possible", -9.0, PARTS), sayer)
        (pair,) = duplicates.between(conn, [a], [b])
    assert (pair.answer, pair.answered_by, pair.weight) == ("apart", "usr_1", -9.0)


def test_what_staff_said_stands_when_the_pair_is_weighed_anew(world: World) -> None:
    a, b, _ = three(world)
    pair = note(world, a, b)
    say(world, "apart", pair)
    assert note(world, a, b, weight=30.0, same=True) == pair
    assert (got(world, pair).answer, got(world, pair).weight) == ("apart", 30.0)


def test_a_pair_put_aside_comes_back_when_something_else_agrees(world: World) -> None:
    a, b, _ = three(world)
    pair = note(world, a, b)
    say(world, "later", pair)
    note(world, a, b, weight=0.9)  # more leads, so the prior falls: nothing new
    assert tab(world, "later") == [pair]
    with world.db.write() as conn:
        more = Weighed(a, b, "possible", 4.0, (*PARTS, ("company", "same", 3.0)))
        duplicates.keep(conn, world.site.id, more, world.clock())
    assert tab(world, "possible") == [pair]


def test_the_likeliest_come_first_and_pages_go_on_where_they_ended(world: World) -> None:
    ids = [begun(world, {"email": f"p{number}@example.com"}).id for number in range(6)]
    weights = {note(world, ids[0], other, weight=weight): weight
               for other, weight in zip(ids[1:], (1.5, 4.0, 0.25, 4.0, 3.0), strict=True)}  # fmt: skip
    note(world, ids[1], ids[2], weight=20.0, same=True)
    seen: list[str] = []
    with world.db.read() as conn:
        cursor: str | None = ""
        while cursor is not None:
            page = duplicates_search.page(conn, world.site.id, "possible", cursor=cursor, limit=2)
            seen, cursor = [*seen, *(pair.id for pair in page.pairs)], page.cursor
        assert duplicates_search.counts(conn, world.site.id) == {"possible": 5, "same": 1, "later": 0, "answered": 0}
        assert duplicates_search.waiting(conn, world.site.id) == 5
    assert seen == sorted(weights, key=lambda pair: (weights[pair], pair), reverse=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_queue_reads_no_table_whole(world: World) -> None:
    a, b, _ = three(world)
    pair = note(world, a, b)
    with planned(world.db, "duplicates") as lines:
        for name in duplicates_search.TABS:
            tab(world, name)
        with world.db.read() as conn:
            duplicates_search.counts(conn, world.site.id)
            duplicates.between(conn, [a], [b])
        got(world, pair)
    assert not [line for line in lines if line.startswith(("SCAN duplicates", "SCAN older", "SCAN younger"))], lines
    assert any("ix_duplicates_open (site_id=? AND answer=? AND decision=?" in line for line in lines)
