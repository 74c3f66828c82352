"""`sarnakh doctor`: one line a check, exit code 1 on a fault. Each check is a function in the table."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from forms.model import Form
from gateway import asking, confirming, forwarded, renewing
from gateway.cli.sites import json_option
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.retries import reason_key
from gateway.linking import asks_for_contact
from gateway.mail import NO_SMTPUTF8, MailError, greet
from gateway.parts import Opener, Parts
from gateway.records import Site
from gateway.routing import reaching, wording
from gateway.routing.model import Rule
from gateway.routing.reaching import Unreached
from gateway.scoring.events import bands_lost
from gateway.store import claims, destinations, forms, mails, routes, rulebooks, sites, submissions, unscored
from gateway.store.migrate import at_head
from gateway.terminal import plain
from gateway.words import say

State = Literal["ok", "warn", "fault"]
Answer = tuple[State, str]

UNSENT = timedelta(minutes=10)  # a delivery that could go and did not; what a budget holds may wait longer
LATE = timedelta(minutes=2)  # an outbox row older than this: no worker and no sweeper runs


def settings(parts: Parts) -> Answer:
    if parts.config.base_url.startswith("http://") and parts.config.host not in {"127.0.0.1", "::1", "localhost"}:
        return "warn", "BASE_URL is plain http: visitors' answers travel unencrypted"
    if not parts.config.trusted_proxies and forwarded.seen(parts.doorbell.redis):
        return "warn", "forwarded headers come and are not read: name your proxy in TRUSTED_PROXIES"
    return "ok", f"BASE_URL {parts.config.base_url}"


def database(parts: Parts) -> Answer:
    try:
        parts.db.check_writable()
    except SQLAlchemyError as error:
        return "fault", f"the database does not answer ({type(error).__name__}): check DATABASE_URL"
    if not at_head(parts.db):
        return "fault", "the schema is of another version: run sarnakh migrate"
    return "ok", parts.db.engine.dialect.name


def valkey(parts: Parts) -> Answer:
    if parts.doorbell.answers():
        return "ok", "answers"
    return "warn", "does not answer: the sweeper does the work, limits count per process; check REDIS_URL"


def names(parts: Parts) -> Answer:
    if not parts.config.dns:
        return "warn", "SARNAKH_DNS is false: every mail domain stays unknown"
    if not parts.lookups.sees_the_world():
        return "warn", "DNS knows no public domain: mail domains stay unknown, nobody is held for it"
    return "ok", "DNS answers"


def mail(parts: Parts) -> Answer:
    if parts.config.smtp_url is None:
        with parts.db.read() as conn:
            every = [one for site in sites.all_sites(conn) for one in destinations.of_site(conn, site.id)]
        by_mail = [one.name for one in every if one.kind == "smtp"]
        if by_mail:
            return "fault", f"{', '.join(by_mail)} should send leads by mail, and SMTP_URL is not set"
        return "warn", "SMTP_URL is not set: no mail to staff, no password reset by mail"
    try:
        takes_all = greet(parts.config)
    except MailError as error:
        return "fault", f"the mail server refuses or does not answer ({error.code}): check SMTP_URL"
    with parts.db.read() as conn:
        lost = 0 if takes_all else mails.given_up_for(conn, NO_SMTPUTF8)
    if lost:
        return "warn", f"{lost} mails were given up: the mail server offers no SMTPUTF8, for addresses such as سارا@…"
    return "ok", "the mail server answers"


def disposable_lists(parts: Parts) -> Answer:
    now = parts.clock()
    with parts.db.read() as conn:
        ages = renewing.ages(conn)
    found = "; ".join(f"{age.source} of {age.published:%Y-%m-%d}" for age in ages)
    if any(age.old(now) for age in ages):
        return "warn", f"{found}: not renewed for over a week: sarnakh lists update"
    return "ok", found


def queue(parts: Parts) -> Answer:
    now = parts.clock()
    with parts.db.read() as conn:
        late = submissions.any_due(conn, now - LATE)
        stuck = submissions.count_by_status(conn).get("stuck", 0)
    if late:
        return "fault", "submissions wait for over two minutes: is a worker running?"
    return ("warn", f"{stuck} submissions are stuck: see the log, then mend") if stuck else ("ok", "nothing waits long")


def sending(parts: Parts) -> Answer:
    """Who stopped by itself takes nothing until somebody resumes it, and without a mail server nobody hears of it."""
    with parts.db.read() as conn:
        stopped = [(one.name, *reason_key(one.reason)) for one in destinations.stopped_by_themselves(conn)]
        late = claims.any_due(conn, parts.clock() - UNSENT)
    if stopped:
        told = "; ".join(f"{name} ({say('en', key, **params)})" for name, key, params in stopped)
        return "warn", f"stopped by itself: {told}: mend what is wrong, then resume it in the console"
    if late:
        return "warn", "deliveries wait for over ten minutes: is a worker running, or does a rate budget hold them?"
    return "ok", "every destination takes what is due"


def fallback_routes(parts: Parts) -> Answer:
    """Rule 25: whoever asks to be contacted must arrive somewhere."""
    with parts.db.read() as conn:
        without = [site.key for site in sites.all_sites(conn) if not _arrives_somewhere(conn, site)]
    if without:
        return "fault", f"no fallback route for {', '.join(without)}: sarnakh destinations add, or the console"
    return "ok", "every site has one"


def _arrives_somewhere(conn: Connection, site: Site) -> bool:
    """A fallback that is not disabled, or a destination that gets everything."""
    fallback = routes.of_site(conn, site.id).fallback
    there = [one for one in destinations.of_site(conn, site.id) if one.status != "disabled"]
    return any(one.id == fallback or one.sends == "all" for one in there)


def reach_of_routes(parts: Parts) -> Answer:
    """Rules that no lead gets to, or has met in thirty days, work for nobody."""
    found: list[str] = []
    with parts.db.read() as conn:
        for site in sites.all_sites(conn):
            rules = routes.of_site(conn, site.id).rules
            usable = [one.id for one in destinations.of_site(conn, site.id) if one.status != "disabled"]
            told = reaching.unreached(rules, usable, parts.clock())
            found += [f"{site.key}: {_unreached(rule, told[rule.id])}" for rule in rules if rule.id in told]
    return ("warn", "; ".join(found)) if found else ("ok", "every rule of the routing can be reached")


def _unreached(rule: Rule, one: Unreached) -> str:
    called = wording.say_called("en", rule.position, rule.title)
    before = ", ".join(wording.say_called("en", by.position, by.title) for by in one.by)
    why = {
        "covered": f"is never reached, all of its leads go by {before}: move it up under Destinations, Routing",
        "off": "leads to destinations that are all disabled",
        "idle": f"has held for no lead since {one.since:%Y-%m-%d}" if one.since else "",
    }
    return f"{called} {why[one.why]}"


def advice(parts: Parts) -> Answer:
    """Where a form may bring somebody without an e-mail address, and the CRM would find nobody but by one."""
    told: list[str] = []
    with parts.db.read() as conn:
        without = {site.id: site for site, form in _published(conn) if not _asks_email(form)}
        for site in without.values():
            for one in destinations.of_site(conn, site.id, parts.config.secret_key):
                if not one.unreadable and one.status != "disabled":
                    told += [f"{one.name}: {why.en}" for why in DESTINATIONS[one.kind].unheeded(one.settings)]
    return ("warn", "; ".join(told)) if told else ("ok", "nobody is begun twice for want of an e-mail address")


def _asks_email(form: Form) -> bool:
    return any(field.type == "email" and field.required and not field.when for field in form.fields)


def segments_of_routes(parts: Parts) -> Answer:
    """A route that names a segment which the rulebook no longer has speaks for nobody."""
    with parts.db.read() as conn:
        gone = [
            f"{site.key}/{key}"
            for site in sites.all_sites(conn)
            for key in routes.of_site(conn, site.id).named("segment") - _segments(conn, site)
        ]
    if gone:
        return "warn", f"routes name segments that are gone: {', '.join(sorted(gone))}: choose others in the console"
    return "ok", "routes name no segment that is gone"


def _segments(conn: Connection, site: Site) -> set[str]:
    return {one.key for one in rulebooks.in_force(conn, site.id).segments}


def rules(parts: Parts) -> Answer:
    """What was published before checks grew stricter: words may wait, anything else counts no more."""
    with parts.db.read() as conn:
        found = [(site.key, one) for site in sites.all_sites(conn) if (one := rulebooks.refused(conn, site.id))]
    if not found:
        return "ok", "every site's rulebook reads"
    told = "; ".join(_refused(*one) for one in found)
    return ("warn" if all(one.counts == one.number for _, one in found) else "fault"), told


def _refused(site: str, one: rulebooks.Refused) -> str:
    counts = "counts still" if one.counts == one.number else f"version {one.counts or 'shipped'} counts instead"
    return f"{site}: version {one.number} has mistakes by today's checks, {counts}: mend it under Rules in the console"


def assessments(parts: Parts) -> Answer:
    """A rulebook of before there were results gives no band's points."""
    with parts.db.read() as conn:
        lost = [
            f"{site.key}/{form.key}"
            for site, form in _published(conn)
            if bands_lost(rulebooks.in_force(conn, site.id), form)
        ]
    if lost:
        return "warn", f"no rule gives the points of the bands of {', '.join(lost)}: add it on the form's page"
    return "ok", "every assessment's bands give their points"


