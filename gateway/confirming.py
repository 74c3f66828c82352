"""Asking visitors to confirm: whom, how often, and what a link or code stands for (rules 16–18).

A request for confirmation is a row and, unless a limit keeps it back, a message that is queued with it. Nothing of
this changes what a visitor is told (rules 13, 17).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from config import Config
from forms import tickets
from forms.model import Form
from gateway.gathering import email_of, phone_of
from gateway.ids import new_id
from gateway.records import Submission
from gateway.store import confirmations, mails, sites
from gateway.store.confirmations import KEY, WINDOW, Channel, Confirmation
from gateway.store.db import lock_names
from verification.addresses import canonical_email, email_domain
from verification.verdict import Policy, Verdict

LINK = "confirm"  # purpose of the signed token in a mailed link
CODE = "code"  # and of the one that leads to the page where a code is typed
CODE_LASTS = timedelta(minutes=10)
CODE_DIGITS = 6
DAY = timedelta(days=1)
UNANSWERED = 3  # rule 18: three unanswered in all
# What a mail or message cannot reach: nobody is asked, staff decide.
NOWHERE: Mapping[Channel, frozenset[str]] = {
    "email": frozenset({"dead_domain"}),
    "phone": frozenset({"phone_fixed_line", "phone_company_line", "phone_nobodys"}),
}

NO_WAY = "nowhere"  # what then keeps it back


@dataclass(frozen=True)
class Budget:
    """At most `most` requests for confirmation in `within` that share a column's value."""

    name: str
    column: Literal["form_id", "block_hash"]
    within: timedelta
    most: int


# A mailbox has its own limits; these bound how many different people can be written to. Staff still see whom they kept
# back. They may be overshot by what other workers have under way, since counting locks nobody out.
BUDGETS = (
    # A class or a trade fair behind one address: as many as the volume check calls a crowd. 60 a day is three of them.
    Budget("block_hour", "block_hash", timedelta(hours=1), 20),
    Budget("block_day", "block_hash", DAY, 60),
    # A webinar's announcement brings a form some hundred people in an hour; a busy campaign two thousand in a day. More
    # than that from one form harms the sender's name with mail providers, and with it everybody's mail.
    Budget("form_hour", "form_id", timedelta(hours=1), 300),
    Budget("form_day", "form_id", DAY, 2000),
)


@dataclass(frozen=True)
class Ways:
    """What this installation can send, and the key of its hashes and links."""

    secret: str = ""
    email: bool = False
    phone: bool = False

    @classmethod
    def of(cls, config: Config) -> Ways:
        return cls(config.secret_key, config.smtp_url is not None, config.sms_url is not None)


NO_WAYS = Ways()


def channel_of(form: Form, answers: Submission | Mapping[str, object], ways: Ways) -> Channel | None:
    """How whoever gave these answers can be asked: by e-mail, else by phone, else not at all. It depends on the form,
    the answers and the settings alone, so that the thanks may say it (rules 13, 17)."""
    if form.policy.get("confirm") == "never":
        return None
    given = answers.answers if isinstance(answers, Submission) else answers
    kinds = {field.type for field in form.fields if given.get(field.name)}
    if ways.email and "email" in kinds:
        return "email"
    return "phone" if ways.phone and "phone" in kinds else None


def lacking(form: Form, ways: Ways) -> Literal["doubtful", "always"] | None:
    """Whom this form would ask to confirm, where the installation has no way to: `always` holds everybody then."""
    wanted = Policy.from_mapping(form.policy).confirm
    kinds = {field.type for field in form.fields}
    if wanted == "never" or not kinds & {"email", "phone"}:
        return None
    return None if (ways.email and "email" in kinds) or (ways.phone and "phone" in kinds) else wanted


def mailbox(secret: str, channel: Channel, address: str) -> str:
    """The keyed hash by which a mailbox or number is known to the limits, over all sites.

    What follows a plus is left out whoever the provider is: most company mail runs on servers that ignore it, so that
    name+1, name+2 … would fill one mailbox. Too strict a limit harms less; who somebody is stays rule 9's business.
    """
    canonical = _without_plus(canonical_email(address)) if channel == "email" else address
    return hmac.digest(secret.encode(), f"mailbox\0{channel}\0{canonical}".encode(), hashlib.sha256).hex()


