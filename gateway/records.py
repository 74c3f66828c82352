"""The rows that travel between rooms, as frozen records. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Channel = Literal["hosted", "embed", "frame", "api"]
SubmissionStatus = Literal["pending", "accepted", "held", "rejected", "stuck", "erased"]
TEST_MARK = "test:"  # before the identifiers of a marketer's tests, so that they reach no real lead (rule 38)


@dataclass(frozen=True)
class Site:
    id: str
    key: str  # short, in cookies and payloads
    name: str
    origins: tuple[str, ...]
    timezone: str = "Asia/Tehran"
    lang: str = "fa"
    cookies: Literal["free", "ask"] = "free"
    settings: Mapping[str, Any] = field(default_factory=dict)  # declared events and pages, kiosk, notify


@dataclass(frozen=True)
class Submission:
    id: str
    site_id: str
    form_id: str
    form_key: str
    form_version: int
    status: SubmissionStatus
    received_at: datetime
    channel: Channel
    lang: str
    answers: Mapping[str, Any]  # cleaned, by field name; consents under "consent_<purpose>" as booleans
    typed: Mapping[str, str]  # as typed, where cleaning changed it
    asked: tuple[str, ...]  # the field names that the ticket says were shown
    page: Mapping[str, Any]  # url, referrer, utm
    facts: Mapping[str, Any]  # evidence from the request: block, block_hash, user_agent, script, fill_seconds …
    visitor_id: str | None = None
    lead_id: str | None = None
    corrects: str | None = None
    test: bool = False
    block_hash: str | None = None
    content_hash: str | None = None
    content_print: str | None = None
    email_domain: str | None = None
    proof: str | None = None  # the salt of a solved proof of work


@dataclass(frozen=True)
class Fact:
    """One value of a lead, with where it came from. state: current, former or proposed (rule 3)."""

    field: str
    value: Any
    strength: str
    origin: str  # "sub_…", "staff:<user>", "import:<file>", "crm:<destination>"
    at: datetime
    state: Literal["current", "former", "proposed"] = "current"
    id: int = 0


@dataclass(frozen=True)
class Event:
    """Something a lead or visitor did. `human` False scores nothing (mail scanners, prefetch)."""

    id: str
    type: str
    at: datetime
    name: str = ""
    url: str = ""
    source: Literal["browser", "form", "api", "staff", "crm"] = "browser"
    human: bool = True
    params: Mapping[str, Any] = field(default_factory=dict)
    visitor_id: str | None = None


@dataclass(frozen=True)
class Lead:
    id: str
    site_id: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    test: bool = False
    stage: str | None = None
    grade: str = "–"
    interest: int = 4
    score: int = 0
    score_changes_at: datetime | None = None  # when decay will next change the score
    contact_requested: bool = False
    customer: bool = False
    deal_open: bool = False
    disqualified: str | None = None
    owner: str | None = None
    waits: bool = False  # a list brought it, and it goes nowhere until something newer comes
    merged_into: str | None = None
    erased_at: datetime | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)  # current ones, by field
    earlier_ids: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()  # keys of those it belongs to

    @property
    def cell(self) -> str:
        return f"{self.grade}{self.interest}"


@dataclass(frozen=True)
class Destination:
    id: str
    site_id: str
    kind: str
    name: str
    settings: Mapping[str, Any] = field(repr=False)  # decrypted; empty unless opened with the key
    sends: Literal["all", "rules"] = "rules"
    purpose: str | None = None  # the consent it needs (rule 27)
    status: Literal["active", "paused", "disabled"] = "active"
    paused_reason: str | None = None
    failing_since: datetime | None = None  # of the first failure after its last success
    failures: int = 0  # in a row
    rests_until: datetime | None = None  # nothing is sent before
    paced_until: datetime | None = None  # when its rate budget lets the next one go
    per_second: float | None = None  # deliveries, as staff have set; 0: no limit; none: as its kind brings
    unreadable: bool = False  # opened, but its settings were sealed under another SECRET_KEY


@dataclass(frozen=True)
class Delivery:
    id: str
    site_id: str
    lead_id: str
    destination_id: str
    version: int
    type: str  # lead.qualified, lead.updated, lead.merged, lead.erased
    status: Literal["due", "delivered", "parked", "superseded"]
    due_at: datetime
    tries: int = 0
    payload: str | None = field(default=None, repr=False)  # frozen at the first attempt (rule 30)
    created_at: datetime | None = None
    claimed_until: datetime | None = None  # somebody is sending it until then, or died over it
    finished_at: datetime | None = None
    reason: str | None = None  # why it was parked or superseded: retries.reason_key finds the words
    chosen: str | None = None  # why the destination gets the lead: `delivery.choice.<code>`
    rule_id: str | None = None  # of the rule that chose it, with its place and title then
    rule_position: int | None = None
    rule_title: str | None = None
    not_before: datetime | None = None  # office hours, or the cap of a day
