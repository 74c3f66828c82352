"""No mouse: Tab, letters, Space for the box, Enter on the button."""

from bench.verification.clients.browser_page import SEND
from bench.verification.people.by_hand import tab_to, thanked
from bench.verification.people.desktop import desktop, pause
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with desktop(target) as seat:
        seat.until(lambda: seat.box(SEND), "the form")
        pause(1, 2)
        for name in FIELDS:
            tab_to(seat, name)
            seat.type(target.answers[name])
            pause(0.3, 0.8)
        tab_to(seat, "consent_contact")
        seat.keys("space")
        tab_to(seat, "")
        seat.keys("Return")
        return thanked(seat)


if __name__ == "__main__":
    run(visit)
