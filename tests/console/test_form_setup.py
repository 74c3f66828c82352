"""A form's wording and the turns of its questions, changed by a form of the console, and seen before they count."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms.model import Form, from_toml
from gateway.store import forms
from gateway.store.forms import FormRow
from gateway.web.console.form_setup import keys_of
from tests.support.console_side import World, post, read
from tests.support.sent_forms import changed, sent

PATH = "/console/forms/guide/setup"


def row(world: World) -> FormRow:
    with world.parts.db.read() as conn:
        found = forms.get(conn, world.shop.id, "guide")
    assert found is not None
    return found


def draft(world: World) -> Form:
    return from_toml(row(world).draft)


def send(client: FlaskClient, then: str, changes: dict[str, Any], fields: Any = None, **how: Any) -> Any:
    """As somebody who opens the page, changes this and presses."""
    found = fields if fields is not None else sent(client.get(PATH).text, "setup")
    return post(client, PATH, changed(found, {"then": then, **changes}).to_dict(flat=False), **how)


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_sent_as_it_stands_it_changes_nothing(app: Flask, world: World, lang: str) -> None:
    client, before = world.client(app, "marketer"), row(world).draft
    post(client, "/console/language", {"lang": lang, "next": PATH})
    assert send(client, "save", {}).status_code == 303
    assert row(world).draft == before


def test_the_order_is_chosen_and_everything_else_stays(app: Flask, world: World) -> None:
    client, before = world.client(app, "marketer"), row(world).draft
    assert send(client, "save", {"order": "value"}).status_code == 303
    assert draft(world).order == "value"
    assert set(row(world).draft.splitlines()) - set(before.splitlines()) == {'order = "value"'}
    assert send(client, "save", {"order": "fixed"}).status_code == 303
    assert draft(world) == from_toml(before)


def test_r1_the_page_says_who_is_asked_by_value_and_what_is_never_used(app: Flask, world: World) -> None:
    page = read(app, world, PATH)
    assert "فقط از کسی که نشانی‌اش را در همین مرورگر تأیید کرده" in page
    assert "مرورگری که نمی‌شناسیم" in page and "می‌گوید چه کسی است" in page


def test_a_trial_shows_what_would_be_asked_next_and_writes_nothing(app: Flask, world: World) -> None:
    client, before = world.client(app, "marketer"), row(world).draft
    tried = send(client, "try", {"order": "value"}, headers={"HX-Request": "true"}).text
    assert "<html" not in tried and "با نشانی تأییدشده" in tried and "ارزش" in tried
    assert "با نشانی تأییدشده" not in send(client, "try", {}, headers={"HX-Request": "true"}).text
    assert "۵۰" in send(client, "try", {"questions_per_visit": "99"}, headers={"HX-Request": "true"}).text
    assert row(world).draft == before


def test_a_question_is_changed_and_what_is_wrong_stands_beside_it(app: Flask, world: World) -> None:
    client, form = world.client(app, "marketer"), draft(world)
    place = next(n for n, one in enumerate(form.fields) if "rest_days" in keys_of(one))
    at = f"fields.{place}"
    refused = send(client, "save", {f"{at}.rest_days": "سی", f"{at}.label.fa": "تازه"})
    assert refused.status_code == 422 and f'id="{at}.rest_days-help" class="help help-bad"' in refused.text
    assert 'value="تازه"' in refused.text
    wanted = {f"{at}.rest_days": "۴۵", f"{at}.label.fa": "تازه", f"{at}.required": None, f"{at}.sensitive": "1"}
    assert send(client, "save", wanted).status_code == 303
    asked = draft(world).fields[place]
    assert (asked.rest_days, asked.label["fa"], asked.required, asked.sensitive) == (45, "تازه", False, True)


def test_a_colour_and_a_consents_words_are_changed(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert send(client, "save", {"theme.accent": "green"}).status_code == 422
    wanted = {"theme.accent": "#123456", "consents.0.text.fa": "موافقم."}
    assert send(client, "save", wanted).status_code == 303
    assert (draft(world).theme["accent"], draft(world).consents[0].text["fa"]) == ("#123456", "موافقم.")


def test_publishing_puts_it_in_force(app: Flask, world: World) -> None:
    client, before = world.client(app, "marketer"), row(world).published_version
    send(client, "publish", {"contact_requested": "1"})
    assert row(world).published_version == (before or 0) + 1
    assert draft(world).contact_requested


def test_who_saves_after_somebody_else_is_told_and_loses_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    mine = sent(client.get(PATH).text, "setup")
    send(world.client(app, "admin"), "save", {"questions_per_visit": "4"})
    told = send(client, "save", {"title.fa": "عنوان من"}, fields=mine)
    assert told.status_code == 409 and 'value="عنوان من"' in told.text
    assert draft(world).questions_per_visit == 4 and draft(world).title["fa"] != "عنوان من"


def test_a_viewer_sees_it_and_a_stranger_does_not(app: Flask, world: World) -> None:
    client = world.client(app, "viewer")
    assert '<fieldset class="bare" disabled>' in client.get(PATH).text
    assert post(client, PATH, {"then": "save"}).status_code == 403
    assert world.client(app, "stranger").get(PATH).status_code == 404
