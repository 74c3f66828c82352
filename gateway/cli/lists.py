"""`sarnakh lists update`: the newest lists of throw-away domains, and what that changed."""

from __future__ import annotations

import json
from typing import Any

import click

from gateway import renewing
from gateway.cli.sites import json_option
from gateway.parts import Opener
from gateway.renewing import LISTS, Renewed, RenewError


@click.group()
def lists() -> None:
    """Lists of throw-away e-mail domains.

    Example: sarnakh lists update
    """


@lists.command("update")
@click.option("--show", is_flag=True, help="Name each domain that was added or removed.")
@click.option("--force", is_flag=True, help="Take a version that holds far fewer names than the one in force.")
@json_option
@click.pass_obj
def update_lists(parts: Opener, show: bool, force: bool, as_json: bool) -> None:
    """Put the newest versions in force, on every machine within a minute. The local allow list always wins.

    Example: sarnakh lists update --show
    """
    opened = parts()
    done: list[Renewed] = []
    failed: list[str] = []
    for packaged in LISTS:
        try:
            done.append(renewing.renew(opened, packaged, force=force))
        except RenewError as error:
            failed.append(str(error))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in done]))
    else:
        click.echo("".join(_told(one, show) for one in done), nl=False)
    if failed:
        raise click.ClickException("; ".join(failed))


def _told(one: Renewed, show: bool) -> str:
    if one.before == one.after:
        return f"{one.package} {one.after}: the newest already, {one.entries:,} domains\n"
    changed = f"{len(one.added):,} added, {len(one.removed):,} removed"
    lines = [f"{one.package} {one.before} -> {one.after}: {one.entries:,} domains, {changed}"]
    if show:
        lines += [f"+ {name}" for name in sorted(one.added)] + [f"- {name}" for name in sorted(one.removed)]
    return "\n".join(lines) + "\n"


def _as_json(one: Renewed) -> dict[str, Any]:
    return {
        "list": one.package,
        "before": one.before,
        "after": one.after,
        "domains": one.entries,
        "added": sorted(one.added),
        "removed": sorted(one.removed),
    }
