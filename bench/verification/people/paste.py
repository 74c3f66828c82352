"""Everything comes from the clipboard: click, Ctrl+V."""

from bench.verification.clients.browser_page import question
from bench.verification.people.by_hand import agree_and_send, read_the_page
from bench.verification.people.desktop import desktop, pause
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with desktop(target) as seat:
        read_the_page(seat)
        for name in FIELDS:
            seat.copy(target.answers[name])
            pause(0.5, 1.5)
            seat.click(question(name))
            seat.keys("ctrl+v")
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
