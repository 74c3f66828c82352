"""The queue of leads that may be one person: each pair with what agrees, decided by one key, and taken back by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, session, url_for
from sqlalchemy import Connection

from gateway.doorbell import DELIVERY
from gateway.duplicates import SAYINGS, Said, Sayer, Saying, say_all
from gateway.store import duplicates_search, keyset, leads, users
from gateway.store.duplicates import Duplicate
from gateway.store.duplicates_search import TABS, Tab
from gateway.web.console import labels, weighed
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import PAGE, address, lang, page, safe_next, t
from gateway.web.console.undoing import said_at
from gateway.web.console.weighed import Reading
from gateway.web.console.wording import lead_facts, lead_name

AT_ONCE = 100  # pairs that one press decides: each merge takes some 20 ms
SAID = tuple(f"duplicate_{saying}" for saying in ("merge", "apart", "later"))  # in the audit: what an undo takes back


@dataclass(frozen=True)
class Card:
    pair: Duplicate
    reading: Reading
    names: tuple[str, str]  # of the persons that they are now


@blueprint.get("/duplicates")
def duplicates() -> Any:
    """`status`: the tab."""
    site = seat().site
    tab = next((one for one in TABS if one == request.args.get("status", "possible")), None)
    if tab is None:
        abort(404)
    with parts().db.read() as conn:
        try:
            found = duplicates_search.page(conn, site.id, tab, cursor=request.args.get("after", ""), limit=PAGE)
        except keyset.CursorError:
            abort(400)
        shown = {
            "cards": [card for pair in found.pairs if (card := _card(conn, site.id, pair))],
            "counts": duplicates_search.counts(conn, site.id),
            "deciders": users.names(conn, {pair.answered_by for pair in found.pairs if pair.answered_by}),
            "labelled": partial(labels.labelled, labels.of_site(conn, site.id, lang())),
        }
    return page(
        "duplicates.html",
        tab=tab,
        tabs=TABS,
        decided=session.pop("said_of_duplicates", None),
        older=_address(tab, found.cursor) if found.cursor else None,
        newer=_address(tab) if request.args.get("after") else None,
        here=_address(tab, request.args.get("after", "")),
        select_all=_address(tab, request.args.get("after", ""), all="1"),
        all_on=request.args.get("all") == "1",
        most=duplicates_search.MOST_COUNTED,
        **shown,
    )


@blueprint.post("/duplicates/decide")
def duplicates_decide() -> Any:
    """`decide`: what is said, followed by the ids that it is said of; without ids, of those that are ticked (`id`)."""
    what, _, rest = request.form.get("decide", "").partition(" ")
    saying: Saying | None = next((one for one in SAYINGS if one == what), None)
    if saying is None:
        abort(400)
    ids = rest.split() or request.form.getlist("id")
    if saying == "merge" and len(ids) > 1:  # each pair wants a look: what they share may be what anybody typed (rule 9)
        abort(400)
    if saying == "undo" and not ids:
        ids = said_at(request.form.get("at", ""), SAID)
    _tell(saying, say(saying, ids[:AT_ONCE]))
    return redirect(safe_next(request.form.get("next"), url_for("console.duplicates")), 303)


def say(saying: Saying, ids: Sequence[str]) -> Said:
    """What the signed-in user says of these pairs."""
    here, now = seat(), parts().clock()
    said = say_all(parts().db, saying, ids, Sayer(here.site.id, here.user.id, now))
    if said.done:
        parts().doorbell.ring(DELIVERY)
        if saying != "undo":
            session["said_of_duplicates"] = {"at": now.isoformat(), "saying": saying, "count": len(said.done)}
    return said


def _tell(saying: Saying, said: Said) -> None:
    if saying == "undo" and said.done:  # the others say so where they offer the undo
        flash(t("duplicates_undo", count=len(said.done)), "success")
    if said == Said():
        flash(t("review_none_chosen"), "danger")
    for code, found in (
        ("elsewhere", said.elsewhere),
        ("refused", said.refused),
        ("unknown", said.unknown),
    ):
        if found:
            flash(t(f"duplicates_{code}", count=len(found)), "danger")


def _card(conn: Connection, site_id: str, pair: Duplicate) -> Card | None:
    reading = weighed.read(conn, site_id, pair)
    if reading is None:
        return None
    one, other = (_name(conn, site_id, lead_id) for lead_id in (pair.older, pair.younger))
    return Card(pair, reading, (one, other))


def _name(conn: Connection, site_id: str, lead_id: str) -> str:
    person = leads.get(conn, site_id, lead_id)
    return lead_name(lead_facts(person)) if person else ""


def _address(tab: Tab, after: str = "", **more: str) -> str:
    named = {"status": "" if tab == "possible" else tab, "after": after, **more}
    return address("duplicates", {name: value for name, value in named.items() if value})
