"""Two people at one page: a form's text, its policy, a site's settings."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from gateway.store import sites
from gateway.web.console.settings import SettingsForm
from gateway.web.console.wording import Wording
from gateway.words import say
from tests.support.console_side import World, post
from tests.support.sent_forms import sent

TEXT, POLICY, SETTINGS = "/console/forms/guide", "/console/forms/guide/policy", "/console/settings"


def filled(page: str, form: str, **typed: Any) -> dict[str, Any]:
    """What the page's form would send, by whoever is signed in."""
    shown = sent(page, form).to_dict(flat=False)
    zone = {"timezone": "Asia/Tehran"} if form == "settings" else {}
    return {**{name: values for name, values in shown.items() if name != "csrf_token"}, **zone, **typed}


def told(page: str) -> list[tuple[str, str]]:
    """What the page says of the other's changes."""
    return re.findall("<dt>([^<]*)</dt><dd><bdi>([^<]*)</bdi></dd>", page)


@pytest.mark.parametrize(
    "path, form, theirs, mine, words",
    [
        (TEXT, "editor", "\n# theirs\n", "\n# mine\n", "-# theirs"),
        (POLICY, "policy", {"hold_at": "70", "then": "save"}, {"hold_at": "۴۰", "then": "save"}, "۷۰"),
        (SETTINGS, "settings", {"name": "Theirs"}, {"name": "Mine"}, "<bdi>Theirs</bdi>"),
    ],
)
def test_the_second_is_shown_the_firsts_change_and_saves_knowingly(
    app: Flask, world: World, path: str, form: str, theirs: Any, mine: Any, words: str
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
    for one in ("admin", words, next(iter(mine.values())).splitlines()[-1]):
        assert one in shown
    assert (
        post(client, path, filled(answer.text, form, **({"then": "save"} if "then" in mine else {}))).status_code == 303
    )
    assert post(client, path, filled(client.get(path).text, form, **mine)).status_code == 303


@pytest.mark.parametrize("hold_at", ["40", "0"])
def test_a_trial_keeps_what_the_page_saw(app: Flask, world: World, hold_at: str) -> None:
    client = world.client(app, "marketer")
    page = client.get(POLICY).text
    post(world.client(app, "admin"), POLICY, filled(page, "policy", hold_at="70", then="save"))
    tried = post(client, POLICY, filled(page, "policy", hold_at=hold_at, then="try")).text
    assert post(client, POLICY, filled(tried, "policy", hold_at="40", then="save")).status_code == 409


def test_another_check_is_told_as_well(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    page = client.get(POLICY).text
    runs = [name for name in sent(page, "policy").getlist("run") if name != "script"]
    theirs = {"run": runs, "closed": ["mail_host"], "outside": ["reacher"], "then": "save"}
    assert post(world.client(app, "admin"), POLICY, filled(page, "policy", **theirs)).status_code == 303
    shown = unescape(post(client, POLICY, filled(page, "policy", then="save")).text)
    words = Wording("fa").check_words
    assert told(shown) == [
        (f"{words('script')}: {say('fa', 'console.policy_runs')}", "✗"),
        (f"{words('mail_host')}: {say('fa', 'console.policy_closed')}", "✓"),
        (say("fa", "console.outside_reacher"), "✓"),
    ]


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


@pytest.mark.parametrize("seen, status, name", [(True, 409, "Theirs"), (False, 303, "Mine")])
def test_who_saves_while_another_is_being_checked_is_seen(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, seen: bool, status: int, name: str
) -> None:
    checked = SettingsForm.validate

    def meanwhile(form: SettingsForm) -> bool:
        with world.parts.db.write() as conn:
            sites.change(conn, world.shop.id, {"name": "Theirs", "settings": {"kiosk": True}})
        return checked(form)

    client = world.client(app, "marketer")
    mine = filled(client.get(SETTINGS).text, "settings", name="Mine")
    monkeypatch.setattr(SettingsForm, "validate", meanwhile)
    assert post(client, SETTINGS, mine if seen else {**mine, "was": []}).status_code == status
    with world.parts.db.read() as conn:
        site = sites.get(conn, world.shop.id)
    assert (site.name, site.settings["kiosk"]) == (name, True)


def test_only_what_saving_would_change_is_told(app: Flask, world: World) -> None:
    """A marketer's page has no address of the site's own; what is typed is compared as it would be kept."""
    with world.parts.db.write() as conn:
        sites.change(conn, world.shop.id, {"settings": {"own_address": "https://forms.shop.example"}})
    client = world.client(app, "marketer")
    page = client.get(SETTINGS).text
    post(
        world.client(app, "admin"), SETTINGS, filled(page, "settings", lang="en", own_address="https://f.shop.example")
    )
    answer = post(client, SETTINGS, filled(page, "settings", origins="https://SHOP.example/"))
    assert (answer.status_code, told(unescape(answer.text))) == (409, [("زبان", "en")])
