"""The Persian form and a Persian keyboard; the address is typed in Latin letters."""

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import FIELDS, Target, run


def visit(target: Target) -> str:
    with desktop(target, layout="us,ir") as seat:
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
