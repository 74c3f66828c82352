"""`sarnakh why`: the whole story of a lead, on a terminal or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from gateway import story
from gateway.cli.sites import json_option, site_option
from gateway.delivery import where
from gateway.delivery.retries import reason_key
from gateway.parts import Opener
from gateway.past import end_of
from gateway.records import TEST_MARK, Lead, Site
from gateway.routing.wording import say_chosen
from gateway.scoring.wording import say_code
from gateway.store import leads, persons, sites, submissions
from gateway.terminal import plain, to_json
from gateway.words import say, say_finding
from verification.addresses import canonical_email


@click.command()
@click.argument("what")
@json_option
@click.option("--lang", type=click.Choice(["en", "fa"]), default="en", show_default=True, help="Of the words.")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The score as it was at the end of this day.")
@click.option("--where", "dry_run", is_flag=True, help="Where it would go now instead: each rule, and why.")
@site_option
@click.pass_obj
def why(  # noqa: PLR0917
    parts: Opener, what: str, as_json: bool, lang: str, at: datetime | None, dry_run: bool, site_key: str | None
) -> None:
    """The whole story of an e-mail address, a lead id or a submission id.

    Example: sarnakh why sara@example.ir
    """
    opened = parts()
    with opened.db.read() as conn:
        now = opened.clock()
        stories = list(
            _where(conn, what.strip(), site_key, lang, now=now)
            if dry_run
            else _past(conn, what.strip(), site_key, at.date(), now)
            if at
            else _stories(conn, what.strip(), site_key, now)
        )
    if not stories:
        raise click.ClickException(f"no lead{'' if at or dry_run else ' and no submission'} by that name")
    if as_json:
        click.echo(to_json(stories[0] if len(stories) == 1 else stories, indent=2))
        return
    for found in stories:
        for line in where.lines(found, lang) if dry_run else _lines_then(found, lang) if at else _lines(found, lang):
            click.echo(plain(line))


def _stories(conn: Connection, what: str, site_key: str | None, now: Any) -> Iterator[dict[str, Any]]:
    for site in sites.all_sites(conn):
        if site_key not in (None, site.key):
            continue
        submission = submissions.get(conn, site.id, what)
        if submission is not None:
            yield story.of_submission(conn, submission, now)
            continue
        for lead in _leads(conn, site, what):
            yield story.of_lead(conn, lead, now)
        if "@" in what:
            for waiting in story.waiting_for(conn, site.id, what):
                yield story.of_submission(conn, waiting, now)


def _leads(conn: Connection, site: Site, what: str) -> Iterator[Lead]:
    """A marketer's tests have identifiers of their own (rule 38)."""
    name = canonical_email(what) if "@" in what else what
    named = [*leads.find(conn, site.id, name), *leads.find(conn, site.id, f"{TEST_MARK}{name}")]
    for lead_id in dict.fromkeys(persons.survivors(conn, named).values()):
        lead = leads.get(conn, site.id, lead_id)
        if lead is not None:
            yield lead


def _past(conn: Connection, what: str, site_key: str | None, day: date, now: datetime) -> Iterator[dict[str, Any]]:  # noqa: PLR0917
    """Each lead by that name, as it stood when that day ended at its site."""
    for site in sites.all_sites(conn):
        if site_key in (None, site.key):
            until = end_of(day, ZoneInfo(site.timezone), now)
            yield from (story.of_past(conn, lead, until) for lead in _leads(conn, site, what))


