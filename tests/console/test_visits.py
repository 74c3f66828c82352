"""The rehearsal of a form's first visits."""

from __future__ import annotations

from flask import Flask

from gateway.store import forms
from gateway.words import say
from tests.support.console_side import World, post, read

PATH = "/console/forms/guide/visits"


def section(page: str, number: int) -> str:
    """What stands about one visit."""
    return page.split('<li class="visit">')[number].split("</ol>", maxsplit=1)[0]


def test_five_visits_stand_with_what_is_asked_and_why_the_rest_is_not(app: Flask, world: World) -> None:
    page = read(app, world, PATH)
    assert page.count('<li class="visit">') == 5
    assert "ایمیل" in section(page, 1).split("visit-rests")[0]
    assert "ایمیل" in section(page, 2).split("visit-rests")[1]
    assert say("fa", "forms.reason.recognised").partition(": ")[2] in section(page, 2)


def test_the_draft_is_rehearsed_beside_what_visitors_see(app: Flask, world: World) -> None:
    assert 'name="which"' not in read(app, world, PATH)
    with world.parts.db.write() as conn:
        row = forms.get(conn, world.shop.id, "guide")
        assert row is not None
        changed = row.draft.replace("questions_per_visit = 2", "questions_per_visit = 0")
        assert changed != row.draft
        forms.save_draft(conn, world.shop.id, changed, world.parts.clock())
    draft, published = read(app, world, PATH), read(app, world, f"{PATH}?which=published")
    assert section(draft, 1) != section(published, 1)


def test_odd_choices_fall_back_and_other_sites_forms_are_not_there(app: Flask, world: World) -> None:
    assert read(app, world, f"{PATH}?which=x&answers=y&apart=-1").count('<li class="visit">') == 5
    assert world.client(app, "stranger").get(PATH).status_code == 404


def test_who_skips_is_shown_as_skipping(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    text = read(app, world, "/console/forms/guide").split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    optional = text.replace('name = "first_name"', 'name = "first_name"\nrequired = false')
    assert optional != text
    post(client, "/console/forms/guide", {"draft": optional})
    assert "خالی می‌ماند" in section(read(app, world, f"{PATH}?answers=required"), 1)
    assert "خالی می‌ماند" not in read(app, world, PATH)


def test_by_value_the_order_stands_with_its_numbers_from_the_second_visit_on(app: Flask, world: World) -> None:
    assert 'name="order"' not in read(app, world, PATH)
    with world.parts.db.write() as conn:
        row = forms.get(conn, world.shop.id, "guide")
        assert row is not None
        changed = row.draft.replace("questions_per_visit = 2", 'questions_per_visit = 2\norder = "value"')
        forms.save_draft(conn, world.shop.id, changed, world.parts.clock())
    page = read(app, world, PATH)
    assert "ارزش" not in section(page, 1)
    assert "سمت شما" in section(page, 2).split("visit-rests")[0]
    assert "ارزش ۱٫۰۰" in section(page, 2)
    assert "ارزش" not in section(read(app, world, f"{PATH}?order=fixed"), 2)
