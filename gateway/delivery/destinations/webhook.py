"""`webhook`: the lead as JSON, signed by Standard Webhooks. What the receiver sees: docs/api/webhook.md."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from standardwebhooks import Webhook

from gateway.delivery.outgoing import Kind, Outgoing, Sent, SettingsError
from gateway.http import ConnectError, Connector, checked

SECRET_BYTES = (24, 64)  # Standard Webhooks, "Signature scheme"
MAX_URL = 2000


@dataclass(frozen=True)
class Settings:
    url: str
    secret: str = field(repr=False)  # "whsec_" and base64


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered: `url`, and `secret` unless a new one is to be made. Raises SettingsError."""
    unknown = given.keys() - {"url", "secret"}
    if unknown:
        raise SettingsError(sorted(unknown)[0], "unknown")
    url = given.get("url", "").strip()
    if not url:
        raise SettingsError("url", "missing")
    try:
        checked(url)
    except ConnectError as error:
        raise SettingsError("url", "bad_url") from error
    if len(url) > MAX_URL:
        raise SettingsError("url", "bad_url")
    return Settings(url, _secret(given.get("secret", "").strip()))


def send(outgoing: Outgoing, settings: Settings, http: Connector) -> Sent:
    """Post one signed message. Raises ConnectError."""
    signature = Webhook(settings.secret).sign(outgoing.id, outgoing.at, outgoing.body)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(outgoing.at.timestamp())),
        "webhook-signature": signature,
    }
    reply = http.request("POST", settings.url, headers=headers, body=outgoing.body.encode())
    return Sent(reply.status, reply.ms, reply.headers.get("retry-after"), reply.excerpt)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


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


KIND = Kind("webhook", Settings, parse, send)
