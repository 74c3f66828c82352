"""Proof of work (rule 21), by ALTCHA's first protocol: the browser finds the number that a challenge was made from.

No clock and no memory here: `now` is a parameter, aware; who used a proof before is asked of the database.
Any solver of ALTCHA's `{algorithm, challenge, salt, maxnumber, signature}` fits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

State = Literal["solved", "missing", "wrong", "expired", "slow"]

GOOD_FOR = timedelta(minutes=10)  # rule 21: apart from the ticket, which lives for hours
BASE = 40_000  # numbers to try at most: 30–70 ms on a desktop, under 0.8 s on a phone ten times slower (measured)
HARDEST = 70_000  # behind a crowd: under 1.5 s on that phone, the most that rule 21 lets a person wait
MAX_LENGTH = 600  # characters of a solution; longer text is not looked at
GAVE_UP = "slow"  # what the script says when it could not finish in time
# The closing & keeps digits from moving between the salt and the number, which would make a new expiry.
_SALT = re.compile(r"[0-9a-f]{20}\?expires=([0-9]{10})&")
_CROWDS = ((500, HARDEST), (100, 60_000), (20, 50_000))  # address block: submissions an hour, numbers to try


class Challenge(TypedDict):
    """As the browser gets it."""

    algorithm: str
    challenge: str  # SHA-256 of salt and number, hexadecimal
    salt: str  # random, with its expiry
    maxnumber: int
    signature: str


@dataclass(frozen=True)
class Solution:
    """salt: what a proof is known by, so that it counts once; only with a solved one."""

    state: State
    salt: str | None = None


def issue(secret: str, home: str, now: datetime, maxnumber: int = BASE) -> Challenge:
    """A challenge for one form; home: `<site's key>/<form's key>`.

    The number lies in the upper half, so that the effort is much the same for everybody.
    """
    salt = f"{secrets.token_hex(10)}?expires={int((now + GOOD_FOR).timestamp())}&"
    number = maxnumber - secrets.randbelow(maxnumber // 2)
    challenge = _hash(salt, number)
    return Challenge(
        algorithm="SHA-256",
        challenge=challenge,
        salt=salt,
        maxnumber=maxnumber,
        signature=_sign(secret, home, challenge),
    )


def read(secret: str, home: str, text: str, now: datetime) -> Solution:
    """What a submission brought: base64 of ALTCHA's JSON, `slow`, or nothing. One hash and two HMACs (20 µs)."""
    if not text:
        return Solution("missing")
    if text == GAVE_UP:
        return Solution("slow")
    found = _decoded(text)
    salt, number, signature = found.get("salt"), found.get("number"), found.get("signature")
    if not isinstance(salt, str) or type(number) is not int or not isinstance(signature, str):
        return Solution("wrong")
    until = _SALT.fullmatch(salt)
    if until is None or not _genuine(signature, _sign(secret, home, _hash(salt, number))):
        return Solution("wrong")
    return Solution("expired") if now.timestamp() >= int(until[1]) else Solution("solved", salt)


def effort(submitted: int, unused: int) -> int:
    """Numbers to try at most, after what came from the address block within the hour: submissions, and forms that
    were fetched and not sent. A tenth of those counts: most people who see a form do not send it (rule 19)."""
    crowd = submitted + unused // 10
    return next((numbers for least, numbers in _CROWDS if crowd >= least), BASE)


def _decoded(text: str) -> dict[str, Any]:
    if len(text) > MAX_LENGTH or not text.isascii():
        return {}
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _genuine(signature: str, expected: str) -> bool:
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(secret: str, home: str, challenge: str) -> str:
    """By a key of this form alone, so that a proof for one is none for another."""
    key = hmac.digest(secret.encode(), f"proof\0{home}".encode(), hashlib.sha256)
    return hmac.digest(key, challenge.encode(), hashlib.sha256).hex()
