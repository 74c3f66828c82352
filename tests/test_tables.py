"""Tables are written by hand; this fails on a file or function that stands on none."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import click
import pytest

from config import SMS_SCHEMES
from forms import cleaning
from forms.field_types import FIELD_TYPES
from gateway.cli import COMMANDS
from gateway.delivery.destinations import DESTINATIONS
from gateway.sms import PROVIDERS
from tests.support.tables import Wanted, check, command, kind, unregistered
from verification.checks import CHECKS

ROOT = Path(__file__).parents[1]


def test_every_check_is_on_the_list() -> None:
    listed = {(function.__module__.rpartition(".")[2], function.__name__) for function in CHECKS}
    assert unregistered(ROOT / "verification" / "checks", check, listed) == []
    assert len(set(CHECKS)) == len(CHECKS)


def test_every_destination_kind_is_on_the_list() -> None:
    folder = ROOT / "gateway" / "delivery" / "destinations"
    kinds = {
        path.stem: importlib.import_module(f"gateway.delivery.destinations.{path.stem}").KIND
        for path in folder.glob("[!_]*.py")
    }
    listed = {(name, "KIND") for name, found in kinds.items() if DESTINATIONS.get(name) is found}
    assert unregistered(folder, kind, listed) == []
    assert set(DESTINATIONS) == set(kinds)


def test_every_sms_provider_is_on_the_list() -> None:
    written = {path.stem for path in (ROOT / "gateway" / "sms").glob("[!_]*.py")} - {"message"}
    assert {send.__module__.rpartition(".")[2] for send in PROVIDERS.values()} == written
    assert set(PROVIDERS) == set(SMS_SCHEMES)


def test_every_way_of_cleaning_belongs_to_a_field_type() -> None:
    used = {row.clean.__name__ for row in FIELD_TYPES.values()}
    written = {name for name, _ in inspect.getmembers(cleaning, inspect.isfunction) if name.startswith("clean_")}
    assert written == used


def test_every_command_is_on_the_list() -> None:
    grouped = (below for group in COMMANDS if isinstance(group, click.Group) for below in group.commands.values())
    listed = {
        (found.callback.__module__.rpartition(".")[2], found.callback.__name__)
        for found in (*COMMANDS, *grouped)
        if found.callback is not None
    }
    assert unregistered(ROOT / "gateway" / "cli", command, listed) == []


CASES: list[tuple[Wanted, str, list[str]]] = [
    (check, "def late(evidence: Evidence) -> Finding: ...", ["new.py: late"]),
    (check, "def _part(evidence: Evidence) -> Finding: ...", ["new.py defines nothing for the table"]),
    (check, "def known(evidence: Evidence) -> Finding: ...", []),
    (kind, "KIND: Kind[Settings] = Kind()", ["new.py: KIND"]),
    (kind, "SETTINGS = 1", ["new.py defines nothing for the table"]),
    (command, "@click.command('x')\ndef late(): ...", ["new.py: late"]),
    (command, "@group.command()\ndef part(): ...", ["new.py defines nothing for the table"]),
]


@pytest.mark.parametrize("wanted, content, faults", CASES)
def test_what_stands_on_no_table_is_found(wanted: Wanted, content: str, faults: list[str], tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text(content)
    (tmp_path / "__init__.py").touch()
    assert unregistered(tmp_path, wanted, {("new", "known")}) == faults
