"""/api/v1/deliveries: what was owed to destinations and what came of it; parked ones owed again, one or many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gateway.delivery import ledger
from gateway.delivery.payload import iso
from gateway.doorbell import DELIVERY
from gateway.store import audit, deliveries_search
from gateway.store.deliveries_search import DeliveryLine, Filter
from gateway.web.api_door import Problem, json_body, limited, moment, needs, parts, token
from gateway.web.api_lists import chosen, page_size

STATUSES = ("due", "delivered", "parked", "superseded")
MAX_IDS = 500  # named in one request
ASKED = ("destination", "reason", "lead", "q", "since", "until")  # what narrows the list, and what is sent again


def add_to(blueprint: Blueprint) -> None:
    blueprint.get("/deliveries")(list_deliveries)
    blueprint.get("/deliveries/<delivery_id>")(show_delivery)
    blueprint.post("/deliveries/resend")(resend_many)
    blueprint.post("/deliveries/<delivery_id>/resend")(resend)


@limited
@needs("deliveries:read")
def list_deliveries() -> Response:
    """The site's deliveries, the newest first."""
    asked = request.args
    if "status" in asked:
        chosen("status", STATUSES, [asked["status"]])
    wanted = _filter(asked, status=asked.get("status", ""))
    with parts().db.read() as conn:
        page = deliveries_search.page(conn, token().site_id, wanted, cursor=asked.get("cursor", ""), limit=page_size())
    return jsonify(deliveries=[_line(line) for line in page.lines], next=page.cursor)


@limited
@needs("deliveries:read")
def show_delivery(delivery_id: str) -> Response:
    """One, with every attempt."""
    with parts().db.read() as conn:
        line = deliveries_search.get(conn, token().site_id, delivery_id)
    if line is None:
        raise Problem(404, "No such delivery")
    attempts = [
        {"at": iso(one.at), "ms": round(one.ms), "http_status": one.http_status, "error": one.error, "reply": one.reply}
        for one in line.attempts
    ]
    return jsonify({**_line(line), "attempts": attempts})


@limited
@needs("deliveries:write")
def resend(delivery_id: str) -> Response:
    """Owe a parked or delivered one again, with the same id."""
    now = parts().clock()
    with parts().db.write() as conn:
        if deliveries_search.get(conn, token().site_id, delivery_id) is None:
            raise Problem(404, "No such delivery")
        if not ledger.resend(conn, token().site_id, delivery_id, now):
            raise Problem(409, "It is due already, or a newer version is, or its destination is disabled")
        audit.add(conn, token().site_id, now, "delivery_resent", delivery_id, user_id=token().id)
    parts().doorbell.ring(DELIVERY)
    return jsonify(delivery=delivery_id, status="due")


@limited
@needs("deliveries:write")
def resend_many() -> Response:
    """Owe the parked ones of a filter again, or those of `ids` that fit it; five a second go to each destination."""
    body = json_body()
    if unknown := sorted(body.keys() - {*ASKED, "ids"}):
        raise Problem(400, f"Unknown: {unknown[0]}", allowed=[*ASKED, "ids"])
    ids = body.get("ids")
    if ids is not None and not (isinstance(ids, list) and len(ids) <= MAX_IDS and all(isinstance(i, str) for i in ids)):
        raise Problem(400, f"ids: a list of at most {MAX_IDS} deliveries' ids")
    wanted = _filter({name: body[name] for name in ASKED if name in body})
    count = ledger.resend_all(parts(), token().site_id, wanted, ids=ids, by=token().id)
    parts().doorbell.ring(DELIVERY)
    return jsonify(resent=count)


def _filter(asked: Mapping[str, Any], status: str = "") -> Filter:
    texts = {name: asked.get(name, "") for name in ASKED}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Problem(400, f"{name}: a text")
    return Filter(
        status=status,
        destination_id=texts["destination"],
        reason=texts["reason"],
        lead_id=texts["lead"],
        who=texts["q"],
        since=_time(texts["since"]),
        until=_time(texts["until"]),
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    found = moment(text)
    if found is None:
        raise Problem(400, "A time is written as 2026-11-22T09:30:00Z", got=text[:40])
    return found


def _line(line: DeliveryLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "lead": line.lead_id,
        "destination": line.destination_id,
        "version": line.version,
        "type": line.type,
        "status": line.status,
        "due_at": iso(line.due_at),
        "tries": line.tries,
        "chosen": line.why,
        "reason": line.reason,
    }
