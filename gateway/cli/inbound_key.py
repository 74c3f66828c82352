"""`sarnakh destinations inbound-key`: with what a destination proves that a message to us is its own."""

from __future__ import annotations

import json
from typing import Any, cast

import click

from gateway.cli.sites import json_option, site_of, site_option
from gateway.parts import Opener
from gateway.store import destinations, inbound
from gateway.store.inbound import Place, Way


@click.command("inbound-key")
@click.argument("destination_id")
@click.option(
    "--way",
    type=click.Choice(["signature", "bearer"]),
    default="signature",
    show_default=True,
    help="signature: Standard Webhooks; bearer: a fixed header, for systems that cannot sign.",
)
@click.option("--stop", is_flag=True, help="Make none: let nobody in this way any more.")
@site_option
@json_option
@click.pass_obj
def inbound_key(parts: Opener, /, destination_id: str, site_key: str | None, **given: Any) -> None:
    """Make the key with which a destination tells us what became of leads, and print it, once. One that was in force
    counts for a day beside it.

    Example: sarnakh destinations inbound-key dst_06dw… --way bearer --json
    """
    made, way = parts(), cast(Way, given["way"])
    with made.db.write() as conn:
        site = site_of(conn, site_key)
        if destinations.get(conn, site.id, destination_id) is None:
            raise click.ClickException(f"no destination {destination_id!r}: sarnakh destinations list shows them")
        if given["stop"]:
            inbound.stop(conn, destination_id, way)
            click.echo(f"{destination_id}: no {way} counts any more")
            return
        place = Place(site.id, destination_id)
        secret = inbound.make(conn, made.config.secret_key, place, way, made.clock())
    address = f"{made.config.base_url.rstrip('/')}/in/{destination_id}"
    if given["as_json"]:
        click.echo(json.dumps({"id": destination_id, "way": way, "secret": secret, "address": address}))
        return
    click.echo(f"{secret}\nShown this once. The destination posts to {address}")
