"""Public ids: a prefix and a UUIDv7 in base32 (rule 35), so that they sort by time and read aloud."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime


def new_id(prefix: str, now: datetime) -> str:
    """Such as `sub_06dw…`: 48 bits of milliseconds, 74 random bits (RFC 9562 5.7), 26 characters of base32hex,
    whose letters keep the order of the bytes."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = base64.b32hexencode(value.to_bytes(16, "big")).decode().rstrip("=").lower()
    return f"{prefix}_{text}"
