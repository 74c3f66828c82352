"""What a destination tells us: its own address here, the keys it shows, and what was heard of it last."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from gateway.records import Destination
from gateway.store import audit, destinations
from gateway.store import inbound as store
from gateway.store.inbound import Place, Way
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import count_menu, page, said

WAYS: tuple[Way, ...] = ("signature", "bearer")


@blueprint.get("/destinations/<destination_id>/inbound")
def inbound(destination_id: str) -> Any:
    return _shown(_destination(destination_id))


@blueprint.post("/destinations/<destination_id>/inbound/key")
def inbound_key(destination_id: str) -> Any:
    """`way`: make a key of it, shown once; a present one counts on for a day. With `stop` none of it counts."""
    here, now, found = seat(), parts().clock(), _destination(destination_id)
    way = request.form.get("way")
    if way not in WAYS:
        abort(400)
    stopping = "stop" in request.form
    count_menu()
    made = None
    with parts().db.write() as conn:
        if stopping:
            store.stop(conn, found.id, way)
        else:
            place = Place(here.site.id, found.id)
            made = store.make(conn, parts().config.secret_key, place, way, now)
        action = "inbound_key_stopped" if stopping else "inbound_key_made"
        audit.add(conn, here.site.id, now, action, found.id, user_id=here.user.id, way=way)
    if stopping:
        return said(f"inbound.stopped_{way}", "inbound", {}, {"destination_id": found.id}, well=True)
    return _shown(found, made=made, way=way)


def _shown(found: Destination, **made: Any) -> Any:
    now = parts().clock()
    with parts().db.read() as conn:
        keys = store.keys(conn, parts().config.secret_key, found.id, now)
        heard = store.heard_of(conn, found.id)
    ways = [(way, [key for key in keys if key.way == way]) for way in WAYS]
    address = f"{parts().config.base_url.rstrip('/')}/in/{found.id}"
    return page("destination_inbound.html", one=found, ways=ways, heard=heard, address=address, **made)


def _destination(destination_id: str) -> Destination:
    with parts().db.read() as conn:
        found = destinations.get(conn, seat().site.id, destination_id)
    if found is None:
        abort(404)
    return found
