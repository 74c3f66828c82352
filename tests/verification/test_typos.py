"""The typo suggestion: slips of big providers' domains are mended, whatever else exists is left alone."""

from __future__ import annotations

import pytest

from verification.data_files import entries
from verification.mail_providers import BY_DOMAIN
from verification.typos import suggest, table

MENDED = [
    ("gmial.com", "gmail.com"),
    ("gmail.con", "gmail.com"),
    ("gmail.cm", "gmail.com"),
    ("gmailcom", "gmail.com"),
    ("gmail", "gmail.com"),
    ("gmail,com", "gmail.com"),
    ("gmail..com", "gmail.com"),
    (".gmail.com.", "gmail.com"),
    ("www.gmail.com", "gmail.com"),
    ("GMIAL.com ", "gmail.com"),
    ("gmal.con", "gmail.com"),
    ("gmail.ir", "gmail.com"),
    ("لپشهم.زخئ", "gmail.com"),
    ("لئشهم.زخئ", "gmail.com"),
    ("xn--lgb2a8bgj.xn--lgbpl", "gmail.com"),
    ("yahooo.com", "yahoo.com"),
    ("yaho.co.uk", "yahoo.co.uk"),
    ("hotmial.com", "hotmail.com"),
    ("chmail.it", "chmail.ir"),
    ("vhmail.ir", "chmail.ir"),
    ("mihanmial.ir", "mihanmail.ir"),
    ("outlok.com", "outlook.com"),
]
ALONE = """gmail.com GMAIL.COM googlemail.com ymail.com mail.com email.com gmx.at hotmail.co yahoo.co outlook.co.th
 acme.ir ut.ac.ir sharif.edu digikala.com snapp.ir com xn--mgba3a4f16a.ir mail.google.com live.no
 aol.co a.b.c""".split()  # noqa: SIM905


@pytest.mark.parametrize("typed, meant", MENDED)
def test_a_slip_is_mended(typed: str, meant: str | None) -> None:
    assert suggest(typed) == meant


@pytest.mark.parametrize("domain", [*ALONE, "", "x" * 500, ".", "@", "xn--", "xn--\x80.com"])
def test_what_is_no_slip_is_left_alone(domain: str) -> None:
    assert suggest(domain) is None


def test_a_domain_that_exists_is_left_alone() -> None:
    assert suggest("gmial.com", exists=True) is None
    assert suggest("gmial.com", exists=False) == suggest("gmial.com") == "gmail.com"


def test_no_known_provider_gets_a_suggestion() -> None:
    assert [domain for domain in entries("free_mail.txt") | BY_DOMAIN.keys() if suggest(domain)] == []


def test_what_is_suggested_needs_no_mending_itself() -> None:
    targets = table()["targets"]
    assert len(targets) == len(set(targets)) > 100
    assert [target for target in targets if suggest(target)] == []