def staff_mail(parts: Parts) -> Answer:
    with parts.db.read() as conn:
        failing = mails.failing(conn)
    return ("warn", f"{failing} mails to staff cannot be sent") if failing else ("ok", "nothing waits")


def offers(parts: Parts) -> Answer:
    """A visitor would meet a missing file only after giving an address for it."""
    with parts.db.read() as conn:
        missing = [
            f"{form.key}: {site.key}/{form.offer.file}"
            for site, form in _published(conn)
            if form.offer and form.offer.file
            if not (parts.config.data_dir / "offers" / site.key / form.offer.file).is_file()
        ]
    if missing:
        return "fault", f"files are missing under DATA_DIR/offers for {'; '.join(missing)}"
    return "ok", "every published form's file is there"


def confirmation(parts: Parts) -> Answer:
    """A held visitor can release themselves only where something can be sent to them."""
    ways = confirming.Ways.of(parts.config)
    with parts.db.read() as conn:
        found = [(form.key, confirming.lacking(form, ways)) for _, form in _published(conn)]
    held = [key for key, wanted in found if wanted == "always"]
    if held:
        return "fault", f"{', '.join(held)} wants every address confirmed, and nothing can be sent: set SMTP_URL"
    doubtful = [key for key, wanted in found if wanted]
    if doubtful:
        return "warn", f"nobody who is held on {', '.join(doubtful)} can confirm: set SMTP_URL, else staff decide"
    return "ok", "every form that asks for it can"


