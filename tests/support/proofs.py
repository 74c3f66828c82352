"""Proofs of work as a browser would bring them, and quickly."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forms import proof


def solved(challenge: Mapping[str, Any]) -> str:
    """What the form's script sends for a challenge: 30 ms for an ordinary one."""
    numbers = range(challenge["maxnumber"] + 1)
    salt, wanted = challenge["salt"].encode(), challenge["challenge"]
    number = next(n for n in numbers if hashlib.sha256(salt + b"%d" % n).hexdigest() == wanted)
    found = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
    return base64.b64encode(json.dumps(found).encode()).decode()


def fresh(secret: str, home: str, now: datetime) -> str:
    """A solved one for a form (`<site>/<form>`) without asking for its challenge, at no effort."""
    return solved(proof.issue(secret, home, now, maxnumber=2))
