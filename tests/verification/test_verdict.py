"""Three outcomes and nothing else; only two things reject (rule 15)."""

from __future__ import annotations

from time import process_time

import pytest

from tests.verification.evidence import evidence
from verification.evidence import PASS, fail, unknown
from verification.verdict import REJECT_RULES, SIGNS_OF_AUTOMATION, Policy, PolicyError, verify

BOT = {"fill_seconds": 0.2}
NO_SCRIPT = {"script": False}


@pytest.mark.parametrize(
    "case, changes, outcome",
    [
        ("an ordinary person", {}, "accept"),
        ("a person without script", NO_SCRIPT, "hold"),
        ("a quick person with autofill", {"fill_seconds": 1.2}, "accept"),
        ("a quick person without script", {**NO_SCRIPT, "fill_seconds": 1.2}, "hold"),
        ("at once, alone", BOT, "accept"),
        ("at once and without script", {**BOT, **NO_SCRIPT}, "hold"),
        ("a crowd behind one address", {"recent_from_block": 900}, "accept"),
        ("no script within a crowd", {**NO_SCRIPT, "recent_from_block": 900}, "hold"),
        ("a silent DNS", {"mail_hosts": None, "email_domain_exists": None}, "accept"),
        ("nothing known of the browser", {"script": None, "fill_seconds": None}, "accept"),
        ("autofill filled the honeypot", {"honeypot": "acme"}, "hold"),
        ("a text browser filled the honeypot", {"honeypot": "acme", **NO_SCRIPT}, "hold"),
        ("quick autofill filled the honeypot", {"honeypot": "acme", "fill_seconds": 1.2}, "hold"),
        ("honeypot and at once", {"honeypot": "acme", **BOT}, "reject"),
        ("honeypot within a flood", {"honeypot": "x", **NO_SCRIPT, "recent_from_block": 900}, "hold"),
        ("a correction", {"ticket_use": 3}, "accept"),
        ("a correction by somebody else", {"ticket_use": 2, "same_identifier": False}, "hold"),
        ("a replay", {"ticket_use": 4}, "reject"),
        ("a disposable address", {"disposable_source": "a list"}, "hold"),
        ("a dead domain", {"mail_hosts": (), "email_domain_exists": True}, "hold"),
        ("everything against the address", {"disposable_source": "x", "email_domain_exists": False}, "hold"),
    ],
)
def test_r15_what_is_accepted_held_and_rejected(case, changes, outcome):
    assert verify(evidence(**changes)).outcome == outcome, case


def test_r15_no_sum_of_weights_rejects():
    checks = [lambda _, n=n: fail(f"code_{n}", weight=100) for n in range(20)]
    for check in checks:
        check.__name__ = "honeypot"
    verdict = verify(evidence(), checks=checks)
    assert (verdict.outcome, verdict.weight) == ("hold", 2000)


def test_r15_two_rules_reject_and_no_third():
    assert [sorted(map(sorted, rule.groups)) for rule in REJECT_RULES] == [
        [["replay"]],
        sorted([["honeypot_filled"], sorted(SIGNS_OF_AUTOMATION)]),
    ]


def test_r15_no_sign_of_automation_is_one_that_people_show():
    """Text browsers have no script; hurry, odd hands, old phones and blockers are people's."""
    people = {
        "no_script", "filled_fast", "hurried", "mouse_unnatural", "keys_unnatural", "window_bare", "proof_missing",
        "proof_expired", "agent_crawler", "agent_empty", "no_hands",
    }  # fmt: skip
    assert not SIGNS_OF_AUTOMATION & people
    both = evidence(honeypot="x", signals={"webdriver": True})
    assert verify(both).outcome == "reject"
    assert verify(evidence(signals={"webdriver": True})).outcome == "hold"


def test_r14_the_runner_adds_check_time_and_source():
    findings = {finding.check: finding for finding in verify(evidence()).findings}
    assert findings["disposable_email"].source == "disposable-email-domains 0.0.293, mailchecker 6.0.21"
    assert findings["role_address"].source == "role_names.txt 2026-11-22"
    assert findings["email_syntax"].source.startswith("email-validator ")
    assert findings["fill_time"].source.startswith("checks 20")
    assert all(finding.ms >= 0 for finding in findings.values())


def test_r14_only_a_fail_weighs():
    def doubtful(_):
        return unknown("dns_silent")

    def fine(_):
        return PASS

    assert verify(evidence(), checks=[doubtful, fine]).weight == 0


def test_a_check_that_raises_is_a_bug_and_no_verdict():
    def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify(evidence(), checks=[broken])


@pytest.mark.parametrize(
    "changes, clears",
    [
        ({"disposable_source": "a list"}, True),
        ({"disposable_source": "a list", "script": False}, True),
        ({"disposable_source": "a list", "honeypot": "x"}, False),
        ({"ticket_use": 2, "same_identifier": False}, False),
    ],
)
def test_r16_a_verdict_says_whether_confirming_would_clear_it(changes, clears):
    assert verify(evidence(**changes)).clears is clears


@pytest.mark.parametrize(
    "settings, policy",
    [
        ({}, Policy()),
        ({"hold_at": 20}, Policy(hold_at=20)),
        ({"refuse_disposable": True}, Policy(refuse_disposable=True)),
        ({"skip": ["volume", "script"]}, Policy(skip=frozenset({"volume", "script"}))),
    ],
)
def test_a_forms_policy_is_read(settings, policy):
    assert Policy.from_mapping(settings) == policy


@pytest.mark.parametrize(
    "settings, named",
    [
        ({"hold": 3}, "policy.hold"),
        ({"hold_at": "50"}, "policy.hold_at"),
        ({"hold_at": True}, "policy.hold_at"),
        ({"hold_at": 0}, "policy.hold_at"),
        ({"hold_at": 1001}, "policy.hold_at"),
        ({"refuse_disposable": 1}, "policy.refuse_disposable"),
        ({"skip": "volume"}, "policy.skip"),
        ({"skip": ["volum"]}, "policy.skip"),
        ({"skip": [["volume"]]}, "policy.skip"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_name(settings, named):
    with pytest.raises(PolicyError, match=named):
        Policy.from_mapping(settings)


def test_a_policy_moves_the_threshold_and_leaves_checks_out():
    assert verify(evidence(script=False), Policy(hold_at=20)).outcome == "hold"
    skipping = verify(evidence(script=False), Policy(hold_at=20, skip=frozenset({"script"})))
    assert skipping.outcome == "accept"
    assert "script" not in {finding.check for finding in skipping.findings}


def test_all_checks_together_cost_little():
    verify(evidence())  # loads the lists
    started = process_time()
    for _ in range(100):
        verify(evidence())
    # The aim is 1 ms; twenty times that catches a list that is read anew each time, on the slowest machine.
    assert (process_time() - started) / 100 < 0.020
