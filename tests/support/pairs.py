"""Leads that may be one person, weighed as the service weighs them: for the console and the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gateway.parts import Parts
from gateway.records import Fact
from gateway.store import duplicates, leads
from gateway.store.duplicates import Weighed
from verification.addresses import canonical_email
from verification.matching.judge import Context, judge
from verification.matching.records import prepare

Answers = Mapping[str, str]

# (older, younger): the same by all we know, likely, a household, and colleagues.
SARA = (
    {"first_name": "سارا", "last_name": "زندوکیلی", "email": "sara.z@arman.example", "phone": "+989121234567",
     "company": "آرمان", "city": "تهران"},
    {"first_name": "Sara", "last_name": "Zandvakili", "email": "szv@mail.example", "phone": "+989121234567",
     "company": "Arman", "city": "تهران"},
)  # fmt: skip
LIKELY = (
    {"first_name": "محمد", "last_name": "کوهپایه‌زاده", "email": "m.kuh@sepehr.example", "company": "سپهر"},
    {"first_name": "Mohammad", "last_name": "کوهپایه زاده", "email": "mkz55@mail.example", "company": "شرکت سپهر"},
)
HOUSEHOLD = (
    {"first_name": "مریم", "last_name": "رضایی", "email": "maryam77@mail.example", "phone": "+989127430651",
     "city": "شیراز"},
    {"first_name": "علی", "last_name": "رضایی", "email": "ali.rezaei@mail.example", "phone": "+989127430651",
     "city": "شیراز"},
)  # fmt: skip


def add(parts: Parts, site_id: str, answers: Answers, *, hours_ago: float = 1) -> str:
    """A lead that said this. Returns its id."""
    now = parts.clock() - timedelta(hours=hours_ago)
    with parts.db.write() as conn:
        lead_id = leads.create(conn, site_id, now)
        for name, value in answers.items():
            leads.add_fact(conn, lead_id, Fact(name, value, "typed", "sub_none", now))
        leads.add_identifier(conn, (site_id, lead_id), "email", canonical_email(answers["email"]), now)
        if "phone" in answers:
            leads.add_identifier(conn, (site_id, lead_id), "phone", answers["phone"], now)
    return lead_id


def pair(parts: Parts, site_id: str, both: tuple[Answers, Answers]) -> tuple[str, str, str]:
    """The two, and their pair. Returns the older's, the younger's and the pair's id."""
    older, younger = (add(parts, site_id, one, hours_ago=hours) for one, hours in zip(both, (70, 2), strict=True))
    match = judge(prepare(dict(both[0])), prepare(dict(both[1])), Context())
    weighed = Weighed(older, younger, "same" if match.decision == "same" else "possible", match.weight, match.parts)
    with parts.db.write() as conn:
        duplicates.keep(conn, site_id, weighed, parts.clock())
        (kept,) = duplicates.between(conn, [older], [younger])
    return older, younger, kept.id
