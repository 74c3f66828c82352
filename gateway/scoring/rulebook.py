"""A site's rulebook: from TOML, and the one that is shipped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gateway.scoring.model import Rulebook
from gateway.scoring.reading import RulebookError, data_of, read, read_published

__all__ = ["Rulebook", "RulebookError", "data_of", "from_published", "from_toml", "shipped", "shipped_text"]


def from_toml(text: str) -> Rulebook:
    """The rulebook, checked as a whole. Raises RulebookError, whose `problems` name the rule and key of each."""
    return read(text)


def from_published(text: str) -> Rulebook:
    """One that was published, perhaps by a version that refused less, see `read_published`. Raises RulebookError."""
    return read_published(text)


def shipped_text() -> str:
    """The shipped rulebook as it is written: what a marketer begins to edit."""
    return Path(__file__).with_name("shipped.toml").read_text(encoding="utf-8")


@cache
def shipped() -> Rulebook:
    """The rulebook of a site that has none of its own."""
    return from_toml(shipped_text())
