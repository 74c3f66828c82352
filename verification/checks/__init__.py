"""Every check once, by hand, so that their order is visible."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from verification import agents, lists
from verification.checks.address import domain_volume, form_volume, volume
from verification.checks.agent import headers, platform, user_agent
from verification.checks.automation import (
    driven_browser,
    event_times,
    forged_signals,
    hands,
    haste,
    key_presses,
    mouse_path,
    window_shape,
)
from verification.checks.browser import fill_time, honeypot, script
from verification.checks.confirmation import confirmation
from verification.checks.content import (
    contact_in_name,
    gibberish_name,
    learnt_spam,
    links,
    mixed_script,
    near_same_content,
    same_content,
    spam_text,
)
from verification.checks.email import disposable_email, email_syntax, email_typo, free_mail, mail_host, role_address
from verification.checks.outside import captcha, mailbox
from verification.checks.phone import phone_number
from verification.checks.proof import proof_of_work
from verification.checks.ticket import ticket_reuse
from verification.data_files import label
from verification.evidence import Evidence, Finding
from verification.spam import model, weights

Check = Callable[[Evidence], Finding]

# Cheapest first: verify() runs them in this order.
CHECKS: tuple[Check, ...] = (
    confirmation,
    ticket_reuse,
    honeypot,
    script,
    proof_of_work,
    driven_browser,
    forged_signals,
    hands,
    mouse_path,
    key_presses,
    event_times,
    haste,
    window_shape,
    user_agent,
    headers,
    platform,
    fill_time,
    volume,
    form_volume,
    domain_volume,
    same_content,
    near_same_content,
    learnt_spam,
    mail_host,
    disposable_email,
    role_address,
    free_mail,
    email_typo,
    phone_number,
    captcha,
    mailbox,
    contact_in_name,
    gibberish_name,
    mixed_script,
    links,
    spam_text,
    email_syntax,
)

RULES = "checks 2026-11-22"  # raised whenever a weight or limit in this folder changes


def source_of(check: str) -> str:
    """By which rules or lists, and of which date, this check judges."""
    return lists.version() if check == "disposable_email" else _lasting_source(check)  # lists are renewed at run time


# Checks that judge by a dated list under verification/data.
LISTS = {
    "role_address": "role_names.txt",
    "free_mail": "free_mail.txt",
    "email_typo": "typos.toml",
    "gibberish_name": "name_letters.txt",
    "links": "shorteners.txt",
}


@cache
def _lasting_source(check: str) -> str:
    match check:
        case "email_syntax":
            return f"email-validator {version('email-validator')}"
        case "phone_number":
            return f"phonenumbers {version('phonenumbers')}"
        case "user_agent":
            return agents.source()
        case "spam_text":
            return f"{weights.label()}, {label(model.FILE)}"
    return label(LISTS[check]) if check in LISTS else RULES
