"""How often one address may ask: the one limiter of all edges, and whose address a request comes from.

Counters are in Valkey; where it is missing the limiter counts in this process's memory, so that no visitor
sees an error for it. Keys hold a keyed daily hash, never an address (rule 37).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import Flask, Request, current_app, request
from flask_limiter import Limiter

from config import Config, Network
from gateway import valkey
from gateway.forwarded import HEADERS, Unread

Address = IPv4Address | IPv6Address


def _key() -> str:
    """The block that a request counts for, unreadable: an IPv4 address, or an IPv6 /64 (one household)."""
    secret = current_app.extensions["sarnakh"].config.secret_key.encode()
    address = client_address(request)
    text = str(address) if isinstance(address, IPv4Address) else str(int(address) >> 64)
    day = str(int(time.time()) // 86400)
    return hashlib.blake2b(f"{day} {text}".encode(), key=hashlib.sha256(secret).digest(), digest_size=12).hexdigest()


# The strategy stands in the prefix: strategies share key names, and a changed one fails on the old type.
# swallow_errors: when Valkey goes, the first thread to notice turns the fallback on, and those that raise beside it
# would answer 500; they pass instead, logged and uncounted.
limiter = Limiter(
    _key,
    strategy="fixed-window",
    key_prefix="sarnakh-fixed-window",
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)


def init(app: Flask, config: Config) -> None:
    """Bind the limiter to this app and to its Valkey. Call before blueprints are registered."""
    app.config.setdefault("RATELIMIT_STORAGE_URI", valkey.limiter_url(config))
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", valkey.PATIENCE)
    limiter.init_app(app)
    if not config.trusted_proxies:
        unread = Unread()

        @app.before_request
        def _note_forwarded() -> None:
            if any(name in request.headers for name in HEADERS):
                unread.note(app.extensions["sarnakh"].doorbell.redis)


def client_address(asked: Request) -> Address:
    """Who really asks. `X-Forwarded-For` is read from its right end, only past proxies that are trusted."""
    trusted: Sequence[Network] = current_app.extensions["sarnakh"].config.trusted_proxies
    address = _address(asked.remote_addr or "")
    hops = [hop.strip() for hop in asked.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and any(address in network for network in trusted):
        address = _address(hops.pop())
    return address


def retry_after() -> int:
    """Seconds until the limit that this request broke is open again, for the `Retry-After` header."""
    limit = limiter.current_limit
    return max(1, int(limit.reset_at - time.time()) + 1) if limit else 60


def _address(text: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        return IPv4Address(0)  # unix sockets and broken headers count together
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
