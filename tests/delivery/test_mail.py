"""Mail to staff: queued once, sent to a real SMTP server, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from sqlalchemy import select

from config import Config
from gateway import mail
from gateway.cli.doctor import mail as told_by_doctor
from gateway.mail import TEMPLATES, MailError
from gateway.store import mails
from gateway.store.mails import DueMail
from gateway.store.tables import mails as table
from gateway.words import known_keys, say
from tests.delivery.conftest import World

PARAMS = {
    "site": "فروشگاه", "lead_id": "lead_1", "stage": "SQL", "cell": "B2", "count": 12, "name": "Sara",
    "site_key": "shop", "by": "Ali", "form": "راهنما",
    "token": "abc", "days": 14, "reason": "no answer",
    "link": "http://127.0.0.1:8000/console/link/abc",
}  # fmt: skip


class Inbox:
    """What the server took, and the answer it gives to the next recipient."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: list[str] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content, policy=policy.default) for one in self.taken]  # type: ignore[arg-type,misc]


class OnAnyPort(Controller):
    """aiosmtpd asks port 0 for a greeting; the port it got is the one to ask."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp_url(inbox: Inbox) -> Iterator[str]:
    def authenticate(*args: Any) -> AuthResult:
        given = args[-1]
        known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"u", b"p@ss")
        return AuthResult(success=known, handled=False)

    controller = OnAnyPort(inbox, hostname="127.0.0.1", port=0, authenticator=authenticate, auth_require_tls=False)
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def ascii_url(inbox: Inbox) -> Iterator[str]:
    """A server that offers no SMTPUTF8, as many do not."""
    controller = OnAnyPort(inbox, hostname="127.0.0.1", port=0, enable_SMTPUTF8=False)
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def post(world: World, make_config: Callable[..., Config], smtp_url: str) -> World:
    world.parts = replace(world.parts, config=replace(world.parts.config, smtp_url=smtp_url))
    return world


def queued(world: World, key: str = "k", **columns: Any) -> bool:
    given = {"lang": "en", "template": "held_waiting", "params": PARAMS, **columns}
    with world.db.write() as conn:
        return mails.queue(conn, key, columns.pop("recipient", "a@example.ir"), **{
            name: given[name] for name in ("lang", "template", "params")
        }, now=world.clock())  # fmt: skip


def due(**columns: Any) -> DueMail:
    return replace(DueMail(1, "k", "a@example.ir", "en", "held_waiting", PARAMS), **columns)


@pytest.mark.parametrize("lang, direction", [("fa", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_template_has_text_html_and_a_link_in_both_languages(
    make_config: Callable[..., Config], world: World, template: str, lang: str, direction: str
) -> None:
    config = make_config(BASE_URL="https://leads.example.ir")
    message = mail.compose(config, due(lang=lang, template=template), world.clock())
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    page = TEMPLATES[template]
    link = PARAMS["link"] if page is None else "https://leads.example.ir" + page.format(**PARAMS)
    assert str(link) in text.get_content()
    assert f'href="{escape(str(link))}"' in html.get_content()
    assert f'lang="{lang}" dir="{direction}"' in html.get_content()
    assert message["Content-Language"] == lang
    assert {f"mail.{template}.{part}" for part in ("subject", "body", "action")} <= known_keys("mail")


def test_a_queued_mail_goes_out_once_and_forgets_its_link(post: World, inbox: Inbox) -> None:
    assert queued(post, template="password_reset")
    assert not queued(post, template="password_reset")
    assert mail.send_due_mails(post.parts, 10) == 1
    assert mail.send_due_mails(post.parts, 10) == 0
    [envelope] = inbox.taken
    assert envelope.rcpt_tos == ["a@example.ir"]
    assert PARAMS["link"] in str(inbox.messages[0])
    with post.db.read() as conn:
        row = conn.execute(select(table)).one()
        assert mails.known(conn, "k")
    assert (row.params, row.sent_at, row.error) == ({}, post.clock(), None)


def test_persian_arrives_as_written(post: World, inbox: Inbox) -> None:
    queued(post, lang="fa")
    mail.send_due_mails(post.parts, 10)
    [message] = inbox.messages
    assert message["Subject"] == "فروشگاه: ۱۲ فرم رسیده منتظر بازبینی است"


@pytest.mark.parametrize(
    "site", ["سرنخ نمونه", "فروشگاه", "آ", "شرکت بازرگانی و خدمات مهندسی آرمان‌گستران پارس و فرزندان", "x " * 60 + "آ"]
)
@pytest.mark.parametrize("template", ["held_waiting", "confirm", "rejects_sample"])
def test_a_long_persian_subject_keeps_its_spaces(post: World, inbox: Inbox, site: str, template: str) -> None:
    params = {**PARAMS, "site": site}
    queued(post, lang="fa", template=template, params=params)
    mail.send_due_mails(post.parts, 10)
    [message] = inbox.messages
    assert str(message["Subject"]) == " ".join(say("fa", f"mail.{template}.subject", **params).split())


@pytest.mark.parametrize("name", ["x\r\nBcc: evil@example.com", "x\nSubject: y", "x\x07y\x1b[31m", "\u2028z"])
def test_r34_no_header_is_smuggled_in(post: World, inbox: Inbox, name: str) -> None:
    queued(post, params={**PARAMS, "site": name})
    mail.send_due_mails(post.parts, 10)
    [message] = inbox.messages
    assert message["Bcc"] is None
    assert len(message.get_all("Subject") or []) == 1
    assert inbox.taken[0].rcpt_tos == ["a@example.ir"]


@pytest.mark.parametrize("recipient", ["a@b.ir, c@d.ir", "a@b.ir\r\nBcc: c@d.ir", "nobody", "", "a b@c.ir"])
def test_r34_a_recipient_is_one_address(post: World, inbox: Inbox, recipient: str) -> None:
    queued(post, recipient=recipient)
    mail.send_due_mails(post.parts, 10)
    assert inbox.taken == []
    with post.db.read() as conn:
        assert mails.failing(conn) == 1


@pytest.mark.parametrize(
    "typed, reached",
    [
        ("سارا@example.ir", "سارا@example.ir"),
        ("üser.name+x@example.ir", "üser.name+x@example.ir"),
        ("می‌نا@مثال.ایران", "می‌نا@xn--mgbh0fb.xn--mgba3a4f16a"),
        ("sara@مثال.ایران", "sara@xn--mgbh0fb.xn--mgba3a4f16a"),
    ],
)
def test_an_address_beyond_ascii_gets_its_mail(post: World, inbox: Inbox, typed: str, reached: str) -> None:
    queued(post, recipient=typed)
    assert mail.send_due_mails(post.parts, 10) == 1
    assert inbox.taken[0].rcpt_tos == [reached]
    assert ("SMTPUTF8" in inbox.taken[0].mail_options) is not reached.isascii()
    assert inbox.messages[0]["To"] == reached


def test_where_the_server_takes_no_such_address_it_is_given_up_and_told(
    post: World, inbox: Inbox, ascii_url: str
) -> None:
    post.parts = replace(post.parts, config=replace(post.parts.config, smtp_url=ascii_url))
    queued(post, "utf8", recipient="سارا@example.ir")
    queued(post, "idn", recipient="sara@مثال.ایران")
    queued(post, "plain")
    assert mail.send_due_mails(post.parts, 10) == 2
    assert [one.rcpt_tos[0] for one in inbox.taken] == ["sara@xn--mgbh0fb.xn--mgba3a4f16a", "a@example.ir"]
    post.clock.advance(days=1)
    assert mail.send_due_mails(post.parts, 10) == 0
    with post.db.read() as conn:
        assert mails.given_up_for(conn, mail.NO_SMTPUTF8) == 1
    state, says = told_by_doctor(post.parts)
    assert (state, says.split()[0], "SMTPUTF8" in says) == ("warn", "1", True)


@pytest.mark.parametrize(
    "recipient", ["سارا،رضا@example.ir", "سا را@example.ir", "سارا\u2028@example.ir", "سارا@", "سارا\u202e@b.ir"]
)
def test_r34_a_recipient_beyond_ascii_is_one_address_too(post: World, inbox: Inbox, recipient: str) -> None:
    queued(post, recipient=recipient)
    assert mail.send_due_mails(post.parts, 10) == 0
    with post.db.read() as conn:
        assert conn.execute(select(table.c.error)).scalar_one() == "bad_recipient"


def test_r34_words_are_escaped_in_html_and_links_are_http(world: World, config: Config) -> None:
    message = mail.compose(config, due(params={**PARAMS, "site": "<b>x</b>"}), world.clock())
    html = message.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;" in html.get_content()
    with pytest.raises(MailError, match="bad_link"):
        mail.compose(config, due(template="invite", params={**PARAMS, "link": "javascript:x"}), world.clock())


def test_no_personal_data_of_a_lead_is_asked_for() -> None:
    for template in ("new_qualified_lead", "held_waiting"):
        assert say("en", f"mail.{template}.body", site="S", stage="SQL", cell="B2", count=1)


def test_a_server_that_is_away_is_asked_again_later(post: World, inbox: Inbox, unused_port: int) -> None:
    queued(post)
    working = post.parts
    post.parts = replace(working, config=replace(working.config, smtp_url=f"smtp://127.0.0.1:{unused_port}"))
    for _ in range(2):
        assert mail.send_due_mails(post.parts, 10) == 0
        post.clock.advance(minutes=6)
    with post.db.read() as conn:
        assert mails.failing(conn) == 1
    assert mail.send_due_mails(working, 10) == 1
    with post.db.read() as conn:
        assert mails.failing(conn) == 0


@pytest.mark.parametrize("answer, again", [("550 no such user", 0), ("450 later", 1)])
def test_a_refused_recipient_is_given_up_and_a_put_off_one_is_not(
    post: World, inbox: Inbox, answer: str, again: int
) -> None:
    inbox.answers = [answer]
    queued(post)
    assert mail.send_due_mails(post.parts, 10) == 0
    post.clock.advance(minutes=2)
    assert mail.send_due_mails(post.parts, 10) == again


def test_a_bad_mail_does_not_hold_up_the_next(post: World, inbox: Inbox) -> None:
    queued(post, "bad", recipient="nobody")
    queued(post, "good")
    assert mail.send_due_mails(post.parts, 10) == 1


def test_only_one_of_two_senders_takes_a_mail_and_a_dead_ones_comes_back(post: World) -> None:
    queued(post)
    now = post.clock()
    with post.db.write() as conn:
        [waiting] = mails.due(conn, now, 10)
        assert mails.claim(conn, waiting, now)
        assert not mails.claim(conn, waiting, now)
        assert mails.due(conn, now, 10) == []
    assert mail.send_due_mails(post.parts, 10) == 0
    post.clock.advance(minutes=2)
    assert mail.send_due_mails(post.parts, 10) == 1


def test_a_repeat_carries_the_same_message_id(config: Config, world: World) -> None:
    first, second = (mail.compose(config, due(), world.clock.advance(minutes=1)) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]


def test_without_a_server_mail_waits_and_old_news_is_not_sent(world: World, smtp_url: str) -> None:
    queued(world)
    assert mail.send_due_mails(world.parts, 10) == 0
    world.clock.advance(days=4)
    parts = replace(world.parts, config=replace(world.parts.config, smtp_url=smtp_url))
    assert mail.send_due_mails(parts, 10) == 0


def test_signing_in_works_and_a_wrong_password_is_named(config: Config, world: World, smtp_url: str) -> None:
    address = smtp_url.removeprefix("smtp://")
    mail.greet(replace(config, smtp_url=f"smtp://u:p%40ss@{address}"))
    message = mail.compose(config, due(), world.clock())
    mail.send(replace(config, smtp_url=f"smtp://u:p%40ss@{address}"), message)
    with pytest.raises(MailError, match="smtp_535"):
        mail.send(replace(config, smtp_url=f"smtp://u:wrong@{address}"), message)


def test_a_server_that_lets_nobody_sign_in_costs_no_mail(post: World, inbox: Inbox, ascii_url: str) -> None:
    working = post.parts
    wrong = f"smtp://u:p@{ascii_url.removeprefix('smtp://')}"
    post.parts = replace(working, config=replace(working.config, smtp_url=wrong))
    queued(post)
    assert mail.send_due_mails(post.parts, 10) == 0
    post.clock.advance(minutes=2)
    assert mail.send_due_mails(working, 10) == 1


def test_r32_mail_goes_to_no_metadata_address(config: Config, world: World) -> None:
    message = mail.compose(config, due(), world.clock())
    with pytest.raises(MailError, match="refused_private"):
        mail.send(replace(config, smtp_url="smtp://169.254.169.254:25"), message)
