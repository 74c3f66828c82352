"""A form's policy: tried on past submissions, then saved into the draft; a wrong name is told by name."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from forms.edited_text import with_policy
from forms.model import FormError, from_toml
from gateway.outside import OUTSIDE
from gateway.store import forms
from gateway.words import LANGUAGES, say
from tests.support.console_side import World, post, read
from tests.support.sent_forms import sent
from tests.support.visitor_side import CONTACT, GUIDE
from verification.checks import CHECKS

PATH = "/console/forms/guide/policy"
ALL = [check.__name__ for check in CHECKS]


def asked(**more: Any) -> dict[str, Any]:
    return {"hold_at": "50", "confirm": "doubtful", "run": ALL, **more}


def draft(world: World) -> str:
    with world.parts.db.read() as conn:
        row = forms.get(conn, world.shop.id, "guide")
    assert row is not None
    return row.draft


def test_what_it_would_have_done_is_shown_before_it_is_saved(app: Flask, world: World) -> None:
    before = draft(world)
    page = post(world.client(app, "marketer"), PATH, asked(hold_at="1000")).text
    assert "از ۳ فرم رسیده، سرنوشت ۲ تا عوض می‌شد" in page
    assert "win@mailinator.com" in page or "Bonus" in page
    assert draft(world) == before


def test_it_is_saved_into_the_draft_and_nothing_else_changes(app: Flask, world: World) -> None:
    before = from_toml(draft(world))
    policy = asked(hold_at="70", run=[name for name in ALL if name != "script"], closed=["mail_host"], then="save")
    assert post(world.client(app, "marketer"), PATH, policy).status_code == 303
    found = from_toml(draft(world))
    assert found.policy == {"hold_at": 70, "skip": ("script",), "fail_closed": ("mail_host",)}
    assert (found.fields, found.title) == (before.fields, before.title)
    page = read(app, world, PATH, "viewer")
    assert 'value="۷۰"' in page
    with world.parts.db.read() as conn:
        published = forms.published(conn, "guide")
    assert published is not None and published.version == 1


def test_saving_and_publishing_is_one_press(app: Flask, world: World) -> None:
    post(world.client(app, "marketer"), PATH, asked(confirm="always", then="publish"))
    with world.parts.db.read() as conn:
        published = forms.published(conn, "guide")
    assert published is not None
    assert (published.version, published.form.policy) == (2, {"confirm": "always"})


@pytest.mark.parametrize("hold_at", ["", "0", "1001", "-5", "x", "۵۰۰۰", "99999999999"])
def test_a_limit_that_is_none_is_told(app: Flask, world: World, hold_at: str) -> None:
    response = post(world.client(app, "marketer"), PATH, asked(hold_at=hold_at, then="save"))
    assert response.status_code == 422
    assert "از ۱ تا ۱۰۰۰" in response.text


def test_what_was_chosen_beside_a_wrong_number_stays(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    mine = {"confirm": "always", "refuse_disposable": "1", "run": ALL[1:], "closed": ["mail_host"]}
    page = post(client, PATH, asked(**mine, outside=["reacher"], hold_at="۵۰۰۰", then="save")).text
    typed = sent(page, "policy").to_dict(flat=False)
    assert typed.pop("hold_at") == ["۵۰۰۰"]
    assert post(client, PATH, {**typed, "hold_at": "۷۰", "then": "save"}).status_code == 303
    assert from_toml(draft(world)).policy == {
        "hold_at": 70, "refuse_disposable": True, "confirm": "always", "skip": (ALL[0],),
        "fail_closed": ("mail_host",), "outside": ("reacher",),
    }  # fmt: skip


@pytest.mark.parametrize("forged", [{"confirm": "no"}, {"run": ["no"], "closed": ["no"]}, {"outside": ["no"]}])
def test_a_name_that_the_page_does_not_offer_is_refused(app: Flask, world: World, forged: dict[str, Any]) -> None:
    for hold_at in ("50", "0"):
        assert post(world.client(app, "marketer"), PATH, asked(hold_at=hold_at, **forged)).status_code == 400


def test_a_wrong_trial_is_told_where_the_answer_would_stand(app: Flask, world: World) -> None:
    """htmx shows nothing of a refusal, so the page would go on showing the trial before it."""
    answer = post(world.client(app, "marketer"), PATH, asked(hold_at="0"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert say("fa", "console.policy_hold_at_bad") in answer.text


def test_enter_tries_and_never_publishes(app: Flask, world: World) -> None:
    """A browser presses a form's first button when Enter is pressed in a field."""
    page = read(app, world, PATH, "marketer")
    assert re.findall(r'name="then" value="(\w+)"', page) == ["try", "publish", "save", "try"]


def test_the_limit_is_read_in_persian_digits(app: Flask, world: World) -> None:
    post(world.client(app, "marketer"), PATH, asked(hold_at="۷۰", then="save"))
    assert from_toml(draft(world)).policy == {"hold_at": 70}


def test_a_viewer_sees_and_saves_nothing(app: Flask, world: World) -> None:
    assert '<fieldset class="bare" disabled>' in read(app, world, PATH, "viewer")
    assert post(world.client(app, "viewer"), PATH, asked(then="save")).status_code == 403


def test_r35_another_sites_form_has_no_policy_here(app: Flask, world: World) -> None:
    assert world.client(app, "stranger").get(PATH).status_code == 404
    assert post(world.client(app, "stranger"), PATH, asked(then="save")).status_code == 404


def test_a_check_that_there_is_not_is_named_in_the_editor(app: Flask, world: World) -> None:
    text = draft(world) + '\n[policy]\nskip = ["no_such_check"]\n'
    response = post(world.client(app, "marketer"), "/console/forms/guide", {"draft": text})
    assert response.status_code == 422
    assert "no_such_check" in response.text


@pytest.mark.parametrize("key", ["skip", "fail_closed", "outside"])
def test_a_check_that_there_is_not_is_refused_when_a_draft_is_kept(world: World, key: str) -> None:
    text = draft(world) + f'\n[policy]\n{key} = ["no_such_check"]\n'
    with pytest.raises(FormError) as error, world.parts.db.write() as conn:
        forms.save_draft(conn, world.shop.id, text, world.parts.clock())
    assert error.value.problems[0].code == "check_unknown"


POLICIES: tuple[dict[str, Any], ...] = ({}, {"hold_at": 60}, {"skip": ["script"], "confirm": "always"})


@pytest.mark.parametrize("text", [GUIDE, CONTACT, GUIDE + "\n# mine\n[policy] # why\nhold_at = 20\n\n# after\n"])
@pytest.mark.parametrize("policy", POLICIES)
def test_another_policy_leaves_the_rest_of_the_text(text: str, policy: dict[str, Any]) -> None:
    changed = with_policy(text, policy)
    assert from_toml(changed).policy == from_toml(with_policy(changed, policy)).policy
    assert {
        name: list(value) if isinstance(value, tuple) else value for name, value in from_toml(changed).policy.items()
    } == policy
    assert changed.startswith(text.split("[policy]", maxsplit=1)[0].rstrip("\n"))


def test_a_policy_written_inline_is_changed_where_it_stands() -> None:
    text = "policy = { hold_at = 20 }  # ours\n" + GUIDE
    changed = with_policy(text, {"hold_at": 30})
    assert changed == text.replace("20", "30", 1)
    assert from_toml(changed).policy == {"hold_at": 30}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", OUTSIDE)
def test_every_outside_check_has_a_name_for_people(name: str, lang: str) -> None:
    assert name.casefold() in say(lang, f"console.outside_{name}").casefold()
