"""A form that came to the wrong lead: given to another one, and back again.

What it brought moves to a record of its own, and that record is merged with the lead it belongs to, which moves nothing
of that lead's. So taking it back is exact for that one by itself (gateway/merging.py); for the lead that it is taken
from, what stood before is kept as states of its facts. The record of its own stays for ever, as each public id does:
after undoing it leads to the lead that the form went back to, with whatever came to it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from gateway import linking, merging, standing
from gateway.merging import MergeError
from gateway.records import Fact, Submission
from gateway.scoring.events import events_of
from gateway.store import (
    arrivals,
    audit,
    counted,
    duplicates,
    forms,
    leads,
    persons,
    relinks,
    submissions,
    unweighed,
)
from gateway.store.duplicates import Weighed
from gateway.store.relinks import Relink

Row = tuple[int, str, str, str]  # of a fact: id, field, state, origin


class RelinkError(Exception):
    """Why not, as a code for the catalogue: none (it has no lead), alone (the lead has nothing but this form), same,
    merged (its record was merged with others since)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Mover:
    """Who moves it, at which site, and when."""

    site_id: str
    user_id: str | None
    now: datetime


def relink(conn: Connection, submission_id: str, target: str | None, mover: Mover) -> str:
    """Give a form to another lead; none: to one of its own. Returns the relink's id, which undoes it. Raises
    LookupError for a form that is not of this site, RelinkError, MergeError."""
    site_id, now = mover.site_id, mover.now
    persons.lock(conn, site_id)
    submission = submissions.get(conn, site_id, submission_id)
    if submission is None:
        raise LookupError(f"no submission {submission_id}")
    link = leads.link_of_submission(conn, submission_id)
    if link is None or submission.lead_id != link.lead_id:
        raise RelinkError("none")
    source = link.lead_id
    _check(conn, submission, source, target)
    counted.hold(conn, source, *([target] if target else []))
    own = leads.create(conn, site_id, now, test=submission.test)
    kept = _move(conn, submission, (source, own), mover)
    relinks.end_link(conn, submission_id, source, now)
    leads.add_link(conn, site_id, replace(link, lead_id=own, basis="staff", at=now))
    _keep_apart(conn, (source, own), mover)
    merge_id = merging.merge(conn, site_id, (own, target), by=mover.user_id, now=now) if target else None
    found = Relink(relinks.begin(now), submission_id, source, own, merge_id, kept, now, mover.user_id, None)
    relinks.add(conn, site_id, found)
    _settle(conn, (source, own), mover)
    audit.add(conn, site_id, now, "submission_relinked", submission_id, user_id=mover.user_id, lead=own)
    return found.id


def undo(conn: Connection, relink_id: str, mover: Mover) -> str:
    """Put it back. Returns the lead that the form is of again. Raises LookupError: no such one, or it was undone;
    RelinkError."""
    site_id, now = mover.site_id, mover.now
    persons.lock(conn, site_id)
    found = relinks.get(conn, site_id, relink_id)
    submission = submissions.get(conn, site_id, found.submission_id) if found else None
    if found is None or submission is None or found.undone_at is not None or submission.lead_id != found.to_lead:
        raise LookupError(f"no relink {relink_id} to undo")
    ends = (found.from_lead, found.to_lead)
    counted.hold(conn, *ends)
    _part(conn, found, mover)
    _put_back(conn, submission, found, mover)
    for pair in duplicates.between(conn, *(persons.connected(conn, end) for end in ends)):
        duplicates.answer(conn, pair.id, None, by=None, now=now)
    merging.merge(conn, site_id, ends, by=mover.user_id, now=now)
    relinks.undo(conn, relink_id, by=mover.user_id, now=now)
    _settle(conn, ends, mover)
    audit.add(conn, site_id, now, "submission_relink_undone", submission.id, user_id=mover.user_id, lead=ends[0])
    return ends[0]


def _check(conn: Connection, submission: Submission, source: str, target: str | None) -> None:
    others = [one for one in _linked(conn, submission.site_id, source) if one.id != submission.id]
    if not others and not any(origin != submission.id for *_, origin in relinks.states(conn, source)):
        raise RelinkError("alone")  # the lead is nobody but who sent this form: merging says the same
    if target is not None:
        one, other = (leads.get(conn, submission.site_id, lead_id) for lead_id in (source, target))
        try:
            merging.check(one, other)
        except MergeError as refused:
            raise RelinkError("same") if refused.code == "same" else refused from refused


