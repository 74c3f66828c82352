"""The queue of leads that may be one person: shown with reasons, decided one by one or many at once, taken back."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from gateway.parts import Parts
from gateway.records import Fact
from gateway.store import duplicates, leads
from tests.support import pairs
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read


def made(world: World, kind: str) -> tuple[str, str, str]:
    return pairs.pair(world.parts, world.shop.id, getattr(pairs, kind))


def decide(app: Flask, world: World, what: str, who: str = "marketer", **fields: object) -> int:
    data = {"decide": what, **fields}
    return post(world.client(app, who), "/console/duplicates/decide", data).status_code


def answer(parts: Parts, world: World, pair_id: str) -> str | None:
    with parts.db.read() as conn:
        found = duplicates.get(conn, world.shop.id, pair_id)
    assert found is not None
    return "later" if found.aside_at else found.answer


def test_a_pair_stands_side_by_side_with_what_agrees_in_words(app: Flask, world: World) -> None:
    older, younger, pair_id = made(world, "HOUSEHOLD")
    page = read(app, world, "/console/duplicates")
    for words in ("مریم رضایی", "علی رضایی", "maryam77@mail.example", "ali.rezaei@mail.example", "فرق دارد",
                  "نشانهٔ قوی یک نفر بودن", "اشتراک دارند، ولی با دو نام", pair_id, older, younger,
                  "تکراری‌ها</span><span class=\"count\""):  # fmt: skip
        assert words in page, words
    assert "log" not in page.lower().replace("logo", "")


def test_each_value_stands_with_the_strength_on_which_it_is_known(app: Flask, world: World) -> None:
    older, _, _ = made(world, "HOUSEHOLD")
    with world.parts.db.write() as conn:
        shown = Fact("phone", "+989127430651", "confirmed", "sub_none", world.parts.clock())
        leads.add_fact(conn, older, shown)
    page = read(app, world, "/console/duplicates")
    phone = page.partition('<th scope="row">تلفن')[2].partition("</tr>")[0]
    assert "تأییدشده" in phone and "نوشته‌شده" in phone


@pytest.mark.parametrize("what, tab", [("merge", "answered"), ("apart", "answered"), ("later", "later")])
def test_what_is_decided_is_taken_back_by_its_offer_and_in_its_tab(
    app: Flask, world: World, what: str, tab: str
) -> None:
    older, younger, pair_id = made(world, "HOUSEHOLD")
    client = world.client(app, "marketer")
    page = post(client, "/console/duplicates/decide", {"decide": f"{what} {pair_id}"}, follow_redirects=True).text
    at = re.search(r'name="at" value="([^"]+)"', page)
    assert at and answer(world.parts, world, pair_id) == {"merge": "merged"}.get(what, what)
    assert f"undo {pair_id}" in client.get(f"/console/duplicates?status={tab}").text
    with world.parts.db.read() as conn:
        person = leads.get(conn, world.shop.id, younger)
        assert person is not None and person.id == (older if what == "merge" else younger)
    post(client, "/console/duplicates/decide", {"decide": "undo", "at": at[1]})
    assert answer(world.parts, world, pair_id) is None
    with world.parts.db.read() as conn:
        assert {lead.id for one in (older, younger) if (lead := leads.get(conn, world.shop.id, one))} == {
            older,
            younger,
        }


def test_r9_no_two_pairs_are_merged_by_one_press(app: Flask, world: World) -> None:
    same = [made(world, kind)[2] for kind in ("SARA", "LIKELY")]
    for tab in ("", "?status=same", "?status=later"):
        assert 'data-bulk="merge"' not in read(app, world, f"/console/duplicates{tab}")
    assert decide(app, world, "merge", id=same) == 400
    assert decide(app, world, f"merge {' '.join(same)}") == 400
    assert [answer(world.parts, world, pair) for pair in same] == [None, None]
    assert decide(app, world, "apart", id=same) == 303
    assert [answer(world.parts, world, pair) for pair in same] == ["apart", "apart"]


def test_what_a_colleague_decided_stays(app: Flask, world: World, clock: SettableClock) -> None:
    *_, pair_id = made(world, "HOUSEHOLD")
    decide(app, world, f"apart {pair_id}", "admin")
    clock.advance(minutes=1)
    client = world.client(app, "marketer")
    page = post(client, "/console/duplicates/decide", {"decide": f"merge {pair_id}"}, follow_redirects=True).text
    assert "تصمیم او سر جایش ماند" in page and answer(world.parts, world, pair_id) == "apart"


def test_viewers_look_and_decide_nothing(app: Flask, world: World) -> None:
    *_, pair_id = made(world, "HOUSEHOLD")
    page = read(app, world, "/console/duplicates", "viewer")
    assert "علی رضایی" in page and 'name="decide"' not in page
    assert decide(app, world, f"merge {pair_id}", "viewer") == 403


def test_r35_another_site_sees_and_decides_nothing(app: Flask, world: World) -> None:
    *_, pair_id = made(world, "HOUSEHOLD")
    assert "رضایی" not in read(app, world, "/console/duplicates", "stranger")
    decide(app, world, f"merge {pair_id}", "stranger")
    assert answer(world.parts, world, pair_id) is None


@pytest.mark.parametrize("path, status", [
    ("/console/duplicates?status=none", 404), ("/console/duplicates?after=x", 400),
    ("/console/duplicates?status=later", 200), ("/console/duplicates?status=answered", 200),
])  # fmt: skip
def test_addresses_that_lead_nowhere_say_so(app: Flask, world: World, path: str, status: int) -> None:
    assert world.client(app, "viewer").get(path).status_code == status


def test_erased_and_merged_ones_wait_no_more(app: Flask, world: World) -> None:
    older, _, pair_id = made(world, "HOUSEHOLD")
    with world.parts.db.write() as conn:
        leads.set_columns(conn, older, {"erased_at": world.parts.clock()})
    assert pair_id not in read(app, world, "/console/duplicates")
    assert decide(app, world, f"merge {pair_id}") == 303
    assert answer(world.parts, world, pair_id) is None


def compare(app: Flask, world: World, one: str, other: str, who: str = "marketer") -> str:
    return read(app, world, f"/console/leads/{one}/compare?with={other}", who)


def test_the_compare_page_says_what_agrees_and_how_much_in_all(app: Flask, world: World) -> None:
    older, younger, _ = made(world, "HOUSEHOLD")
    page = compare(app, world, younger, older)
    for words in ("یک نفرند؟", "اشتراک دارند، ولی با دو نام", "روی هم:", "میان این همه آدم", "دو نفرند</button>"):
        assert words in page, words
    assert "همین حالا" not in page


def test_compared_from_the_queue_a_decision_goes_on_there(app: Flask, world: World) -> None:
    older, younger, pair_id = made(world, "HOUSEHOLD")
    queue = "/console/duplicates?after=x"
    page = read(app, world, f"/console/leads/{older}/compare?with={younger}&back=/console/duplicates%3Fafter%3Dx")
    assert f'class="crumb" href="{queue}"' in page
    assert all(f'value="{saying} {pair_id}"' in page for saying in ("merge", "apart", "later"))
    assert page.count(f'name="next" value="{queue}"') == 3
    elsewhere = read(app, world, f"/console/leads/{older}/compare?with={younger}&back=https://other.example")
    assert 'href="https://other' not in elsewhere and f'class="crumb" href="/console/leads/{older}"' in elsewhere


def test_two_that_nothing_was_known_of_are_weighed_on_the_spot_and_said_to_be_two(app: Flask, world: World) -> None:
    older, *_ = made(world, "HOUSEHOLD")
    other, *_ = made(world, "LIKELY")
    page = compare(app, world, older, other)
    assert "همین حالا برای این صفحه سنجیده شد" in page and "احتمالاً دو نفر" in page
    client = world.client(app, "marketer")
    page = post(client, f"/console/leads/{older}/apart", {"with": other}, follow_redirects=True).text
    assert "ثبت شد: دو نفرند" in page and "کوهپایه" in page  # among its pairs, with an undo
    with world.parts.db.read() as conn:
        (kept,) = duplicates.between(conn, [older], [other])
    assert (kept.answer, kept.answered_by) == ("apart", world.users["marketer"].id)
    page = post(client, "/console/duplicates/decide", {"decide": f"undo {kept.id}", "next": f"/console/leads/{older}"},
                follow_redirects=True).text  # fmt: skip
    assert "مثل قبل است" in page and answer(world.parts, world, kept.id) is None


@pytest.mark.parametrize("who, status", [("viewer", 403), ("stranger", 404), ("marketer", 303)])
def test_r35_two_people_is_said_of_one_s_own_leads_alone(app: Flask, world: World, who: str, status: int) -> None:
    older, younger, _ = made(world, "HOUSEHOLD")
    assert post(world.client(app, who), f"/console/leads/{older}/apart", {"with": younger}).status_code == status


def test_a_lead_s_page_shows_its_pairs_and_what_was_said_of_them(app: Flask, world: World) -> None:
    older, younger, pair_id = made(world, "HOUSEHOLD")
    assert "شاید یک نفر" in read(app, world, f"/console/leads/{older}")
    decide(app, world, f"apart {pair_id}")
    page = read(app, world, f"/console/leads/{younger}")
    assert "دو نفرند · تصمیم marketer" in page and f"undo {pair_id}" in page
    decide(app, world, f"undo {pair_id}")
    decide(app, world, f"merge {pair_id}")
    page = read(app, world, f"/console/leads/{older}")
    assert "یک نفر است با" in page and "تصمیم marketer" in page and "شاید یک نفر" not in page
