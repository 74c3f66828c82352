"""All cookies and storage blocked in the browser's settings; in the frame that is another site's."""

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import FIELDS, Target, run

BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}, "block_third_party_cookies": True}}


def visit(target: Target) -> str:
    with desktop(target, preferences=BLOCKED) as seat:
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
