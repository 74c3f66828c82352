"""Forms: starters, drafts, versions."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from gateway.store import forms
from tests.support.console_side import World, post, read

CONDITIONAL = """
[[fields]]
name = "channel"
type = "choice"
required = false
always = true
label = { fa = "کانال", en = "Channel" }
options = [
  { value = "web", label = { fa = "وب", en = "Web" } },
  { value = "other", label = { fa = "دیگر", en = "Other" } },
]

[[fields]]
name = "channel_name"
type = "text"
required = false
always = true
when = { field = "channel", is = ["other"] }
label = { fa = "کدام؟", en = "Which?" }
"""


def draft(app: Flask, world: World) -> str:
    return read(app, world, "/console/forms/guide").split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]


def test_a_form_begins_from_a_starter_and_is_published(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    for starter in ("guide", "contact", "newsletter"):
        made = post(client, "/console/forms/new", {"key": f"my-{starter}", "starter": starter})
        assert made.location == f"/console/forms/my-{starter}"
        post(client, f"/console/forms/my-{starter}/publish")
        with world.parts.db.read() as conn:
            found = forms.published(conn, f"my-{starter}")
        assert found is not None
        assert client.get(f"/f/my-{starter}").status_code == 200


@pytest.mark.parametrize("key", ["", "Üx", "1a", "a b", "x" * 61, "../x"])
def test_a_key_that_is_none_is_refused(app: Flask, world: World, key: str) -> None:
    assert post(world.client(app, "marketer"), "/console/forms/new", {"key": key}).status_code == 422


def test_r35_a_key_of_another_site_is_taken(app: Flask, world: World) -> None:
    response = post(world.client(app, "stranger"), "/console/forms/new", {"key": "guide"})
    assert response.status_code == 422
    assert "This key is taken" in response.text


def test_problems_are_named_and_the_text_is_kept(app: Flask, world: World) -> None:
    text = draft(app, world).replace('type = "email"', 'type = "emial"')
    response = post(world.client(app, "marketer"), "/console/forms/guide", {"draft": text})
    assert response.status_code == 422
    page = unescape(response.text)
    assert "پرسش email، کلید type" in page
    assert "شناخته نیست؛ منظورتان" in page
    assert "هنوز ذخیره نشده است" in page
    assert 'type = "emial"' in page
    assert 'type = "emial"' not in draft(app, world)


def test_saving_keeps_a_draft_and_publishing_makes_a_version(app: Flask, world: World) -> None:
    client, text = (
        world.client(app, "marketer"),
        draft(app, world).replace("questions_per_visit = 2", "questions_per_visit = 3"),
    )
    post(client, "/console/forms/guide", {"draft": text})
    with world.parts.db.read() as conn:
        row = forms.get(conn, world.shop.id, "guide")
        assert row is not None
        assert row.published_version == 1
    assert "پیش‌نویس با آن فرق دارد" in read(app, world, "/console/forms/guide")
    post(client, "/console/forms/guide", {"draft": text, "then": "publish"})
    assert "نسخهٔ ۲" in read(app, world, "/console/forms/guide")
    assert "questions_per_visit = 2" in read(app, world, "/console/forms/guide/versions/1")


def test_a_key_cannot_be_changed_in_the_editor(app: Flask, world: World) -> None:
    text = draft(app, world).replace('key = "guide"', 'key = "contact"')
    assert post(world.client(app, "marketer"), "/console/forms/guide", {"draft": text}).status_code == 422


def test_the_preview_is_the_hosted_page_of_a_first_visit(app: Flask, world: World) -> None:
    text = draft(app, world).replace("ایمیل", "رایانامه")
    response = post(world.client(app, "viewer"), "/console/forms/guide/preview", {"draft": text})
    shown = unescape(response.text)
    assert 'sandbox="allow-same-origin"' in response.text
    assert "رایانامه" in shown
    assert 'name="email"' in shown


def test_the_preview_hides_what_depends_on_an_answer(app: Flask, world: World) -> None:
    text = draft(app, world) + CONDITIONAL
    client = world.client(app, "viewer")
    shown = unescape(post(client, "/console/forms/guide/preview", {"draft": text}).text)
    link = re.search(r'href="(/console/preview.css[^"]*)"', shown)
    assert link
    sheet = client.get(unescape(link[1])).text
    assert '[name="channel"]' in sheet and '[name="channel_name"]) { display: none; }' in sheet


BAD = ("{", "[]", '["a"]', '["a}", "b", "c"]', '["a", "b", "c\\n}"]', "[1, 2, 3]", '{"a": 1}')


@pytest.mark.parametrize("hidden", BAD)
def test_the_preview_s_stylesheet_writes_nothing_that_no_form_asks(app: Flask, world: World, hidden: str) -> None:
    query = {"form": "guide", "hidden": hidden}
    response = world.client(app, "viewer").get("/console/preview.css", query_string=query)
    assert response.status_code == 200 and "display" not in response.text


def test_the_snippet_and_a_test_link_are_there_to_copy(app: Flask, world: World) -> None:
    page = read(app, world, "/console/forms/guide")
    assert '<lead-form form="guide"></lead-form>' in page
    link = re.search(r'href="(http[^"]*/f/guide\?test=[^"]*)"', page)
    assert link
    assert app.test_client().get(link[1]).status_code == 200
