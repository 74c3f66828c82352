"""What is kept of the content beside the answers: the same for a browser's post and a server's."""

from __future__ import annotations

from gateway.web import content
from tests.forms import samples

FORM = samples.form(
    samples.field("first_name"), samples.email(), samples.field("message", "long_text"), samples.email("second")
)
LONG = "Hello, could you send me a price list for the twelve seat plan? We are comparing three vendors this week."


def test_a_name_changes_the_hash_and_not_the_print() -> None:
    sara, mei = (content.of(FORM, {"first_name": name, "message": LONG}) for name in ("Sara", "Mei"))
    assert sara.hash != mei.hash and sara.fingerprint == mei.fingerprint is not None


def test_the_first_address_gives_the_domain_in_ascii() -> None:
    assert content.of(FORM, {"email": "sara@Bücher.example"}).email_domain == "xn--bcher-kva.example"
    assert content.of(FORM, {"second": "a@b.example"}).email_domain == "b.example"
    assert content.of(FORM, {"first_name": "Sara"}) == content.Content(None, None, None)
