"""A form's wording and the turns of its questions, changed by a form of the console, and seen before they count."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection
from tomlkit.exceptions import TOMLKitError

from forms.edited_text import with_values
from forms.model import Form, FormError, from_toml, to_toml
from forms.toml import Path
from gateway.store import forms
from gateway.store.forms import FormRow
from gateway.web.console.form_setup import LONGEST, OF_CONSENT, OF_FORM, keys_of
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


def put(world: World, text: str) -> None:
    """As somebody who saves the form's text."""
    assert text != row(world).draft
    with world.parts.db.write() as conn:
        forms.save_draft(conn, world.shop.id, text, world.parts.clock())


def without_field(text: str, place: int) -> str:
    """The text without one of its questions."""
    form = from_toml(text)
    return to_toml(replace(form, fields=tuple(one for n, one in enumerate(form.fields) if n != place)))


def test_words_stay_with_their_question_where_another_was_removed_meanwhile(app: Flask, world: World) -> None:
    client, before = world.client(app, "marketer"), draft(world)
    mine = sent(client.get(PATH).text, "setup")
    put(world, without_field(row(world).draft, 1))
    told = send(client, "save", {"fields.2.label.fa": "از من"}, fields=mine)
    assert told.status_code == 409
    again = sent(told.text, "setup")
    assert [again[f"fields.{n}.label.fa"] for n in (0, 1)] == [before.fields[0].label["fa"], "از من"]
    assert send(client, "save", {}, fields=again).status_code == 303
    kept = [before.fields[0], replace(before.fields[2], label={**before.fields[2].label, "fa": "از من"})]
    assert [*draft(world).fields] == kept + [*before.fields[3:]]


def test_a_question_added_meanwhile_keeps_its_words(app: Flask, world: World) -> None:
    client, whole = world.client(app, "marketer"), row(world).draft
    put(world, without_field(whole, 1))
    mine = sent(client.get(PATH).text, "setup")
    put(world, whole)
    told = send(client, "save", {"title.fa": "عنوان من"}, fields=mine)
    assert told.status_code == 409
    assert send(client, "save", {}, fields=sent(told.text, "setup")).status_code == 303
    assert draft(world) == replace(from_toml(whole), title={**from_toml(whole).title, "fa": "عنوان من"})


def test_consents_words_stay_with_their_purpose(app: Flask, world: World) -> None:
    client, form = world.client(app, "marketer"), draft(world)
    mine = sent(client.get(PATH).text, "setup")
    [first, *others] = form.consents
    store = replace(first, purpose="store" if first.purpose != "store" else "contact", text={"fa": "نو", "en": "New"})
    put(world, to_toml(replace(form, consents=(store, first, *others))))
    again = sent(send(client, "save", {"title.fa": "ع"}, fields=mine).text, "setup")
    assert send(client, "save", {}, fields=again).status_code == 303
    assert draft(world).consents == (store, first, *others)


def test_a_conflict_is_not_forgotten_over_a_mistake(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    wrong = send(client, "save", {"questions_per_visit": "99"})
    assert wrong.status_code == 422
    mine = sent(wrong.text, "setup")
    tried = sent(send(client, "try", {}, fields=mine).text, "setup")
    send(world.client(app, "admin"), "save", {"order": "value"})
    for fields in (mine, tried):
        assert send(client, "save", {"questions_per_visit": "99"}, fields=fields).status_code == 409
    told = send(client, "try", {"questions_per_visit": "3"}, fields=mine).text
    assert send(client, "save", {}, fields=sent(told, "setup")).status_code == 409
    assert (draft(world).order, draft(world).questions_per_visit) == ("value", 2)


def test_two_at_once_are_one_after_the_other(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, locked = world.client(app, "marketer"), list[str]()
    mine = sent(client.get(PATH).text, "setup")

    def meanwhile(conn: Connection, name: str) -> None:
        locked.append(name)
        with_theirs = with_values(row(world).draft, {("questions_per_visit",): 4})
        forms.save_draft(conn, world.shop.id, with_theirs, world.parts.clock())

    monkeypatch.setattr("gateway.web.console.forms.lock_names", meanwhile)
    assert send(client, "save", {"title.fa": "عنوان من"}, fields=mine).status_code == 409
    assert locked == [f"form:{row(world).id}"] and draft(world).questions_per_visit == 4


def test_line_breaks_and_long_texts_survive_a_save(app: Flask, world: World) -> None:
    client, form = world.client(app, "marketer"), draft(world)
    asked = replace(form.fields[1], label={"fa": "یک\nدو", "en": "x" * 300}, help={"fa": "y\n" * 400, "en": "z" * 1000})
    form = replace(form, title={"fa": "ی" * 300, "en": "one\ntwo"}, fields=(form.fields[0], asked, *form.fields[2:]))
    put(world, to_toml(form))
    page = client.get(PATH).text
    for tag in re.findall(r"<(?:input|textarea)[^>]*\b(?:label|help|title)\.(?:fa|en)[^>]*>", page):
        name = str(re.search(r'name="(?:[^"]*\.)?(\w+)\.(?:fa|en)"', tag)[1])  # type: ignore[index]
        assert f'maxlength="{LONGEST[name]}"' in tag
        assert not (tag.startswith("<input") and "\n" in tag)
    assert send(client, "save", {}, fields=sent(page, "setup")).status_code == 303
    assert row(world).draft == to_toml(form)


@pytest.mark.parametrize("key, longest", LONGEST.items())
def test_a_text_may_be_as_long_as_the_reader_takes_it(world: World, key: str, longest: int) -> None:
    path: Path = (key,) if key in OF_FORM else ("consents", 0, key) if key in OF_CONSENT else ("fields", 0, key)
    with_values(row(world).draft, {path: {"fa": "x" * longest, "en": "x"}})
    with pytest.raises(FormError):
        with_values(row(world).draft, {path: {"fa": "x" * (longest + 1), "en": "x"}})


def test_words_of_a_language_that_is_not_listed_stay(app: Flask, world: World) -> None:
    client, form = world.client(app, "marketer"), draft(world)
    put(world, to_toml(replace(form, languages=("fa",))))
    assert send(client, "save", {"title.fa": "نو"}).status_code == 303
    assert dict(draft(world).title) == {**form.title, "fa": "نو"}


def test_the_page_says_where_the_text_was_written_anew(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.client(app, "marketer")
    send(client, "save", {"title.fa": "نو"})
    assert "متن از نو نوشته شد" not in client.get(PATH).text
    monkeypatch.setattr("forms.edited_text.tomlkit.parse", Mock(side_effect=TOMLKitError))
    send(client, "save", {"fields.0.label.fa": "نو"})
    assert "متن از نو نوشته شد" in client.get(PATH).text
    assert draft(world).fields[0].label["fa"] == "نو"


def test_a_viewer_sees_it_and_a_stranger_does_not(app: Flask, world: World) -> None:
    client = world.client(app, "viewer")
    assert '<fieldset class="bare" disabled>' in client.get(PATH).text
    assert post(client, PATH, {"then": "save"}).status_code == 403
    assert world.client(app, "stranger").get(PATH).status_code == 404
