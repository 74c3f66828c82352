"""Evidence of an ordinary person, from which each case departs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from verification.evidence import Evidence

PERSON = Evidence(
    channel="hosted",
    received_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    answers={"email": "sara@acme.ir", "message": "سلام، لطفاً قیمت را بفرمایید"},
    field_types={"email": "email", "message": "long_text"},
    fill_seconds=14.0,
    fields_asked=3,
    script=True,
    email="sara@acme.ir",
    email_domain="acme.ir",
    mail_hosts=("mx.acme.ir",),
    email_domain_exists=True,
)


def evidence(**changes: Any) -> Evidence:
    """PERSON with these changes."""
    return replace(PERSON, **changes)
