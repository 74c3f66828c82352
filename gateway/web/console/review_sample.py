"""The weekly sample of the rejected: were these right? One press each; the answer teaches, and counts."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import abort, request

from gateway import deciding
from gateway.store import samples, submissions_search, users
from gateway.web.console import labels
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, failed, lang, page
from gateway.web.console.review import decide


@blueprint.get("/review/sample")
def review_sample() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        drawn = samples.latest(conn, site.id)
        lines = submissions_search.lines(conn, site.id, [one.submission_id for one in drawn])
        rows = [(one, lines[one.submission_id]) for one in drawn if one.submission_id in lines]
        rows = [(one, line) for one, line in rows if line.status != "erased"]
        named = labels.of_site(conn, site.id, lang())
        deciders = users.names(conn, {line.decided_by for line in lines.values() if line.decided_by})
        figures = samples.figures(conn, site.id)
    left = sum(one.answer is None and line.status == "rejected" for one, line in rows)
    labelled = partial(labels.labelled, named)
    return page(
        "review_sample.html",
        rows=rows,
        left=left,
        figures=figures,
        labelled=labelled,
        deciders=deciders,
        asked={},
        now=parts().clock(),
    )


@blueprint.post("/review/sample")
def review_sample_answer() -> Any:
    """`answer`: right, or wrong and what is to become of it: hold or release."""
    said, submission_id = request.form.get("answer"), request.form.get("id", "")
    if said not in {"right", "hold", "release"}:
        abort(400)
    now, here = parts().clock(), seat()
    given: samples.Answer = "right" if said == "right" else "wrong"
    with parts().db.write() as conn:
        if not samples.answer(conn, here.site.id, submission_id, given, user_id=here.user.id, now=now):
            abort(404)
        if said == "right":
            deciding.rightly_rejected(conn, here.site.id, submission_id, now)
    if said == "right":
        return done("sample_thanks", "review_sample")
    outcome = decide("hold" if said == "hold" else "release", [submission_id], "rejected")
    if not outcome.done:
        return failed("review_elsewhere", "review_sample", count=1)
    return done(f"sample_{said}_done", "review_sample")
