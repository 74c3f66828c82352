"""Text messages to visitors: a code by which they confirm a number. SARNAKH_SMS_URL names the provider by its scheme.

A message holds the site's name and the code, nothing that was typed (rule 18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from config import Config
from gateway import posting
from gateway.parts import Parts
from gateway.sms import console, http, kavenegar
from gateway.sms.message import Message
from gateway.store import mails
from gateway.store.mails import DueMail
from gateway.words import say

TEMPLATES = ("code",)
Provider = Callable[[str, Message], None]  # SARNAKH_SMS_URL and the message; raises SmsError

# The scheme of SARNAKH_SMS_URL → who sends.
PROVIDERS: Mapping[str, Provider] = {
    "console": console.send,
    "http": http.send,
    "https": http.send,
    "kavenegar": kavenegar.send,
}


def send_due(parts: Parts, limit: int) -> int:
    """Send what is due, at most `limit`; returns how many went out. Without SARNAKH_SMS_URL nothing happens."""
    url = parts.config.sms_url
    if url is None:
        return 0
    provider = PROVIDERS[urlsplit(url).scheme]

    def send_one(due: DueMail) -> None:
        provider(url, compose(due))

    return posting.send_due(parts, TEMPLATES, send_one, limit=limit)


def any_due(config: Config, conn: Connection, now: datetime) -> bool:
    """Does a message wait that could be sent?"""
    return config.sms_url is not None and mails.any_due(conn, now, TEMPLATES)


def compose(due: DueMail) -> Message:
    """The message in its language. The code keeps Latin digits, by which phones offer to fill it in."""
    code = str(due.params["code"])
    return Message(due.recipient, say(due.lang, "mail.code.text", site=due.params["site"], code=code), code, due.key)
