"""Firefox under Xvfb, mouse and keyboard. Nothing drives or inspects it: the accessibility bus says where to click."""

from __future__ import annotations

from bench.verification.clients.browser_page import CONSENT, SEND, THANKS, question
from bench.verification.people.assisted import CONSENT_NAME, LABELS, SEND_NAME, Technology, assisted
from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import Box, Desktop
from bench.verification.target import FIELDS, Target, run

NAMES = {question(name): label for name, label in LABELS.items()}
NAMES |= {CONSENT: CONSENT_NAME, SEND: SEND_NAME, THANKS: "Received"}
QUIET = """user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("accessibility.force_disabled", -1);
"""


class Firefox(Desktop):
    technology: Technology

    def browse(self, address: str) -> None:
        profile = self.folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(QUIET)
        self.begin(
            "firefox-esr", "--no-remote", "--profile", str(profile), "--width", "1360", "--height", "1050", address
        )

    def box(self, selector: str) -> Box | None:
        answer = self.technology.say(f"where {NAMES[selector]}")
        if answer == "nowhere":
            return None
        left, top, width, height = map(float, answer.split())
        return (left, top, width, height)


def visit(target: Target) -> str:
    with assisted(target, Firefox) as (seat, technology):
        seat.technology = technology
        read_the_page(seat)
        write(seat, FIELDS)
        return agree_and_send(seat)


if __name__ == "__main__":
    run(visit)
