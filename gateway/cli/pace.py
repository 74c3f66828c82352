"""`sarnakh destinations pace`: how fast one destination may be asked."""

from __future__ import annotations

import click

from gateway.cli.sites import json_option, site_of, site_option, tell
from gateway.delivery import pacing
from gateway.parts import Opener
from gateway.store import destinations


@click.command()
@click.argument("destination_id")
@click.argument("per_second", type=float)
@json_option
@site_option
@click.pass_obj
def pace(parts: Opener, /, destination_id: str, per_second: float, as_json: bool, **given: str | None) -> None:
    """Let at most so many deliveries a second go there, over all workers; 0 takes the limit away.

    Example: sarnakh destinations pace dst_06dw… 5
    """
    if not pacing.fits(per_second):
        raise click.BadParameter(f"write 0 or {pacing.LEAST_A_SECOND:g} to {pacing.MOST_A_SECOND:g}")
    made = parts()
    with made.db.write() as conn:
        site = site_of(conn, given["site_key"])
        if destinations.get(conn, site.id, destination_id) is None:
            raise click.ClickException(f"no destination {destination_id!r}: sarnakh destinations list shows them")
        destinations.change(conn, site.id, destination_id, {"per_second": per_second})
    words = f"at most {per_second:g} a second" if per_second else "no limit"
    tell(as_json, {"id": destination_id, "per_second": per_second}, f"{destination_id}: {words}")
