"""The review queue: held submissions with their reasons first, alike ones together, decided one by one or at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, session, url_for

from gateway import alike, deciding
from gateway.alike import Group
from gateway.deciding import UNDO_WITHIN, Decided, Deciding, Decision
from gateway.records import SubmissionStatus
from gateway.store import confirmations, keyset, review_queue, samples, submissions_search, users
from gateway.store import forms as form_rows
from gateway.store.review_queue import Filters, Turn
from gateway.store.submissions_search import SubmissionLine
from gateway.web.console import labels
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import PAGE, address, lang, page, safe_next, t
from gateway.web.console.undoing import said_at

# Tab (the address's `status`) → whose turn; the others are lists by status.
TURNS: Mapping[str, Turn] = {"held": "you", "visitor": "visitor", "lapsed": "lapsed"}
TABS = ("held", "visitor", "lapsed", "rejected", "stuck", "accepted")
SEEN: tuple[SubmissionStatus, ...] = ("held", "rejected", "stuck", "accepted")  # where a page's submissions stood
SHOWN = 20  # of a group, in its list
AT_ONCE = 200  # of a group that one button decides: what comes after is shown next
UNDONE = ("submission_accept", "submission_reject")  # in the audit: what an undo takes back


@dataclass(frozen=True)
class Card:
    """One submission, or several that are alike and are decided together."""

    by: str  # what they share; empty for one alone
    count: int
    ids: Sequence[str]  # those that its buttons decide
    head: SubmissionLine
    others: Sequence[SubmissionLine] = ()


@dataclass(frozen=True)
class Listed:
    """What one page of a tab shows."""

    cards: Sequence[Card]
    cursor: str | None
    reasons: Mapping[str, int]  # check → how many of the tab it speaks against, for the filter
    cut: bool = False  # there are more than are put together at once


@blueprint.get("/review")
def review() -> Any:
    site = seat().site
    status = request.args.get("status", "held")
    if status not in TABS:
        abort(404)
    now = parts().clock()
    filters = _filters()
    with parts().db.read() as conn:
        try:
            listed = _queue(conn, TURNS[status], filters, now) if status in TURNS else _list(conn, status)
        except keyset.CursorError:
            abort(400)
        lines = [line for card in listed.cards for line in (card.head, *card.others)]
        counts: dict[str, int] = submissions_search.counts(conn, site.id)
        turns = review_queue.counts(conn, site.id, now)
        counts |= {tab: turns[turn] for tab, turn in TURNS.items()}
        shown = {
            "deciders": users.names(conn, {line.decided_by for line in lines if line.decided_by}),
            "asked": confirmations.states(conn, [line.id for line in lines]) if lines else {},
            "labelled": partial(labels.labelled, labels.of_site(conn, site.id, lang())),
            "forms": [row.key for row in form_rows.of_site(conn, site.id)],
            "sampled": samples.open_of_latest(conn, site.id),
            "oldest": review_queue.oldest(conn, site.id, now),
        }
    return page(
        "review.html",
        listed=listed,
        status=status,
        tabs=[tab for tab in TABS if tab in ("held", "rejected", "accepted") or counts.get(tab) or tab == status],
        counts=counts,
        filters=filters,
        reason=request.args.get("reason", ""),
        all_on=request.args.get("all") == "1",
        now=now,
        decided=_offer(now),
        older=_address(after=listed.cursor) if listed.cursor else None,
        newer=_address() if request.args.get("after") else None,
        seen="held" if status in TURNS else status,
        here=_address(after=request.args.get("after", "")),
        select_all=_address(after=request.args.get("after", ""), all="1"),
        **shown,
    )


@blueprint.post("/review/decide")
def review_decide() -> Any:
    """`decide`: what to do, followed by the ids that it is done to; without ids, to those that are ticked (`id`)."""
    what, _, rest = request.form.get("decide", "").partition(" ")
    decision: Decision | None = next((one for one in deciding.DECISIONS if one == what), None)
    if decision is None:
        abort(400)
    named = rest.split()
    ids = named or [one for value in request.form.getlist("id") for one in value.split()]
    if decision == "undo" and not ids:
        ids = said_at(request.form.get("at", ""), UNDONE)
    seen = next((one for one in SEEN if one == request.form.get("seen")), None)
    _decide(decision, ids, seen)
    return redirect(safe_next(request.form.get("next"), url_for("console.review")), 303)


def decide(decision: Decision, ids: Sequence[str], seen: SubmissionStatus | None) -> Decided:
    """What staff decide here of what they saw standing so; a release waits for its undo."""
    now, here = parts().clock(), seat()
    wait = UNDO_WITHIN if decision == "release" else deciding.NO_WAIT
    decided = deciding.decide_all(parts(), decision, ids, Deciding(here.site.id, here.user.id, now, wait, seen))
    if decided.done and decision in {"release", "reject"}:
        session["decided"] = [now.isoformat(), decision, len(decided.done)]
    return decided


def _decide(decision: Decision, ids: Sequence[str], seen: SubmissionStatus | None) -> None:
    if not ids:
        flash(t("review_none_chosen"), "danger")
        return
    decided = decide(decision, ids, seen)
    if decided.done and decision not in {"release", "reject"}:  # those say so where they offer the undo
        flash(t(f"review_{decision}", count=len(decided.done)), "success")
    for code, found in (("elsewhere", decided.elsewhere), ("gone_on", decided.gone_on), ("unknown", decided.unknown)):
        if found:
            flash(t(f"review_{code}", count=len(found), seconds=int(UNDO_WITHIN.total_seconds())), "danger")


def _offer(now: datetime) -> dict[str, Any] | None:
    """What was just decided and may be taken back, once."""
    at, decision, count = session.pop("decided", None) or (None, None, 0)
    if at is None:
        return None
    left = (datetime.fromisoformat(at) + UNDO_WITHIN - now).total_seconds()
    return {"at": at, "decision": decision, "count": count, "left": max(int(left), 0)}


def _filters() -> Filters:
    asked = request.args
    return Filters(asked.get("form", "")[:60], asked.get("contact") == "1", asked.get("sort") == "oldest")


def _queue(conn: Any, turn: Turn, filters: Filters, now: datetime) -> Listed:
    site_id, reason = seat().site.id, request.args.get("reason", "")
    rows = review_queue.rows(conn, site_id, turn, filters, now)
    reasons = _reasons(rows)
    chosen = [row for row in rows if not reason or reason in row.checks]
    groups = alike.by_network(chosen) if turn == "lapsed" else alike.grouped(chosen)
    shown, cursor = _page_of(groups, filters.oldest_first)
    wanted = [row.id for group in shown for row in group.rows[: SHOWN + 1]]
    lines = submissions_search.lines(conn, site_id, wanted)
    return Listed([_card(group, lines) for group in shown], cursor, reasons, len(rows) == review_queue.LOOKED_AT)


def _page_of(groups: Sequence[Group], oldest_first: bool) -> tuple[Sequence[Group], str | None]:
    """The groups behind the cursor: while some are decided and others come, a page later stays a page later."""
    cursor = request.args.get("after", "")
    if cursor:
        place = tuple(keyset.decode(cursor, (datetime, str)))
        heads = [(group, (group.head.received_at, group.head.id)) for group in groups]
        groups = [group for group, head in heads if (head > place if oldest_first else head < place)]
    last = groups[PAGE - 1].head if len(groups) > PAGE else None
    return groups[:PAGE], keyset.encode([last.received_at, last.id]) if last else None


def _card(group: Group, lines: Mapping[str, SubmissionLine]) -> Card:
    others = [lines[row.id] for row in group.rows[1 : SHOWN + 1]]
    return Card(group.by, len(group.rows), [row.id for row in group.rows[:AT_ONCE]], lines[group.head.id], others)


def _list(conn: Any, status: str) -> Listed:
    found = submissions_search.page(conn, seat().site.id, [status], cursor=request.args.get("after", ""))
    return Listed([Card("", 1, [line.id], line) for line in found.lines], found.cursor, {})


def _reasons(rows: Sequence[review_queue.Row]) -> dict[str, int]:
    """The most frequent first."""
    counted: dict[str, int] = {}
    for row in rows:
        for check in row.checks:
            counted[check] = counted.get(check, 0) + 1
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _address(**more: str | None) -> str:
    """This tab with its filters, and what is said beside them."""
    kept = {name: request.args.get(name) for name in ("status", "form", "reason", "contact", "sort")}
    return address("review", {name: value for name, value in {**kept, **more}.items() if value})
