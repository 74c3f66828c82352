"""One genuine post, recorded on its way, sent again: a hundred times as it was, or each time with another address."""

from collections import Counter
from urllib.parse import urlencode

import requests

from bench.verification.target import Target, run


def visit(target: Target) -> str:
    post = target.extra["post"]
    old = target.extra["genuine_email"]
    drop = {"host", "content-length", "x-forwarded-for", "accept-encoding"}
    headers = {name: value for name, value in post["headers"] if name.lower() not in drop}
    headers["Origin"] = (
        target.origin
    )  # as the genuine one had it: here each client knows the gateway by another address
    statuses: Counter[int] = Counter()
    session = requests.Session()
    for number in range(target.extra["times"]):
        body = post["body"]
        if target.extra["edited"]:
            new = target.answers["email"].replace("@", f".{number}@")
            body = body.replace(old, new).replace(urlencode({"": old})[1:], urlencode({"": new})[1:])
        reply = session.post(target.gateway + post["path"], data=body.encode(), headers=headers)
        statuses[reply.status_code] += 1
    return " ".join(f"{status}×{count}" for status, count in statuses.items())


if __name__ == "__main__":
    run(visit)
