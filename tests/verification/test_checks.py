"""Each check by itself: what it finds, how much it weighs, and what it never holds against people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.evidence import evidence
from verification.addresses import email_domain
from verification.checks import CHECKS, address, browser, content, email, ticket
from verification.verdict import verify

LONG = "سلام، برای سایت شما هزار بازدید واقعی در روز می‌آوریم، همین حالا تماس بگیرید."


def found(check, **changes):
    finding = check(evidence(**changes))
    return finding.outcome, finding.code, finding.weight


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, ("pass", "", 0)),
        ({"ticket_use": 2}, ("pass", "correction", 0)),
        ({"ticket_use": 3}, ("pass", "correction", 0)),
        ({"ticket_use": 2, "same_identifier": False}, ("fail", "correction_other_person", 50)),
        ({"ticket_use": 3, "same_identifier": False}, ("fail", "correction_other_person", 50)),
        ({"ticket_use": 4}, ("fail", "replay", 100)),
        ({"ticket_use": 100, "same_identifier": False}, ("fail", "replay", 100)),
        ({"ticket_use": 9, "channel": "api"}, ("not_applicable", "", 0)),
    ],
)
def test_r11_a_used_ticket_is_a_correction_twice_and_a_replay_after(changes, expected):
    assert found(ticket.ticket_reuse, **changes) == expected


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, ("pass", "", 0)),
        ({"honeypot": "  "}, ("pass", "", 0)),
        ({"honeypot": "http://x"}, ("fail", "honeypot_filled", 60)),
        ({"honeypot": "http://x", "channel": "api"}, ("not_applicable", "", 0)),
    ],
)
def test_r15_a_filled_honeypot_weighs_enough_to_hold(changes, expected):
    assert found(browser.honeypot, **changes) == expected


@pytest.mark.parametrize(
    "seconds, fields, expected",
    [
        (14.0, 3, "pass"),
        (2.5, 3, "pass"),
        (2.4, 3, "filled_fast"),
        (2.4, 2, "pass"),
        (1.0, 0, "pass"),
        (0.9, 0, "filled_at_once"),
        (0.1, 8, "filled_at_once"),
        (None, 3, "fill_time_unknown"),
        (-3.0, 3, "fill_time_unknown"),
    ],
)
def test_r20_the_least_time_grows_with_the_questions_asked(seconds, fields, expected):
    finding = browser.fill_time(evidence(fill_seconds=seconds, fields_asked=fields))
    assert (finding.code or finding.outcome) == expected
    assert finding.weight < 50


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, ("pass", "", 0)),
        ({"script": None}, ("unknown", "script_unknown", 0)),
        ({"script": False}, ("fail", "no_script", 50)),
        ({"script": False, "channel": "api"}, ("not_applicable", "", 0)),
        ({"script": False, "test": True}, ("not_applicable", "", 0)),
    ],
)
def test_r16_without_script_it_waits_for_a_confirmation(changes, expected):
    assert found(browser.script, **changes) == expected


def test_r16_confirming_clears_no_script_and_doubtful_addresses_only():
    clears = {"no_script", "email_syntax", "dead_domain", "disposable_email"}
    worst = evidence(
        script=False, honeypot="x", fill_seconds=0.1, ticket_use=4, recent_from_block=99, recent_same_content=99,
        email_domain_exists=False, disposable_source="a list", answers={"message": LONG}, email="sara@@acme.ir",
    )  # fmt: skip
    failed = {finding.code: finding.clears for finding in verify(worst).findings if finding.outcome == "fail"}
    assert len(failed) == 10  # LONG sells besides
    assert {code for code, cleared in failed.items() if cleared} == clears


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"recent_from_block": 19, "script": False}, ("pass", "", 0)),
        ({"recent_from_block": 5000}, ("pass", "crowd", 0)),
        ({"recent_from_block": 20, "script": False}, ("fail", "flood", 50)),
        ({"recent_from_block": 20, "fill_seconds": 1.5}, ("fail", "flood", 50)),
        ({"recent_from_block": 5000, "script": None, "fill_seconds": None}, ("pass", "crowd", 0)),
        ({"recent_from_block": 5000, "script": False, "channel": "api"}, ("not_applicable", "", 0)),
        ({"recent_from_block": 5000, "script": False, "test": True}, ("not_applicable", "", 0)),
    ],
)
def test_r19_volume_holds_only_with_weak_interaction(changes, expected):
    assert found(address.volume, **changes) == expected


@pytest.mark.parametrize(
    "check, changes, expected",
    [
        (address.volume, {"burst_from_block": 4, "fill_seconds": 1.5}, ("pass", "", 0)),
        (address.volume, {"burst_from_block": 5, "fill_seconds": 1.5}, ("fail", "burst", 50)),
        (address.volume, {"burst_from_block": 39, "recent_from_block": 39}, ("pass", "crowd", 0)),
        (address.form_volume, {"recent_on_form": 99, "script": False}, ("pass", "", 0)),
        (address.form_volume, {"recent_on_form": 200}, ("pass", "form_crowd", 0)),
        (address.form_volume, {"recent_on_form": 100, "script": False}, ("fail", "form_flood", 25)),
        (address.form_volume, {"recent_on_form": 200, "channel": "api"}, ("not_applicable", "", 0)),
        (address.domain_volume, {"recent_from_domain": 9, "script": False}, ("pass", "", 0)),
        (address.domain_volume, {"recent_from_domain": 200}, ("pass", "domain_crowd", 0)),
        (address.domain_volume, {"recent_from_domain": 10, "script": False}, ("fail", "domain_flood", 25)),
        (
            address.domain_volume,
            {"recent_from_domain": 200, "script": False, "email_domain": "gmail.com"},
            ("not_applicable", "", 0),
        ),
        (address.domain_volume, {"email_domain": None}, ("not_applicable", "", 0)),
        (address.domain_volume, {"recent_from_domain": 200, "test": True}, ("not_applicable", "", 0)),
    ],
)
def test_r19_bursts_forms_and_domains_weigh_only_with_weak_interaction(check, changes, expected):
    assert found(check, **changes) == expected


@pytest.mark.parametrize(
    "count, text, expected",
    [
        (2, LONG, ("pass", "", 0)),
        (3, LONG, ("fail", "same_content", 25)),
        (10, LONG, ("fail", "same_content", 50)),
        (500, "لطفاً تماس بگیرید", ("pass", "same_short_content", 0)),
        (500, "", ("pass", "same_short_content", 0)),
    ],
)
def test_only_long_texts_are_held_for_being_the_same(count, text, expected):
    changes = {"recent_same_content": count, "answers": {"message": text, "email": "x" * 90 + "@acme.ir"}}
    assert found(content.same_content, **changes) == expected


@pytest.mark.parametrize(
    "address_typed, expected",
    [
        ("sara@acme.ir", "pass"),
        ("sara.k+guide@acme.ir", "pass"),
        ("sara@آزمایش.ایران", "pass"),
        ("سارا@acme.ir", "pass"),
        ("sara@acme..ir", "email_syntax"),
        ("sara@@acme.ir", "email_syntax"),
        ("sara@localhost", "email_syntax"),
        ("sara@acme.invalid", "email_syntax"),
        ("x" * 65 + "@acme.ir", "email_syntax"),
        (None, "not_applicable"),
    ],
)
def test_an_address_that_cannot_be_written_to_is_held(address_typed, expected):
    finding = email.email_syntax(evidence(email=address_typed))
    assert (finding.code or finding.outcome) == expected


@pytest.mark.parametrize(
    "hosts, exists, expected",
    [
        (("mx.acme.ir",), True, ("pass", "", 0)),
        ((), True, ("fail", "dead_domain", 60)),
        (None, False, ("fail", "dead_domain", 60)),
        (None, None, ("unknown", "dns_silent", 0)),
        (None, True, ("unknown", "dns_silent", 0)),
    ],
)
def test_r15_a_dead_domain_holds_and_a_silent_dns_is_unknown(hosts, exists, expected):
    assert found(email.mail_host, mail_hosts=hosts, email_domain_exists=exists) == expected


@given(st.text(max_size=80))
def test_no_odd_text_breaks_the_email_checks(text):
    odd = evidence(email=text, email_domain=email_domain(text))
    assert {check(odd).outcome for check in CHECKS} <= {"pass", "fail", "unknown", "not_applicable"}


def test_r15_a_disposable_address_holds_and_names_its_list():
    finding = email.disposable_email(evidence(disposable_source="disposable-email-domains 0.0.293"))
    assert (finding.code, finding.weight) == ("disposable_email", 60)
    assert finding.params == {"domain": "acme.ir", "list": "disposable-email-domains 0.0.293"}
    assert email.disposable_email(evidence()).outcome == "pass"


@pytest.mark.parametrize(
    "check, changes, code",
    [
        (email.role_address, {"email": "Info@acme.ir"}, "role_address"),
        (email.role_address, {"email": "sales+web@acme.ir"}, "role_address"),
        (email.role_address, {"email": "informatics@acme.ir"}, ""),
        (email.free_mail, {"email": "s@gmail.com", "email_domain": "gmail.com"}, "free_mail"),
        (email.free_mail, {}, ""),
    ],
)
def test_role_and_free_addresses_are_noted_and_weigh_nothing(check, changes, code):
    assert found(check, **changes) == ("pass", code, 0)


def test_r14_the_api_has_no_browser_and_a_phone_only_lead_no_address():
    nothing = evidence(channel="api", email=None, email_domain=None, mail_hosts=None, email_domain_exists=None)
    outcomes = {finding.check: finding.outcome for finding in verify(nothing).findings}
    texts = {"same_content", "near_same_content", "mixed_script", "links", "spam_text"}
    assert {outcomes.pop(name) for name in texts} == {"pass"}
    assert set(outcomes.values()) == {"not_applicable"}


def test_r38_a_marketer_may_send_fast_often_and_the_same():
    test = evidence(test=True, fill_seconds=0.1, script=False, recent_from_block=99, recent_same_content=99)
    assert verify(test).weight == 0


def test_the_checks_run_cheapest_first_and_have_names_of_their_own():
    names = [check.__name__ for check in CHECKS]
    assert len(set(names)) == len(names)
    assert names.index("ticket_reuse") < names.index("honeypot") < names.index("mail_host")
    assert names.index("email_syntax") == len(names) - 1


@pytest.mark.parametrize(
    "signals, proof, outcome",
    [
        ({}, "slow", "hold"),
        ({}, "solved", "hold"),
        ({"focuses": 1}, "slow", "accept"),
        ({"late": True}, "slow", "accept"),
    ],
)
def test_r20_a_slow_phone_passes_and_its_name_alone_does_not(signals, proof, outcome):
    """Whoever says that they were too slow ran the script that counts touches first."""
    person = {"user_agent": "Mozilla/5.0 (Linux; Android 9) Firefox/130.0", "fill_seconds": 30.0}
    assert verify(evidence(script=True, signals=signals, proof=proof, **person)).outcome == outcome
