"""Sends, sees the slip in the company's name, goes back, mends it and sends again.

Where the form is a part of the page, there is nothing to go back to: the page is loaded again and filled in anew.
"""

from dataclasses import replace

from bench.verification.clients.browser_page import SEND, question
from bench.verification.people.by_hand import agree_and_send, read_the_page, thanked, write
from bench.verification.people.desktop import Desktop, desktop, pause
from bench.verification.target import FIELDS, Target, run


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
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


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
