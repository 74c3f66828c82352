"""`sarnakh deliveries`: what is owed to destinations, and sending parked ones again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from gateway.cli.sites import json_option, site_of, site_option
from gateway.delivery import ledger
from gateway.delivery.payload import iso
from gateway.delivery.retries import reason_key
from gateway.doorbell import DELIVERY
from gateway.parts import Opener
from gateway.store import deliveries_search
from gateway.store.deliveries_search import DeliveryLine, Filter
from gateway.terminal import plain, to_json
from gateway.words import say

STATUSES = ("due", "delivered", "parked", "superseded")
DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


def _narrowed(command: Any) -> Any:
    """The options that narrow both commands."""
    for option in (
        click.option("--until", type=click.DateTime(DAY), help="Made before this day or time (UTC)."),
        click.option("--since", type=click.DateTime(DAY), help="Made on or after this day or time (UTC)."),
        click.option("--lead", "who", default="", help="A lead's e-mail, number, name or company."),
        click.option("--reason", default="", help="Why it was parked, such as http_422."),
        click.option("--destination", "destination_id", default="", help="dst_…"),
    ):
        command = option(command)
    return command


@click.group()
def deliveries() -> None:
    """What is owed to destinations: list it, send parked ones again.

    Example: sarnakh deliveries resend --all --destination dst_06dw…
    """


@deliveries.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that stand so.")
@_narrowed
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Lines at most.")
@site_option
@json_option
@click.pass_obj
def list_deliveries(parts: Opener, /, site_key: str | None, as_json: bool, limit: int, **asked: Any) -> None:
    """Show deliveries, the newest first.

    Example: sarnakh deliveries list --status parked --lead sara@example.ir
    """
    with parts().db.read() as conn:
        page = deliveries_search.page(conn, site_of(conn, site_key).id, _filter(asked), limit=limit)
    if as_json:
        click.echo(to_json([_row(line) for line in page.lines]))
        return
    for line in page.lines:
        key, params = reason_key(line.reason or "")
        why = f"  {say('en', key, **params)}" if line.reason else ""
        when = iso(line.finished_at or line.due_at)
        place = f"{plain(line.destination):16}"
        click.echo(f"{line.id}  {place} v{line.version:<3} {line.status:10} {when}  {line.tries}{plain(why)}")


@deliveries.command("resend")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--all", "everything", is_flag=True, help="All parked ones that the other options leave.")
@_narrowed
@site_option
@json_option
@click.pass_obj
def resend(parts: Opener, /, *, ids: tuple[str, ...], everything: bool, as_json: bool, **asked: Any) -> None:
    """Send parked deliveries again, with their ids and bytes; five a second go to each destination.

    Example: sarnakh deliveries resend --all --reason http_422
    """
    if bool(ids) == everything:
        raise click.ClickException("name deliveries, or say --all: sarnakh deliveries list --status parked shows them")
    made = parts()
    with made.db.read() as conn:
        site = site_of(conn, asked.pop("site_key"))
    count = ledger.resend_all(made, site.id, _filter({**asked, "status": None}), ids=ids or None, by=None)
    made.doorbell.ring(DELIVERY)
    click.echo(json.dumps({"resent": count}) if as_json else f"{count} on their way again")
    if ids and not count:
        raise click.exceptions.Exit(1)


def _filter(asked: dict[str, Any]) -> Filter:
    return Filter(
        status=asked["status"] or "",
        destination_id=asked["destination_id"],
        reason=asked["reason"],
        who=asked["who"],
        since=_utc(asked["since"]),
        until=_utc(asked["until"]),
    )


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given else None


def _row(line: DeliveryLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "lead": line.lead_id,
        "destination": line.destination_id,
        "version": line.version,
        "status": line.status,
        "due_at": iso(line.due_at),
        "tries": line.tries,
        "reason": line.reason,
    }
