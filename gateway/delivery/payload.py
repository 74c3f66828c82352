"""What a destination is told of a lead: the JSON of the contract (docs/api/webhook.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from gateway.records import Delivery, Fact, Lead
from gateway.store import consents, duplicates, leads, organisations, sites, submissions, touches, verdicts
from gateway.store.consents import ConsentRow
from gateway.store.organisations import Organisation
from gateway.store.touches import Touches
from gateway.store.verdicts import VerdictRow


class Line(Protocol):
    """One step of a score, as the scoring room gives it."""

    @property
    def points(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def at(self) -> datetime: ...


class Sent(Protocol):
    """The newest submission, as far as it is told."""

    @property
    def form_key(self) -> str: ...
    @property
    def form_version(self) -> int: ...
    @property
    def page(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class LeadStory:
    """All that a payload is made of. reasons: the lines of the score, oldest first."""

    lead: Lead
    site: str  # its key
    verdict: VerdictRow | None = None  # on the newest submission; none: the lead was never in a form
    consents: Sequence[ConsentRow] = ()  # the one in force for each purpose
    touches: Touches = field(default_factory=lambda: Touches({}, {}, {}))
    submission: Sent | None = None  # the newest
    reasons: Iterable[Line] = ()
    crm_ids: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by the CRM's name, as a list brought them
    same_as: Sequence[str] = ()  # other leads that are the same by all we know, and stand by themselves
    organisation: Organisation | None = None


def build(delivery: Delivery, story: LeadStory, *, withheld: bool = False) -> str:
    """The body of one delivery. withheld: the destination's consent is gone, so it hears that, and nothing else.

    `lead.merged` and `lead.erased` carry ids alone.
    """
    if delivery.type in {"lead.merged", "lead.erased"}:
        content = identity(delivery, story)
    else:
        content = {**data(story), "version": delivery.version}
        if withheld:
            content |= {"withheld": "no_consent", "fields": {}, "reasons": [], "source": {}, "organisation": None}
    at = delivery.created_at or story.lead.updated_at
    return json.dumps(
        {"type": delivery.type, "timestamp": iso(at), "data": content}, ensure_ascii=False, allow_nan=False
    )


def data(story: LeadStory) -> dict[str, Any]:
    """The lead as it stands."""
    lead = story.lead
    return {
        "id": lead.id,
        "version": lead.version,
        "earlier_ids": list(lead.earlier_ids),
        "site": story.site,
        "test": lead.test,
        "fields": {name: _field(fact) for name, fact in sorted(lead.facts.items())},
        "verdict": _verdict(story.verdict),
        "score": lead.score,
        "interest": lead.interest,
        "grade": lead.grade,
        "cell": lead.cell,
        "stage": lead.stage,
        "reasons": [_reason(line) for line in story.reasons],
        "consents": [_consent(row) for row in story.consents],
        "source": _source(story),
        "same_as": list(story.same_as),
        "crm_ids": {name: list(ids) for name, ids in sorted(story.crm_ids.items())},
        "organisation": _organisation(story.organisation),
    }


def identity(delivery: Delivery, story: LeadStory) -> dict[str, Any]:
    """No personal data: which lead is gone, and after a merge, into which."""
    lead = story.lead
    content: dict[str, Any] = {
        "id": delivery.lead_id,
        "version": delivery.version,
        "earlier_ids": list(lead.earlier_ids) if lead.id == delivery.lead_id else [],
        "site": story.site,
        "test": lead.test,
    }
    return content if lead.id == delivery.lead_id else {**content, "merged_into": lead.id}


def tell(conn: Connection, lead: Lead, reasons: Iterable[Line]) -> LeadStory:
    """The lead's story from what is stored."""
    return LeadStory(
        lead=lead,
        site=sites.get(conn, lead.site_id).key,
        verdict=verdicts.latest_for_lead(conn, lead.id),
        consents=[row for _, row in sorted(consents.in_force(conn, lead.id).items())],
        touches=touches.of_lead(conn, lead.id),
        submission=submissions.latest_of_lead(conn, lead.site_id, lead.id),
        reasons=reasons,
        same_as=duplicates.same_as(conn, lead.id),
        crm_ids=crm_ids(leads.identifiers_of_person(conn, lead.id).get("crm", ())),
        organisation=organisations.of_person(conn, lead.site_id, lead.id),
    )


def gather(conn: Connection, lead: Lead, reasons: Iterable[Line]) -> dict[str, Any]:
    """The `data` of the contract for this lead as it stands."""
    return data(tell(conn, lead, reasons))


def crm_ids(values: Iterable[str]) -> dict[str, list[str]]:
    """`hubspot:7` → hubspot: 7, the oldest first."""
    found: dict[str, list[str]] = {}
    for value in values:
        source, _, number = value.partition(":")
        found.setdefault(source, []).append(number)
    return found


def _organisation(found: Organisation | None) -> dict[str, Any] | None:
    """Which one, and nothing that its other people move: their number, best cell and score are the API's to tell."""
    return {"id": found.id, "name": found.name, "domain": found.domain} if found else None


def iso(at: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return f"{at.astimezone(UTC).isoformat('T', 'seconds')[:19]}Z"


def _field(fact: Fact) -> dict[str, Any]:
    return {"value": fact.value, "strength": fact.strength, "from": fact.origin, "at": iso(fact.at)}


def _verdict(row: VerdictRow | None) -> dict[str, Any] | None:
    """Findings without their params: what was seen is ours, that it was seen is the receiver's too."""
    if row is None:
        return None
    said = [one for one in row.findings if one["code"] and one["outcome"] != "not_applicable"]
    findings = [{"code": one["code"], "outcome": one["outcome"], "weight": one["weight"]} for one in said]
    return {"outcome": row.outcome, "weight": row.weight, "findings": findings}


def _reason(line: Line) -> dict[str, Any]:
    return {"points": line.points, "code": line.code, "params": dict(line.params), "at": iso(line.at)}


def _consent(row: ConsentRow) -> dict[str, Any]:
    return {"purpose": row.purpose, "state": row.state, "at": iso(row.at), "receipt": row.id}


def _source(story: LeadStory) -> dict[str, Any]:
    source: dict[str, Any] = {
        "first_touch": dict(story.touches.first),
        "last_touch": dict(story.touches.last),
        "converting_touch": dict(story.touches.converting),
    }
    found = story.submission
    if found is not None:
        source |= {"form": found.form_key, "version": found.form_version, "page": found.page.get("url")}
    return source
