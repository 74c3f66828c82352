"""Which organisation somebody belongs to, by what they say."""

from __future__ import annotations

import pytest

from verification.data_files import entries
from verification.organisations import Said, agreed_name, company_key, own_domain
from verification.public_suffixes import pack, registrable

REGISTERED = [
    ("acme.ir", "acme.ir"), ("mail.acme.ir", "acme.ir"), ("a.b.acme.co.ir", "acme.co.ir"), ("ut.ac.ir", "ut.ac.ir"),
    ("co.ir", None), ("ir", None), ("localhost", None), ("shop.uk.com", "shop.uk.com"), ("www.ck", "www.ck"),
    ("a.b.ck", "a.b.ck"), ("b.ck", None), ("acme.unknowntop", "acme.unknowntop"), ("xn--mgba3a4f16a", None),
]  # fmt: skip


@pytest.mark.parametrize("domain, registered", REGISTERED)
def test_the_registered_name_is_found_without_a_network(domain: str, registered: str | None) -> None:
    assert registrable(domain) == registered


def test_the_shipped_list_is_what_packing_the_published_one_gives() -> None:
    text = "// VERSION: 2026-10-22_08-36-41_UTC\n// COMMIT: abc\nir\nco.ir\n*.ck\n!www.ck\n公司.cn\n// note\n"
    head, rules = [line for line in pack(text) if line[0] == "#"], [line for line in pack(text) if line[0] != "#"]
    assert "Date: 2026-10-22. Licence: MPL-2.0" in head[-1]
    assert rules == ["*.ck", "!www.ck", "xn--55qx5d.cn", "co.ir"]
    with pytest.raises(ValueError, match="no public_suffix_list"):
        list(pack("com\n"))


OWN = [
    ("sara@acme.ir", "acme.ir"), ("info@mail.acme.ir", "acme.ir"), ("x@آکمه.ir", "xn--mgbat5d.ir"),
    ("a@gmail.com", None), ("a@vip.qq.com", None), ("a@sub.yandex.ru", None), ("a@x.duck.com", None),
    ("a@privaterelay.appleid.com", None), ("a@mailinator.com", None), ("a@co.ir", None), ("no address", None),
]  # fmt: skip


@pytest.mark.parametrize("email, domain", OWN)
def test_an_own_domain_is_one_organisation_s(email: str, domain: str | None) -> None:
    found = own_domain(email)
    assert (found is None) == (domain is None) and (domain is None or domain.startswith("xn--") or found == domain)


def test_a_site_s_own_lists_decide_first() -> None:
    assert own_domain("a@mailinator.com", allow=("mailinator.com",)) == "mailinator.com"
    assert own_domain("a@acme.ir", deny=("acme.ir",)) is None


@pytest.mark.parametrize("name, key", [
    ("ACME Co., Ltd.", "acme"), ("شرکت آكمه", "اکمه"), ("آکمه (سهامی خاص)", "اکمه"), ("n/a", None), ("شخصی", None),
    ("شغل آزاد", None), ("Self-Employed", None), ("123", None), ("-", None), ("", None), ("x" * 999, "x" * 200),
])  # fmt: skip
def test_a_company_s_name_is_compared_without_what_any_is_called(name: str, key: str | None) -> None:
    assert company_key(name) == key


@pytest.mark.parametrize("said, name", [
    ([], None), (["a"], None), (["a", "a"], None), (["a", "a", "a"], "a"), (["a!", "a!"], "a"), (["a!", "a"], None),
    (["a", "a", "a", "b", "b", "b"], None), (["a", "a", "a", "b", "b"], "a"), (["a!", "a!", "b", "b", "b"], "b"),
])  # fmt: skip
def test_a_name_takes_several_people_and_a_majority(said: list[str], name: str | None) -> None:
    assert agreed_name([Said(one.rstrip("!"), one.endswith("!")) for one in said]) == name


def test_shared_mail_names_nothing_that_the_allow_list_does_not_forgive() -> None:
    forgiven = entries("allow.txt") | entries("free_mail.txt")
    assert entries("shared_mail.txt") <= forgiven
