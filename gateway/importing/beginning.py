"""New leads out of a list, many at once. Such a lead has no events, so where it stands follows from its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from forms.text import fold
from gateway.ids import new_id
from gateway.importing.rows import Row, Said
from gateway.importing.whose import identifiers
from gateway.records import Fact
from gateway.scoring.model import Rulebook
from gateway.scoring.standing import Standing, evaluate
from gateway.store import begun, leads
from gateway.store.begun import Begun
from gateway.store.consents import ConsentRow
from gateway.store.imports import Import

BEHIND = timedelta(days=30)  # the newest is weighed first: a list waits behind whoever comes meanwhile
LEGAL_BASIS = "consent"


@dataclass(frozen=True)
class Listed:
    """A list that is being imported, with what writing its rows needs."""

    found: Import
    lang: str  # of the site
    rulebook: Rulebook


def begin_all(conn: Connection, listed: Listed, new: Sequence[tuple[str, Row]], now: datetime) -> None:
    """Write these leads (id, row) with all that their rows say. The version is the first; nobody was told of it, so it
    needs no digest yet. They wait: forwarding is asked for apart."""
    stood = [(lead_id, row, _stand(listed, row, now)) for lead_id, row in new]
    site_id = listed.found.site_id
    begun.add(
        conn,
        Begun(
            leads=[_lead(listed, *one, now=now) for one in stood],
            identifiers=_without_taken(conn, [one for pair in new for one in _identifiers(site_id, *pair, now)]),
            facts=[one for lead_id, row in new for one in _facts(listed, lead_id, row, now)],
            consents=[one for lead_id, row in new for one in _consents(listed, lead_id, row, now)],
            stage_moves=[one for lead_id, row, standing in stood for one in _moves(lead_id, row, standing, now)],
            segment_members=[
                {"site_id": site_id, "segment": key, "lead_id": lead_id, "since": now}
                for lead_id, _, standing in stood
                for key in standing.segments
            ],
            unweighed=[{"lead_id": one, "site_id": site_id, "at": now - BEHIND, "tries": 0} for one, _ in new],
            ungrouped=[{"lead_id": one, "site_id": site_id, "at": now - BEHIND} for one, _ in new],
        ),
    )


def consent(listed: Listed, lead_id: str, row: Row, said: Said, *, now: datetime) -> ConsentRow:
    """A receipt: what the list says is a claim, a withdrawal stands by itself (rule 27). One without a date is of now:
    it was no older than the list, and must not be overtaken by a consent that it takes back."""
    at = said.at or (row.at if said.given else None)
    return ConsentRow(
        purpose=said.purpose,
        legal_basis=LEGAL_BASIS,
        text=said.text,
        lang=listed.lang,
        state="claimed" if said.given else "withdrawn",
        at=at or now,
        lead_id=lead_id,
        evidence={"import": listed.found.id, "row": row.number, "source": listed.found.source},
    )


def known_at(row: Row, now: datetime) -> datetime:
    """Since when the list has its values: never in the future."""
    return row.changed_at or row.at or now


def _stand(listed: Listed, row: Row, now: datetime) -> Standing:
    customer = row.customer or row.stage == "customer"
    known = [Fact(name, value, "import", listed.found.origin, known_at(row, now)) for name, value in row.facts.items()]
    return evaluate(
        listed.rulebook,
        row.facts,
        (),
        now,
        stage=None if customer else row.stage,
        contact_requested=False,
        customer=customer,
        history=known,
    )


def _lead(listed: Listed, lead_id: str, row: Row, standing: Standing, *, now: datetime) -> dict[str, Any]:
    searched = dict.fromkeys(str(row.facts[name]) for name in leads.SEARCHED if name in row.facts)
    return {
        "id": lead_id,
        "site_id": listed.found.site_id,
        "created_at": row.at or now,
        "updated_at": now,
        "version": 1,
        "test": False,
        "stage": standing.stage,
        "grade": standing.grade,
        "interest": standing.interest,
        "score": standing.score,
        "score_changes_at": standing.changes_at,
        "scored_by": listed.rulebook.digest,
        "segments": list(standing.segments),
        "contact_requested": False,
        "customer": row.customer or row.stage == "customer",
        "deal_open": False,
        "disqualified": standing.disqualified,
        "owner": row.owner,
        "waits": True,
        "search": fold(" ".join(searched)),
    }


def _without_taken(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A CRM's id that somebody else has is not this lead's as well."""
    found, taken = [], set[str]()
    for row in rows:
        if row["kind"] == "crm":
            if row["value"] in taken or leads.found_by(conn, row["site_id"], "crm", row["value"]):
                continue
            taken.add(row["value"])
        found.append(row)
    return found


def _identifiers(site_id: str, lead_id: str, row: Row, now: datetime) -> list[dict[str, Any]]:
    return [
        {"site_id": site_id, "kind": kind, "value": value, "lead_id": lead_id, "at": now}
        for kind, value in identifiers(row)
    ]


def _facts(listed: Listed, lead_id: str, row: Row, now: datetime) -> list[dict[str, Any]]:
    said = {"strength": "import", "origin": listed.found.origin, "at": known_at(row, now), "state": "current"}
    return [{"lead_id": lead_id, "field": name, "value": value, **said} for name, value in row.facts.items()]


def _consents(listed: Listed, lead_id: str, row: Row, now: datetime) -> list[dict[str, Any]]:
    found = (consent(listed, lead_id, row, said, now=now) for said in row.consents)
    return [{**asdict(one), "id": new_id("cons", one.at), "site_id": listed.found.site_id} for one in found]


def _moves(lead_id: str, row: Row, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    """How it came to its stage: by the list, and on from there by the rules."""
    listed = [("imported", None, row.stage)] if row.stage and row.stage != "customer" and standing.stage else []
    found = [*listed, *((move.code, move.from_stage, move.to_stage) for move in standing.moves)]
    params: Mapping[str, Any] = {}
    return [
        {"lead_id": lead_id, "at": now, "from_stage": before, "to_stage": after, "code": code, "params": params}
        for code, before, after in found
    ]
