"""Deliveries: what is due, arrived or parked, each attempt, and sending again: one, the ticked ones, or all found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, request, url_for

from gateway.delivery import ledger
from gateway.doorbell import DELIVERY
from gateway.store import audit, crm_records, deliveries_search, keyset, leads_search, whose
from gateway.store import deliveries as ledger_rows
from gateway.store import destinations as destination_rows
from gateway.store.deliveries_search import Filter
from gateway.web.console.access import adopt, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, done, failed, lang, page, safe_next, said
from gateway.words import say

STATUSES = ("due", "delivered", "parked", "superseded")
ASKED = ("status", "destination", "reason", "q", "since", "until")  # what the page may be narrowed by
MAX_TICKED = 200


@blueprint.get("/deliveries")
def deliveries_list() -> Any:
    site, asked = seat().site, _asked(request.args)
    wanted = _filter(asked)
    with parts().db.read() as conn:
        try:
            found = deliveries_search.page(conn, site.id, wanted, cursor=request.args.get("after", ""))
        except keyset.CursorError:
            abort(400)
        places = destination_rows.of_site(conn, site.id)
        counts = deliveries_search.counts(conn, site.id)
        reasons = deliveries_search.reasons(conn, site.id)
        again = deliveries_search.count_parked(conn, site.id, wanted)
        known = leads_search.of_ids(conn, site.id, [line.lead_id for line in found.lines])
    return page(
        "deliveries.html",
        found=found,
        asked=asked,
        statuses=STATUSES,
        places=places,
        reasons=reasons,
        again=again,
        facts={line.id: line.facts for line in known},
        totals={one: sum(row.get(one, 0) for row in counts.values()) for one in STATUSES},
        parked=sum(counts.get(place.id, {}).get("parked", 0) for place in places),  # a removed one waits for nobody
        there={place.id for place in places if place.status != "disabled"},
        older=address("deliveries_list", {**asked, "after": found.cursor}) if found.cursor else None,
        newer=address("deliveries_list", asked) if request.args.get("after") else None,
    )


@blueprint.post("/deliveries/resend")
def deliveries_resend() -> Any:
    """Owe the ticked ones anew, or all parked ones that the page's filter finds."""
    asked = _asked(request.form)
    ids = request.form.getlist("id")[:MAX_TICKED] if request.form.get("which") == "ticked" else None
    here = seat()
    count = ledger.resend_all(parts(), here.site.id, _filter(asked), ids=ids, by=here.user.id)
    parts().doorbell.ring(DELIVERY)
    code = "delivery.list.resent" if count else "delivery.list.resent_none"
    return said(code, "deliveries_list", {"count": count}, asked, well=bool(count))


@blueprint.get("/deliveries/<delivery_id>")
def delivery(delivery_id: str) -> Any:
    with parts().db.read() as conn:
        owner = whose.site_of_delivery(conn, delivery_id)
    adopt(owner)
    with parts().db.read() as conn:
        found = deliveries_search.get(conn, seat().site.id, delivery_id)
        place = destination_rows.get(conn, seat().site.id, found.destination_id) if found else None
    if found is None:
        abort(404)
    back = safe_next(request.args.get("back"), url_for("console.deliveries_list"))
    return page("delivery.html", one=found, back=back, there=place is not None and place.status != "disabled")


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


@blueprint.post("/deliveries/<delivery_id>/done")
def delivery_done(delivery_id: str) -> Any:
    """Staff have deleted there by hand whom the destination could not be told to forget."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        found = ledger_rows.get(conn, here.site.id, delivery_id)
        if found is None or not ledger_rows.done_by_hand(conn, here.site.id, delivery_id, now):
            abort(404)
        crm_records.forget(conn, found)
        audit.add(conn, here.site.id, now, "erasure_done_by_hand", delivery_id, user_id=here.user.id)
    flash(say(lang(), "inbound.left_done"), "success")
    return redirect(safe_next(request.form.get("next"), url_for("console.delivery", delivery_id=delivery_id)), 303)


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    """What narrows the page, as its addresses carry it; what is empty is left out."""
    found = {name: text for name in ASKED if (text := given.get(name, "").strip())}
    if found.get("status", STATUSES[0]) not in STATUSES:
        abort(404)
    return found


def _filter(asked: Mapping[str, str]) -> Filter:
    until = _midnight(asked.get("until", ""))
    return Filter(
        status=asked.get("status", ""),
        destination_id=asked.get("destination", ""),
        reason=asked.get("reason", ""),
        who=asked.get("q", ""),
        since=_midnight(asked.get("since", "")),
        until=until + timedelta(days=1) if until else None,
    )


def _midnight(text: str) -> datetime | None:
    """Where this day begins for the site; none for what is no date."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day of the site's zone
        return datetime.combine(day, time(), ZoneInfo(seat().site.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
