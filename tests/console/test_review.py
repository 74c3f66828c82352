"""The review queue: groups, filters, tabs, bulk decisions with their undo, walls, and the weekly sample."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway import jobs
from gateway.ids import new_id
from gateway.store import confirmations, samples, submissions
from gateway.store.confirmations import Confirmation
from gateway.store.tables import audit, verdicts
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read, send

DECIDE = "/console/review/decide"


def status_of(world: World, submission_id: str) -> str:
    with world.parts.db.read() as conn:
        found = submissions.get(conn, world.shop.id, submission_id)
    assert found is not None
    return found.status


def held(world: World, name: str, *, form: str = "guide", **facts: Any) -> str:
    answers = {"email": f"{name}@mailinator.com"}
    if form == "contact":
        answers = {**answers, "phone": "+989121234567", "message": "please call"}
    return send(world.parts, world.shop, form, answers, **facts)


def decide(client: FlaskClient, what: str, ids: list[str] | None = None, **more: Any) -> str:
    page = post(client, DECIDE, {"decide": what, "id": ids or [], **more}, follow_redirects=True)
    assert page.status_code == 200
    return unescape(page.text)


def test_reasons_stand_before_the_answers(app: Flask, world: World) -> None:
    page = read(app, world, "/console/review", "viewer")
    card = page.split("<article")[1]
    assert card.index("یک‌بارمصرف") < card.index("<dt>ایمیل</dt>")


def test_a_viewer_looks_and_decides_nothing(app: Flask, world: World) -> None:
    page = read(app, world, "/console/review", "viewer")
    assert "win@mailinator.com" in page
    assert 'name="decide"' not in page and 'name="id"' not in page
    assert post(world.client(app, "viewer"), DECIDE, {"decide": f"release {world.held}"}).status_code == 403
    assert status_of(world, world.held) == "held"


@pytest.mark.parametrize("decision, status", [("release", "accepted"), ("reject", "rejected")])
def test_staff_decide(app: Flask, world: World, decision: str, status: str) -> None:
    client = world.client(app, "marketer")
    assert post(client, DECIDE, {"decide": f"{decision} {world.held}"}).status_code == 303
    assert status_of(world, world.held) == status


def test_several_are_decided_and_undone_at_once(app: Flask, world: World, clock: SettableClock) -> None:
    ids = [held(world, f"p{number}") for number in range(3)]
    client = world.client(app, "marketer")
    clock.advance(seconds=1)
    page = decide(client, "reject", [" ".join(ids[:2]), ids[2]])  # a group's box holds several
    assert "۳ مورد رد شد" in page
    assert {status_of(world, one) for one in ids} == {"rejected"}
    at = re.search(r'name="at" value="([^"]+)"', page)
    assert at
    clock.advance(minutes=5)
    assert "مثل قبل" in decide(client, "undo", at=at[1])
    assert {status_of(world, one) for one in ids} == {"held"}


def test_a_release_is_undone_within_seconds_and_not_later(app: Flask, world: World, clock: SettableClock) -> None:
    client = world.client(app, "marketer")
    page = decide(client, f"release {world.held}")
    assert "تا ۱۰ ثانیه" in page
    clock.advance(seconds=5)
    decide(client, f"undo {world.held}")
    assert status_of(world, world.held) == "held"
    decide(client, f"release {world.held}")
    clock.advance(seconds=10)
    jobs.drain_with(world.parts)
    assert "دیگر سرنخ شده است" in decide(client, f"undo {world.held}")
    assert status_of(world, world.held) == "accepted"


def test_what_a_colleague_decided_meanwhile_stays_and_is_told(app: Flask, world: World) -> None:
    decide(world.client(app, "admin"), f"reject {world.held}", seen="held")
    page = decide(world.client(app, "marketer"), f"release {world.held}", seen="held")
    assert "همکار دیگری" in page
    assert status_of(world, world.held) == "rejected"


@pytest.mark.parametrize(
    "data, code",
    [
        ({}, 400),
        ({"decide": "burn x"}, 400),
        ({"decide": "undo", "at": "x"}, 400),
        ({"decide": "undo", "at": "2026-11-21T09:30:00"}, 400),
        ({"decide": "undo", "at": "0001-01-01T00:00:00+14:00"}, 400),
        ({"decide": "undo", "at": "9999-12-31T23:59:59-14:00"}, 400),
    ],
)
def test_what_is_no_decision_is_refused(app: Flask, world: World, data: dict[str, str], code: int) -> None:
    assert post(world.client(app, "marketer"), DECIDE, data).status_code == code


def test_r35_nobody_decides_at_another_site(app: Flask, world: World) -> None:
    client = world.client(app, "stranger")
    decide(client, f"release {world.held}")
    decide(client, "undo", at=world.parts.clock().isoformat())
    assert status_of(world, world.held) == "held"
    assert "mailinator" not in client.get("/console/review").text


def test_nobody_undoes_what_somebody_else_decided_at_that_moment(app: Flask, world: World) -> None:
    decide(world.client(app, "admin"), f"reject {world.held}")
    decide(world.client(app, "marketer"), "undo", at=world.parts.clock().isoformat())
    assert status_of(world, world.held) == "rejected"


def test_alike_ones_stand_on_one_card(app: Flask, world: World) -> None:
    ids = [held(world, f"p{number}", honeypot="x") for number in range(4)]  # one mail domain, the same reasons
    page = read(app, world, "/console/review")
    assert page.count("<article") == 1
    assert "۵ تا از یک دامنهٔ ایمیل" in page
    assert all(one in page for one in (*ids, world.held))


def test_filters_by_form_reason_and_contact(app: Flask, world: World) -> None:
    held(world, "caller", form="contact")
    for query, shown in (
        ("form=contact", {"caller"}), ("contact=1", {"caller"}), ("reason=honeypot", {"win"}),
        ("reason=disposable_email", {"caller", "win"}), ("form=none", set()),
    ):  # fmt: skip
        page = read(app, world, f"/console/review?{query}")
        cards = page.split('id="cards"')[1] if 'id="cards"' in page else ""
        assert {name for name in ("caller", "win") if f"{name}@mailinator.com" in cards} == shown, query


@pytest.mark.parametrize("sort", ["", "oldest"])
def test_pages_neither_repeat_nor_skip(app: Flask, world: World, clock: SettableClock, sort: str) -> None:
    for number in range(30):
        clock.advance(minutes=number % 2)  # some share their time
        send(world.parts, world.shop, "guide", {"email": "nobody@gmail.com", "first_name": f"N{number}"}, honeypot="x")
    client, path, seen = world.client(app, "marketer"), f"/console/review?sort={sort}", []
    while path:
        page = unescape(client.get(path).text)
        seen += re.findall(r'class="id" dir="ltr">(sub_\w+)', page)
        following = re.search(r'href="(/console/review\?[^"]*after=[^"]*)">بعدی', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 31


def ask(world: World, submission_id: str) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        found = submissions.get(conn, world.shop.id, submission_id)
        assert found is not None
        row = Confirmation(
            new_id("cnf", now), world.shop.id, found.form_id, found.id, "email", "m", now, now + confirmations.WINDOW
        )
        confirmations.add(conn, row)


def test_who_was_asked_to_confirm_waits_apart(app: Flask, world: World, clock: SettableClock) -> None:
    ask(world, world.held)
    caller = held(world, "caller", form="contact")
    ask(world, caller)

    def tab(name: str) -> str:
        return read(app, world, f"/console/review?status={name}")

    assert world.held not in tab("held") and world.held in tab("visitor")
    assert caller in tab("held") and caller not in tab("visitor")  # asked for a call: staff's at once
    assert 'title="۱ مورد منتظر بازبینی"' in tab("held")
    clock.advance(days=15)
    assert world.held in tab("lapsed") and world.held not in tab("visitor")
    assert world.held not in tab("held")


def test_what_somebody_decided_is_named_with_the_decider(app: Flask, world: World) -> None:
    assert "تصمیم marketer" in read(app, world, "/console/review?status=rejected")


def test_without_script_everything_shown_can_be_selected(app: Flask, world: World) -> None:
    page = read(app, world, "/console/review?all=1")
    assert page.count('class="form-check-input pick"') == page.count(" checked>")


# --- the weekly sample ----------------------------------------------------------------------------------------------


def draw(world: World, clock: SettableClock) -> None:
    clock.advance(days=7)
    with world.parts.db.write() as conn:
        samples.draw(conn, world.shop.id, clock())


@pytest.mark.parametrize(
    "answer, status, wrong", [("right", "rejected", 0), ("hold", "held", 1), ("release", "accepted", 1)]
)
def test_the_sample_is_answered_by_one_press(
    app: Flask, world: World, clock: SettableClock, answer: str, status: str, wrong: int
) -> None:
    draw(world, clock)
    assert "more@mailinator.com" in read(app, world, "/console/review/sample", "viewer")
    client = world.client(app, "marketer")
    post(client, "/console/review/sample", {"id": world.rejected, "answer": answer})
    assert status_of(world, world.rejected) == status
    with world.parts.db.read() as conn:
        assert samples.figures(conn, world.shop.id) == samples.Figures(1, 1, wrong)
    assert f"{'۰۱'[wrong]} مورد اشتباه" in read(app, world, "/console/review/sample")


def test_only_what_was_drawn_here_is_answered(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert post(client, "/console/review/sample", {"id": world.rejected, "answer": "right"}).status_code == 404
    assert post(client, "/console/review/sample", {"id": world.rejected, "answer": "maybe"}).status_code == 400


def test_a_decision_is_written_down(app: Flask, world: World) -> None:
    decide(world.client(app, "marketer"), f"reject {world.held}")
    with world.parts.db.read() as conn:
        row = conn.execute(audit.select().where(audit.c.subject == world.held)).one()
        last = conn.execute(verdicts.select().where(verdicts.c.submission_id == world.held)).all()[-1]
    assert (row.action, row.user_id) == ("submission_reject", world.users["marketer"].id)
    assert last.decided_by == world.users["marketer"].id
    assert row.at - last.at == timedelta(0)
