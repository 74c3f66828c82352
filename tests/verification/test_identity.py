"""Rules 1–9 as tables: whose a submission is, and what it may write; then from the attacker's side."""

from __future__ import annotations

import itertools
import re

import pytest
from sqlalchemy import CheckConstraint

from gateway.store.tables import facts
from verification.identity import LADDER, Candidate, IdentityEvidence, decide_write, link

SARA, REZA, MINA = "sara@acme.ir", "reza@acme.ir", "mina@acme.ir"
MOBILE, OFFICE, OTHER = "+989121234567", "+982188776655", "+989350000000"
LEADS = {  # lead → its e-mails and phones
    "full": ((SARA,), (MOBILE,)),
    "mail_only": ((REZA,), ()),
    "phone_only": ((), (OTHER,)),
    "desk_one": (("one@acme.ir",), (OFFICE,)),
    "desk_two": (("two@acme.ir",), (OFFICE,)),
}


def decided(email=None, phone=None, browser=None, **more):
    """link() over LEADS, with the candidates that the store would find."""
    evidence = IdentityEvidence(email=email, phone=phone, browser_lead=browser, **more)
    found = [("email", lead) for lead, (emails, _) in LEADS.items() if email in emails]
    found += [("phone", lead) for lead, (_, phones) in LEADS.items() if phone in phones]
    found += [("browser", browser)] if browser else []
    return link(evidence, [Candidate(lead, basis, *LEADS[lead]) for basis, lead in found])


@pytest.mark.parametrize(
    "case, email, phone, browser, lead, basis",
    [
        ("a known e-mail", SARA, None, None, "full", "email"),
        ("a known e-mail, its own browser", SARA, None, "full", "full", "browser+email"),
        ("a known e-mail, somebody else's browser", SARA, None, "mail_only", "full", "email"),
        ("a known e-mail beside a phone of others", SARA, OFFICE, None, "full", "email"),
        ("an unknown e-mail", MINA, None, None, None, "new"),
        ("a second e-mail in a browser", MINA, None, "full", None, "new"),
        ("a second e-mail with the lead's own phone", MINA, MOBILE, "full", None, "new"),
        ("an unknown e-mail with somebody's phone", MINA, MOBILE, None, None, "new"),
        ("an unknown e-mail with a phone-only lead's phone", MINA, OTHER, None, None, "new"),
        ("an e-mail for the browser's phone-only lead", MINA, None, "phone_only", None, "new"),
        ("the same, with that lead's phone", MINA, OTHER, "phone_only", "phone_only", "browser+phone"),
        ("the same, with another phone", MINA, MOBILE, "phone_only", None, "new"),
        ("a known phone alone", None, MOBILE, None, "full", "phone"),
        ("a known phone, its own browser", None, MOBILE, "full", "full", "browser+phone"),
        ("an unknown phone alone", None, "+989100000000", None, None, "new"),
        ("a shared phone", None, OFFICE, None, None, "new"),
        ("a shared phone, one of them the browser's", None, OFFICE, "desk_two", "desk_two", "browser+phone"),
        ("a shared phone, the browser's lead has another", None, OFFICE, "full", None, "new"),
        ("a phone asked of a recognised browser", None, "+989100000000", "mail_only", "mail_only", "browser"),
        ("the same, though others have it", None, OFFICE, "mail_only", "mail_only", "browser"),
        ("a second phone in a browser", None, "+989100000000", "full", None, "new"),
        ("another lead's phone in a browser", None, OTHER, "full", "phone_only", "phone"),
        ("a bare browser", None, None, "full", "full", "browser"),
    ],
)  # fmt: skip
def test_r04_to_r09_whose_a_submission_is(case, email, phone, browser, lead, basis):
    found = decided(email, phone, browser)
    assert (found.lead_id, found.basis) == (lead, basis), case


@pytest.mark.parametrize(
    "case, browser, lead, basis",
    [
        ("of one lead, from elsewhere", None, None, "new"),
        ("the browser's lead has another", "phone_only", None, "new"),
        ("the browser's own", "full", "full", "browser+phone"),
        ("the browser's lead has none yet", "mail_only", "mail_only", "browser"),
    ],
)
def test_r09_a_landline_alone_names_nobody(case, browser, lead, basis):
    found = decided(None, MOBILE, browser, places=True)
    assert (found.lead_id, found.basis) == (lead, basis), case
    assert found.related == (() if lead == "full" else ("full",))


def test_r04_nothing_to_tell_by_is_no_lead():
    assert decided() is None
    assert link(IdentityEvidence(browser_lead="erased"), []) is None


def test_r05_who_chose_to_continue_gives_a_phone_only_lead_its_address():
    found = decided(MINA, None, "phone_only", continued=True)
    assert (found.lead_id, found.basis, found.strength) == ("phone_only", "browser", "browser")
    assert decided(MINA, None, "full", continued=True).basis == "new"


