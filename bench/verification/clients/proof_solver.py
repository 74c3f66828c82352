"""An HTTP client that knows our protocol: solves the proof of work, sends a genuine visitor's signals changed, waits.

What it knows is public: docs/embed.md, the script that browsers load, and what a spammer sees in the developer tools of
his own browser while he fills the form in once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time
from typing import Any
from urllib.parse import parse_qs

import requests

from bench.verification.clients.plain_form import HEADERS, body, filled, page_of, remark, spec_of
from bench.verification.target import Target, run


def solve(challenge: dict[str, Any]) -> str:
    """The answer as the embed's script writes it: base64 of JSON, ALTCHA's payload."""
    salt = challenge["salt"].encode()
    for number in range(challenge["maxnumber"] + 1):
        if hashlib.sha256(salt + str(number).encode()).hexdigest() == challenge["challenge"]:
            kept = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
            return base64.b64encode(json.dumps(kept | {"number": number}).encode()).decode()
    raise ValueError("no number solves it")


def signals(post: dict[str, Any]) -> Any:
    """A genuine post's signals, each number moved by up to a fifth."""
    text = post["body"]
    found = json.loads(text).get("_signals") if text.startswith("{") else parse_qs(text).get("_signals", ["{}"])[0]
    return _jitter(json.loads(found) if isinstance(found, str) else found)


def _jitter(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _jitter(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_jitter(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int) or value < 5:
        return value
    return round(value * random.uniform(0.85, 1.2))


def send(target: Target, wait: float) -> requests.Response:
    session = requests.Session()
    session.headers.update(HEADERS | {"Origin": target.origin})
    seen = signals(target.extra["post"])
    challenge = f"{target.gateway}/f/{target.form}/challenge"
    if target.channel == "embed":
        spec = session.get(spec_of(target), params={"lang": target.lang}).json()
        proof = solve(spec.get("challenge") or session.get(challenge).json())
        time.sleep(wait)
        return session.post(f"{target.gateway}/f/{target.form}", json=body(spec, target, _signals=seen, _proof=proof))
    url, data = filled(session.get(page_of(target)).text, target)
    proof = solve(session.get(challenge).json())
    time.sleep(wait)
    return session.post(url, data=data | {"_signals": json.dumps(seen), "_proof": proof})


def visit(target: Target) -> str:
    reply = send(target, random.uniform(25, 45))
    return remark(reply.status_code, reply.text)


if __name__ == "__main__":
    run(visit)
