"""`sarnakh verify`: what another policy would have made of past submissions. Changes nothing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click
from sqlalchemy import Connection

from gateway.cli.sites import json_option, site_of, site_option
from gateway.parts import Opener
from gateway.replay import Replayed, Tally, replay
from gateway.store import forms
from gateway.store.judged import Wanted
from gateway.terminal import plain, to_json
from gateway.words import say_finding
from verification.verdict import Decision, Policy

LEFT_OUT = {
    "erased": "erased, so they cannot be judged again",
    "not_judged": "not judged yet",
    "forgotten": "older than what is kept of their evidence",
}


@click.command()
@click.option("--since", required=True, help="A day (UTC) or a time, such as 2026-11-01.")
@click.option("--policy", "asked", default="", help="A TOML file, or TOML such as 'hold_at = 60'.")
@click.option("--form", "form_key", help="One form alone.")
@json_option
@site_option
@click.pass_obj
def verify(parts: Opener, /, since: str, asked: str, form_key: str | None, as_json: bool, site_key: str | None) -> None:  # noqa: PLR0917
    """What a changed policy would have done to past submissions; nothing is changed.

    The keys given are laid over each form's own policy as it was then. Without --policy: is each judged as it was?

    Example: sarnakh verify --since 2026-11-01 --policy 'hold_at = 60'
    """
    changed, at = _policy(asked), _moment(since)
    tally = Tally()
    with parts().db.read() as conn:
        found = replay(conn, _wanted(conn, at, form_key, site_key), changed, tally=tally)
        lines = (one for one in found if one.changes)
        if as_json:
            _as_json(lines, tally)
            return
        for one in lines:
            click.echo(plain(_line(one)))
    for text in _sums(tally):
        click.echo(text)


def _wanted(conn: Connection, at: datetime, form_key: str | None, site_key: str | None) -> Wanted:
    site = site_of(conn, site_key)
    if form_key is None:
        return Wanted(site.id, at)
    row = forms.get(conn, site.id, form_key)
    if row is None:
        raise click.ClickException(f"no form {form_key!r}")
    return Wanted(site.id, at, row.id)


def _policy(asked: str) -> Mapping[str, Any]:
    """From a file, or from the text itself; a form's file gives its `[policy]`."""
    path = Path(asked)
    if asked.endswith(".toml") and "=" not in asked and not path.is_file():
        raise click.ClickException(f"--policy={asked!r}: there is no such file")
    text = path.read_text("utf-8") if asked.endswith(".toml") and path.is_file() else asked
    try:
        content = tomllib.loads(text)
        policy = content.get("policy", {} if "key" in content else content)
        Policy.from_mapping(policy)
    except (ValueError, RecursionError) as error:  # bad TOML, numbers too long to read, a policy that cannot be
        raise click.ClickException(f"--policy: {error}") from error
    return dict(policy)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.ClickException(f"--since={text!r}: write a day such as 2026-11-01") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _as_json(changing: Iterator[Replayed], tally: Tally) -> None:
    """One object; what changes stands one a line, written as it is found."""
    click.echo('{"changes": [', nl=False)
    for number, one in enumerate(changing):
        row = {
            "submission": one.submission.id,
            "at": one.submission.received_at.isoformat(),
            "form": one.submission.form_key,
            "then": one.then,
            "now": one.verdict.outcome,
            "weight": one.verdict.weight,
            "decided": one.decided,
            "findings": [
                {"code": finding.code, "weight": finding.weight, "params": dict(finding.params)}
                for finding in _against(one)
            ],
        }
        click.echo(("," if number else "") + "\n " + to_json(row), nl=False)
    sums = {
        name: {outcome: tally.of(outcome, now=now) for outcome in get_args(Decision)}
        for name, now in (("then", False), ("now", True))
    }
    told = {"judged": tally.judged, **sums, "left_out": dict(tally.left_out)}
    click.echo("\n], " + json.dumps(told)[1:])


def _line(one: Replayed) -> str:
    why = "; ".join(say_finding("en", finding.code, finding.params) for finding in _against(one))
    decided = f", then {one.decided} by staff" if one.decided else ""
    head = f"{one.submission.id}  {one.submission.received_at:%Y-%m-%d %H:%M}  {one.submission.form_key}"
    return f"{head}  {one.then} → {one.verdict.outcome} ({one.verdict.weight}{decided})  {why}".rstrip()


def _against(one: Replayed) -> list[Any]:
    return [finding for finding in one.verdict.findings if finding.outcome == "fail" and finding.code]


def _sums(tally: Tally) -> Iterator[str]:
    yield f"{'':8}{'then':>8}{'now':>8}"
    for outcome in get_args(Decision):
        yield f"{outcome:8}{tally.of(outcome, now=False):8}{tally.of(outcome, now=True):8}"
    for why, count in tally.left_out.items():
        yield f"{count} {LEFT_OUT[why]}"
