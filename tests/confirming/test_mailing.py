"""The mail that asks to confirm, over a real mail server; what a server refuses is told to staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from gateway import jobs, mail
from gateway.parts import Parts
from gateway.store import confirmations
from tests.confirming.conftest import SARA, STRICT, World
from tests.delivery.test_mail import Inbox, inbox, smtp_url  # noqa: F401  fixtures
from tests.support import visitor_side

ODD_TITLE = STRICT.replace('fa = "راهنما"\nen = "Guide"', 'fa = "راهنما"\nen = "Guide\\nBcc: evil@example.com"')


@pytest.fixture
def parts(world: World, smtp_url: str) -> Iterator[Parts]:  # noqa: F811
    config = replace(world.config, smtp_url=smtp_url)
    made: Parts = visitor_side.make_app(config, world.clock).extensions["sarnakh"]
    yield made
    made.db.close()


def bodies(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("lang, direction, words", [("fa", "rtl", "راهنما"), ("en", "ltr", "Guide")])
def test_the_mail_says_what_it_is_about_and_nothing_that_was_typed(
    world: World,
    parts: Parts,
    inbox: Inbox,  # noqa: F811
    lang: str,
    direction: str,
    words: str,
) -> None:
    held = world.send(SARA, lang=lang)
    assert jobs.deliver_with(parts) == 1
    [message] = inbox.messages
    assert inbox.taken[0].rcpt_tos == ["sara@example.com"]
    assert world.asked(held)[0].sent_at == world.clock()
    for body in bodies(message):
        assert words in body
        assert "/confirm/" in body
        assert "Sara" not in body
    assert f'dir="{direction}"' in bodies(message)[1]
    assert message["Auto-Submitted"] == "auto-generated"
    [row] = world.mails()
    assert (row.recipient, row.params) == ("", {})


def test_r34_a_forms_title_smuggles_no_header_in(
    make_world: Callable[..., World],
    smtp_url: str,  # noqa: F811
    inbox: Inbox,  # noqa: F811
) -> None:
    world = make_world(ODD_TITLE)
    made: Parts = visitor_side.make_app(replace(world.config, smtp_url=smtp_url), world.clock).extensions["sarnakh"]
    world.send(SARA)
    mail.send_due_mails(made, 10)
    made.db.close()
    assert inbox.taken[0].rcpt_tos == ["sara@example.com"]
    assert inbox.messages[0]["Bcc"] is None


@pytest.mark.parametrize(
    "answers, failed",
    [
        (["550 5.1.1 no such user"], "recipient_refused"),
        (["450 later"], None),
        (["450 later"] * 6, "recipient_refused"),
    ],
)
def test_what_the_mail_server_refuses_is_told_to_staff(
    world: World,
    parts: Parts,
    inbox: Inbox,  # noqa: F811
    answers: list[str],
    failed: str | None,
) -> None:
    held = world.send(SARA)
    inbox.answers = list(answers)
    for _ in range(len(answers)):
        mail.send_due_mails(parts, 10)
        world.clock.advance(hours=7)
    assert world.asked(held)[0].failed == failed
    assert world.asked(held)[0].state(world.clock()) == ("failed" if failed else "on_its_way")
    assert world.found(held.id).status == "held"


def test_a_mailbox_that_is_put_off_holds_up_nobody_else(world: World, parts: Parts, inbox: Inbox) -> None:  # noqa: F811
    world.send(SARA)
    world.clock.advance(seconds=1)
    world.send({"email": "reza@example.com"})
    inbox.answers = ["450 later"]
    assert mail.send_due_mails(parts, 10) == 1
    assert inbox.taken[0].rcpt_tos == ["reza@example.com"]


def test_what_was_stopped_meanwhile_is_not_sent(world: World, parts: Parts, inbox: Inbox) -> None:  # noqa: F811
    held = world.send(SARA)
    with world.db.write() as conn:
        confirmations.stop(conn, world.asked(held)[0].mailbox, world.clock())
    assert mail.send_due_mails(parts, 10) == 0
    assert inbox.taken == []
    assert world.asked(held)[0].failed == "stopped"


def test_an_internationalised_domain_is_written_as_mail_servers_want_it(world: World) -> None:
    world.send({"email": "sara@مثال.ایران"})
    assert world.mails()[0].recipient == "sara@xn--mgbh0fb.xn--mgba3a4f16a"
