"""requests with a browser's headers: reads the form, fills it, posts it at once."""

import requests

from bench.verification.clients.plain_form import HEADERS, body, filled, page_of, remark, spec_of
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    session = requests.Session()
    session.headers.update(HEADERS)
    session.headers["Origin"] = target.origin
    if target.channel == "embed":
        spec = session.get(spec_of(target), params={"lang": target.lang}).json()
        reply = session.post(page_of(target), json=body(spec, target))
    else:
        page = session.get(page_of(target))
        url, data = filled(page.text, target)
        reply = session.post(url, data=data, headers={"Referer": page.url})
    return remark(reply.status_code, reply.text)


if __name__ == "__main__":
    run(visit)
