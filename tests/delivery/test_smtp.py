"""The smtp kind, at a real SMTP server: what sales reads, what stands in headers, and mails for several leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import update

from gateway import mail
from gateway.cli.doctor import mail as told_by_doctor
from gateway.delivery import ledger
from gateway.delivery.destinations import smtp
from gateway.delivery.outgoing import SettingsError
from gateway.store import destinations
from gateway.store.deliveries_search import Filter
from gateway.store.destinations import NewDestination
from gateway.store.tables import deliveries, sites
from tests.delivery.conftest import World
from tests.delivery.kinds import LEAD, outgoing, payload, tried, ways
from tests.delivery.test_mail import Inbox, OnAnyPort

SALES = smtp.Settings("sales@example.ir, head@example.ir")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def posting(world: World, inbox: Inbox) -> Iterator[World]:
    controller = OnAnyPort(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    config = replace(world.parts.config, smtp_url=f"smtp://127.0.0.1:{controller.port}")
    world.parts = replace(world.parts, config=config)
    yield world
    controller.stop()


def place(world: World, **settings: str) -> Any:
    new = NewDestination(world.site.id, "smtp", "Sales", {"to": "sales@example.ir", **settings}, sends="all")
    with world.db.write() as conn:
        conn.execute(update(sites).values(lang="en", timezone="Asia/Tehran"))
        return destinations.add(conn, world.parts.config.secret_key, new, world.clock())


def composed(body: str | None = None, **more: Any) -> EmailMessage:
    taken: list[EmailMessage] = []
    sent = smtp.send(outgoing("smtp", body, **more), SALES, ways(post=taken.append))
    assert sent.answer is None
    [message] = taken
    return message


def test_a_lead_arrives_as_a_mail_that_can_be_answered(posting: World, inbox: Inbox) -> None:
    place(posting)
    lead = posting.lead()
    [delivery_id] = posting.queue(lead)
    posting.send()
    assert posting.get(delivery_id).status == "delivered"
    [message] = inbox.messages
    email = lead.facts["email"].value
    assert message["Reply-To"] == email
    assert message["Subject"] == f"New lead: {email} · B2 · SQL"
    text = message.get_body(("plain",))
    assert text is not None
    assert f"E-mail: \u2068{email}\u2069 (confirmed)" in text.get_content()
    assert f"/console/leads/{lead.id}" in text.get_content()


@pytest.mark.parametrize(
    "said, told",
    [
        ("550 no such user", "550: recipient 1 of 2, refused"),
        ("450 greylisted", "450: recipient 1 of 2, put off, not tried again"),
    ],
)
def test_r32_a_recipient_that_is_not_taken_beside_others_is_told_without_the_servers_words(
    posting: World, inbox: Inbox, said: str, told: str
) -> None:
    place(posting, to="gone@example.ir, head@example.ir")
    [delivery] = posting.queue(posting.lead())
    inbox.answers = [said]
    posting.send()
    assert posting.get(delivery).status == "delivered"
    assert [one.rcpt_tos for one in inbox.taken] == [["head@example.ir"]]  # once
    assert posting.attempts(delivery)[0].reply == told


def test_both_recipients_get_it_and_a_lead_keeps_its_thread() -> None:
    first, second = composed(id="dlv_1"), composed(payload("lead.updated"), id="dlv_2")
    assert first["To"] == "sales@example.ir, head@example.ir"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Message-ID"] == composed(id="dlv_1")["Message-ID"]
    assert first["References"] == second["References"]
    assert second["Subject"].startswith("Lead changed:")


@pytest.mark.parametrize(
    "email", ["a@b.example\nBcc: all@b.example", "a@b.example, c@d.example", "Sara <a@b.example>", "سارا@b.example", ""]
)
def test_r34_no_answer_of_a_lead_makes_a_header(email: str) -> None:
    name = "Sara\r\nBcc: victim@example.ir\r\n\r\n<b>hi</b>"
    message = composed(payload(fields={"email": email, "first_name": name}))
    raw = message.as_bytes()
    headers = raw.partition(b"\n\n")[0].decode()
    assert "\nBcc:" not in headers
    assert message["Reply-To"] is None
    assert "\n" not in str(message["Subject"])
    html = message.get_body(("html",))
    assert html is not None
    assert "<b>hi" not in html.get_content()


def test_the_mail_is_in_the_sites_language() -> None:
    message = composed(lang="fa")
    html = message.get_body(("html",))
    assert html is not None
    assert 'dir="rtl"' in html.get_content()
    assert str(message["Subject"]) == "سرنخ تازه: سارا زند · B2 · SQL"


def test_an_erased_lead_is_told_by_its_id_alone() -> None:
    message = composed(payload("lead.erased", earlier_ids=["lead_old"]))
    assert LEAD in str(message["Subject"])
    assert b"sara@example.ir" not in message.as_bytes()
    assert b"lead_old" in message.as_bytes()


@pytest.mark.parametrize(
    "code, permanent, answer, reason",
    [
        ("no_smtp_url", False, "refuse", "mail_off"),
        ("recipient_refused", True, "refuse", "mail_refused"),
        ("recipient_refused", False, "retry", "mail_refused"),  # put off, such as by greylisting
        ("smtp_535", False, "refuse", "mail_setup"),
        ("smtp_452", False, "retry", "mail_said:452"),
        ("timeout", False, "retry", "timeout"),
        ("network", False, "retry", "network"),
    ],
)
def test_what_the_mail_server_says_is_told_in_words(code: str, permanent: bool, answer: str, reason: str) -> None:
    def post(_: EmailMessage) -> None:
        raise mail.MailError(code, permanent)

    _, *said = tried("smtp", lambda: smtp.send(outgoing("smtp"), SALES, ways(post=post)))
    assert said == [answer, reason]


def test_without_a_mail_server_nobody_is_parked(world: World) -> None:
    place(world)
    [delivery_id] = world.queue(world.lead())
    world.send()
    assert world.get(delivery_id).status == "due"
    assert world.attempts(delivery_id)[0].error == "mail_off"


@pytest.mark.parametrize(
    "given, field",
    [
        ({}, "to"),
        ({"to": "sales"}, "to"),
        ({"to": "a@b.example\nBcc: c@d.example"}, "to"),
        ({"to": ",".join(f"a{number}@b.example" for number in range(11))}, "to"),
        ({"to": "a@b.example", "every": "yearly"}, "every"),
        ({"to": "a@b.example", "hour": "25"}, "hour"),
    ],
)
def test_settings_that_cannot_work_are_named(given: dict[str, str], field: str) -> None:
    with pytest.raises(SettingsError) as raised:
        smtp.parse(given)
    assert raised.value.field == field


TEHRAN = timedelta(hours=3, minutes=30)
NINE = datetime(2026, 11, 22, 9, 20, tzinfo=UTC)  # 12:50 in Tehran


@pytest.mark.parametrize(
    "every, hour, made, turn",
    [
        ("each", "8", NINE, None),
        ("hourly", "8", NINE, datetime(2026, 11, 22, 13, 0, tzinfo=UTC) - TEHRAN),
        ("daily", "8", NINE, datetime(2026, 11, 23, 8, 0, tzinfo=UTC) - TEHRAN),
        ("daily", "13", NINE, datetime(2026, 11, 22, 13, 0, tzinfo=UTC) - TEHRAN),
        ("daily", "13", datetime(2026, 11, 22, 13, 0, tzinfo=UTC) - TEHRAN, datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_digests_turn_is_by_the_sites_clock(every: str, hour: str, made: datetime, turn: datetime | None) -> None:
    assert smtp.waits(smtp.Settings("a@b.example", every, hour), made, "Asia/Tehran") == turn


def test_leads_of_an_hour_go_out_in_one_mail_each_recorded_by_itself(posting: World, inbox: Inbox) -> None:
    place(posting, every="hourly")
    ids = [posting.queue(posting.lead())[0] for _ in range(3)]
    assert posting.send() == 3  # put back until their turn
    assert inbox.messages == []
    assert [posting.get(one).tries for one in ids] == [0, 0, 0]
    posting.clock.advance(hours=1)
    posting.send()
    [message] = inbox.messages
    assert message["Subject"] == "Leads: 3"
    assert {posting.get(one).status for one in ids} == {"delivered"}
    assert [len(posting.attempts(one)) for one in ids] == [1, 1, 1]


def test_a_newer_version_takes_the_older_ones_place_in_the_digest(posting: World, inbox: Inbox) -> None:
    place(posting, every="hourly")
    lead = posting.lead()
    posting.queue(lead)
    posting.send()
    posting.queue(posting.change(lead, stage="customer"))
    posting.clock.advance(hours=1)
    posting.send()
    [message] = inbox.messages
    assert "customer" in str(message["Subject"])


def test_a_digest_that_the_server_refuses_is_tried_again_with_the_same_leads(posting: World, inbox: Inbox) -> None:
    place(posting, every="hourly")
    ids = [posting.queue(posting.lead())[0] for _ in range(2)]
    posting.clock.advance(hours=1)
    inbox.answers = ["451 later"]
    posting.send()
    assert [(posting.get(one).status, posting.get(one).tries) for one in ids] == [("due", 1), ("due", 1)]
    posting.clock.advance(hours=1)
    posting.send()
    assert {posting.get(one).status for one in ids} == {"delivered"}
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("faults", [1, 2, 6])
def test_a_digest_stays_one_mail_however_long_the_server_was_away(posting: World, inbox: Inbox, faults: int) -> None:
    place(posting, every="hourly")
    ids = [posting.queue(posting.lead())[0] for _ in range(5)]
    posting.clock.advance(hours=1)
    inbox.answers = ["451 later"] * faults
    for _ in range(faults + 1):
        posting.send()
        soonest = min(posting.get(one).due_at for one in ids)
        posting.clock.advance(seconds=max(0.0, (soonest - posting.clock()).total_seconds()) + 160)  # it may rest
    assert [posting.get(one).tries for one in ids] == [faults + 1] * 5
    assert len(inbox.messages) == 1


def test_parked_ones_of_a_digest_are_sent_again_as_one_mail(posting: World, inbox: Inbox) -> None:
    place(posting, every="hourly")
    ids = [posting.queue(posting.lead())[0] for _ in range(4)]
    with posting.db.write() as conn:
        conn.execute(update(deliveries).values(status="parked", finished_at=posting.clock()))
    posting.clock.advance(hours=2)
    assert ledger.resend_all(posting.parts, posting.site.id, Filter(), by=None) == 4
    posting.send()
    assert {posting.get(one).status for one in ids} == {"delivered"}
    assert len(inbox.messages) == 1


def test_a_failing_digest_is_noted_once_though_its_first_lead_is_settled_unsent(posting: World, inbox: Inbox) -> None:
    to = place(posting, every="hourly")
    with posting.db.write() as conn:
        destinations.change(conn, posting.site.id, to.id, {"purpose": "marketing"})
    without, [*others] = posting.lead(), (posting.lead() for _ in range(2))
    for lead in others:
        posting.consent(lead, "confirmed")
    ids = [posting.queue(lead)[0] for lead in (without, *others)]
    posting.clock.advance(hours=1)
    inbox.answers = ["451 later"]
    posting.send()
    assert [posting.get(one).status for one in ids] == ["parked", "due", "due"]
    assert posting.place(to).failures == 1


def test_one_that_cannot_be_put_together_holds_up_nobody(posting: World, inbox: Inbox) -> None:
    place(posting, every="hourly")
    broken, fine = (posting.queue(posting.lead())[0] for _ in range(2))
    with posting.db.write() as conn:
        conn.exec_driver_sql(f"UPDATE deliveries SET payload = 'no JSON' WHERE id = '{broken}'")
    posting.clock.advance(hours=1)
    posting.send()
    assert posting.get(fine).status == "delivered"
    assert posting.attempts(broken)[0].error == "fault"


def test_doctor_finds_destinations_that_have_no_mail_server(world: World) -> None:
    assert told_by_doctor(world.parts)[0] == "warn"
    place(world)
    assert told_by_doctor(world.parts) == ("fault", "Sales should send leads by mail, and SMTP_URL is not set")
