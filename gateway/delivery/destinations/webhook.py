"""`webhook`: the lead as JSON, signed by Standard Webhooks. What the receiver sees: docs/api/webhook.md."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from standardwebhooks import Webhook

from gateway.delivery import template
from gateway.delivery.outgoing import Asked, Kind, Outgoing, Said, Sent, SettingsError, Ways, reason
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
            "خالی بگذارید تا خودمان بسازیم. کلید آماده را به شکل whsec_\u200e و base64 بنویسید.",
            "Leave it empty and we make one. To bring your own, write whsec_ and base64.",
        ),
        secret=True,
        signs=True,
        required=False,
    ),
    Asked(
        "template",
        Said("قالب JSON", "JSON template"),
        Said(
            'برای گیرنده‌ای که شکل خودش را می‌خواهد: \u2066{"mail": "{email}", "points": "{lead.score}"}\u2069. '
            "هر مقدار یا همه‌اش نامی در آکولاد است یا متن ثابت. "
            "اگر \u2066{event}\u2069 و \u2066{lead.id}\u2069 در آن نباشند، پاک شدن و ادغام گفته نمی‌شود.",
            'For a receiver with a shape of its own: {"mail": "{email}", "points": "{lead.score}"}. '
            "A value is a name in braces, or fixed text. Without {event} and {lead.id} it tells neither erasures "
            "nor merges.",
        ),
        required=False,
        sort="json",
    ),
    Asked(
        "authorization",
        Said("سرآیند Authorization", "Authorization header"),
        Said("اگر گیرنده کلید می‌خواهد، مثل Bearer …", "Where the receiver wants a key of its own, such as Bearer …"),
        secret=True,
        required=False,
    ),
)


@dataclass(frozen=True)
class Settings:
    """old_secret: what messages are signed with as well, until old_until (ISO 8601)."""

    url: str
    secret: str = field(repr=False)  # "whsec_" and base64
    template: str = ""
    authorization: str = field(default="", repr=False)
    old_secret: str = field(default="", repr=False)
    old_until: str = ""


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered: `url`, and `secret` unless a new one is to be made. Raises SettingsError."""
    entered = answers(ASKS, given)
    shape = template.checked(entered["template"]) if entered["template"] else ""
    if not (entered["authorization"].isascii() and entered["authorization"].isprintable()):
        raise SettingsError("authorization", "one_line")
    return Settings(entered["url"], _secret(entered["secret"]), shape, entered["authorization"])


def rotate(settings: Settings, until: datetime) -> Settings:
    """A new secret; the present one signs as well until then, whichever came before it no longer."""
    return replace(settings, secret=new_secret(), old_secret=settings.secret, old_until=until.isoformat())


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Post one signed message. Raises ConnectError. A template that cannot say what has happened, and to whom, says
    nothing; of an erasure somebody is told."""
    if settings.template and not template.tells_all(settings.template):
        if outgoing.type == "lead.erased":
            why = reason("erase_untold", outgoing.data["id"])
            return ways.sent(None, answer="park", reason=why)
        if outgoing.type == "lead.merged" or "withheld" in outgoing.data:
            return ways.sent(None)
    body = preview(outgoing, settings, ways.base_url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(outgoing.at.timestamp())),
        "webhook-signature": _signatures(outgoing, settings, body),
        **({"Authorization": settings.authorization} if settings.authorization else {}),
    }
    return ways.sent(ways.request("POST", settings.url, headers=headers, body=body.encode()))


def preview(outgoing: Outgoing, settings: Settings, base_url: str) -> str:
    """The body as it goes out."""
    if not settings.template:
        return outgoing.body
    return template.filled(settings.template, outgoing.event, outgoing.id, base_url)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _signatures(outgoing: Outgoing, settings: Settings, body: str) -> str:
    """By each secret that counts, apart by a space (Standard Webhooks, "Zero downtime secret rotation")."""
    both = [settings.secret]
    if settings.old_until and outgoing.at < datetime.fromisoformat(settings.old_until):
        both.append(settings.old_secret)
    return " ".join(Webhook(secret).sign(outgoing.id, outgoing.at, body) for secret in both)


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
    preview=preview,
    knows_repeats=True,
)
