"""Whatever can be set, chosen or typed has its line in the docs, and the docs' links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path

import click
import pytest

from config import Config
from forms.field_types import FIELD_TYPES
from gateway.cli import cli
from gateway.delivery.destinations import DESTINATIONS
from tests.support.docs import broken_links, unexplained
from verification.checks import CHECKS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def settings(source: str) -> list[str]:
    """The environment's names, as config.py reads them."""
    return sorted(set(re.findall(r'"([A-Z][A-Z_]+)"', source)))


def commands(group: click.Group, name: str = "sarnakh") -> Iterator[str]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}"


def test_every_check_is_explained() -> None:
    assert unexplained(DOCS / "verification.md", [check.__name__ for check in CHECKS]) == []


def test_every_field_type_is_explained() -> None:
    assert unexplained(DOCS / "forms.md", FIELD_TYPES) == []


def test_every_destination_kind_is_explained() -> None:
    assert unexplained(DOCS / "destinations.md", DESTINATIONS) == []


def test_every_setting_is_explained() -> None:
    names = settings((ROOT / "config.py").read_text("utf-8"))
    assert len(names) >= len(fields(Config)) - 1  # embedded_valkey is read off REDIS_URL
    assert unexplained(DOCS / "running.md", names) == []


def test_every_command_is_explained() -> None:
    assert unexplained(DOCS / "commands.md", commands(cli)) == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    listed = [re.split(r"[^a-z0-9-]", requirement)[0] for requirement in wanted]
    assert len(listed) > 20
    assert unexplained(DOCS / "decisions.md", listed) == []


def test_links_in_the_docs_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]
    assert broken_links(ROOT, pages) == []


@pytest.mark.parametrize(
    "line, explained",
    [
        ("| `honeypot` | a field that people do not see |", True),
        ("- `honeypot`: a field that people do not see", True),
        ("| `honeypot` · `fill_time` | two of them |", True),
        ("| `honeypot N` | with a parameter |", True),
        ("| `honeypot_filled` | another word |", False),
        ("| `honeypot` | |", False),
        ("The honeypot is a field.", False),
    ],
)
def test_a_missing_explanation_is_found(line: str, explained: bool, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n{line}\n")
    assert unexplained(page, ["honeypot"]) == ([] if explained else ["honeypot"])


def test_a_page_that_is_not_there_explains_nothing(tmp_path: Path) -> None:
    assert unexplained(tmp_path / "none.md", ["honeypot"]) == ["honeypot"]


@pytest.mark.parametrize(
    "link, fine",
    [
        ("[a](other.md)", True),
        ("[a](other.md#what-it-costs)", True),
        ("[a](#here)", True),
        ("[a](https://example.com/x)", True),
        ("[a](none.md)", False),
        ("[a](other.md#not-there)", False),
        ("[a](#not-there)", False),
    ],
)
def test_a_link_to_nowhere_is_found(link: str, fine: bool, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n## What it costs\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n{link}\n")
    assert (broken_links(tmp_path, [page]) == []) is fine
