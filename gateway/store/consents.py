"""Consents: receipts with the exact text that was shown (rule 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from gateway.ids import new_id
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


def of_lead(conn: Connection, lead_id: str) -> list[ConsentRow]:
    """Every receipt of the lead, oldest first."""
    query = select(consents).where(consents.c.lead_id == lead_id).order_by(consents.c.at, consents.c.id)
    return [_row(row) for row in conn.execute(query)]


def in_force(conn: Connection, lead_id: str) -> dict[str, ConsentRow]:
    """The latest receipt of each purpose; a withdrawn one stands until a confirmed one follows it (rule 27)."""
    latest: dict[str, ConsentRow] = {}
    for row in of_lead(conn, lead_id):
        before = latest.get(row.purpose)
        if before is not None and before.state == "withdrawn" and row.state == "claimed":
            continue
        if before is not None and before.state == "confirmed" and row.state == "claimed":
            continue
        latest[row.purpose] = row
    return latest


def withdraw_all(conn: Connection, site_id: str, lead_id: str, *, reason: str, at: datetime) -> None:
    """A receipt of withdrawal for every purpose in force, whatever said so: unsubscribe, bounce, complaint."""
    for row in in_force(conn, lead_id).values():
        if row.state != "withdrawn":
            taken_back = replace(row, state="withdrawn", at=at, submission_id=None, evidence={"reason": reason})
            add(conn, site_id, taken_back)


def _row(row: Row[Any]) -> ConsentRow:
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
