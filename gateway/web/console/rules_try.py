"""The draft of the rules, tried on the leads of the last days before anybody publishes it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import request

from gateway.scoring.model import GRADES, STAGES, UNGRADED, Rulebook
from gateway.scoring.rulebook import RulebookError, from_toml
from gateway.store import destinations, leads_search, rulebooks
from gateway.trying import Trial, try_out
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page
from gateway.web.console.trials import Later, tried
from gateway.words import known_keys, say

DAYS = (7, 30, 90)
LOOKED_AT = 2000  # leads, while somebody waits for the page; `sarnakh rules try` looks at all
SECONDS = 3
LISTED = 50  # of the leads that change
MOVES = 12  # from which cell to which, the most frequent
CELLS = tuple(f"{grade}{interest}" for grade in (*GRADES, UNGRADED) for interest in range(1, 5))

Row = tuple[Any, int, int]  # what; how many now, and by the draft


@blueprint.get("/rules/try")
def rules_try() -> Any:
    days = next((days for days in DAYS if str(days) == request.args.get("days")), 30)
    with parts().db.read() as conn:
        draft = rulebooks.draft(conn, seat().site.id)
    try:
        rulebook = from_toml(draft.content) if draft else None
    except RulebookError:
        rulebook = None
    found = tried_out(rulebook, days) if rulebook else {}
    status = 429 if "later" in found else 200
    command = f"sarnakh rules try --days {days} --site {seat().site.key}"
    shown = {"draft": draft, "days": days, "periods": DAYS, "tried": None, "command": command}
    return page("rules_try.html", status, **{**shown, "w": _words, "r": _rules_words, **found})


def tried_out(rulebook: Rulebook, days: int) -> Mapping[str, Any]:
    """What `rules_tried.html` shows: these rules on the leads of the last days, for as long as a page may take. `later`
    alone where too much was tried lately."""
    found = tried(lambda: _trial(rulebook, days))
    return {"later": found} if isinstance(found, Later) else _shown(found, rulebook)


def _trial(rulebook: Rulebook, days: int) -> Trial:
    now, end = parts().clock(), time.monotonic() + SECONDS
    return try_out(
        parts().db,
        seat().site.id,
        rulebook,
        since=now - timedelta(days=days),
        now=now,
        enough=lambda looked_at: looked_at >= LOOKED_AT or time.monotonic() > end,
    )


def _shown(tried: Trial, rulebook: Rulebook) -> Mapping[str, Any]:
    site_id, changes = seat().site.id, tried.largest
    with parts().db.read() as conn:
        lines = leads_search.of_ids(conn, site_id, [one.lead_id for one in changes[:LISTED]])
        places = destinations.of_site(conn, site_id)
        segments = {one.key: one for one in (*rulebooks.in_force(conn, site_id).segments, *rulebook.segments)}
    return {
        "tried": tried,
        "cells": _rows(CELLS, tried.cells),
        "stages": _rows((*STAGES, None), tried.stages),
        "moves": _moves(tried),
        "sent": [(one.name, tried.more[one.id], tried.fewer[one.id]) for one in places if _differs(tried, one.id)],
        "places": {one.id: one.name for one in places},
        "segments": [one for key, one in segments.items() if tried.joined[key] or tried.left[key]],
        "changes": changes[:LISTED],
        "more": len(changes) > LISTED,
        "lines": {line.id: line for line in lines},
        "most": LOOKED_AT,
        "seconds": SECONDS,
    }


def _differs(tried: Trial, destination_id: str) -> bool:
    return bool(tried.more[destination_id] or tried.fewer[destination_id])


def _rows(order: Sequence[Hashable], moves: Mapping[tuple[Any, Any], int]) -> list[Row]:
    """Those in which anybody stands, now or by the draft."""
    now, then = Counter[Hashable](), Counter[Hashable]()
    for (before, after), number in moves.items():
        now[before] += number
        then[after] += number
    return [(one, now[one], then[one]) for one in order if now[one] or then[one]]


def _moves(tried: Trial) -> list[tuple[tuple[str, str], int]]:
    changed = {pair: number for pair, number in tried.cells.items() if pair[0] != pair[1]}
    return Counter(changed).most_common(MOVES)


def _words(code: str, **params: Any) -> str:
    """This page's own words; those for one thing where `count` is 1."""
    alone = f"trying.{code}_one"
    return say(
        lang(), alone if params.get("count") == 1 and alone in known_keys("trying") else f"trying.{code}", **params
    )


def _rules_words(code: str, **params: Any) -> str:
    """Those of the tabs that it shares with the page of the rules."""
    return say(lang(), f"rules.{code}", **params)
