"""`webhook`: the lead as JSON, signed by Standard Webhooks. What the receiver sees: docs/api/webhook.md."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from standardwebhooks import Webhook

from gateway.delivery.outgoing import Asked, Kind, Outgoing, Said, Sent, SettingsError, Ways
from gateway.delivery.settings import answers

SECRET_BYTES = (24, 64)  # Standard Webhooks, "Signature scheme"

ASKS = (
    Asked(
        "url",
        Said("نشانی", "Address"),
        Said(
            "هر سرنخ به این نشانی فرستاده می‌شود: JSON با امضا، به روش POST.",
            "Each lead is posted to this address as signed JSON.",
        ),
        sort="url",
    ),
    Asked(
        "secret",
        Said("کلید امضا", "Signing secret"),
        Said(
            "خالی بگذارید تا خودمان بسازیم. کلید آماده را به شکل whsec_ و base64 بنویسید.",
            "Leave it empty and we make one. To bring your own, write whsec_ and base64.",
        ),
        secret=True,
        required=False,
    ),
)


@dataclass(frozen=True)
class Settings:
    """old_secret: what messages are signed with as well, until old_until (ISO 8601)."""

    url: str
    secret: str = field(repr=False)  # "whsec_" and base64
    old_secret: str = field(default="", repr=False)
    old_until: str = ""


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered: `url`, and `secret` unless a new one is to be made. Raises SettingsError."""
    entered = answers(ASKS, given)
    return Settings(entered["url"], _secret(entered["secret"]))


def rotate(settings: Settings, until: datetime) -> Settings:
    """A new secret; the present one signs as well until then, whichever came before it no longer."""
    return replace(settings, secret=new_secret(), old_secret=settings.secret, old_until=until.isoformat())


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Post one signed message. Raises ConnectError."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(outgoing.at.timestamp())),
        "webhook-signature": _signatures(outgoing, settings),
    }
    return ways.sent(ways.request("POST", settings.url, headers=headers, body=outgoing.body.encode()))


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _signatures(outgoing: Outgoing, settings: Settings) -> str:
    """By each secret that counts, apart by a space (Standard Webhooks, "Zero downtime secret rotation")."""
    both = [settings.secret]
    if settings.old_until and outgoing.at < datetime.fromisoformat(settings.old_until):
        both.append(settings.old_secret)
    return " ".join(Webhook(secret).sign(outgoing.id, outgoing.at, outgoing.body) for secret in both)


def _secret(given: str) -> str:
    if not given:
        return new_secret()
    try:
        raw = base64.b64decode(given.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise SettingsError("secret", "bad_secret") from error
    if not SECRET_BYTES[0] <= len(raw) <= SECRET_BYTES[1]:
        raise SettingsError("secret", "bad_secret")
    return "whsec_" + base64.b64encode(raw).decode()


KIND = Kind(
    "webhook",
    Settings,
    parse,
    send,
    title=Said("وب‌هوک", "Webhook"),
    help=Said(
        "هر سرنخ با امضا به نشانی خودتان می‌رود؛ برای هر سامانه‌ای که وب‌هوک می‌گیرد.",
        "Each lead, signed, to an address of yours: for whatever takes a webhook.",
    ),
    asks=ASKS,
    rotate=rotate,
)
