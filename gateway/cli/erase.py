"""`sarnakh leads erase`: a person is forgotten on request."""

from __future__ import annotations

import click

from gateway import erasing, organising
from gateway.cli.sites import json_option, site_of, site_option
from gateway.delivery.destinations import csv
from gateway.doorbell import DELIVERY
from gateway.erasing import Loss
from gateway.files import export_folder
from gateway.parts import Opener
from gateway.terminal import plain, to_json

WORDS = {  # of what is lost, as `erased.counts` names it: one, many
    "facts": ("fact", "facts"),
    "submissions": ("submission's answers", "submissions' answers"),
    "events": ("event", "events"),
    "deliveries": ("payload that was sent", "payloads that were sent"),
}


@click.command()
@click.argument("what", metavar="LEAD|EMAIL")
@site_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def erase(parts: Opener, what: str, *, site_key: str | None, yes: bool, as_json: bool) -> None:
    """Forget a person for good: what is known of them and of all records that were merged with it, their answers,
    events and payloads, and what waits in their name. Destinations that have the lead are told. Receipts of consents
    stay, without whose they were.

    Example: sarnakh leads erase sara@example.ir
    """
    opened = parts()
    with opened.db.read() as conn:
        site = site_of(conn, site_key)
        person = erasing.find(conn, site.id, what.strip())
        if person is None:
            raise click.ClickException("no lead and no submission by that name")
        lost = erasing.loss(conn, person)
    if not yes:
        click.confirm(f"{_sentence(lost)} will be lost for good. Erase?", abort=True, err=True)
    lead = person.lead
    if lead:
        csv.forget(export_folder(opened.config.data_dir, site.key), {lead.id, *lead.earlier_ids})
    with opened.db.write() as conn:
        lost = erasing.erase(conn, site.id, what.strip(), by=None, now=opened.clock())
    if lead:
        organising.regroup(opened.db, site.id, lead.id, opened.clock())
    opened.doorbell.ring(DELIVERY)
    if as_json:
        told = {
            "lead": lead.id if lead else None,
            **lost.counts,
            "told": list(lost.told),
            "unheard": list(lost.unheard),
            "same_as": list(lost.same_as),
        }
        click.echo(to_json(told))
        return
    for line in _lines(lost, lead.id if lead else None):
        click.echo(plain(line))


def _lines(lost: Loss, lead_id: str | None) -> list[str]:
    lines = [f"erased: {_sentence(lost)}" + (f" of {lead_id}" if lead_id else "")]
    if lost.told:
        lines.append(f"told: {', '.join(lost.told)}")
    if lost.unheard:
        lines.append(f"not told, since switched off or removed: {', '.join(lost.unheard)}")
    lines += [f"not erased, and the same by all that was known: {other}" for other in lost.same_as]
    return lines


def _sentence(lost: Loss) -> str:
    said = [
        f"{lost.counts[name]} {words[lost.counts[name] != 1]}" for name, words in WORDS.items() if lost.counts[name]
    ]
    return ", ".join(said) or "nothing"
