"""Leads as lines of a file: CSV for spreadsheets, or JSON Lines. `gateway.importing` reads both back, with every fact
as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.files import csv_rows
from gateway.records import Lead
from gateway.store import leads_search, told
from gateway.store.consents import ConsentRow
from gateway.store.db import Database
from gateway.store.leads_search import Filter

PAGE = 500  # leads read at once, each page in a transaction of its own
PLAIN = (
    "id", "created_at", "updated_at", "stage", "cell", "score", "segments", "version", "test", "owner", "customer",
)  # fmt: skip
SHOWN = leads_search.SHOWN  # for people; all that is known stands in `fields`
WHOLE = ("crm_ids", "consents", "fields")  # as JSON
COLUMNS = (*PLAIN, *SHOWN, *WHOLE)

Row = Mapping[str, Any]


def ids(db: Database, site_id: str, wanted: Filter, *, after: str = "") -> list[str]:
    """Whom the file will hold: those that the filter shows now, oldest first, from behind the id `after` on."""
    with db.read() as conn:
        return leads_search.ids(conn, site_id, wanted, after=after)


def pages(db: Database, site_id: str, lead_ids: Sequence[str]) -> Iterator[list[Row]]:
    """The leads of these ids, a page at a time; who was merged or erased since is left out."""
    for start in range(0, len(lead_ids), PAGE):
        with db.read() as conn:
            yield _rows(conn, site_id, lead_ids[start : start + PAGE])


def header() -> str:
    """The first line of a CSV file."""
    return csv_rows([COLUMNS])


def csv_lines(rows: Sequence[Row]) -> str:
    """A line a lead; what a spreadsheet would run is text (rule 34), and cells that people read are of one line."""
    easy = (*PLAIN, *SHOWN)
    return csv_rows([*(_cell(row[name]) for name in easy), *(_json_cell(row[name]) for name in WHOLE)] for row in rows)


def json_lines(rows: Sequence[Row]) -> str:
    return "".join(_json({name: row[name] for name in (*PLAIN, *WHOLE)}) + "\n" for row in rows)


def _rows(conn: Connection, site_id: str, lead_ids: Sequence[str]) -> list[Row]:
    found = told.people(conn, site_id, lead_ids)
    people = [lead for name in lead_ids if (lead := found.get(name)) and lead.id == name and lead.erased_at is None]
    receipts, crm = told.consents_of(conn, people), told.crm_of(conn, people)
    return [_row(lead, receipts[lead.id], crm[lead.id]) for lead in people]


def _row(lead: Lead, receipts: Mapping[str, ConsentRow], crm_ids: Sequence[str]) -> Row:
    facts = {name: fact.value for name, fact in lead.facts.items()}
    return {
        **{name: facts.get(name) for name in SHOWN},
        **{name: getattr(lead, name) for name in PLAIN},
        "created_at": lead.created_at.isoformat(),
        "updated_at": lead.updated_at.isoformat(),
        "crm_ids": crm_ids,
        "consents": {
            purpose: {"state": one.state, "at": one.at.isoformat(), "text": one.text}
            for purpose, one in receipts.items()
        },
        "fields": facts,
    }


def _cell(value: Any) -> str:
    """In one line; of no value none."""
    several = value if isinstance(value, list | tuple) else [value]
    return " ".join(", ".join(str(one) for one in several if one is not None).split())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json_cell(value: Any) -> str:
    """JSON in which no spreadsheet splits, so that every reader of it has the exact words."""
    return _json(value).replace(";", r"\u003b").replace("|", r"\u007c")
