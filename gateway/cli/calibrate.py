"""`sarnakh calibrate`: points learnt from what became of the leads."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from gateway.calibrating import gather, learn
from gateway.cli.sites import site_of
from gateway.outcome_sheet import read_outcomes
from gateway.parts import Opener, Parts
from gateway.scoring.calibrating.naming import points_by_column
from gateway.scoring.calibrating.records import MOST_POINTS, Calibration, Leads, NothingToLearnError, Said
from gateway.scoring.rulebook import shipped
from gateway.sheets import Sheet, SheetError, from_json
from gateway.store import rulebooks
from gateway.words import LANGUAGES, say

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_table = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command("calibrate")
@click.option(
    "--outcomes",
    "source",
    metavar="IN.csv",
    type=_table,
    help="A row a lead: one 0/1 column a rule, and won (1, 0, or empty while it is open). - is standard input. "
    "Without it: the site's own leads.",
)
@click.option(
    "--site",
    "site_key",
    help="Whose leads, and whose points are in force. Not needed while there is one site; with --outcomes the shipped "
    "points are in force without it.",
)
@click.option(
    "--points",
    "given",
    metavar="FILE.json",
    type=_file,
    help='With --outcomes: points in force by column, {"demo": 20}, before those of the rulebook.',
)
@click.option("--pairs", is_flag=True, help="Also look for rules of two joined by AND.")
@click.option(
    "--skip",
    "skipped",
    multiple=True,
    metavar="COLUMN",
    help="With --outcomes: a column that is no rule, such as an id.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the words.")
@click.option("--json", "as_json", is_flag=True, help="The JSON in one line.")
@click.pass_obj
def calibrate(
    parts: Opener, /, *, source: Path | None, site_key: str | None, given: Path | None, pairs: bool,
    skipped: tuple[str, ...], **shown: Any,
) -> None:  # fmt: skip
    """Learn points from outcomes, fitted over all rules together and pulled towards the points in force: JSON on
    standard output, with the learnt points, whether they deserve to be adopted, and why. Nothing is changed.

    Of a site, its leads are looked at as they were when they were handed to sales, and what was left out is counted.
    Columns of --outcomes that no rule of the rulebook is called by begin at 0 points.

    Example: sarnakh calibrate --site shop
    """
    if source is None:
        if given or skipped:
            raise click.UsageError("--points and --skip are for a table: give --outcomes too")
        told = _of_site(parts(), site_key, pairs, shown["lang"])
    else:
        told = _of_table(parts, source, site_key, given=given, pairs=pairs, skipped=skipped, lang=shown["lang"])
    click.echo(json.dumps(told, ensure_ascii=False, indent=None if shown["as_json"] else 2))


def _of_site(opened: Parts, site_key: str | None, pairs: bool, lang: str) -> dict[str, Any]:
    with opened.db.read() as conn:
        site = site_of(conn, site_key)
    found = gather(opened.db, site.id)
    try:
        learnt = learn(found, pairs=pairs)
    except NothingToLearnError as error:
        raise click.ClickException(say(lang, f"calibration.{error.code}")) from error
    left = {name: count for name, count in asdict(found.sorted).items() if name not in ("won", "lost", "explored")}
    return _told(learnt, lang) | {
        "in_force_from": f"site {site.key}",
        "explored": found.sorted.explored,
        "left_out": [
            {"code": name, "count": count, "text": say(lang, f"calibration.left_{name}", count=count)}
            for name, count in left.items()
        ],
    }


def _of_table(
    parts: Opener, source: Path, site_key: str | None, *, given: Path | None, pairs: bool, skipped: tuple[str, ...],
    lang: str,
) -> dict[str, Any]:  # fmt: skip
    try:
        leads = read_outcomes(_sheet(source), skipped)
    except SheetError as error:
        raise click.ClickException(str(error)) from error
    in_force = _in_force(parts, site_key)
    own = _given(given) if given else {}
    found = _calibrated(leads, in_force | own, pairs, lang)
    return _told(found, lang) | {
        "in_force_from": f"site {site_key}" if site_key else "shipped",
        "not_in_rulebook": [rule for rule in leads.rules if rule not in in_force and rule not in own],
    }


def _sheet(source: Path) -> Sheet:
    return Sheet.of("standard input", sys.stdin.buffer.read()) if str(source) == "-" else Sheet.at(source)


def _in_force(parts: Opener, site_key: str | None) -> dict[str, int]:
    if site_key is None:
        return points_by_column(shipped())
    with parts().db.read() as conn:
        return points_by_column(rulebooks.in_force(conn, site_of(conn, site_key).id))


def _given(path: Path) -> dict[str, int]:
    """Points by column, bare or as this command prints them. Raises ClickException."""
    try:
        found = from_json(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{path}: is no JSON in UTF-8") from error
    if isinstance(found, dict) and isinstance(found.get("points"), dict):
        found = found["points"]
    if not isinstance(found, dict):
        raise click.ClickException(f'{path}: write points by column, such as {{"demo": 20}}')
    for rule, points in found.items():
        if not isinstance(points, int) or isinstance(points, bool) or abs(points) > MOST_POINTS:
            raise click.ClickException(f"{path}, {rule}: write a whole number from -{MOST_POINTS} to {MOST_POINTS}")
    return found


def _calibrated(leads: Leads, in_force: dict[str, int], pairs: bool, lang: str) -> Calibration:
    from gateway.scoring.calibrating.calibrate import calibrate as learn  # brings numpy: for this command alone

    try:
        return learn(leads, in_force, pairs=pairs)
    except NothingToLearnError as error:
        raise click.ClickException(say(lang, f"calibration.{error.code}")) from error


def _told(found: Calibration, lang: str) -> dict[str, Any]:
    """What stands in the JSON; shares and errors to four digits."""
    told = asdict(found) | {
        "points": found.points,
        "why": say(lang, f"calibration.{found.why.code}", **found.why.params),
        "why_code": found.why.code,
        "warnings": [_warning(one, lang) for one in found.warnings],
    }
    first = ("points", "adopt", "why", "why_code", "warnings")
    return {name: _rounded(told[name]) for name in [*first, *(name for name in told if name not in first)]}


def _warning(said: Said, lang: str) -> dict[str, Any]:
    return {
        "code": said.code,
        "params": dict(said.params),
        "text": say(lang, f"calibration.{said.code}", **said.params),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
