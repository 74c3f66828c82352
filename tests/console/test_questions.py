"""What each question costs, as the console shows it."""

from __future__ import annotations

import csv

import pytest
from flask import Flask

from gateway.store import forms, unsent
from gateway.store.unsent import Unsent
from tests.support.console_side import World, read, send

PATH = "/console/forms/guide/questions"
ASKED = ("email", "first_name", "company", "consent_store")


def leave(world: World, count: int, field: str | None) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        form = forms.published(conn, "guide")
        assert form is not None
        told = [
            Unsent(world.shop.id, form.form_id, 1, f"{field}-{n}", f"{field}-{n}", ASKED, field, now)
            for n in range(count)
        ]
        unsent.note_all(conn, told)


def test_the_question_where_most_leave_is_named(app: Flask, world: World) -> None:
    leave(world, 30, "company")
    leave(world, 3, None)
    page = read(app, world, PATH)
    assert "بیشتر از همه در «نام شرکت» رها می‌کنند: ۳۰ نفر از ۳۱ نفری" in page
    assert page.count('class="worst"') == 1
    assert "رضایت: نگه‌داری" in page


def test_with_few_forms_no_question_is_blamed(app: Flask, world: World) -> None:
    leave(world, 3, "company")
    page = read(app, world, PATH)
    assert 'class="worst"' not in page
    assert "۵ فرم شروع و ۲ فرم فرستاده شد." in page


def test_a_form_that_nobody_saw_says_what_will_stand_here(app: Flask, world: World) -> None:
    page = read(app, world, "/console/forms/contact/questions")
    assert "هنوز چیزی برای شمردن نیست" in page
    assert "<table" not in page


@pytest.mark.parametrize("query", ["days=7&first=1&last=1", "days=x&first=9&last=-1", "first=&last=2"])
def test_odd_choices_fall_back(app: Flask, world: World, query: str) -> None:
    assert "آکمه" not in read(app, world, f"{PATH}?{query}")


def test_r34_the_table_for_a_spreadsheet_has_names_and_numbers_alone(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "mina@acme.example", "first_name": ""})
    leave(world, 2, "company")
    reply = world.client(app, "viewer").get(f"{PATH}.csv")
    assert (reply.status_code, reply.mimetype) == (200, "text/csv")
    rows = list(csv.reader(reply.get_data(as_text=True).removeprefix("\ufeff").splitlines()))
    assert rows[0] == ["question", "name", "asked", "answered", "skipped", "left"]
    found = {row[1]: row[2:] for row in rows[1:]}
    assert found["first_name"] == ["5", "2", "1", "0"]
    assert found["company"] == ["3", "1", "0", "2"]
    assert "@" not in reply.text


def test_r35_another_sites_report_is_not_there(app: Flask, world: World) -> None:
    for path in (PATH, f"{PATH}.csv"):
        assert world.client(app, "stranger").get(path).status_code == 404
