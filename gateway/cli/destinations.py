"""`sarnakh destinations`: places for leads."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import Connection

from gateway.cli.sites import json_option, site_of, site_option, tell
from gateway.delivery import mapping, trial
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import Kind, SettingsError
from gateway.delivery.retries import reason_key
from gateway.parts import Opener
from gateway.records import Destination
from gateway.store import deliveries
from gateway.store import destinations as store
from gateway.store.db import lock_names
from gateway.terminal import plain, to_json
from gateway.words import say

PURPOSES = ("store", "contact", "marketing")


@click.group()
def destinations() -> None:
    """Places for leads: add, change, list, test and remove them.

    Example: sarnakh destinations add webhook --set url=https://crm.example.com/leads --when all
    """


@destinations.command("add")
@click.argument("kind", type=click.Choice(sorted(DESTINATIONS)))
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A setting of this kind, such as url=…")
@click.option("--name", help="What people call it; the kind, unless said.")
@click.option(
    "--when",
    type=click.Choice(["all", "rules"]),
    default="rules",
    show_default=True,
    help="all: every accepted lead; rules: those that the routing chooses.",
)
@click.option("--purpose", type=click.Choice(PURPOSES), help="The consent that a lead needs to be sent there.")
@site_option
@json_option
@click.pass_obj
def add(parts: Opener, /, kind: str, pairs: tuple[str, ...], site_key: str | None, **given: Any) -> None:
    """Add a destination and print its signing secret, once. `sarnakh destinations kinds` says what each kind asks for.

    Example: sarnakh destinations add webhook --set url=https://crm.example.com/leads --when all --json
    """
    made = parts()
    settings = dict(_pair(pair) for pair in pairs)
    with made.db.write() as conn:
        site = site_of(conn, site_key)
        new = store.NewDestination(
            site.id, kind, given["name"] or kind, settings, sends=given["when"], purpose=given["purpose"]
        )
        try:
            found = store.add(conn, made.config.secret_key, new, made.clock())
        except SettingsError as error:
            raise click.ClickException(_words(error)) from error
    secret = found.settings.get("secret")
    if given["as_json"]:
        click.echo(json.dumps({"id": found.id, "secret": secret}))
        return
    click.echo(f"{found.id}: added")
    if secret:
        click.echo(f"{secret}\nThe signing secret, shown this once: give it to the receiver.")


@destinations.command("kinds")
@click.argument("kind", type=click.Choice(sorted(DESTINATIONS)), required=False)
@json_option
@click.pass_obj
def kinds(_parts: Opener, kind: str | None, as_json: bool) -> None:
    """Show the kinds of destinations, or what one of them asks for and which fact it writes where.

    Example: sarnakh destinations kinds hubspot
    """
    found = [DESTINATIONS[kind]] if kind else list(DESTINATIONS.values())
    if as_json:
        click.echo(json.dumps([_kind(one) for one in found]))
        return
    for one in found:
        click.echo(f"{one.name:12} {one.help.en}")
        for line in _asked(one) if kind else ():
            click.echo(f"  {line}")


@destinations.command("set")
@click.argument("destination_id")
@click.option("--set", "pairs", multiple=True, required=True, metavar="NAME=VALUE", help="A setting, map.… or write.…")
@json_option
@site_option
@click.pass_obj
def set_settings(parts: Opener, /, destination_id: str, pairs: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Change a destination's settings; what is not named stays. What waits for it is tried at once.

    Example: sarnakh destinations set dst_06dw… --set map.email=work_email --set write.email=always
    """
    made = parts()
    with made.db.write() as conn:
        lock_names(conn, f"lane:{destination_id}")  # before its row, as senders do
        site = site_of(conn, given["site_key"])
        found = _named(conn, site.id, destination_id, secret_key=made.config.secret_key)
        try:
            store.change_settings(conn, made.config.secret_key, found, dict(_pair(pair) for pair in pairs))
        except SettingsError as error:
            raise click.ClickException(_words(error)) from error
        if found.paused_reason != "by_hand":
            store.resume(conn, site.id, found.id, made.clock())
    tell(as_json, {"id": found.id, "changed": True}, f"{destination_id}: changed")


@destinations.command("rotate")
@click.argument("destination_id")
@click.option("--hours", type=click.IntRange(0, 24 * 30), default=24, show_default=True, help="How long both count.")
@site_option
@json_option
@click.pass_obj
def rotate(parts: Opener, /, destination_id: str, site_key: str | None, **given: Any) -> None:
    """Make a new signing secret and print it, once; for some hours messages carry both signatures.

    Example: sarnakh destinations rotate dst_06dw… --hours 48
    """
    made = parts()
    with made.db.write() as conn:
        site = site_of(conn, site_key)
        found = _named(conn, site.id, destination_id, secret_key=made.config.secret_key)
        if found.unreadable:
            raise click.ClickException(say("en", "delivery.reason.settings_unreadable"))
        try:
            changed = store.rotate(conn, made.config.secret_key, found, made.clock() + timedelta(hours=given["hours"]))
        except SettingsError as error:
            raise click.ClickException(say("en", f"delivery.settings.{error.code}")) from error
    secret, until = changed.settings["secret"], changed.settings["old_until"]
    if given["as_json"]:
        click.echo(json.dumps({"id": found.id, "secret": secret, "old_until": until}))
        return
    click.echo(f"{secret}\nThe new signing secret, shown this once. The old one counts until {until}.")


