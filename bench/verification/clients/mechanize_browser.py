"""mechanize: opens the page, chooses the form, fills its controls, submits."""

import json

import mechanize

from bench.verification.clients.plain_form import CHROME, body, page_of, remark, spec_of
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    browser = mechanize.Browser()
    browser.set_handle_robots(False)
    browser.addheaders = [("User-Agent", CHROME), ("Accept-Language", "en-US,en;q=0.9")]
    if target.channel == "embed":
        spec = json.load(browser.open(spec_of(target)))
        headers = {"Content-Type": "application/json", "Origin": target.origin}
        request = mechanize.Request(page_of(target), json.dumps(body(spec, target)), headers)
        reply = browser.open(request)
    else:
        browser.open(page_of(target))
        browser.select_form(predicate=lambda form: form.action.endswith(f"/f/{target.form}"))
        for name, value in target.answers.items():
            browser[name] = value
        browser.find_control("consent_contact").items[0].selected = True
        reply = browser.submit()
    return remark(reply.code, reply.read().decode())


if __name__ == "__main__":
    run(visit)
