"""Looks for each key, is called away in the middle: eleven real minutes between the first letter and the button."""

import time

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import Target, run

AWAY = 11 * 60  # seconds; a proof of work is good for ten minutes


def visit(target: Target) -> str:
    with desktop(target) as seat:
        read_the_page(seat)
        started = time.monotonic()
        write(seat, ("email", "first_name"), pace=0.6)
        time.sleep(max(0, target.extra.get("away", AWAY) - (time.monotonic() - started)))
        write(seat, ("company", "message"), pace=0.4)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