def outside_checks(parts: Parts) -> Answer:
    """A form that names one without its settings is judged without it: always unknown."""
    with parts.db.read() as conn:
        missing = [
            f"{form.key} names {name}"
            for _, form in _published(conn)
            for name in asking.named(form)
            if not parts.asker.set_up(name)
        ]
    if missing:
        return "warn", f"{'; '.join(missing)}: set SARNAKH_<NAME>_…, or take it out of the form's policy"
    return "ok", "every form's are set up"


def contact_alerts(parts: Parts) -> Answer:
    """Whoever asks to be contacted and is held: somebody has to hear of it within minutes."""
    with parts.db.read() as conn:
        unheard = [
            site.key
            for site in sites.all_sites(conn)
            if not site.settings.get("notify") or parts.config.smtp_url is None
            if any(
                row.published_version and asks_for_contact(forms.version(conn, row.id, row.published_version))
                for row in forms.of_site(conn, site.id)
            )
        ]
    if not unheard:
        return "ok", "held requests for contact are told by mail within five minutes"
    mend = "set SMTP_URL" if parts.config.smtp_url is None else "name somebody under Settings, Mail"
    return "warn", f"nobody hears of held requests for contact at {', '.join(unheard)}: {mend}"


def _published(conn: Connection) -> Iterator[tuple[Site, Form]]:
    """Every form as visitors meet it now."""
    for site in sites.all_sites(conn):
        for row in forms.of_site(conn, site.id):
            if row.published_version:
                yield site, forms.version(conn, row.id, row.published_version)


def scores(parts: Parts) -> Answer:
    """A lead whose score a fault of ours kept from being counted stands as it stood."""
    with parts.db.read() as conn:
        failed = unscored.count(conn)
    if failed:
        return "warn", f"{failed} leads could not be scored: look for scoring_failed in the log; they are tried again"
    return "ok", "every lead stands by its rules"


CHECKS: tuple[tuple[str, Callable[[Parts], Answer]], ...] = (
    ("settings", settings),
    ("database", database),
    ("valkey", valkey),
    ("dns", names),
    ("mail", mail),
    ("lists", disposable_lists),
    ("queue", queue),
    ("sending", sending),
    ("routes", fallback_routes),
    ("reach", reach_of_routes),
    ("advice", advice),
    ("rules", rules),
    ("scores", scores),
    ("segments", segments_of_routes),
    ("assessments", assessments),
    ("offers", offers),
    ("contacts", contact_alerts),
    ("confirming", confirmation),
    ("outside", outside_checks),
    ("staff mail", staff_mail),
)


@click.command()
@json_option
@click.pass_obj
def doctor(parts: Opener, as_json: bool) -> None:
    """Check settings, database, Valkey, DNS, mail, lists' age, queue and routes.

    Example: sarnakh doctor
    """
    opened = parts()
    rows: list[tuple[str, State, str]] = []
    for name, check in CHECKS:
        rows.append((name, *check(opened)))
        if name == "database" and rows[-1][1] == "fault":
            break  # what follows would only say the same
    if as_json:
        click.echo(json.dumps([{"check": name, "state": state, "says": says} for name, state, says in rows]))
    else:
        for name, state, says in rows:
            click.echo(f"{state:6}{name:12}{plain(says)}")  # names that marketers typed stand in it
    sys.exit(1 if any(state == "fault" for _, state, _ in rows) else 0)