@destinations.command("list")
@site_option
@json_option
@click.pass_obj
def list_destinations(parts: Opener, site_key: str | None, as_json: bool) -> None:
    """Show the destinations of a site, with what they got and what waits.

    Example: sarnakh destinations list --json
    """
    made = parts()
    with made.db.read() as conn:
        found = store.of_site(conn, site_of(conn, site_key).id)
        rows = [_row(one, deliveries.counts(conn, one.id)) for one in found]
    if as_json:
        click.echo(to_json(rows))
        return
    for row in rows:
        numbers = "  ".join(f"{status} {number}" for status, number in row["deliveries"].items())
        why = f" ({row['paused_reason']})" if row["paused_reason"] else ""
        line = f"{row['id']}  {row['kind']:10} {row['name']:20} {row['when']:6} {row['status']}{why}  {numbers}"
        click.echo(plain(line))


@destinations.command("test")
@click.argument("destination_id")
@site_option
@json_option
@click.pass_obj
def test_destination(parts: Opener, destination_id: str, site_key: str | None, as_json: bool) -> None:
    """Send a made-up lead, marked as a test, and show what comes back.

    Example: sarnakh destinations test dst_06dw…
    """
    made = parts()
    with made.db.read() as conn:
        site = site_of(conn, site_key)
        found = _named(conn, site.id, destination_id, secret_key=made.config.secret_key)
    tried, failure = trial.try_out(made, found, site)
    if as_json:
        answer = {"ok": failure is None, "http_status": tried.http_status, "error": tried.error, "ms": round(tried.ms)}
        click.echo(json.dumps(answer))
    elif failure is None:
        status = f"{tried.http_status}, " if tried.http_status else ""
        click.echo(f"{plain(found.name)}: took the test lead ({status}{tried.ms:.0f} ms)")
    else:
        key, params = reason_key(failure.reason)
        click.echo(f"{plain(found.name)}: {plain(say('en', key, **params))}", err=True)
    if failure is not None:
        raise click.exceptions.Exit(1)


@destinations.command("remove")
@click.argument("destination_id")
@json_option
@site_option
@click.pass_obj
def remove(parts: Opener, destination_id: str, as_json: bool, site_key: str | None) -> None:
    """Take a destination away with its routes and secret; what was due to it is parked.

    Example: sarnakh destinations remove dst_06dw…
    """
    made = parts()
    with made.db.write() as conn:
        site = site_of(conn, site_key)
        found = _named(conn, site.id, destination_id)
        store.remove(conn, site.id, found.id, made.clock())
    tell(as_json, {"id": found.id, "removed": True}, f"{destination_id}: removed")


def _kind(one: Kind[Any]) -> dict[str, Any]:
    asks = [
        {"name": ask.name, "help": ask.help.en, "required": ask.required, "secret": ask.secret, "default": ask.default,
         "choices": list(ask.choices or ())}
        for ask in one.asks
    ]  # fmt: skip
    return {"kind": one.name, "help": one.help.en, "settings": asks, "map": mapping.stored(one.rules)}


def _asked(one: Kind[Any]) -> list[str]:
    """A line for each question, then for each rule."""
    lines = []
    for ask in one.asks:
        notes = ["needed" if ask.required and not ask.default else "", "secret" if ask.secret else ""]
        notes += [" | ".join(ask.choices)] if ask.choices else []
        notes += [f"{ask.default} unless said"] if ask.default else []
        lines.append(f"--set {ask.name}=…  ({', '.join(filter(None, notes)) or 'optional'})  {ask.help.en}")
    return lines + [f"map.{source}={rule.property}  write.{source}={rule.write}" for source, rule in one.rules.items()]


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.ClickException(f"--set {text!r}: write NAME=VALUE, such as url=https://crm.example.com/leads")
    return name, value


def _named(conn: Connection, site_id: str, destination_id: str, secret_key: str | None = None) -> Destination:
    found = store.get(conn, site_id, destination_id, secret_key)
    if found is None:
        raise click.ClickException(f"no destination {destination_id!r}: sarnakh destinations list shows them")
    return found


def _words(error: SettingsError) -> str:
    return f"--set {error.field}=…: {say('en', f'delivery.settings.{error.code}', field=error.field)}"


def _row(one: Destination, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "when": one.sends,
        "purpose": one.purpose,
        "status": one.status,
        "paused_reason": one.paused_reason,
        "deliveries": counts,
    }
