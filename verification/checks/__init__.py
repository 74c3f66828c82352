"""Every check once, by hand, so that their order is visible."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from verification import lists
from verification.checks.address import volume
from verification.checks.browser import fill_time, honeypot, script
from verification.checks.confirmation import confirmation
from verification.checks.content import same_content
from verification.checks.email import disposable_email, email_syntax, free_mail, mail_host, role_address
from verification.checks.phone import phone_number
from verification.checks.ticket import ticket_reuse
from verification.data_files import label
from verification.evidence import Evidence, Finding

Check = Callable[[Evidence], Finding]

# Cheapest first: verify() runs them in this order.
CHECKS: tuple[Check, ...] = (
    confirmation,
    ticket_reuse,
    honeypot,
    script,
    fill_time,
    volume,
    same_content,
    mail_host,
    disposable_email,
    role_address,
    free_mail,
    phone_number,
    email_syntax,
)

RULES = "checks 2026-11-22"  # raised whenever a weight or limit in this folder changes


@cache
def source_of(check: str) -> str:
    """By which rules or lists, and of which date, this check judges."""
    match check:
        case "disposable_email":
            return lists.version()
        case "email_syntax":
            return f"email-validator {version('email-validator')}"
        case "phone_number":
            return f"phonenumbers {version('phonenumbers')}"
        case "role_address":
            return label("role_names.txt")
        case "free_mail":
            return label("free_mail.txt")
    return RULES
