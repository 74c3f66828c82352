"""Names that marketers typed, on a terminal (rule 34)."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from gateway.cli.deliveries import list_deliveries
from gateway.cli.destinations import list_destinations
from gateway.cli.erase import erase
from gateway.store.tables import deliveries, destinations
from tests.support.console_side import World

ODD = "CRM\x1b[2J\u202e\x9b"


LISTS = {"deliveries": list_deliveries, "destinations": list_destinations}


@pytest.mark.parametrize("status, told", [("active", "told"), ("disabled", "unheard")])
@pytest.mark.parametrize("as_json", [False, True])
def test_r34_erasing_names_destinations_plainly(world: World, status: str, told: str, as_json: bool) -> None:
    with world.parts.db.write() as conn:
        conn.execute(update(destinations).values(name=ODD, status=status))
        conn.execute(update(deliveries).values(tries=1))
    words = ["--yes", "--site", "shop", world.lead, *(["--json"] if as_json else [])]
    shown = CliRunner().invoke(erase, words, obj=lambda: world.parts).stdout
    assert all(char.isprintable() for char in shown.replace("\n", ""))
    assert json.loads(shown.splitlines()[-1])[told] == [ODD] if as_json else "CRM\N{REPLACEMENT CHARACTER}[2J" in shown


@pytest.mark.parametrize("command", LISTS.values(), ids=LISTS)
def test_r34_a_list_names_destinations_plainly(world: World, command: click.Command) -> None:
    with world.parts.db.write() as conn:
        conn.execute(update(destinations).values(name=ODD))
    shown = CliRunner().invoke(command, ["--site", "shop"], obj=lambda: world.parts).stdout
    assert "CRM" in shown and all(char.isprintable() for char in shown.replace("\n", ""))
