"""What raises a lead's version beside what stands in its own row and facts (rule 26): identifiers, verdict, consents,
and who is counted as one with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, bindparam, select

from gateway.records import Lead
from gateway.store import consents, duplicates, leads, told, verdicts
from gateway.store import tables as t

_THESE: BindParameter[Sequence[str]] = bindparam("these", expanding=True)
# Sorted here and not by the database: of two of one moment the one written first stays first, as for a single person.
_IDENTIFIERS = select(t.identifiers).where(t.identifiers.c.lead_id.in_(_THESE))
_OUTCOMES = told.newest(
    select(t.verdicts.c.id, t.verdicts.c.outcome, t.submissions.c.lead_id, t.submissions.c.received_at).join(
        t.submissions, t.submissions.c.id == t.verdicts.c.submission_id
    ),
    t.verdicts.c.id,
)


@dataclass(frozen=True)
class Versioned:
    identifiers: Mapping[str, Sequence[str]]  # kind → values, the oldest first
    outcome: str | None  # of the verdict on the newest submission
    consents: Mapping[str, str]  # purpose → state of the receipt in force
    same_as: Sequence[str]


def of_person(conn: Connection, lead: Lead) -> Versioned:
    verdict = verdicts.latest_for_lead(conn, lead.id)
    return Versioned(
        leads.identifiers_of_person(conn, lead.id),
        verdict.outcome if verdict else None,
        {purpose: row.state for purpose, row in consents.in_force(conn, lead.id).items()},
        duplicates.same_as(conn, lead.id),
    )


def of_people(conn: Connection, people: Sequence[Lead]) -> dict[str, Versioned]:
    """Lead id → the same, of several people of one site at once."""
    if not people:
        return {}
    identified = told.of_records(conn, _IDENTIFIERS, people)
    judged = told.of_records(conn, _OUTCOMES, people)
    receipts = told.consents_of(conn, people)
    together = told.counted_together(conn, people[0].site_id, [lead.id for lead in people])
    found = {}
    for lead_id, rows in identified.items():
        newest = max(judged[lead_id], key=lambda row: (row.received_at, row.id), default=None)
        found[lead_id] = Versioned(
            leads.by_kind(sorted(rows, key=lambda row: row.at)),
            newest.outcome if newest else None,
            {purpose: row.state for purpose, row in receipts[lead_id].items()},
            duplicates.same_as(conn, lead_id) if lead_id in together else (),
        )
    return found
