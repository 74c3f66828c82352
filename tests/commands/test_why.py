"""What `sarnakh why` prints."""

from __future__ import annotations

import pytest

from gateway.cli.why import _said

FINDINGS = [
    ({"code": "free_mail", "params": {"domain": "gmail.com"}}, "gmail.com"),
    ({"code": "free_mail", "params": {}}, "free_mail"),
]


@pytest.mark.parametrize("finding, said", FINDINGS)
def test_r37_a_finding_whose_details_are_gone_keeps_its_code(finding: dict[str, object], said: str) -> None:
    assert said in _said("en", finding)
