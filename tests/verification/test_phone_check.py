"""What a doubtful phone number weighs: little, never alone, and by nothing that a country says."""

from __future__ import annotations

import pytest

from tests.verification.evidence import evidence
from verification.checks import source_of
from verification.checks.phone import phone_number
from verification.verdict import verify

CASES = [
    (None, ("not_applicable", "", 0)),
    ("+989123334567", ("pass", "", 0)),
    ("+447400183457", ("pass", "", 0)),
    ("+989121002000", ("pass", "", 0)),  # a dear "round" number
    ("+982188776655", ("pass", "phone_fixed_line", 0)),
    ("+18005550199", ("pass", "phone_company_line", 0)),
    ("+445600183457", ("pass", "phone_voip", 0)),
    ("+989451234567", ("fail", "phone_not_in_plan", 25)),
    ("+981234567", ("fail", "phone_not_in_plan", 25)),
    ("+449098790000", ("fail", "phone_nobodys", 25)),
    ("+989121111111", ("fail", "phone_made_up", 15)),
    ("+989121234567", ("fail", "phone_made_up", 15)),
    ("+989123456789", ("fail", "phone_made_up", 15)),
    ("+989127654321", ("fail", "phone_made_up", 15)),
    ("+982111111111", ("fail", "phone_made_up", 15)),
]


@pytest.mark.parametrize("phone, expected", CASES)
def test_a_doubtful_number_weighs_and_its_sort_is_noted(phone, expected):
    finding = phone_number(evidence(phone=phone))
    assert (finding.outcome, finding.code, finding.weight) == expected


@pytest.mark.parametrize("phone", [phone for phone, _ in CASES])
def test_no_number_holds_alone(phone):
    assert verify(evidence(phone=phone, email=None, email_domain=None)).outcome == "accept"


@pytest.mark.parametrize("phone", ["+12025550143", "+989123334567", "+93701238561", "+971501238561", "+4915112345679"])
def test_r20_the_country_of_a_number_is_not_held_against_anybody(phone):
    finding = phone_number(evidence(phone=phone))
    assert (finding.weight, finding.params) == (0, {})


def test_confirming_clears_a_doubtful_number():
    assert phone_number(evidence(phone="+989451234567")).clears


def test_the_trail_names_the_numbering_plans_version():
    assert source_of("phone_number").startswith("phonenumbers 9.")
