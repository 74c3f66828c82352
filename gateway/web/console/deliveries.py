"""Deliveries: what is due, arrived or parked, each attempt, and sending again."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from gateway.delivery import ledger
from gateway.doorbell import DELIVERY
from gateway.store import audit, deliveries_search, keyset, whose
from gateway.store import deliveries as ledger_rows
from gateway.store import destinations as destination_rows
from gateway.web.console.access import adopt, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, done, failed, page, safe_next

STATUSES = ("due", "delivered", "parked", "superseded")


@blueprint.get("/deliveries")
def deliveries_list() -> Any:
    site = seat().site
    status = request.args.get("status", "")
    if status and status not in STATUSES:
        abort(404)
    destination_id = request.args.get("destination", "")
    with parts().db.read() as conn:
        try:
            found = deliveries_search.page(
                conn,
                site.id,
                status=status,
                destination_id=destination_id,
                cursor=request.args.get("after", ""),
            )
        except keyset.CursorError:
            abort(400)
        places = destination_rows.of_site(conn, site.id)
        counts = deliveries_search.counts(conn, site.id)
    asked = {name: value for name, value in (("status", status), ("destination", destination_id)) if value}
    totals = {one: sum(row.get(one, 0) for row in counts.values()) for one in STATUSES}
    parked = sum(counts.get(place.id, {}).get("parked", 0) for place in places)  # a removed one waits for nobody
    return page(
        "deliveries.html",
        found=found,
        status=status,
        destination_id=destination_id,
        statuses=STATUSES,
        places=places,
        totals=totals,
        parked=parked,
        older=address("deliveries_list", {**asked, "after": found.cursor}) if found.cursor else None,
        newer=address("deliveries_list", asked) if request.args.get("after") else None,
    )


@blueprint.get("/deliveries/<delivery_id>")
def delivery(delivery_id: str) -> Any:
    with parts().db.read() as conn:
        owner = whose.site_of_delivery(conn, delivery_id)
        if owner is None:
            abort(404)
    adopt(owner)
    with parts().db.read() as conn:
        found = deliveries_search.get(conn, seat().site.id, delivery_id)
        place = destination_rows.get(conn, seat().site.id, found.destination_id) if found else None
    if found is None:
        abort(404)
    back = safe_next(request.args.get("back"), url_for("console.deliveries_list"))
    return page("delivery.html", one=found, back=back, there=place is not None)


@blueprint.post("/deliveries/<delivery_id>/resend")
def delivery_resend(delivery_id: str) -> Any:
    """Owe it anew: the same id and the same bytes, so that a receiver that has it changes nothing."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        if ledger_rows.get(conn, here.site.id, delivery_id) is None:
            abort(404)
        again = ledger.resend(conn, here.site.id, delivery_id, now)
        if again:
            audit.add(conn, here.site.id, now, "delivery_resent", delivery_id, user_id=here.user.id)
    if not again:
        return failed("delivery_not_resent", "delivery", delivery_id=delivery_id)
    parts().doorbell.ring(DELIVERY)
    return done("delivery_resent", "delivery", delivery_id=delivery_id)
