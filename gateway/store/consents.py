"""Consents: receipts with the exact text that was shown (rule 27)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, select, update

from gateway.ids import new_id
from gateway.store import persons
from gateway.store.tables import consents

ConsentState = Literal["claimed", "confirmed", "withdrawn"]


@dataclass(frozen=True)
class ConsentRow:
    purpose: str
    legal_basis: str
    text: str
    lang: str
    state: ConsentState
    at: datetime
    lead_id: str | None = None
    submission_id: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)  # form, version, page, address block
    id: str = ""  # the receipt


def add(conn: Connection, site_id: str, row: ConsentRow) -> str:
    """Keep a receipt; returns its id."""
    receipt = new_id("cons", row.at)
    conn.execute(
        consents.insert().values(
            id=receipt,
            site_id=site_id,
            lead_id=row.lead_id,
            submission_id=row.submission_id,
            purpose=row.purpose,
            legal_basis=row.legal_basis,
            text=row.text,
            lang=row.lang,
            state=row.state,
            at=row.at,
            evidence=dict(row.evidence),
        )
    )
    return receipt


_OF_LEAD = (
    select(consents)
    .where(consents.c.lead_id.in_(persons.members(bindparam("whose"))))
    .order_by(consents.c.at, consents.c.id)
)


def of_lead(conn: Connection, lead_id: str) -> list[ConsentRow]:
    """Every receipt of the person, oldest first."""
    return [consent_of(row) for row in conn.execute(_OF_LEAD, {"whose": lead_id})]


def in_force(conn: Connection, lead_id: str) -> dict[str, ConsentRow]:
    """The latest receipt of each purpose; a withdrawn one stands until a confirmed one follows it (rule 27)."""
    return latest(of_lead(conn, lead_id))


def latest(rows: Iterable[ConsentRow]) -> dict[str, ConsentRow]:
    """Of receipts, oldest first, the one in force for each purpose."""
    found: dict[str, ConsentRow] = {}
    for row in rows:
        before = found.get(row.purpose)
        if before is not None and before.state == "withdrawn" and row.state == "claimed":
            continue
        if before is not None and before.state == "confirmed" and row.state == "claimed":
            continue
        found[row.purpose] = row
    return found


def withdraw_all(
    conn: Connection,
    site_id: str,
    lead_id: str,
    *,
    reason: str,
    at: datetime,
    purposes: Collection[str] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """A receipt of withdrawal for every purpose in force, or for these, whatever said so: unsubscribe, bounce,
    complaint; for each of a person's records, so that it stands when they are apart again. evidence: of the request
    that withdrew."""
    receipts = of_lead(conn, lead_id)
    records = dict.fromkeys(row.lead_id for row in receipts)
    for row in (row for one in records for row in latest(r for r in receipts if r.lead_id == one).values()):
        if row.state != "withdrawn" and (purposes is None or row.purpose in purposes):
            kept = {"reason": reason, **(evidence or {})}
            add(conn, site_id, replace(row, state="withdrawn", at=at, submission_id=None, evidence=kept))


def confirm(conn: Connection, submission_id: str, evidence: Mapping[str, Any]) -> None:
    """What was claimed over a typed address is confirmed by its owner: the same receipts, with what confirmed them
    (rule 27). Their time stays that of the form, so that a later withdrawal still stands."""
    mine = (consents.c.submission_id == submission_id) & (consents.c.state == "claimed")
    for row in conn.execute(select(consents).where(mine)).all():
        kept = {**row.evidence, "confirmed": dict(evidence)}
        conn.execute(update(consents).where(consents.c.id == row.id).values(state="confirmed", evidence=kept))


def consent_of(row: Row[Any]) -> ConsentRow:
    """A row of the table `consents`."""
    return ConsentRow(
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        text=row.text,
        lang=row.lang,
        state=row.state,
        at=row.at,
        lead_id=row.lead_id,
        submission_id=row.submission_id,
        evidence=row.evidence,
        id=row.id,
    )
