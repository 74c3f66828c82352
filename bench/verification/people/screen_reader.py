"""A screen reader: fields get the focus by name, letters come by the keyboard, box and button are pressed by AT-SPI."""

from bench.verification.clients.browser_page import SEND
from bench.verification.people.assisted import CONSENT_NAME, LABELS, SEND_NAME, assisted
from bench.verification.people.by_hand import thanked
from bench.verification.people.desktop import pause
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with assisted(target) as (seat, technology):
        seat.until(lambda: seat.box(SEND), "the form")
        pause(2, 4)  # it is read out
        for name in FIELDS:
            technology.say(f"focus {LABELS[name]}")
            pause(0.8, 1.6)
            seat.type(target.answers[name])
        technology.say(f"press {CONSENT_NAME}")
        pause(1, 2)
        technology.say(f"press {SEND_NAME}")
        return thanked(seat)


if __name__ == "__main__":
    run(visit)
