"""The list of leads: search, filters, order. All of it stands in the address, so the way back keeps its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from flask import Response, abort, request

from gateway import exporting
from gateway.store import audit, keyset, leads_search, rulebooks
from gateway.store import forms as form_rows
from gateway.store.db import Database
from gateway.store.leads_search import Filter, Sort
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, page
from gateway.web.limits import limiter

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
    given = {name: [value for value in values if value] for name, values in request.args.lists()}
    asked = {name: values for name, values in given.items() if name not in {"after", "site"} and values}
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
        file=address("leads_file", asked) if total else None,
    )


@blueprint.get("/leads.csv")
@limiter.limit("60/hour")
def leads_file() -> Response:
    """All that the list shows, a page of the file at a time, so that no number of leads is too large. Who took whom
    along is written down, without what was searched for, which may be somebody's name."""
    here, wanted, db, now = seat(), _wanted(), parts().db, parts().clock()
    ids = exporting.ids(db, here.site.id, wanted)
    with db.write() as conn:
        taken = {"user_id": here.user.id, "leads": len(ids), **_asked_for(wanted, found=bool(ids))}
        audit.add(conn, here.site.id, now, "leads_exported", here.site.id, **taken)
    name = f"{here.site.key}-leads-{now:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_lines(db, here.site.id, ids), mimetype="text/csv", headers=headers)


def _asked_for(wanted: Filter, *, found: bool) -> dict[str, Any]:
    """The filter as the audit keeps it: a form and a segment where they found somebody, since an address may hold
    anything in their places."""
    given: dict[str, Any] = {"cells": wanted.cells, "stages": wanted.stages}
    given |= {"form": wanted.form_id, "segment": wanted.segment} if found else {}
    searched = {"searched": True} if wanted.text else {}
    return {name: value for name, value in given.items() if value} | searched


def _lines(db: Database, site_id: str, ids: Sequence[str]) -> Iterator[str]:
    yield "\ufeff" + exporting.header()  # the mark: spreadsheets then read UTF-8
    yield from map(exporting.csv_lines, exporting.pages(db, site_id, ids))


def _wanted() -> Filter:
    """What the address asks for; a value that is none of ours filters nothing."""
    given = request.args
    sort: Sort = next((one for one in get_args(Sort) if one == given.get("sort")), "recent")
    return Filter(
        text=given.get("q", "")[:MAX_SEARCH],
        cells=tuple(cell for cell in given.getlist("cell") if cell in CELLS),
        stages=tuple(stage for stage in given.getlist("stage") if stage in STAGES),
        form_id=given.get("form", "")[:MAX_SEARCH],
        segment=given.get("segment", "")[:MAX_SEARCH],
        test=given.get("test") == "1",
        sort=sort,
    )
