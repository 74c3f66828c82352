"""What a request tells about itself, cut down to what a verdict may keep (rule 37). Nothing here is believed."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Request

from forms.text import without_control_characters
from gateway.store.touches import CLICK_IDS, UTM
from gateway.web import limits

MAX_URL = 2000  # characters
MAX_MARK = 200  # characters of one utm value
MAX_USER_AGENT = 300
MAX_SIGNAL = 9999
MARKS = frozenset((*UTM, *CLICK_IDS))
# The closed set of what static/watch.js tells: counts and milliseconds, yes and no, and words of a short list.
COUNTS = (
    "keys", "moves", "touches", "pastes", "focuses", "clicks", "changed", "took", "globals",
    "presses", "far", "centre", "still", "quick", "steps", "even", "fast", "lone", "off",
    "holds", "hold", "gap", "spread", "sway", "seams", "chars", "times", "together",
)  # fmt: skip
ABILITIES = ("mouse", "webdriver", "hidden", "late")
WORDS = {
    "window": frozenset({"none", "bare", "emulated", "small"}),
    "platform": frozenset({"win", "mac", "linux", "android", "ios", "mixed"}),
}


# From which version on each sends Sec-Fetch-* to https and loopback (MDN); Version is Safari's.
CURRENT = re.compile(r"(Chrome|Firefox|Version)/(\d+)")
SENDS_FETCH = {"Chrome": 80, "Firefox": 90, "Version": 17}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def missing_headers(request: Request) -> list[str]:
    """What the browser that the user agent names always sends to a trustworthy address, and this request lacks: names
    of a closed set. Empty for older browsers, and over plain http, where people's browsers leave them out too."""
    agent = user_agent(request)
    named = CURRENT.search(agent)
    trustworthy = request.is_secure or request.host.rpartition(":")[0] in LOOPBACK or request.host in LOOPBACK
    if not named or not trustworthy or int(named[2][:6]) < SENDS_FETCH[named[1]]:
        return []
    hints = named[1] == "Chrome" and int(named[2][:6]) >= 100 and "; wv)" not in agent
    wanted = {"fetch": "Sec-Fetch-Mode", "language": "Accept-Language", "origin": "Origin"}
    wanted |= {"hints": "Sec-CH-UA"} if hints else {}
    return [name for name, header in wanted.items() if header not in request.headers]


def block(request: Request) -> str:
    """The /24 or /64 that the request came from: never the whole address."""
    address = limits.client_address(request)
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), 24), strict=False))
    return str(IPv6Network((int(address), 64), strict=False))


def block_hash(secret: str, address_block: str, now: datetime) -> str:
    """Keyed and of this day, so that it cannot be looked up nor followed for longer."""
    text = f"block\0{now:%Y-%m-%d}\0{address_block}"
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)[:16].hex()


def user_agent(request: Request) -> str:
    return plain(request.headers.get("User-Agent", ""), MAX_USER_AGENT)


def signals(found: object) -> dict[str, int | bool | str]:
    """The closed set of what the form's script counts; anything else is left out."""
    if not isinstance(found, Mapping):
        return {}
    counts = {name: found[name] for name in COUNTS if type(found.get(name)) is int}
    kept: dict[str, int | bool | str] = {name: min(max(count, 0), MAX_SIGNAL) for name, count in counts.items()}
    kept |= {name: found[name] for name in ABILITIES if isinstance(found.get(name), bool)}
    return kept | {name: found[name] for name, known in WORDS.items() if _is_one_of(found.get(name), known)}


def _is_one_of(found: object, known: frozenset[str]) -> bool:
    return isinstance(found, str) and found in known


def page(url: object, referrer: object, utm: object) -> dict[str, Any]:
    """Where the form stood: `{"url", "referrer", "utm"}`. Addresses lose their query but for campaign marks, since
    other people's pages put names and tokens there."""
    marks = _marks(url) | (_clean_marks(utm) if isinstance(utm, Mapping) else {})
    found = {"url": address(url), "referrer": address(referrer), "utm": marks}
    return {name: value for name, value in found.items() if value}


def address(text: object) -> str:
    """An http address with nothing but campaign marks in its query; empty for anything else."""
    if not isinstance(text, str):
        return ""
    try:
        parts = urlsplit(plain(text, MAX_URL))
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(_marks(text)), ""))


def plain(text: str, longest: int) -> str:
    """Without control characters and lone surrogates, cut."""
    return without_control_characters(text[: longest * 2])[:longest]


def _marks(url: object) -> dict[str, str]:
    if not isinstance(url, str):
        return {}
    try:
        query = urlsplit(url[:MAX_URL]).query
        return _clean_marks(dict(parse_qsl(query, max_num_fields=100)))
    except ValueError:
        return {}


def _clean_marks(found: Mapping[Any, Any]) -> dict[str, str]:
    texts = {name: value for name, value in found.items() if name in MARKS and isinstance(value, str)}
    return {name: cleaned for name, value in texts.items() if (cleaned := plain(value, MAX_MARK))}
