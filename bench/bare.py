"""The product with one more route: parse eight fields, commit one submission with its outbox row, nothing else.

The yardstick for `POST /f/<form>`: the same server, the same database, the same shared commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy import Connection, select

from gateway import create_app
from gateway.clock import utcnow
from gateway.ids import new_id
from gateway.store.tables import forms, outbox, submissions

FIELDS = ("email", "first_name", "company", "job_title", "company_size", "time_to_buy", "phone", "benefits")

app = create_app()
parts = app.extensions["sarnakh"]
with parts.db.read() as conn:
    FORM = conn.execute(select(forms.c.id, forms.c.site_id).where(forms.c.key == "bench")).one()


def store(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    conn.execute(submissions.insert(), list(rows))
    conn.execute(outbox.insert(), [{"submission_id": row["id"], "due_at": FAR, "tries": 0} for row in rows])
    return [row["id"] for row in rows]


FAR = utcnow().replace(year=2999)  # nobody processes what the bare route stored


@app.post("/bare")
def bare() -> Response:
    now = utcnow()
    row = {
        "id": new_id("sub", now),
        "site_id": FORM.site_id,
        "form_id": FORM.id,
        "form_version": 1,
        "status": "pending",
        "received_at": now,
        "channel": "embed",
        "lang": "en",
        "answers": {name: request.form.get(name, "") for name in FIELDS},
        "typed": {},
        "asked": [],
        "page": {},
        "facts": {},
        "test": False,
    }
    return jsonify(status="received", submission=parts.db.grouped(store, row))
