from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.tickets import Ticket, TicketError, TokenError, issue, read, read_token, renewed, sign_token
from tests.forms.samples import NOW

SECRET = "s" * 48
TICKET = Ticket("demo", "guide", 4, "n" * 16, ("email", "first_name"), "fa", NOW, NOW)
HOUR = timedelta(hours=1)


def code_of(text: str | None, secret: str = SECRET, **later: float) -> str:
    with pytest.raises(TicketError) as caught:
        read(secret, text, NOW + timedelta(**later))
    return caught.value.code


@given(
    st.tuples(st.text("abc_-1", min_size=1, max_size=20), st.text("abc_-1", min_size=1, max_size=60)),
    st.lists(st.from_regex("[a-z][a-z0-9_]{0,59}", fullmatch=True), max_size=8),
    st.integers(0, 2 * 3600 * 1000),
    st.sampled_from(["hosted", "embed", "frame"]),
    st.booleans(),
)
def test_r10_a_ticket_comes_back_as_issued(
    keys: tuple[str, str], asked: list[str], age: int, channel: str, flag: bool
) -> None:
    served = NOW - timedelta(milliseconds=age)
    ticket = Ticket(*keys, 7, "n" * 22, tuple(asked), "en", served, served - HOUR, flag, not flag, channel)
    assert read(SECRET, issue(SECRET, ticket), NOW) == ticket


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "missing"), ("", "missing"), ("rubbish", "forged"), ("x" * 10_000, "forged"), ("ü.é", "forged")],
)
def test_r10_what_we_did_not_sign_is_refused(text: str | None, code: str) -> None:
    assert code_of(text) == code


@given(st.text(max_size=200))
def test_r10_no_text_breaks_the_reading(text: str) -> None:
    assert code_of(text) in {"missing", "forged"}


def test_r10_every_changed_character_forges() -> None:
    text = issue(SECRET, TICKET)
    for place in range(0, len(text), 7):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert code_of(changed) == "forged"
    assert code_of(text, secret="other") == "forged"


def test_r10_a_ticket_is_good_for_two_hours_and_handed_along_after() -> None:
    text = issue(SECRET, TICKET)
    assert read(SECRET, text, NOW + 2 * HOUR) == TICKET
    with pytest.raises(TicketError) as caught:
        read(SECRET, text, NOW + 2 * HOUR + timedelta(milliseconds=1))
    assert (caught.value.code, caught.value.ticket) == ("expired", TICKET)


def test_r10_renewal_keeps_the_first_time_for_24_hours_in_all() -> None:
    again = renewed(TICKET, NOW + 23 * HOUR, "m" * 16)
    assert (again.first_served_at, again.nonce, again.asked) == (NOW, "m" * 16, TICKET.asked)
    text = issue(SECRET, again)
    assert read(SECRET, text, NOW + 24 * HOUR) == again
    assert code_of(text, hours=24, seconds=1) == "expired"


def test_r10_renewal_after_24_hours_starts_afresh() -> None:
    later = NOW + 25 * HOUR
    assert renewed(TICKET, later, "m").first_served_at == later


@pytest.mark.parametrize(("ahead", "code"), [(30, None), (61, "forged")])
def test_r10_a_ticket_from_the_future_is_forged(ahead: int, code: str | None) -> None:
    served = NOW + timedelta(seconds=ahead)
    text = issue(SECRET, replace(TICKET, served_at=served, first_served_at=served))
    if code:
        assert code_of(text) == code
    else:
        assert read(SECRET, text, NOW).served_at == served


def test_a_ticket_stays_short() -> None:
    asked = ("email", "first_name", "company", "job_title", "company_size", "time_to_buy", "benefits", "phone")
    assert len(issue(SECRET, TICKET)) < 200
    assert len(issue(SECRET, replace(TICKET, asked=asked))) < 300


@pytest.mark.parametrize("payload", ["x", ["sub_1", 2], {"a": None}])
def test_a_token_is_for_one_purpose_until_its_end(payload: Any) -> None:
    text = sign_token(SECRET, "download", payload, expires_at=NOW + HOUR)
    assert read_token(SECRET, "download", text, now=NOW) == payload
    for purpose, later, code in (("confirm", 0, "forged"), ("download", 1, "expired")):
        with pytest.raises(TokenError) as caught:
            read_token(SECRET, purpose, text, now=NOW + later * HOUR)
        assert caught.value.code == code


def test_r13_a_token_is_as_long_whatever_repeats_in_it() -> None:
    payloads = [["guide", "sub_" + text, "en", 1795918364] for text in ("a" * 26, "06h021o7blu5d82bq63ulj2e7c")]
    assert len({len(sign_token(SECRET, "thanks", payload, expires_at=NOW)) for payload in payloads}) == 1


def test_a_token_without_an_end_stays_good() -> None:
    assert read_token(SECRET, "x", sign_token(SECRET, "x", 1), now=NOW + 9999 * HOUR) == 1


def test_a_token_is_no_ticket() -> None:
    assert code_of(sign_token(SECRET, "ticket", ["demo"])) == "forged"
