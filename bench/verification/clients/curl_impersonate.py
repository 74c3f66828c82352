"""curl_cffi with Chrome's TLS and header order, waiting as long as a reader would."""

import time

from curl_cffi import requests

from bench.verification.clients.plain_form import body, filled, page_of, remark, spec_of
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    session = requests.Session(impersonate="chrome")
    headers = {"Origin": target.origin}
    if target.channel == "embed":
        spec = session.get(spec_of(target), params={"lang": target.lang}, headers=headers).json()
        time.sleep(12)
        reply = session.post(page_of(target), json=body(spec, target), headers=headers)
    else:
        page = session.get(page_of(target))
        url, data = filled(page.text, target)
        time.sleep(12)
        reply = session.post(url, data=data, headers=headers | {"Referer": page.url})
    return remark(reply.status_code, reply.text)


if __name__ == "__main__":
    run(visit)
