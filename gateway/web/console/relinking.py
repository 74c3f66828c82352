"""A form that came to the wrong lead: staff give it to another one, or take that back."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from gateway import relinking
from gateway.merging import MergeError
from gateway.relinking import Mover, RelinkError
from gateway.store import leads, submissions
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.merging import named
from gateway.web.console.pages import done, failed


@blueprint.post("/submissions/<submission_id>/relink")
def submission_relink(submission_id: str) -> Any:
    """`with`: the id, e-mail or phone of the lead that it belongs to; nothing: a lead of its own."""
    site, asked = seat().site, request.form.get("with", "")
    with parts().db.read() as conn:
        form = submissions.get(conn, site.id, submission_id)
        target = named(conn, site.id, asked) if asked.strip() else None
    if form is None or form.lead_id is None:
        abort(404)
    if asked.strip() and target is None:
        return failed("merge_unknown", "lead", lead_id=form.lead_id)
    try:
        with parts().db.write() as conn:
            relinking.relink(conn, submission_id, target.id if target else None, _mover())
            moved = submissions.get(conn, site.id, submission_id)
            lead = leads.get(conn, site.id, moved.lead_id) if moved and moved.lead_id else None
    except RelinkError as refused:
        return failed(f"relink_{refused.code}", "lead", lead_id=form.lead_id)
    except MergeError as refused:
        return failed(f"merge_{refused.code}", "lead", lead_id=form.lead_id)
    assert lead is not None
    return done("relink_done", "lead", lead_id=lead.id)


@blueprint.post("/relinks/<relink_id>/undo")
def relink_undo(relink_id: str) -> Any:
    site = seat().site
    try:
        with parts().db.write() as conn:
            back = relinking.undo(conn, relink_id, _mover())
            lead = leads.get(conn, site.id, back)
    except LookupError:
        abort(404)
    except RelinkError as refused:
        return failed(f"relink_{refused.code}", "leads_list")
    assert lead is not None
    return done("relink_undone", "lead", lead_id=lead.id)


def _mover() -> Mover:
    return Mover(seat().site.id, seat().user.id, parts().clock())
