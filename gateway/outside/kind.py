"""What an outside check is made of, and what it may say. A time-out, an error or a spent quota is *silent*: nobody's
guilt. Tried against the vendors' documents alone, as the docs say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from config import Config
from gateway.http import ConnectError, Connector, Reply
from verification.evidence import OutsideAnswer

S = TypeVar("S")
TIMEOUT = 5.0  # seconds of a captcha's answer
OK = 200
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Widget:
    """What the visitor's page loads of a captcha. field: the name under which its script posts the token; hosts:
    directive of a content policy → what it has to allow."""

    field: str
    script: str
    hosts: Mapping[str, str]


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One outside check. settings: the operator's, none where this check is not set up. ask: (token or e-mail
    address, settings, connector) → what the service says; raises nothing. longest: characters of what is asked."""

    name: str
    settings: Callable[[Config], S | None]
    ask: Callable[[str, S, Connector], OutsideAnswer]
    widget: Widget | None = None  # none: it is asked about the e-mail address
    longest: int = 254


def siteverify(http: Connector, url: str, fields: Mapping[str, str], ours: frozenset[str]) -> OutsideAnswer:
    """The protocol that captchas share: a token goes in, `success` comes out, else `error-codes`.

    `ours`: codes that speak of our settings or of the service, never of the visitor.
    """
    body = urlencode(fields).encode()
    found = answered(http, url, {"Content-Type": FORM}, body=body, timeout=TIMEOUT)
    if found is None:
        return "silent"
    if found.get("success") is True:
        return "good"
    codes = found.get("error-codes")
    if found.get("success") is not False or not isinstance(codes, list):
        return "silent"
    told = {code for code in codes if isinstance(code, str)}
    return "silent" if not told or told & ours else "bad"


def answered(
    http: Connector, url: str, headers: Mapping[str, str], *, body: bytes, timeout: float
) -> dict[str, Any] | None:
    """The JSON object of a good answer; none for anything else."""
    try:
        reply = http.request("POST", url, headers=headers, body=body, timeout=timeout)
    except ConnectError:
        return None
    return _object(reply)


def _object(reply: Reply) -> dict[str, Any] | None:
    # Turnstile tells a wrong secret with 400 and its codes in the body: read that too; 429 and 5xx tell nothing.
    if reply.cut or reply.status not in {OK, 400}:
        return None
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