def _where(conn: Connection, what: str, site_key: str | None, lang: str, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Each lead by that name, and where it would go."""
    for site in sites.all_sites(conn):
        if site_key in (None, site.key):
            yield from (where.of_lead(conn, lead, now, lang) for lead in _leads(conn, site, what))


def _lines_then(found: dict[str, Any], lang: str) -> Iterator[str]:
    score = found["score"]
    yield f"{found['id']}  {found['cell']}  {found['stage'] or '–'}  {score['total']} points  at {found['as_of']}"
    yield from _score(score, lang)


def _score(score: Mapping[str, Any], lang: str) -> Iterator[str]:
    for line in score["lines"]:
        words = say_code(lang, line["code"], line["params"])
        yield f"  {line['at']}  {line['points']:+4d}  = {line['balance']:3d}  {words}"


def _lines(found: dict[str, Any], lang: str) -> Iterator[str]:
    lead = found["lead"]
    if lead:
        yield f"{lead['id']}  {lead['cell']}  {lead['stage'] or '–'}  {lead['score']} points  version {lead['version']}"
        if "erased_at" in lead:
            yield f"  erased {lead['erased_at']}: nothing of this person is kept"
        for name, fact in lead["fields"].items():
            yield f"  {name}: {fact['value']}  ({fact['strength']}, {fact['from']}, {fact['at']})"
    for submission in found["submissions"]:
        link = submission["link"]
        basis = f"  linked by {link['basis']} ({link['strength']})" if link else ""
        yield f"{submission['id']}  {submission['at']}  {submission['form']}  {submission['status']}{basis}"
        for finding in submission["findings"]:
            if finding["code"]:
                yield f"  {finding['outcome']:8} {finding['weight']:+4d}  {_said(lang, finding)}"
        for asked in submission["confirmations"]:
            yield f"  {_asked(lang, asked)}"
    for pair in found["duplicates"]:
        yield from _pair(lang, pair, lead)
    yield f"score {found['score']['total']}"
    yield from _score(found["score"], lang)
    for delivery in found["deliveries"]:
        yield from _delivery(delivery, lang)


def _delivery(delivery: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Where it stands, why it was made, and each try."""
    known, said = reason_key(delivery["reason"] or "")
    why = f": {say(lang, known, **said)}" if delivery["reason"] else ""
    yield f"{delivery['id']}  {delivery['destination']}  version {delivery['version']}  {delivery['status']}{why}"
    if chosen := delivery["chosen"]:
        rule = chosen["rule"] or {"position": None, "title": None}
        yield f"  {say_chosen(lang, chosen['code'], rule['position'], rule['title'])}"
    for attempt in delivery["attempts"]:
        answer = attempt["http_status"] or attempt["error"] or "ok"
        yield f"  {attempt['at']}  {answer}  {attempt['ms']} ms"


def _pair(lang: str, pair: Mapping[str, Any], lead: Mapping[str, Any]) -> Iterator[str]:
    """Another lead that may be this person, why, and what was said of it."""
    own = {lead["id"], *lead["earlier_ids"]}
    other = pair["older"] if pair["younger"] in own else pair["younger"]
    answer = f"  {pair['answer']} {pair['answered_at'] or ''}".rstrip() if pair["answer"] else ""
    yield f"{pair['id']}  {pair['decision']}  {other}  {pair['weight']:+.1f}{answer}"
    for reason in pair["reasons"]:
        words = (say(lang, f"matching.{kind}.{reason[kind]}") for kind in ("field", "level"))
        yield f"  {reason['weight']:+6.1f}  {': '.join(words)}"


def _said(lang: str, finding: Mapping[str, Any]) -> str:
    """Its words; its code where what was seen is past its time and gone (rule 37)."""
    try:
        return say_finding(lang, finding["code"], finding["params"])
    except KeyError:
        return str(finding["code"])


def _asked(lang: str, asked: Mapping[str, Any]) -> str:
    """When somebody was asked to confirm, and what became of it."""
    answered = asked["confirmed"] or asked["refused"] or asked["sent"] or asked["asked"]
    state = say(lang, f"console.asked_{asked['state']}")
    words = f"{answered}  {asked['channel']}: {state}"
    why = say(lang, f"console.kept_back_{asked['kept_back']}") if asked["kept_back"] else asked["failed"]
    return f"{words} ({why})" if why else words
