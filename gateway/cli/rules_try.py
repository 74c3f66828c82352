"""`sarnakh rules try`: what other rules would have made of the leads of the last days, before they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gateway.cli.dedupe import progress_bar
from gateway.cli.sites import json_option, lang_option, site_of, site_option
from gateway.parts import Opener
from gateway.records import Site
from gateway.scoring.model import GRADES, STAGES, UNGRADED, Rulebook
from gateway.scoring.rulebook import RulebookError, from_toml
from gateway.store import destinations, leads, rulebooks
from gateway.terminal import plain, to_json
from gateway.trying import Change, Stands, Trial, try_out
from gateway.words import say

MOST_DAYS = 3650
SHOWN = 20  # changes in words; JSON has all that are kept
CELLS = [f"{grade}{interest}" for grade in (*GRADES, UNGRADED) for interest in range(1, 5)]


@click.command("try")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True, help="How far back it looks.")
@json_option
@site_option
@lang_option
@click.pass_obj
def try_rules(parts: Opener, /, file: Path | None, days: int, lang: str, **given: Any) -> None:
    """Say which leads would stand elsewhere by the rules in FILE, or by the draft; nothing is changed or sent.

    Example: sarnakh rules try rules.toml --days 90
    """
    read = _read(file, lang) if file else None
    opened = parts()
    with opened.db.read() as conn:
        site = site_of(conn, given["site_key"])
        draft = read or _draft(conn, site, lang)
        total = leads.count(conn, site.id)
        names = {one.id: one.name for one in destinations.of_site(conn, site.id)}
    now = opened.clock()
    with progress_bar("trying", total) as bar:
        tried = try_out(opened.db, site.id, draft, since=now - timedelta(days=days), now=now, tell=bar.update)
    if given["as_json"]:
        click.echo(to_json(_told(tried, days)))
        return
    for line in _lines(tried, days, names):
        click.echo(plain(line))


def _read(file: Path, lang: str) -> Rulebook:
    try:
        return from_toml(file.read_text("utf-8"))
    except RulebookError as error:
        raise click.ClickException(f"{file}: {error.line(say, lang)}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: {error}") from error


def _draft(conn: Connection, site: Site, lang: str) -> Rulebook:
    kept = rulebooks.draft(conn, site.id)
    if kept is None:
        raise click.ClickException(f"{site.key} has no draft: name a file")
    try:
        return from_toml(kept.content)
    except RulebookError as error:
        raise click.ClickException(f"the draft of {site.key}: {error.line(say, lang)}") from error


def _lines(tried: Trial, days: int, names: Mapping[str, str]) -> Iterator[str]:
    yield f"of {tried.leads} leads of the last {days} days {tried.moved} would stand in another cell or stage"
    if tried.points_only:
        yield f"{tried.points_only} more would have other points alone"
    yield from _table("cell", CELLS, tried.cells)
    yield from _table("stage", (*STAGES, None), tried.stages)
    for key in sorted({*tried.joined, *tried.left}):
        yield f"segment {key}: {tried.joined[key]} would join, {tried.left[key]} would leave"
    for one in names:
        if tried.more[one] or tried.fewer[one]:
            yield f"destination {names[one]}: {tried.more[one]} more leads, {tried.fewer[one]} no more"
    for change in tried.largest[:SHOWN]:
        yield _line(change)
    if len(tried.largest) > SHOWN:
        yield "… --json has more of them"
    yield "nothing was changed, nothing was sent"


def _table(what: str, order: tuple[str | None, ...] | list[str], moves: Counter[Any]) -> Iterator[str]:
    """How many stand in each now, and would by the draft; rows without any are left out."""
    now, then = Counter[Hashable](), Counter[Hashable]()
    for (before, after), number in moves.items():
        now[before] += number
        then[after] += number
    yield f"{what:<10}{'now':>8}{'draft':>8}"
    for one in order:
        if now[one] or then[one]:
            change = f"{then[one] - now[one]:+}" if then[one] != now[one] else ""
            yield f"{one or 'none':<10}{now[one]:>8}{then[one]:>8}{change:>8}".rstrip()


def _line(change: Change) -> str:
    before, after = change.before, change.after
    pairs = [(before.cell, after.cell), (before.stage or "none", after.stage or "none")]
    said = [f"{one} → {other}" for one, other in pairs if one != other]
    return "  ".join([change.lead_id, *said, f"points {before.score} → {after.score}"])


def _told(tried: Trial, days: int) -> dict[str, Any]:
    return {
        "days": days,
        "leads": tried.leads,
        "moved": tried.moved,
        "points_only": tried.points_only,
        "cells": [{"now": now, "draft": then, "leads": number} for (now, then), number in sorted(tried.cells.items())],
        "stages": [
            {"now": now, "draft": then, "leads": number}
            for (now, then), number in sorted(tried.stages.items(), key=lambda one: str(one[0]))
        ],
        "segments": {
            key: {"join": tried.joined[key], "leave": tried.left[key]} for key in sorted({*tried.joined, *tried.left})
        },
        "destinations": {
            key: {"more": tried.more[key], "fewer": tried.fewer[key]} for key in sorted({*tried.more, *tried.fewer})
        },
        "changes": [
            {"lead": one.lead_id, "now": _stands(one.before), "draft": _stands(one.after)} for one in tried.largest
        ],
    }


def _stands(one: Stands) -> dict[str, Any]:
    return {
        "cell": one.cell,
        "stage": one.stage,
        "score": one.score,
        "disqualified": one.disqualified,
        "segments": sorted(one.segments),
        "destinations": sorted(one.sent),
    }
