"""Held and rejected submissions: why, and what staff make of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, session, url_for

from gateway import deciding
from gateway.store import keyset, submissions_search, users, whose
from gateway.web.console import labels
from gateway.web.console.access import adopt, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import failed, lang, page, safe_next, t

TABS = ("held", "rejected", "stuck", "accepted")


@blueprint.get("/review")
def review() -> Any:
    site = seat().site
    status = request.args.get("status", "held")
    if status not in TABS:
        abort(404)
    with parts().db.read() as conn:
        try:
            found = submissions_search.page(conn, site.id, [status], cursor=request.args.get("after", ""))
        except keyset.CursorError:
            abort(400)
        deciders = users.names(conn, {line.decided_by for line in found.lines if line.decided_by})
        counts = submissions_search.counts(conn, site.id)
        named = labels.of_site(conn, site.id, lang())
        oldest = submissions_search.oldest(conn, site.id, "held")
    return page(
        "review.html",
        found=found,
        status=status,
        tabs=TABS,
        counts=counts,
        oldest=oldest,
        deciders=deciders,
        labelled=partial(labels.labelled, named),
        decided=session.pop("decided", None),
        older=url_for("console.review", status=status, after=found.cursor) if found.cursor else None,
        newer=url_for("console.review", status=status) if request.args.get("after") else None,
    )


@blueprint.post("/review/<submission_id>/release")
def review_release(submission_id: str) -> Any:
    return _decide(submission_id, "released")


@blueprint.post("/review/<submission_id>/reject")
def review_reject(submission_id: str) -> Any:
    return _decide(submission_id, "rejected")


@blueprint.post("/review/<submission_id>/undo")
def review_undo(submission_id: str) -> Any:
    """A rejection is taken back: the submission waits again. A release has gone on to the lead and stays."""
    return _decide(submission_id, "held")


@blueprint.post("/review/<submission_id>/again")
def review_again(submission_id: str) -> Any:
    """What a fault of ours parked goes through the pipeline anew."""
    return _decide(submission_id, "again")


# What staff may decide; the words of each are `review_<decision>`.
DECISIONS = {
    "released": deciding.release,
    "rejected": deciding.reject,
    "held": deciding.hold_again,
    "again": deciding.try_again,
}


def _decide(submission_id: str, decision: str) -> Any:
    here = seat()
    with parts().db.read() as conn:
        owner = whose.site_of_submission(conn, submission_id)
    if owner is None:
        abort(404)
    adopt(owner)
    try:
        DECISIONS[decision](parts(), here.site.id, submission_id, here.user.id)
    except LookupError:
        abort(404)
    except deciding.NotWaitingError:
        return failed("review_decided_already", "review")
    flash(t(f"review_{decision}"), "success")
    if decision == "rejected":
        session["decided"] = submission_id  # the next page offers to take it back
    return redirect(safe_next(request.form.get("next"), url_for("console.review")), 303)
