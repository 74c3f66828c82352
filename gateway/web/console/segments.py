"""Segments: which there are, whom they mean in words, and how many leads belong to each now."""

from __future__ import annotations

from functools import partial
from typing import Any

from gateway.scoring.model import When
from gateway.scoring.wording import say_condition
from gateway.store import rulebooks
from gateway.store import segments as store
from gateway.web.console import labels
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page
from gateway.web.console.wording import Wording


@blueprint.get("/segments")
def segments_list() -> Any:
    site = seat().site
    with parts().db.read() as conn:
        found = rulebooks.in_force(conn, site.id).segments
        counts = store.counts(conn, site.id)
        words = labels.of_site(conn, site.id, lang())
    labelled = partial(labels.labelled, words)
    field = partial(Wording(lang()).field_words, labelled=labelled)

    def condition_words(one: When) -> str:
        return say_condition(lang(), one, field=field, value=labelled)

    return page("segments.html", segments=found, counts=counts, condition_words=condition_words)
