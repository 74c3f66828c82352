"""Twelve posts, each with another forged address in every header that a proxy might set; else like requests_browser."""

import random
from collections import Counter
from dataclasses import replace

import requests

from bench.verification.clients.plain_form import HEADERS, body, filled, page_of, spec_of
from bench.verification.target import Target, run


def forged() -> dict[str, str]:
    address = ".".join(str(random.randint(1, 250)) for _ in range(4))
    return {
        "X-Forwarded-For": address,
        "X-Real-Ip": address,
        "Forwarded": f"for={address}",
        "Cf-Connecting-Ip": address,
    }


def visit(target: Target) -> str:
    statuses: Counter[int] = Counter()
    for number in range(target.extra["times"]):
        email = target.answers["email"].replace("@", f".{number}@")
        one = replace(
            target, answers=target.answers | {"email": email, "message": f"{target.extra['messages'][number]}"}
        )
        session = requests.Session()
        session.headers.update(HEADERS | forged() | {"Origin": target.origin})
        if target.channel == "embed":
            spec = session.get(spec_of(one), params={"lang": one.lang}).json()
            reply = session.post(page_of(one), json=body(spec, one))
        else:
            url, data = filled(session.get(page_of(one)).text, one)
            reply = session.post(url, data=data)
        statuses[reply.status_code] += 1
    return " ".join(f"{status}×{count}" for status, count in statuses.items())


if __name__ == "__main__":
    run(visit)
