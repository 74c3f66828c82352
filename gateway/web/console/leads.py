"""The list of leads: search, filters, order. All of it stands in the address, so the way back keeps its place."""

from __future__ import annotations

from typing import Any, get_args

from flask import abort, request

from gateway.store import forms as form_rows
from gateway.store import keyset, leads_search, rulebooks
from gateway.store.leads_search import Filter, Sort
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, page

CELLS = tuple(f"{grade}{interest}" for grade in "ABCDE–" for interest in range(1, 5))
STAGES = ("IQL", "MQL", "SQL", "PQL", "SeQL", "customer", "lost")
MAX_SEARCH = 200  # characters


@blueprint.get("/leads")
def leads_list() -> Any:
    site = seat().site
    wanted = _wanted()
    with parts().db.read() as conn:
        try:
            found = leads_search.page(conn, site.id, wanted, cursor=request.args.get("after", ""))
        except keyset.CursorError:
            abort(400)
        total = leads_search.count(conn, site.id, wanted)
        forms = form_rows.of_site(conn, site.id)
        segments = rulebooks.in_force(conn, site.id).segments
    asked = {name: value for name, value in request.args.items() if name not in {"after", "site"} and value}
    return page(
        "leads.html",
        found=found,
        total=total,
        wanted=wanted,
        forms=forms,
        cells=CELLS,
        stages=STAGES,
        segments=segments,
        asked=asked,
        older=address("leads_list", {**asked, "after": found.cursor}) if found.cursor else None,
        newer=address("leads_list", asked) if request.args.get("after") else None,
    )


def _wanted() -> Filter:
    """What the address asks for; a value that is none of ours filters nothing."""
    given = request.args
    sort: Sort = next((one for one in get_args(Sort) if one == given.get("sort")), "recent")
    return Filter(
        text=given.get("q", "")[:MAX_SEARCH],
        cells=tuple(cell for cell in given.getlist("cell") if cell in CELLS),
        stages=tuple(stage for stage in given.getlist("stage") if stage in STAGES),
        form_id=given.get("form", ""),
        segment=given.get("segment", "")[:MAX_SEARCH],
        test=given.get("test") == "1",
        sort=sort,
    )
