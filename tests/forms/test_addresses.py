"""Can mail be addressed so? The quick way and email-validator's own say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.addresses import _validated, mailable

FINE = [
    "sara@acme.ir",
    "o'brien+x@a-b.co.uk",
    "سارا@نمونه.ایران",
    "a" * 64 + "@b.ir",
]
NOT = [
    "",
    "sara",
    "@acme.ir",
    "sara@",
    "sara@localhost",
    "sara@acme",
    "sara@[127.0.0.1]",
    "sara@acme.test",
    "sara@acme.local",
    ".sara@acme.ir",
    "sa..ra@acme.ir",
    '"sa ra"@acme.ir',
    "sara@-acme.ir",
    "sara@acme..ir",
    "sara@acme.ir.",
    "a" * 65 + "@b.ir",
    "ا" * 33 + "@b.ir",  # 66 octets
    "a@" + "b" * 64 + ".ir",
    "a@" + "b." * 130 + "ir",
    "😆" * 17 + "@iana.org",
]


@pytest.mark.parametrize("address", FINE)
def test_mail_can_be_addressed_so(address: str) -> None:
    assert mailable(address) == address


def test_a_domain_in_punycode_is_kept_as_people_read_it() -> None:
    assert mailable("a@xn--mgbgz72d.xn--mgba3a4f16a") == "a@سایت.ایران"


@pytest.mark.parametrize("address", NOT)
def test_no_mail_can_be_addressed_so(address: str) -> None:
    assert mailable(address) is None


def test_names_for_trials_pass_where_they_are_wanted() -> None:
    assert mailable("sara@Acme.test", test_names=True) == "sara@acme.test"


LABEL = st.text("abz09-_ÉİßX", min_size=0, max_size=6)
DOMAIN = st.tuples(LABEL, LABEL, st.sampled_from([".com", ".IR", ".test", ".arpa", ".c", ".1", ".xn--p1ai", ""])).map(
    lambda parts: f"{parts[0]}.{parts[1]}{parts[2]}"
)


@given(DOMAIN, st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_quick_way_gives_the_same_answer(domain: str, test_names: bool) -> None:
    assert mailable(f"a@{domain}", test_names=test_names) == _validated(f"a@{domain}", test_names)
