"""Two leads side by side: what they share, and what one person of them would be. Merging, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import abort, redirect, request, url_for
from sqlalchemy import Connection

from forms.phones import e164
from forms.problems import Invalid
from gateway import merging
from gateway.duplicates import Sayer, two_people
from gateway.merging import MergeError
from gateway.records import Fact, Lead
from gateway.store import duplicates, leads, persons, users
from gateway.web.console import labels, weighed
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, failed, lang, page, safe_next
from verification.addresses import canonical_email

MAX_NAMED = 320  # characters: an address
HOME = "IR"  # of numbers that are written without a country, as in forms that name none


@dataclass(frozen=True)
class Row:
    """One field of both, and what would stand after the merge."""

    field: str
    left: Fact | None
    right: Fact | None
    after: Fact

    @property
    def agrees(self) -> bool:
        return self.left is not None and self.right is not None and self.left.value == self.right.value


@blueprint.get("/leads/<lead_id>/compare")
def lead_compare(lead_id: str) -> Any:
    """`with`: the other's id, e-mail or phone; `back`: the page of the queue that it was opened from, to go on
    there. The older of the two stands on the first side. What was typed leads on to the id, so that no address stays
    in the browser's line or in links back."""
    site, asked = seat().site, request.args.get("with", "")
    with parts().db.read() as conn:
        one = leads.get(conn, site.id, lead_id)
        if one is None:
            abort(404)
        other = named(conn, site.id, asked)
        try:
            merging.check(one, other)
        except MergeError as refused:
            return failed(f"merge_{refused.code}", "lead", lead_id=one.id)
        assert other is not None
        if asked != other.id:
            both: dict[str, Any] = {"lead_id": one.id, "with": other.id, "back": request.args.get("back")}
            return redirect(url_for("console.lead_compare", **both), 303)
        left, right = sorted((one, other), key=lambda lead: (lead.created_at, lead.id))
        words = labels.of_site(conn, site.id, lang())
        shared = persons.related(conn, site.id, left.id) | persons.related(conn, site.id, right.id)
        said = _said(conn, left, right)
    return page(
        "compare.html",
        left=left,
        right=right,
        rows=rows(left, right),
        shared={shared.get(left.id), shared.get(right.id)} - {None},
        labelled=partial(labels.labelled, words),
        came_from=one.id,
        queue=safe_next(request.args.get("back"), ""),
        **said,
    )


def _said(conn: Connection, left: Lead, right: Lead) -> dict[str, Any]:
    """What the matcher says of them: the pair of their records that says most, else weighed on the spot."""
    site_id = left.site_id
    pair = weighed.likeliest(duplicates.between(conn, _records(left), _records(right)))
    found = pair or weighed.weigh(conn, site_id, (left.id, right.id), parts().clock())
    by = {pair.answered_by} if pair and pair.answered_by else set()
    return {
        "pair": pair,
        "reading": weighed.read(conn, site_id, found) if found else None,
        "deciders": users.names(conn, by),
    }


def _records(lead: Lead) -> list[str]:
    return [lead.id, *lead.earlier_ids]


def rows(left: Lead, right: Lead) -> list[Row]:
    """By field, in the order in which the older one's are known."""
    after = leads.in_force([*left.facts.values(), *right.facts.values()])
    return [Row(name, left.facts.get(name), right.facts.get(name), fact) for name, fact in after.items()]


@blueprint.post("/leads/<lead_id>/merge")
def lead_merge(lead_id: str) -> Any:
    here, now = seat(), parts().clock()
    other = request.form.get("with", "")[:MAX_NAMED]
    try:
        with parts().db.write() as conn:
            merging.merge(conn, here.site.id, (lead_id, other), by=here.user.id, now=now)
            survivor = persons.survivors(conn, [lead_id])[lead_id]
    except MergeError as refused:
        if refused.code == "unknown":
            abort(404)
        return failed(f"merge_{refused.code}", "lead", lead_id=lead_id)
    return done("merge_done", "lead", lead_id=survivor)


@blueprint.post("/leads/<lead_id>/apart")
def lead_apart(lead_id: str) -> Any:
    """They are two people, whatever else is found of them later."""
    here, now = seat(), parts().clock()
    other = request.form.get("with", "")[:MAX_NAMED]
    with parts().db.read() as conn:
        found = weighed.weigh(conn, here.site.id, (lead_id, other), now)
    if found is None:
        abort(404)
    try:
        with parts().db.write() as conn:
            two_people(conn, (lead_id, other), found, Sayer(here.site.id, here.user.id, now))
    except MergeError as refused:
        return failed(f"merge_{refused.code}", "lead", lead_id=lead_id)
    return done("apart_done", "lead", lead_id=lead_id)


@blueprint.post("/merges/<merge_id>/undo")
def merge_undo(merge_id: str) -> Any:
    here, now = seat(), parts().clock()
    try:
        with parts().db.write() as conn:
            one, _ = merging.undo(conn, here.site.id, merge_id, by=here.user.id, now=now)
    except LookupError:
        abort(404)
    return done("merge_undone", "lead", lead_id=one)


def named(conn: Connection, site_id: str, text: str) -> Lead | None:
    """The one lead that this names; none where nobody or more than one is."""
    found = leads.find(conn, site_id, _as_kept(text.strip()[:MAX_NAMED]))
    ids = set(persons.survivors(conn, found).values())
    return leads.get(conn, site_id, ids.pop()) if len(ids) == 1 else None


def _as_kept(name: str) -> str:
    """An address or a number as leads are found by it; an id as it is."""
    if "@" in name:
        return canonical_email(name)
    try:
        return e164(name, HOME)
    except Invalid:
        return name
