"""`reacher`: an HTTP e-mail verifier of Reacher's shape (`/v0/check_email`, `/v1/check_email`), the hosted one or your
own. https://docs.reacher.email and https://github.com/reacherhq/check-if-email-exists"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from config import Config
from gateway.http import Connector
from gateway.outside.kind import Kind, answered
from verification.evidence import OutsideAnswer

TIMEOUT = 10.0  # seconds: it speaks with the mail host meanwhile
# risky: catch-all, role account, throw-away or full mailbox: it exists. unknown: port 25 closed, a greylist, a provider
# that tells nobody.
SAYS: dict[str, OutsideAnswer] = {"safe": "good", "risky": "doubtful", "invalid": "bad", "unknown": "unknown"}


@dataclass(frozen=True)
class Settings:
    url: str
    token: str | None = field(default=None, repr=False)


def settings(config: Config) -> Settings | None:
    return Settings(config.reacher_url, config.reacher_token) if config.reacher_url else None


def ask(address: str, found: Settings, http: Connector) -> OutsideAnswer:
    headers = {"Content-Type": "application/json"}
    if found.token:  # the hosted one reads the first, one of your own the second
        headers |= {"Authorization": found.token, "x-reacher-secret": found.token}
    body = json.dumps({"to_email": address}).encode()
    reply = answered(http, found.url, headers, body=body, timeout=TIMEOUT) or {}
    return SAYS.get(str(reply.get("is_reachable")), "silent")


KIND = Kind("reacher", settings, ask)
