"""What people answered, as the console shows it."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway.parts import Parts
from gateway.store import forms, results
from gateway.store.tables import leads, submissions
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read, send
from tests.support.plans import read_whole
from tests.web.test_assessments import BEST, READY, WORST

PATH = "/console/forms/ready/results"


@pytest.fixture
def ready(world: World, clock: SettableClock) -> World:
    """The assessment, published, with what two people sent."""
    publish(world, READY)
    send(world.parts, world.shop, "ready", {**WORST, "email": "sara@acme.example", "company_size": "1_9"})
    clock.advance(minutes=1)
    send(world.parts, world.shop, "ready", {**BEST, "email": "sara@acme.example"})
    send(world.parts, world.shop, "ready", {**WORST, "email": "reza@acme.example"})
    return world


def publish(world: World, toml: str) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        forms.publish(conn, world.shop.id, forms.save_draft(conn, world.shop.id, toml, now).key, now)


def table(app: Flask, world: World, query: str = "") -> dict[tuple[str, str], tuple[str, str]]:
    """The file: (question, value) → people, of how many."""
    reply = world.client(app, "viewer").get(f"{PATH}.csv{query}")
    assert (reply.status_code, reply.mimetype) == (200, "text/csv")
    rows = list(csv.reader(reply.get_data(as_text=True).removeprefix("\ufeff").splitlines()))
    assert rows[0] == ["question", "name", "option", "value", "people", "of"]
    return {(row[1], row[3]): (row[4], row[5]) for row in rows[1:]}


def test_results_are_counted_by_person_the_latest_one(app: Flask, ready: World) -> None:
    page = read(app, ready, PATH)
    assert "۲ نفر آن را کامل کردند و به‌طور میانگین به ۵۰٪ رسیدند." in page
    found = table(app, ready)
    assert found["", "beginning"] == ("1", "2")
    assert found["", "ready"] == ("1", "2")
    assert found["site_state", "none"] == ("1", "2")
    assert found["company_size", "1_9"] == ("1", "1")


def test_a_leads_points_name_assessment_and_result_as_the_form_does(app: Flask, ready: World) -> None:
    with ready.parts.db.read() as conn:
        [lead, *_] = conn.execute(select(leads.c.id).where(leads.c.site_id == ready.shop.id)).scalars()
    page = unescape(read(app, ready, f"/console/leads/{lead}"))
    assert re.search("«\u2068[^»]*\u2069»: \u2068(آماده|در آغاز راه)\u2069", page)
    assert "نتیجهٔ ارزیابی «\u2068کسب‌وکارتان چقدر برای کار دیجیتال آماده است؟\u2069»" in page


@pytest.mark.parametrize("change", [{"test": True}, {"status": "held"}, {"status": "erased"}])
def test_r38_tests_and_what_was_not_accepted_stay_out(app: Flask, ready: World, change: dict[str, Any]) -> None:
    with ready.parts.db.write() as conn:
        conn.execute(update(submissions).values(change))
    assert "در این مدت کسی پاسخ نداده است." in read(app, ready, PATH)
    assert {people for people, _ in table(app, ready).values()} == {"0"}


def test_the_period_is_asked_for(app: Flask, ready: World, clock: SettableClock) -> None:
    clock.advance(days=40)
    assert "در این مدت کسی پاسخ نداده است." in read(app, ready, PATH)
    assert table(app, ready, "?days=90")["", "ready"] == ("1", "2")
    assert "در این مدت" in read(app, ready, f"{PATH}?days=x")


def test_the_editor_previews_what_each_band_says(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert post(client, "/console/forms/new", {"key": "mine", "starter": "assessment"}).status_code == 303
    page = read(app, world, "/console/forms/mine?preview_lang=en")
    assert "Question 1 of 7" in unescape(page)
    assert [one in unescape(page) for one in ("0 to 39 %", "75 to 100 %", "You are ahead of most.")] == [True] * 3


def test_any_form_with_options_shows_what_was_answered(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "mina@acme.example", "company_size": "10_49"})
    page = read(app, world, "/console/forms/guide/results")
    assert "یک نفر پاسخ داد." in page
    assert "۱۰ تا ۴۹ نفر" in page


def test_a_form_that_was_never_published_has_no_answers(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        forms.save_draft(conn, world.shop.id, READY, world.parts.clock())
    assert "هنوز پاسخی نیست" in read(app, world, PATH)
    assert table(app, world) == {}


def test_r34_words_of_the_form_run_nothing_in_a_spreadsheet(app: Flask, world: World) -> None:
    publish(world, READY.replace("وب‌سایتتان در چه حالی است؟", "=cmd()").replace("سایت نداریم", "<b>هیچ</b>"))
    send(world.parts, world.shop, "ready", {**WORST, "email": "sara@acme.example"})
    text = world.client(app, "admin").get(f"{PATH}.csv").get_data(as_text=True)
    assert "'=cmd()" in text
    assert "@acme" not in text
    page = world.client(app, "admin").get(PATH).get_data(as_text=True)
    assert "&lt;b&gt;هیچ" in page
    assert "<b>هیچ" not in page


def test_r35_another_sites_answers_are_not_there(app: Flask, ready: World) -> None:
    for path in (PATH, f"{PATH}.csv"):
        assert ready.client(app, "stranger").get(path).status_code == 404


def test_the_report_reads_no_table_whole(ready: World, parts: Parts) -> None:
    with read_whole(parts.db, "submissions", "leads") as whole, parts.db.read() as conn:
        form = forms.published(conn, "ready")
        assert form is not None
        since = parts.clock() - timedelta(days=30)
        assert len(list(results.answered(conn, form.form_id, since, most=100))) == 3
    assert whole == []
