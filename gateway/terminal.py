"""What somebody else wrote, on a terminal (rule 34): no control character of it acts, no turn of direction."""

from __future__ import annotations

import json
import re
from typing import Any

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# JSON escapes none of these: control characters, turns of direction, and what some readers of lines take for a line's
# end.
ODD = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without them; the joiners of Persian spelling and of emoji stay."""
    return "".join(char if char.isprintable() or char in JOINERS else "\N{REPLACEMENT CHARACTER}" for char in text)


def to_json(found: Any, **how: Any) -> str:
    """As JSON, in which these are escaped as well. how: as `json.dumps` takes it."""
    return escaped(json.dumps(found, ensure_ascii=False, **how))


def escaped(text: str) -> str:
    """JSON text with what JSON leaves as it is escaped too."""
    return text if text.isascii() else ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", text)