def _without_plus(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def names(submission: Submission, form: Form, ways: Ways) -> list[str]:
    """What is locked while its visitor is asked."""
    channel = channel_of(form, submission, ways)
    address = _address(submission, form, channel) if channel else None
    return [_name(mailbox(ways.secret, channel, address))] if channel and address else []


def _name(box: str) -> str:
    return f"mailbox:{box}"


def ask(conn: Connection, submission: Submission, form: Form, verdict: Verdict, *, ways: Ways, now: datetime) -> None:
    """Ask the visitor of a held submission to confirm, where that would release it. Part of its processing."""
    channel = channel_of(form, submission, ways)
    if channel is None or not verdict.clears:
        return
    codes = {finding.code for finding in verdict.findings}
    nowhere = NO_WAY if codes & NOWHERE[channel] else None
    _ask(conn, Request(submission, form, channel, submission.block_hash), ways=ways, kept_back=nowhere, now=now)


def ask_again(
    conn: Connection, submission: Submission, form: Form, block_hash: str | None, *, ways: Ways, now: datetime
) -> None:
    """A fresh link or code for a submission that still waits for one."""
    channel = channel_of(form, submission, ways)
    if channel is not None:
        _ask(conn, Request(submission, form, channel, block_hash), ways=ways, kept_back=None, now=now)


@dataclass(frozen=True)
class Request:
    submission: Submission
    form: Form
    channel: Channel
    block_hash: str | None  # of whoever asks: the one who sent the form, or who wants a fresh link


def _ask(conn: Connection, request: Request, *, ways: Ways, kept_back: str | None, now: datetime) -> None:
    submission, channel = request.submission, request.channel
    address = _address(submission, request.form, channel)
    assert address is not None
    box = mailbox(ways.secret, channel, address)
    lock_names(conn, _name(box))
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS)) if channel == "phone" else None
    row = Confirmation(
        id=new_id("conf", now),
        site_id=submission.site_id,
        form_id=submission.form_id,
        submission_id=submission.id,
        channel=channel,
        mailbox=box,
        created_at=now,
        expires_at=now + (WINDOW if channel == "email" else CODE_LASTS),
        block_hash=request.block_hash,
    )
    if code:
        row = replace(row, code_hash=code_hash(ways.secret, row.id, code))
    row = replace(row, kept_back=kept_back or _limit(conn, row, now))
    confirmations.add(conn, row)
    if row.kept_back is None:
        _queue(conn, request, row, to=address, code=code, secret=ways.secret, now=now)


def _limit(conn: Connection, row: Confirmation, now: datetime) -> str | None:
    """The limit of rule 18 that keeps this one back; none: it may go out."""
    if confirmations.stopped(conn, row.mailbox):
        return "stopped"
    if confirmations.asked_since(conn, "mailbox", row.mailbox, now - DAY):
        return "day"
    if confirmations.unanswered(conn, row.mailbox) >= UNANSWERED:
        return "unanswered"
    for budget in BUDGETS:
        value = getattr(row, budget.column)
        if value and confirmations.asked_since(conn, budget.column, value, now - budget.within) >= budget.most:
            return budget.name
    return None


def _queue(
    conn: Connection, request: Request, row: Confirmation, *, to: str, code: str | None, secret: str, now: datetime
) -> None:
    """Nothing that the visitor typed goes in: the form's title and the site's name are the marketer's (rule 18)."""
    lang = request.submission.lang
    params: dict[str, str | int] = {"site": sites.get(conn, row.site_id).name}
    if code is None:
        title = request.form.title.get(lang) or next(iter(request.form.title.values()))
        params |= {"form": title, "token": tickets.sign_token(secret, LINK, row.id), "days": WINDOW.days}
    else:
        params |= {"code": code}
    template = "confirm" if code is None else "code"
    mails.queue(conn, f"{KEY}{row.id}", to, lang=lang, template=template, params=params, now=now)


def code_hash(secret: str, confirmation_id: str, code: str) -> str:
    return hmac.digest(secret.encode(), f"code\0{confirmation_id}\0{code}".encode(), hashlib.sha256).hex()


def _address(submission: Submission, form: Form, channel: Channel) -> str | None:
    """Where it goes: what was typed (rule 9: never the canonical form), its domain as mail servers write it."""
    if channel == "phone":
        return phone_of(submission, form)
    email = email_of(submission, form)
    domain = email_domain(email) if email else None
    if email is None or domain is None or domain == email.rpartition("@")[2].lower():
        return email
    return f"{email.rpartition('@')[0]}@{domain}"
