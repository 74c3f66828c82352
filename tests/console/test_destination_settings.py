"""The settings of a destination: its pace, and two people who change them at once."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from gateway.cli.doctor import advice
from gateway.cli.pace import pace
from gateway.records import Destination
from gateway.store import destinations, forms
from gateway.store.destinations import NewDestination
from gateway.words import say
from tests.support.console_side import World, post
from tests.support.sent_forms import sent
from tests.support.visitor_side import CONTACT


def found(world: World, destination_id: str) -> Destination:
    with world.parts.db.read() as conn:
        one = destinations.get(conn, world.shop.id, destination_id, world.parts.config.secret_key)
    assert one is not None
    return one


def crm(world: World) -> str:
    new = NewDestination(world.shop.id, "hubspot", "HubSpot", {"token": "pat-1"})
    with world.parts.db.write() as conn:
        return destinations.add(conn, world.parts.config.secret_key, new, world.parts.clock()).id


def filled(page: str, **typed: Any) -> dict[str, Any]:
    """What the page's form would send, by whoever is signed in."""
    shown = sent(page, "destination").to_dict(flat=False)
    return {**{name: values for name, values in shown.items() if name != "csrf_token"}, **typed}


@pytest.mark.parametrize(
    "typed, kept",
    [("۵", 5.0), ("0.5", 0.5), ("۰٫۵", 0.5), ("0", 0.0), ("", None), ("١٠", 10.0)],
)
def test_a_pace_is_set_in_digits_of_any_script_and_shown_in_the_pages(
    app: Flask, world: World, typed: str, kept: float | None
) -> None:
    client, path = world.client(app, "admin"), f"/console/destinations/{world.destination}"
    assert post(client, path, filled(client.get(path).text, per_second=typed)).status_code == 303
    assert found(world, world.destination).per_second == kept
    assert sent(client.get(path).text, "destination")["per_second"] == {
        5.0: "۵", 0.5: "۰٫۵", 0.0: "۰", 10.0: "۱۰", None: "",
    }[kept]  # fmt: skip
    assert post(client, path, filled(client.get(path).text)).status_code == 303
    assert found(world, world.destination).per_second == kept


@pytest.mark.parametrize("typed", ["-1", "1001", "0.000000000001", "nan", "inf", "many", "9" * 400])
def test_what_is_no_pace_is_said_and_saves_nothing(app: Flask, world: World, typed: str) -> None:
    client, path = world.client(app, "admin"), f"/console/destinations/{world.destination}"
    answer = post(client, path, filled(client.get(path).text, per_second=typed, name="X"))
    assert (answer.status_code, "عددی از ۰٫۰۰۱ تا ۱۰۰۰ بنویسید" in answer.text) == (422, True)
    assert (found(world, world.destination).name, found(world, world.destination).per_second) == ("CRM", None)


@pytest.mark.parametrize(
    "given, fits", [("0.001", True), ("0", True), ("1e-12", False), ("nan", False), ("1001", False)]
)
def test_the_command_takes_the_same_paces(world: World, given: str, fits: bool) -> None:
    words = [world.destination, given, "--site", world.shop.key]
    assert CliRunner().invoke(pace, words, obj=lambda: world.parts).exit_code == (0 if fits else 2)
    assert found(world, world.destination).per_second == (float(given) if fits else None)


def test_a_new_destination_gets_its_pace_and_the_form_tells_what_its_kind_brings(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    page = client.get("/console/destinations/new?kind=hubspot").text
    assert "خالی یعنی ۳، به اندازه‌ای که هاب‌اسپات می‌پذیرد" in page
    post(client, "/console/destinations/new", {**filled(page, per_second="2"), "name": "Hub", "token": "pat-1"})
    with world.parts.db.read() as conn:
        assert [one.per_second for one in destinations.of_site(conn, world.shop.id) if one.name == "Hub"] == [2.0]


def test_of_two_who_change_a_destination_the_second_is_asked(app: Flask, world: World) -> None:
    client, place = world.client(app, "admin"), crm(world)
    path = f"/console/destinations/{place}"
    page = client.get(path).text
    mine = filled(page, **{"name": "mine", "map.phone": "mobilephone", "token": "pat-2"})
    theirs = filled(page, **{"name": "theirs", "write.phone": "always", "purpose": "contact"})
    assert post(client, path, theirs).status_code == 303
    told = post(client, path, mine)
    assert (told.status_code, found(world, place).name) == (409, "theirs")
    text = unescape(told.text)
    for words in ("admin", "theirs", "phone (همیشه)", 'value="mine"', 'value="mobilephone"', "دوباره بنویسیدش"):
        assert words in text
    assert "pat-2" not in text
    assert post(client, path, filled(told.text, token="pat-2")).status_code == 303
    now = found(world, place)
    assert (now.name, now.purpose, now.settings["token"]) == ("mine", None, "pat-2")


def test_what_is_typed_otherwise_and_kept_alike_is_no_change(app: Flask, world: World) -> None:
    client, path = world.client(app, "admin"), f"/console/destinations/{world.destination}"
    template = '{\n"mail": "{email}"\n}'
    first = filled(client.get(path).text, per_second="0.5", template=template)
    assert post(client, path, first).status_code == 303
    page = client.get(path).text
    assert post(client, path, filled(page, name="theirs")).status_code == 303
    told = post(client, path, filled(page, template=template.replace("\n", "\r\n"))).text
    assert re.findall("<dt>([^<]*)</dt>", told) == [say("fa", "console.name")]


def test_a_preview_keeps_what_the_page_saw(app: Flask, world: World) -> None:
    client, path = world.client(app, "admin"), f"/console/destinations/{world.destination}"
    page = client.get(path).text
    assert post(client, path, filled(page, name="theirs")).status_code == 303
    shown = post(client, path, filled(page, name="mine", then="preview")).text
    assert post(client, path, filled(shown)).status_code == 409


def test_what_a_kind_advises_is_said_until_it_is_done(app: Flask, world: World) -> None:
    client, place = world.client(app, "admin"), crm(world)
    path, words = f"/console/destinations/{place}", "Require unique values"
    page = client.get(path).text
    assert words in page
    assert words in client.get("/console/destinations/new?kind=hubspot").text
    assert advice(world.parts)[0] == "ok", "nobody comes without an e-mail address"
    toml = CONTACT.replace('type = "email"\n', 'type = "email"\nrequired = false\n')
    with world.parts.db.write() as conn:
        now = world.parts.clock()
        forms.publish(conn, world.shop.id, forms.save_draft(conn, world.shop.id, toml, now).key, now)
    assert advice(world.parts)[0] == "warn"
    more = {"fact.more0": "lead.id", "map.more0": "sarnakh_id"}
    assert post(client, path, filled(page, **more)).status_code == 303
    assert words not in client.get(path).text
    assert advice(world.parts)[0] == "ok"
