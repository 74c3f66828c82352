"""A switch interface: fields and buttons are chosen through AT-SPI when scanning comes round to them, with long waits.

Its on-screen keyboard hands over one key after another, slowly.
"""

from bench.verification.clients.browser_page import SEND
from bench.verification.people.assisted import CONSENT_NAME, LABELS, SEND_NAME, assisted
from bench.verification.people.by_hand import thanked
from bench.verification.people.desktop import pause
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with assisted(target) as (seat, technology):
        seat.until(lambda: seat.box(SEND), "the form")
        for name in FIELDS:
            pause(4, 7)  # scanning comes round to it
            technology.say(f"focus {LABELS[name]}")
            seat.type(target.answers[name][:60], pace=0.6, slips=0)
        for name in (CONSENT_NAME, SEND_NAME):
            pause(4, 7)
            technology.say(f"press {name}")
        return thanked(seat)


if __name__ == "__main__":
    run(visit)
