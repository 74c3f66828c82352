"""A password manager fills everything at once, as its content script does: values set, untrusted events. Two clicks."""

import json

from bench.verification.clients.browser_page import question
from bench.verification.people.by_hand import agree_and_send, read_the_page
from bench.verification.people.desktop import desktop, pause
from bench.verification.target import FIELDS, Target, run

FILL = """(() => { const node = document.querySelector(%s); node.focus(); node.value = %s;
  for (const type of ["input", "change"]) node.dispatchEvent(new Event(type, { bubbles: true })); return true; })()"""


def visit(target: Target) -> str:
    with desktop(target) as seat:
        read_the_page(seat)
        for name in FIELDS:
            seat.read(FILL % (json.dumps(question(name)), json.dumps(target.answers[name])))
        pause(1, 2)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
