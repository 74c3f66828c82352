"""Sends, sees the slip in the company's name, goes back, mends it and sends again.

Where the form is a part of the page, there is nothing to go back to: the page is loaded again, and what it asks of a
browser that it knows by now is filled in anew.
"""

from dataclasses import replace

from bench.verification.clients.browser_page import CONSENT, SEND, question
from bench.verification.people.by_hand import agree_and_send, read_the_page, thanked, write
from bench.verification.people.desktop import Desktop, desktop, pause
from bench.verification.target import FIELDS, Target, run

OTHER = ".lf-known button"


def visit(target: Target) -> str:
    slip = target.extra.get("slip", "company")
    right = target.answers[slip]
    wrong = right[:2] + right[3] + right[2] + right[4:]
    with desktop(target) as seat:
        seat.target = replace(target, answers=target.answers | {slip: wrong})
        read_the_page(seat)
        write(seat, FIELDS)
        agree_and_send(seat)
        pause(2, 4)
        seat.target = target
        if target.channel == "hosted":
            seat.keys("alt+Left")
            return mend(seat, slip, right)
        seat.keys("F5")
        pause(2, 3)
        return again(seat, slip)


def again(seat: Desktop, slip: str) -> str:
    """The page as it greets a known browser; whoever misses the question to mend says to be someone else."""
    read_the_page(seat)
    if not seat.rectangle(question(slip)):
        seat.click(OTHER)
        pause(2, 3)
    write(seat, [name for name in FIELDS if seat.rectangle(question(name))])
    if seat.rectangle(CONSENT):
        return agree_and_send(seat)
    seat.click(SEND)
    return thanked(seat)


def mend(seat: Desktop, slip: str, right: str) -> str:
    read_the_page(seat)
    seat.click(question(slip))
    seat.keys("ctrl+a")
    seat.type(right)
    pause()
    seat.click(SEND)
    return thanked(seat)


if __name__ == "__main__":
    run(visit)
