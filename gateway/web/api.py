"""/api/v1: JSON for other systems, by a token of one site. Its document: docs/api/openapi.json.

What is asked here: what stands. What comes in: api_intake.py. Organisations: api_organisations.py. Who may
call: api_door.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway import deciding, story
from gateway.delivery.payload import iso
from gateway.doorbell import DELIVERY
from gateway.duplicates import Sayer, Saying, say_all
from gateway.records import Lead
from gateway.store import (
    duplicates,
    duplicates_search,
    leads,
    leads_search,
    submissions_search,
)
from gateway.store.duplicates_search import Tab
from gateway.web import api_deliveries, api_feed, api_intake, api_organisations
from gateway.web.api_door import Problem, blueprint, limited, moment, needs, parts, token
from gateway.web.api_lists import chosen, lead_line, page_size

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The closed lists of the tables, for callers to choose from.
STATUSES = ("pending", "accepted", "held", "rejected", "stuck", "erased")
STAGES = ("IQL", "MQL", "SQL", "PQL", "SeQL", "customer", "lost")
CELLS = tuple(f"{grade}{interest}" for grade in "ABCDE–" for interest in "1234")

api_intake.add_to(blueprint)
api_organisations.add_to(blueprint)
api_deliveries.add_to(blueprint)


def init(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/openapi.json")
def document() -> Response:
    return jsonify(json.loads(DOCUMENT.read_text("utf-8")))


# --- leads ----------------------------------------------------------------------------------------------------------


@blueprint.get("/leads")
@limited
@needs("leads:read")
def list_leads() -> Response:
    """The site's leads, the last changed first; as a feed of changes for who names no sort but a time or its cursor."""
    asked, cursor = request.args, request.args.get("cursor", "")
    fed = "updated_after" in asked or api_feed.is_ours(cursor)
    (sort,) = chosen("sort", (*leads_search.SORTS, "changes"), [asked.get("sort", "changes" if fed else "recent")])
    wanted = leads_search.Filter(
        text=asked.get("q", ""),
        cells=chosen("cell", CELLS, [text.replace("-", "–") for text in asked.getlist("cell")]),
        stages=chosen("stage", STAGES, asked.getlist("stage")),
        segment=asked.get("segment", ""),
        test=asked.get("test") == "true",
        since=_time(asked["updated_after"]) if "updated_after" in asked else None,
        sort="recent" if sort == "changes" else cast(leads_search.Sort, sort),
    )
    if sort == "changes":
        return api_feed.changes(wanted, cursor)
    with parts().db.read() as conn:
        page = leads_search.page(conn, token().site_id, wanted, cursor=cursor, limit=page_size())
    return jsonify(leads=[lead_line(line) for line in page.lines], next=page.cursor)


@blueprint.get("/leads/<lead_id>")
@limited
@needs("leads:read")
def show_lead(lead_id: str) -> Response:
    return jsonify(_story(lead_id)["lead"])


@blueprint.get("/leads/<lead_id>/why")
@limited
@needs("leads:read")
def explain_lead(lead_id: str) -> Response:
    """The same as `sarnakh why --json`."""
    return jsonify(_story(lead_id))


def _story(lead_id: str) -> dict[str, Any]:
    with parts().db.read() as conn:
        return story.of_lead(conn, _lead(leads.get(conn, token().site_id, lead_id)), parts().clock())


def _lead(found: Lead | None) -> Lead:
    if found is None:
        raise Problem(404, "No such lead")
    return found


# --- leads that may be one person -----------------------------------------------------------------------------------


@blueprint.get("/duplicates")
@limited
@needs("leads:read")
def list_duplicates() -> Response:
    """Pairs of leads that may be one person: those that wait the likeliest first, answered ones the last first."""
    asked = request.args
    (tab,) = chosen("status", duplicates_search.TABS, [asked.get("status", "possible")])
    with parts().db.read() as conn:
        page = duplicates_search.page(
            conn, token().site_id, cast(Tab, tab), cursor=asked.get("cursor", ""), limit=page_size()
        )
    return jsonify(duplicates=[story.duplicate(pair) for pair in page.pairs], next=page.cursor)