def _move(conn: Connection, submission: Submission, ends: tuple[str, str], mover: Mover) -> dict[str, Any]:
    """Returns what it takes to put all back."""
    source, own = ends
    form = forms.version(conn, submission.form_id, submission.form_version)
    before = relinks.states(conn, source)
    person = leads.get(conn, mover.site_id, source)
    flags = leads.alone(conn, mover.site_id, source)
    assert person is not None and flags is not None
    relinks.move(conn, submission.id, ends, _events(conn, submission, source))
    wanted = left_alone([row for row in before if row[3] != submission.id])
    wanted |= left_alone([row for row in before if row[3] == submission.id])
    relinks.set_states(conn, wanted)
    others = _linked(conn, submission.site_id, source)
    kept = {
        "facts": [[fact_id, state] for fact_id, _, state, _ in before if fact_id in wanted],
        "said": [*_say_again(conn, source, others), *_say_again(conn, own, [submission])],
        "identifiers": _give_identifiers(conn, submission, ends, others),
        "browser": _give_browser(conn, submission, ends, others),
        "contact": flags.contact_requested,
        "stage": [person.id, person.stage],
    }
    asks = any(linking.asks_for_contact(forms.version(conn, one.form_id, one.form_version)) for one in others)
    leads.set_columns(conn, source, {"contact_requested": asks})
    leads.set_columns(conn, own, {"contact_requested": linking.asks_for_contact(form)})
    arrivals.accepted(conn, submission, own)
    _stand_without(conn, person.id, mover)
    return kept


def _say_again(conn: Connection, lead_id: str, found: Iterable[Submission]) -> list[int]:
    """What these forms said as well, which was not written down because it was known. Returns the facts' ids."""
    before = relinks.states(conn, lead_id)
    known = {field for _, field, state, _ in before if state == "current"}
    for submission in found:
        link = leads.link_of_submission(conn, submission.id)
        form = forms.version(conn, submission.form_id, submission.form_version)
        for name, value in linking.answered(submission, form).items():
            if link and name not in known:
                fact = Fact(name, value, link.strength, submission.id, submission.received_at)
                leads.add_fact(conn, lead_id, fact)
                known.add(name)
    earlier = {row[0] for row in before}
    return [row[0] for row in relinks.states(conn, lead_id) if row[0] not in earlier]


def left_alone(rows: Sequence[Row]) -> dict[int, str]:
    """Facts whose state changes where these are all that a record has: a field's last former value stands again, or
    what was only proposed does, since nothing is in its way."""
    wanted: dict[int, str] = {}
    for field in dict.fromkeys(row[1] for row in rows):
        mine = [row for row in rows if row[1] == field]
        if any(state == "current" for _, _, state, _ in mine):
            continue
        former = [row for row in mine if row[2] == "former"]
        wanted[(former[-1] if former else mine[0])[0]] = "current"
    return wanted


def put_back(rows: Sequence[Row], kept: Mapping[int, str]) -> dict[int, str]:
    """The states that the facts had; a value that came to stand meanwhile stands on, as the last that came."""
    states = {fact_id: kept.get(fact_id, state) for fact_id, _, state, _ in rows}
    for field in dict.fromkeys(row[1] for row in rows):
        standing_ids = [row[0] for row in rows if row[1] == field and states[row[0]] == "current"]
        states |= dict.fromkeys(standing_ids[:-1], "former")
    return {fact_id: states[fact_id] for fact_id, _, state, _ in rows if states[fact_id] != state}


def _stand_without(conn: Connection, person_id: str, mover: Mover) -> None:
    """Stages go forwards by themselves and hardly back: without this form the lead stands where the rest brings it."""
    lead = leads.get(conn, mover.site_id, person_id)
    assert lead is not None
    reached = standing.explain(conn, replace(lead, stage=None), mover.now).stage
    if reached != lead.stage and lead.stage not in {"customer", "lost"}:
        leads.set_columns(conn, lead.id, {"stage": reached})


def _give_identifiers(
    conn: Connection, submission: Submission, ends: tuple[str, str], others: Iterable[Submission]
) -> dict[str, str]:
    """By what nobody else of the record said it is found no longer. A number may be two people's, a mailbox not."""
    also = {value for one in others for value in _said(conn, one).values()}
    done = {}
    for kind, value in _said(conn, submission).items():
        if value not in leads.identifiers_of(conn, ends[0]).get(kind, ()):
            continue
        if value not in also:
            relinks.give_identifier(conn, ends, kind, value)
            done[kind] = "given"
        elif kind == "phone" and relinks.share_identifier(conn, ends, kind, value):
            done[kind] = "shared"
    return done


