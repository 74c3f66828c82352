"""Headed Chromium under Xvfb, mouse and keyboard: the plainest person."""

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with desktop(target) as seat:
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
