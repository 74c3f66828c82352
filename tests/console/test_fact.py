"""What staff say of a lead: written, taken from a proposal, taken back; pinned against all but staff (rules 2, 3)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from gateway import matching, standing
from gateway.records import Fact
from gateway.store import duplicates, leads
from gateway.words import say
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, send


def facts(world: World, lead_id: str, name: str) -> list[Fact]:
    with world.parts.db.read() as conn:
        return [fact for fact in leads.all_facts(conn, lead_id) if fact.field == name]


def stands(world: World, name: str) -> tuple[object, str]:
    with world.parts.db.read() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
    assert lead is not None
    return lead.facts[name].value, lead.facts[name].strength


def propose(world: World, company: str) -> int:
    """Somebody types the lead's address and another company: rule 3 keeps it as a proposal."""
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "company": company})
    (fact,) = [fact for fact in facts(world, world.lead, "company") if fact.value == company]
    assert fact.state == "proposed"
    return fact.id


def at(world: World, name: str, *more: object) -> str:
    return "/".join(["/console/leads", world.lead, "facts", name, *map(str, more)])


def test_r2_what_staff_write_stays_whatever_comes_in(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    page = post(client, at(world, "company"), {"value": " آکمه صنعت "}, follow_redirects=True).text
    assert "فقط همکاران آن را تغییر می‌دهند" in page and "آکمه صنعت" in page and "ثبت همکاران" in page
    assert stands(world, "company") == ("آکمه صنعت", "staff")
    propose(world, "دیگر")
    assert stands(world, "company") == ("آکمه صنعت", "staff")
    post(client, at(world, "company"), {"value": "آکمه"})
    assert stands(world, "company") == ("آکمه", "staff")
    assert [(fact.value, fact.state) for fact in facts(world, world.lead, "company")] == [
        ("آکمه", "former"), ("آکمه صنعت", "former"), ("دیگر", "proposed"), ("آکمه", "current"),
    ]  # fmt: skip


def test_a_change_raises_the_version_once_and_queues_it(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    with world.parts.db.read() as conn:
        before = leads.get(conn, world.shop.id, world.lead)
    for _ in range(2):
        post(client, at(world, "company"), {"value": "نو"})
    with world.parts.db.read() as conn:
        after = leads.get(conn, world.shop.id, world.lead)
        due = conn.exec_driver_sql("SELECT max(version) FROM deliveries").scalar_one()
    assert before is not None and after is not None
    assert after.version == due == before.version + 1


def test_r3_a_proposal_is_used_or_set_aside(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    used, aside = propose(world, "به‌کار"), propose(world, "کنار")
    page = client.get(at(world, "company")).text
    assert "به‌کار" in page and "کنار" in page
    assert "کنار گذاشته شد" in post(client, at(world, "company", aside, "aside"), follow_redirects=True).text
    assert post(client, at(world, "company", aside, "aside")).status_code == 404  # it does not wait any more
    post(client, at(world, "company", used, "use"))
    assert stands(world, "company") == ("به‌کار", "staff")
    assert "proposed" not in {fact.state for fact in facts(world, world.lead, "company")}
    (first,) = [fact for fact in facts(world, world.lead, "company") if fact.value == "آکمه"]
    post(client, at(world, "company", first.id, "use"))  # and back to what stood first
    assert stands(world, "company") == ("آکمه", "staff")


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("company", "", "required"),
        ("company", "x" * 300, "too_long"),
        ("email", "sara", "email_at"),
        ("phone", "12", "phone_short"),
    ],
)
def test_what_cannot_be_kept_is_told_and_stays_typed(
    app: Flask, world: World, name: str, typed: str, code: str
) -> None:
    before = facts(world, world.lead, name)
    answer = post(world.client(app, "marketer"), at(world, name), {"value": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    help_text = re.search(r'id="value-help"[^>]*>([^<]*)<', answer.text)
    words = say("fa", f"forms.{code}", limit="۱۲۰", example="*").partition("*")[0]
    assert help_text and unescape(help_text[1]).startswith(words)
    assert facts(world, world.lead, name) == before


def test_what_staff_write_is_held_against_the_other_leads(app: Flask, world: World, clock: SettableClock) -> None:
    other = {"email": "z@acme.example", "first_name": "سارا", "phone": "+989121234567"}
    send(world.parts, world.shop, "contact", other)
    matching.weigh_due(world.parts.db, clock())
    client = world.client(app, "marketer")
    assert post(client, at(world, "phone"), {"value": "+989121234567"}).status_code == 303
    matching.weigh_due(world.parts.db, clock())
    with world.parts.db.read() as conn:
        (pair,) = duplicates.of_lead(conn, [world.lead])
    assert {"first_name", "phone"} <= {field for field, _, _ in pair.parts}


def test_a_lead_is_found_by_what_staff_gave_it(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    post(client, at(world, "phone"), {"value": "۰۹۱۲ ۱۲۳ ۴۵۶۷"})
    post(client, at(world, "email"), {"value": "Sara.New@Acme.Example"})
    with world.parts.db.read() as conn:
        assert leads.found_by(conn, world.shop.id, "phone", "+989121234567") == [world.lead]
        for address in ("sara@acme.example", "sara.new@acme.example"):
            assert leads.found_by(conn, world.shop.id, "email", address) == [world.lead]


def test_r9_another_persons_address_is_not_taken_but_compared(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "s@acme.example"})
    client = world.client(app, "marketer")
    answer = post(client, at(world, "email"), {"value": "s@acme.example"}, follow_redirects=True)
    assert "از آنِ سرنخ دیگری است" in answer.text and answer.request.path.endswith("/compare")
    assert stands(world, "email") == ("sara@acme.example", "typed")


def test_what_no_form_asks_and_nobody_said_is_not_there(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert client.get(at(world, "shoe_size")).status_code == 404
    assert post(client, at(world, "shoe_size"), {"value": "42"}).status_code == 404
    assert post(client, at(world, "company", 999_999, "use")).status_code == 404
    page = client.get(f"/console/leads/{world.lead}").text
    assert f"/console/leads/{world.lead}/facts/phone" in page  # asked by a form, and not known yet


@pytest.mark.parametrize("who", ["viewer", "stranger", None])
def test_r35_only_staff_of_the_site_write(app: Flask, world: World, who: str | None) -> None:
    client = world.client(app, who)
    waiting = propose(world, "دیگر")
    for path in (at(world, "company"), at(world, "company", waiting, "use"), at(world, "company", waiting, "aside")):
        assert client.post(path, data={"value": "x"}).status_code in {302, 303, 400, 403, 404}
    assert stands(world, "company") == ("آکمه", "typed")
    page = client.get(at(world, "company"))
    assert page.status_code in {302, 303, 403, 404}
    assert at(world, "company") not in client.get(f"/console/leads/{world.lead}").text


def test_what_staff_heard_as_an_answer_scores_like_a_forms(app: Flask, world: World, clock: SettableClock) -> None:
    client, before = world.client(app, "marketer"), score(world)
    for answer in ("0_3", "0_3", "3_6"):
        clock.advance(minutes=1)
        assert post(client, at(world, "time_to_buy"), {"value": answer}).status_code == 303
    assert score(world) == [*before, ("time_to_buy", 30), ("answered_before", 0), ("answer_replaced", -30),
                            ("time_to_buy", 15)]  # fmt: skip
    page = client.get(f"/console/leads/{world.lead}").text
    assert "heard/undo" not in page  # it stands with the facts, and is mended there


def score(world: World) -> list[tuple[str, int]]:
    """Its lines, and that what is stored agrees."""
    with world.parts.db.read() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
        assert lead is not None
        found = standing.explain(conn, lead, world.parts.clock())
    assert (found.score, found.stage) == (lead.score, lead.stage)
    return [(line.code, line.points) for line in found.lines]
