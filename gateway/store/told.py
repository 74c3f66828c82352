"""All that is told of several leads of one site, read at once: a query for each table, however many leads they are.

What it gives is what `leads.get`, `consents.in_force` and the like give one by one; a test holds the two against each
other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Row, Select, and_, bindparam, func, select

from gateway.records import Event, Fact, Lead
from gateway.store import consents, duplicates, events, leads, organisations, touches
from gateway.store import tables as t
from gateway.store.consents import ConsentRow
from gateway.store.organisations import Organisation
from gateway.store.pairs import among, within
from gateway.store.touches import Touches
from gateway.store.verdicts import VerdictRow

# Put together once: that costs more than running it.
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
# As a query: a list of pairs has SQLite read the whole table.
_PLACES = select(t.leads.c.site_id, t.leads.c.id).where(t.leads.c.id.in_(_THESE))
_HERE = and_(t.leads.c.id.in_(_THESE), within(t.leads.c.site_id) == bindparam("at_site"))
_UNTOLD = {"search", "fingerprint", "scored_by", "same_as", "stage_apart", "feed_position", "feed_version"}
_LEADS = select(*(column for column in t.leads.c if column.name not in _UNTOLD))
_ROWS = _LEADS.where(_HERE)
_MERGED = _LEADS.where(t.leads.c.merged_into.in_(_THESE)).order_by(t.leads.c.created_at, t.leads.c.id)
# Columns in the order of the record, the lead's last: to ask for each by its name costs five times as much.
_FACTS = (
    select(
        t.facts.c.field, t.facts.c.value, t.facts.c.strength, t.facts.c.origin, t.facts.c.at, t.facts.c.state,
        t.facts.c.id, t.facts.c.lead_id,
    )
    .where(t.facts.c.lead_id.in_(_THESE), t.facts.c.state == "current")
    .order_by(t.facts.c.id)
)  # fmt: skip
_HISTORY = select(t.facts).where(t.facts.c.lead_id.in_(_THESE)).order_by(t.facts.c.id)
_CONSENTS = select(t.consents).where(t.consents.c.lead_id.in_(_THESE)).order_by(t.consents.c.at, t.consents.c.id)
_TOUCHES = select(t.touches).where(t.touches.c.lead_id.in_(_THESE)).order_by(t.touches.c.at, t.touches.c.id)
_EVENTS = (
    select(*events.COLUMNS, t.events.c.lead_id)
    .where(among(t.events.c.lead_id, _PLACES))
    .order_by(t.events.c.at, t.events.c.id)
)
_CRM = (
    select(t.identifiers.c.lead_id, t.identifiers.c.value)
    .where(t.identifiers.c.lead_id.in_(_THESE), t.identifiers.c.kind == "crm")
    .order_by(t.identifiers.c.at)
)
_ORGANISATIONS = (
    select(t.organisation_people.c.lead_id.label("whose"), t.organisations)
    .join(t.organisations, t.organisations.c.id == t.organisation_people.c.organisation_id)
    .where(t.organisation_people.c.lead_id.in_(_THESE), t.organisations.c.site_id == bindparam("at_site"))
)
_COUNTING = select(t.leads.c.id).where(_HERE, t.leads.c.same_as.is_not(None))
_COUNTED = select(t.leads.c.same_as).where(t.leads.c.same_as.in_(_THESE))


def newest(query: Select[Any], key: Column[Any]) -> Select[Any]:
    """Of each lead the row with its newest submission; ties go to the higher key."""
    order = (t.submissions.c.received_at.desc(), key.desc())
    rank = func.row_number().over(partition_by=t.submissions.c.lead_id, order_by=order)
    numbered = query.add_columns(rank.label("rank")).where(among(t.submissions.c.lead_id, _PLACES)).subquery()
    return select(numbered).where(numbered.c.rank == 1)


_SUBMISSIONS = newest(
    select(
        t.submissions.c.id, t.submissions.c.lead_id, t.submissions.c.received_at, t.submissions.c.form_version,
        t.submissions.c.page, t.forms.c.key.label("form_key"),
    ).join(t.forms, t.forms.c.id == t.submissions.c.form_id),
    t.submissions.c.id,
)  # fmt: skip
_VERDICTS = newest(
    select(
        t.verdicts.c.submission_id, t.verdicts.c.at, t.verdicts.c.outcome, t.verdicts.c.weight, t.verdicts.c.findings,
        t.verdicts.c.decided_by, t.verdicts.c.id, t.submissions.c.lead_id, t.submissions.c.received_at,
    ).join(t.submissions, t.submissions.c.id == t.verdicts.c.submission_id),
    t.verdicts.c.id,
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """A submission, as far as it is told: answers are read of the lead's facts."""

    form_key: str
    form_version: int
    page: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What stands beside the facts of one person, as the functions of their nouns give it; `verdict` without the
    evidence."""

    consents: Mapping[str, ConsentRow]
    verdict: VerdictRow | None
    submission: Sent | None
    touches: Touches
    crm: Sequence[str]
    same_as: Sequence[str]
    organisation: Organisation | None


def people(conn: Connection, site_id: str, lead_ids: Iterable[str]) -> dict[str, Lead]:
    """Each of these leads of the site and the person that it stands under, as `leads.get` gives it; unknown ones are
    left out."""
    asked = {row.id: row for row in _rows(conn, site_id, lead_ids)}
    under = {row.merged_into or row.id for row in asked.values()}
    first = {**asked, **{row.id: row for row in _rows(conn, site_id, under - asked.keys())}}
    records: dict[str, list[Row[Any]]] = {lead_id: [first[lead_id]] for lead_id in under if lead_id in first}
    for row in conn.execute(_MERGED, {"these": list(records)}):
        records[row.merged_into].append(row)
    current: dict[str, list[Fact]] = defaultdict(list)
    for *fact, lead_id in conn.execute(_FACTS, {"these": [row.id for rows in records.values() for row in rows]}):
        current[lead_id].append(Fact(*fact))
    found = {
        lead_id: leads.person_of(rows, [fact for row in rows for fact in current[row.id]])
        for lead_id, rows in records.items()
    }
    return {name: found[row.merged_into or name] for name, row in asked.items() if (row.merged_into or name) in found}


def consents_of(conn: Connection, people: Iterable[Lead]) -> dict[str, dict[str, ConsentRow]]:
    """Lead id → purpose → the receipt in force."""
    found = of_records(conn, _CONSENTS, people)
    return {lead_id: consents.latest(map(consents.consent_of, rows)) for lead_id, rows in found.items()}


def crm_of(conn: Connection, people: Sequence[Lead]) -> dict[str, list[str]]:
    """Lead id → the ids that CRMs have for it, `hubspot:7`, the oldest first."""
    found = of_records(conn, _CRM, people)
    return {lead_id: [row.value for row in rows] for lead_id, rows in found.items()}


def events_of(conn: Connection, people: Sequence[Lead]) -> dict[str, list[Event]]:
    """Lead id → events, as `events.of_lead` gives them."""
    return {lead_id: events.once_each(rows) for lead_id, rows in of_records(conn, _EVENTS, people).items()}


def histories_of(conn: Connection, people: Sequence[Lead]) -> dict[str, list[Fact]]:
    """Lead id → facts, as `leads.facts_of_person` gives them."""
    found = of_records(conn, _HISTORY, people)
    return {lead.id: leads.as_seen(found[lead.id], lead) for lead in people}


def told_of(conn: Connection, people: Sequence[Lead]) -> dict[str, Told]:
    """Lead id → what is told beside its facts. All of one site."""
    if not people:
        return {}
    site_id, ids = people[0].site_id, [lead.id for lead in people]
    receipts = consents_of(conn, people)
    judged, sent = of_records(conn, _VERDICTS, people), of_records(conn, _SUBMISSIONS, people)
    came, known = of_records(conn, _TOUCHES, people), crm_of(conn, people)
    companies = {
        row.whose: organisations.organisation_of(row)
        for row in conn.execute(_ORGANISATIONS, {"these": ids, "at_site": site_id})
    }
    together = counted_together(conn, site_id, ids)
    return {
        lead_id: Told(
            consents=receipts[lead_id],
            verdict=_verdict(max(judged[lead_id], key=_at, default=None)),
            submission=_submission(max(sent[lead_id], key=_at, default=None)),
            touches=touches.of_rows(came[lead_id]),
            crm=known[lead_id],
            same_as=duplicates.same_as(conn, lead_id) if lead_id in together else (),
            organisation=companies.get(lead_id),
        )
        for lead_id in ids
    }


def _rows(conn: Connection, site_id: str, ids: Iterable[str]) -> Sequence[Row[Any]]:
    wanted = list(ids)
    return conn.execute(_ROWS, {"these": wanted, "at_site": site_id}).all() if wanted else []


def of_records(conn: Connection, query: Select[Any], people: Iterable[Lead]) -> dict[str, list[Row[Any]]]:
    """The rows of all records of each person, in the query's order."""
    whose = {record: lead.id for lead in people for record in (lead.id, *lead.earlier_ids)}
    return _sorted(conn.execute(query, {"these": list(whose)}), whose)


def _sorted(rows: Iterable[Row[Any]], whose: Mapping[str, str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {lead_id: [] for lead_id in whose.values()}
    for row in rows:
        found[whose[row.lead_id]].append(row)
    return found


def counted_together(conn: Connection, site_id: str, ids: Sequence[str]) -> set[str]:
    """Those of them that are counted as one with somebody else."""
    own = conn.execute(_COUNTING, {"these": list(ids), "at_site": site_id}).scalars()
    return {*own, *conn.execute(_COUNTED, {"these": list(ids)}).scalars()}


def _at(row: Row[Any]) -> tuple[Any, Any]:
    return row.received_at, row.id


def _verdict(row: Row[Any] | None) -> VerdictRow | None:
    if row is None:
        return None
    return VerdictRow(row.submission_id, row.at, row.outcome, row.weight, row.findings, row.decided_by)


def _submission(row: Row[Any] | None) -> Sent | None:
    return None if row is None else Sent(row.form_key, row.form_version, row.page)