@pytest.mark.parametrize(
    "email, phone, related",
    [
        (None, OFFICE, ("desk_one", "desk_two")),
        (MINA, OFFICE, ("desk_one", "desk_two")),
        ("one@acme.ir", OFFICE, ("desk_two",)),
        (SARA, MOBILE, ()),
    ],
)
def test_r09_leads_of_a_shared_phone_are_shown_and_not_merged(email, phone, related):
    assert decided(email, phone).related == related


@pytest.mark.parametrize(
    "email, browser, given, confirmed_here, strength",
    [
        (SARA, None, "typed", False, "typed"),
        (SARA, None, "import", False, "import"),
        (SARA, None, "confirmed", False, "confirmed"),
        (SARA, "full", "typed", False, "typed"),
        (SARA, "full", "typed", True, "confirmed"),
        (None, "full", "typed", True, "browser"),
        (MINA, "full", "typed", True, "typed"),
    ],
)
def test_r02_a_link_is_as_strong_as_its_evidence(email, browser, given, confirmed_here, strength):
    rows = [Candidate("full", "email", *LEADS["full"])] if email == SARA else []
    rows += [Candidate("full", "browser", *LEADS["full"], confirmed_here)] if browser else []
    assert link(IdentityEvidence(email, None, browser, strength=given), rows).strength == strength


@pytest.mark.parametrize(
    "current, new, includes_old, written",
    [
        (None, "browser", False, "fill"),
        ("browser", "browser", False, "propose"),
        ("typed", "browser", False, "propose"),
        ("typed", "typed", False, "propose"),
        ("typed", "typed", True, "overwrite"),
        ("browser", "typed", True, "overwrite"),
        ("browser", "typed", False, "propose"),
        ("typed", "import", False, "overwrite"),
        ("typed", "confirmed", False, "overwrite"),
        ("import", "typed", True, "propose"),
        ("confirmed", "typed", True, "propose"),
        ("confirmed", "confirmed", True, "overwrite"),
        ("confirmed", "confirmed", False, "propose"),
        ("confirmed", "crm", False, "overwrite"),
        ("crm", "confirmed", True, "propose"),
        ("staff", "crm", True, "propose"),
        ("staff", "staff", True, "overwrite"),
    ],
)
def test_r03_what_a_submission_may_write(current, new, includes_old, written):
    assert decide_write(current, new, includes_old) == written


def test_r02_the_ladder_is_the_one_that_is_stored():
    (checked,) = (
        one for one in facts.constraints if isinstance(one, CheckConstraint) and str(one.name).endswith("strength")
    )
    assert tuple(re.findall(r"'(\w+)'", str(checked.sqltext))) == LADDER


@pytest.mark.parametrize("current, new", list(itertools.product(LADDER, LADDER)))
def test_r03_the_same_value_is_never_a_change(current, new):
    assert decide_write(current, new, True, same_value=True) == "same"


@pytest.mark.parametrize("current", LADDER)
def test_r03_attack_typing_somebodys_address_overwrites_nothing(current):
    attack = decided(SARA, OTHER, "mail_only")
    assert attack.lead_id == "full"
    assert decide_write(current, attack.strength, attack.includes_old) == "propose"


@pytest.mark.parametrize("email, phone", [(SARA, None), (None, MOBILE), (SARA, MOBILE)])
@pytest.mark.parametrize("browser", [None, "mail_only", "phone_only"])
def test_r01_attack_typing_somebodys_address_brings_no_history_along(email, phone, browser):
    attack = decided(email, phone, browser)
    if attack.lead_id == "full":
        assert not attack.carries_past_events
    else:  # a phone in a browser that is known already stays with that browser's own lead
        assert attack.lead_id == browser or attack.basis == "new"


def test_r06_a_confirmed_link_brings_the_browsers_history():
    confirmed = decided(SARA, strength="confirmed")
    assert confirmed.carries_past_events


@pytest.mark.parametrize("browser", [None, *LEADS])
@pytest.mark.parametrize("phone", [MOBILE, OTHER, OFFICE])
def test_r09_attack_somebodys_phone_with_ones_own_address_reaches_no_lead_of_theirs(phone, browser):
    attack = decided("attacker@evil.example", phone, browser)
    assert attack.lead_id in {None, browser}


def test_r04_attack_a_second_person_on_a_browser_touches_nothing_of_the_first():
    second = decided(MINA, OFFICE, "full")
    assert second.lead_id is None


def test_r05_a_bare_browser_gives_no_consent_and_overwrites_nothing():
    bare = decided(browser="full")
    assert not bare.gives_consent
    assert {decide_write(current, bare.strength, bare.includes_old) for current in LADDER} == {"propose"}
    assert decided(SARA).gives_consent