@blueprint.post("/duplicates/<duplicate_id>/merge")
@limited
@needs("review:write")
def merge_duplicate(duplicate_id: str) -> Response:
    """The two are one person."""
    return _say("merge", duplicate_id)


@blueprint.post("/duplicates/<duplicate_id>/apart")
@limited
@needs("review:write")
def part_duplicate(duplicate_id: str) -> Response:
    """The two are two people."""
    return _say("apart", duplicate_id)


@blueprint.post("/duplicates/<duplicate_id>/undo")
@limited
@needs("review:write")
def reopen_duplicate(duplicate_id: str) -> Response:
    """Take back what was said of the two."""
    return _say("undo", duplicate_id)


def _say(saying: Saying, duplicate_id: str) -> Response:
    said = say_all(parts().db, saying, [duplicate_id], Sayer(token().site_id, token().id, parts().clock()))
    if said.unknown:
        raise Problem(404, "No such pair")
    if not said.done:
        raise Problem(409, "The pair stands elsewhere, or cannot be merged")
    parts().doorbell.ring(DELIVERY)
    with parts().db.read() as conn:
        pair = duplicates.get(conn, token().site_id, duplicate_id)
    assert pair is not None
    return jsonify(duplicate=pair.id, answer=pair.answer)


# --- submissions ----------------------------------------------------------------------------------------------------


@blueprint.get("/submissions")
@limited
@needs("leads:read")
def list_submissions() -> Response:
    """The site's submissions, the newest first."""
    asked = request.args
    statuses = chosen("status", STATUSES, asked.getlist("status"))
    with parts().db.read() as conn:
        page = submissions_search.page(
            conn, token().site_id, statuses, cursor=asked.get("cursor", ""), limit=page_size()
        )
    shown = [
        {
            "id": line.id,
            "status": line.status,
            "at": iso(line.received_at),
            "form": line.form_key,
            "channel": line.channel,
            "test": line.test,
            "lead": line.lead_id,
            "answers": dict(line.answers),
            "findings": [dict(finding) for finding in line.findings],
            "weight": line.weight,
        }
        for line in page.lines
    ]
    return jsonify(submissions=shown, next=page.cursor)


@blueprint.post("/submissions/<submission_id>/release")
@limited
@needs("review:write")
def release(submission_id: str) -> Response:
    """Accept what was held or rejected."""
    with _decision():
        lead_id = deciding.release(parts(), token().site_id, submission_id, token().id)
    parts().doorbell.ring(DELIVERY)
    return jsonify(submission=submission_id, status="accepted", lead=lead_id)


@blueprint.post("/submissions/<submission_id>/reject")
@limited
@needs("review:write")
def reject(submission_id: str) -> Response:
    with _decision():
        deciding.reject(parts(), token().site_id, submission_id, token().id)
    return jsonify(submission=submission_id, status="rejected")


class _decision:  # noqa: N801  reads as a block
    """Turns what the pipeline refuses into answers."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, deciding.NotWaitingError):
            raise Problem(409, "The submission stands elsewhere", status_now=str(error)) from error
        if isinstance(error, LookupError):
            raise Problem(404, "No such submission") from error


# --- what all of them share -----------------------------------------------------------------------------------------


def _time(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise Problem(400, "A time is written as 2026-11-22T09:30:00Z", got=text[:40])
    return found


@blueprint.route("", methods=METHODS)
@blueprint.route("/<path:rest>", methods=METHODS)
def nothing_here(**_address: str) -> Response:
    allowed = [method for method in METHODS if _leads_somewhere(method)]
    if allowed:
        raise MethodNotAllowed(valid_methods=allowed)
    raise Problem(404, "No such address")


def _leads_somewhere(method: str) -> bool:
    """Whether this address has an answer for another method."""
    addresses = current_app.create_url_adapter(request)
    assert addresses is not None
    try:
        endpoint, _ = addresses.match(method=method)
    except HTTPException:
        return False
    return bool(endpoint != "api.nothing_here")
