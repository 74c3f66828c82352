"""What every provider is handed, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.posting import NotSentError

OK = range(200, 300)
LATER = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Message:
    number: str = field(repr=False)  # E.164
    text: str = field(repr=False)
    code: str = field(repr=False)  # the digits alone, for providers with texts of their own
    id: str  # the same on every try


class SmsError(NotSentError):
    """A text message that did not go out."""


def check_status(status: int) -> None:
    """Raises SmsError unless the provider took it. What it will never take is not tried again."""
    if status not in OK:
        raise SmsError(f"http_{status}", permanent=400 <= status < 500 and status not in LATER)
