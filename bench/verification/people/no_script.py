"""JavaScript switched off. On the landing page that leaves the link to the form's own page, or a bare iframe."""

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import FIELDS, Target, run

SWITCHED_OFF = {"profile": {"default_content_setting_values": {"javascript": 2}}}


def visit(target: Target) -> str:
    page = target.page.replace("/frame?", "/bare?")
    with desktop(target, page, preferences=SWITCHED_OFF) as seat:
        if target.channel == "embed":
            seat.click("#fallback")
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