def _give_browser(
    conn: Connection, submission: Submission, ends: tuple[str, str], others: Iterable[Submission]
) -> bool:
    """The browser goes along unless it sent another of the lead's forms too."""
    visitor = submission.visitor_id
    if visitor is None or any(one.visitor_id == visitor for one in others):
        return False
    return relinks.give_browser(conn, visitor, ends)


def _part(conn: Connection, found: Relink, mover: Mover) -> None:
    """The form's own record stands alone, and nobody said that it is somebody else's."""
    merge = persons.merge(conn, mover.site_id, found.merge_id) if found.merge_id else None
    if merge is not None and merge.undone_at is None:
        merging.undo(conn, mover.site_id, merge.id, by=mover.user_id, now=mover.now)
        for pair in duplicates.between(conn, *(persons.connected(conn, end) for end in (merge.one, merge.other))):
            duplicates.answer(conn, pair.id, None, by=None, now=mover.now)
    if len(persons.connected(conn, found.to_lead)) > 1:
        raise RelinkError("merged")


def _put_back(conn: Connection, submission: Submission, found: Relink, mover: Mover) -> None:
    ends = (found.to_lead, found.from_lead)
    relinks.drop_facts(conn, found.kept["said"])
    relinks.move(conn, submission.id, ends, _events(conn, submission, found.to_lead))
    kept = {int(fact_id): str(state) for fact_id, state in found.kept["facts"]}
    relinks.set_states(conn, put_back(relinks.states(conn, found.from_lead), kept))
    said = _said(conn, submission)
    for kind, how in found.kept["identifiers"].items():
        if how == "given":
            relinks.give_identifier(conn, ends, kind, said[kind])
        else:
            relinks.drop_identifier(conn, found.to_lead, kind, said[kind])
    if found.kept["browser"] and submission.visitor_id:
        relinks.give_browser(conn, submission.visitor_id, ends)
    relinks.end_link(conn, submission.id, found.to_lead, mover.now)
    relinks.renew_link(conn, submission.id, found.from_lead, found.at)
    if found.kept["contact"]:
        leads.set_columns(conn, found.from_lead, {"contact_requested": True})
    leads.set_columns(conn, found.to_lead, {"contact_requested": False, "stage": None, "stage_apart": None})
    person_id, stage = found.kept["stage"]
    person = leads.get(conn, mover.site_id, cast(str, person_id))
    if person is not None:
        leads.set_columns(conn, person.id, {"stage": merging.furthest([person.stage, stage])})
    arrivals.accepted(conn, submission, found.from_lead)


def _keep_apart(conn: Connection, ends: tuple[str, str], mover: Mover) -> None:
    """The matcher would find them alike."""
    duplicates.keep(conn, mover.site_id, Weighed(*ends, "possible", 0.0, ()), mover.now)
    for pair in duplicates.between(conn, [ends[0]], [ends[1]]):
        duplicates.answer(conn, pair.id, "apart", by=mover.user_id, now=mover.now)


def _settle(conn: Connection, ends: tuple[str, str], mover: Mover) -> None:
    for lead_id in ends:
        unweighed.add(conn, mover.site_id, lead_id, mover.now)
        standing.refresh(conn, mover.site_id, lead_id, mover.now)


def _events(conn: Connection, submission: Submission, lead_id: str) -> list[str]:
    form = forms.version(conn, submission.form_id, submission.form_version)
    made = [event.id for event in events_of(form, submission)]
    return [*made, *relinks.downloads(conn, submission.site_id, lead_id, submission.id)]


def _linked(conn: Connection, site_id: str, lead_id: str) -> list[Submission]:
    """The forms of this very record."""
    links = (link for link in leads.links_of(conn, lead_id) if link.lead_id == lead_id and link.undone_at is None)
    ids = dict.fromkeys(link.submission_id for link in links if link.submission_id)
    found = (submissions.get(conn, site_id, submission_id) for submission_id in ids)
    return [one for one in found if one is not None and one.lead_id == lead_id]


def _said(conn: Connection, submission: Submission) -> dict[str, str]:
    """The identifiers that a form gave."""
    form = forms.version(conn, submission.form_id, submission.form_version)
    email, phone = linking.identifiers(submission, form)
    return {kind: value for kind, value in (("email", email), ("phone", phone)) if value}
