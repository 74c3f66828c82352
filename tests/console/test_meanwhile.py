"""Two people at one page: a form's text, its policy, a site's settings."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask

from tests.support.console_side import World, post
from tests.support.sent_forms import sent

TEXT, POLICY, SETTINGS = "/console/forms/guide", "/console/forms/guide/policy", "/console/settings"


def filled(page: str, form: str, **typed: Any) -> dict[str, Any]:
    """What the page's form would send, by whoever is signed in."""
    shown = sent(page, form).to_dict(flat=False)
    zone = {"timezone": "Asia/Tehran"} if form == "settings" else {}
    return {**{name: values for name, values in shown.items() if name != "csrf_token"}, **zone, **typed}


@pytest.mark.parametrize(
    "path, form, theirs, mine, told",
    [
        (TEXT, "editor", "\n# theirs\n", "\n# mine\n", "-# theirs"),
        (POLICY, "policy", {"hold_at": "70", "then": "save"}, {"hold_at": "۴۰", "then": "save"}, "۷۰"),
        (SETTINGS, "settings", {"name": "Theirs"}, {"name": "Mine"}, "<bdi>Theirs</bdi>"),
    ],
)
def test_the_second_is_shown_the_firsts_change_and_saves_knowingly(
    app: Flask, world: World, path: str, form: str, theirs: Any, mine: Any, told: str
) -> None:
    client = world.client(app, "marketer")
    page = client.get(path).text
    if isinstance(theirs, str):
        text = sent(page, form)["draft"]
        theirs, mine = {"draft": text + theirs}, {"draft": text + mine}
    assert post(world.client(app, "admin"), path, filled(page, form, **theirs)).status_code == 303
    answer = post(client, path, filled(page, form, **mine))
    assert answer.status_code == 409
    shown = unescape(answer.text)
    for words in ("admin", told, next(iter(mine.values())).splitlines()[-1]):
        assert words in shown
    assert (
        post(client, path, filled(answer.text, form, **({"then": "save"} if "then" in mine else {}))).status_code == 303
    )
    assert post(client, path, filled(client.get(path).text, form, **mine)).status_code == 303


def test_another_part_of_the_same_draft_is_no_newer_policy(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    policy, text = client.get(POLICY).text, client.get(TEXT).text
    draft = sent(text, "editor")["draft"] + "\n# theirs\n"
    assert post(world.client(app, "admin"), TEXT, filled(text, "editor", draft=draft)).status_code == 303
    assert post(client, POLICY, filled(policy, "policy", hold_at="70", then="save")).status_code == 303
    assert "# theirs" in client.get(TEXT).text


def test_what_is_wrong_is_said_first_and_keeps_what_the_page_saw(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    page = client.get(SETTINGS).text
    post(world.client(app, "admin"), SETTINGS, filled(page, "settings", name="Theirs"))
    wrong = post(client, SETTINGS, filled(page, "settings", origins="nonsense"))
    assert wrong.status_code == 422
    assert post(client, SETTINGS, filled(wrong.text, "settings", origins="")).status_code == 409
