"""The way into a CRM that keeps records: look, compare, write what may be written (rule 29). A kind brings the four
questions; what is asked of them, and in which order, is the same for all.

Any step may be the last one before a crash: the next try looks again, by the address or by our id, so that nothing is
written twice. Who has neither there (no address, and `lead.id` not mapped) may be begun twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.delivery import mapping
from gateway.delivery.mapping import Wanted
from gateway.delivery.outgoing import AnsweredError, Outgoing, Record, Sent, Ways, reason
from gateway.http import Reply

NOTHING = "–"  # where a CRM wants a value that nobody gave us; where it stands, nothing stands


@dataclass(frozen=True)
class Held:
    """A record of the CRM: its id there, and what stands in the properties that were asked for."""

    id: str
    values: Mapping[str, Any]


class TakenError(Exception):
    """Somebody began this record between our look and our write. id: under which the CRM has it."""

    def __init__(self, record: str) -> None:
        super().__init__(record)
        self.record = record


class Crm(Protocol):
    """What a kind can do. Each raises ConnectError, and AnsweredError for an answer that ends the try."""

    def wanted(self, outgoing: Outgoing) -> Sequence[Wanted]:
        """What we would like to stand there."""

    def held(self, record: str | None, wanted: Sequence[Wanted]) -> Held | None:
        """The record with this id, if it is there still; else the one that is the same person."""

    def create(self, values: Mapping[str, str]) -> str:
        """A new record's id. Raises TakenError."""

    def update(self, held: Held, values: Mapping[str, str]) -> None:
        """Write these properties and no other."""

    def erase(self, record: str) -> None:
        """Take the record away; one that is gone is no error."""

    @property
    def last(self) -> Reply | None:
        """The newest answer."""


def read(reply: Reply) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def holding(reply: Reply, key: str, ways: Ways) -> dict[str, Any]:
    """The object of an answer that says this. Raises AnsweredError: a proxy or another service speaks there."""
    told = read(reply)
    if not isinstance(told, dict) or key not in told:
        raise strange(reply, ways)
    return told


def strange(reply: Reply | None, ways: Ways) -> AnsweredError:
    """To raise where an answer has not the shape that its documents describe: no lead is to blame."""
    return AnsweredError(ways.sent(reply, answer="refuse", reason="crm_strange"))


def guarded(wanted: Sequence[Wanted], owners: Sequence[str]) -> list[Wanted]:
    """Whoever owns a record there, keeps it: these properties are only ever filled (rule 29)."""
    kept = {owner.casefold() for owner in owners}
    return [replace(one, write="empty") if one.property.casefold() in kept else one for one in wanted]


def bring(outgoing: Outgoing, crm: Crm, ways: Ways) -> Sent:
    """One try for one version of a lead. A merge changes nothing there: ours can be taken apart again, the CRM's
    could not. A record that we began is taken away with its person; one that was there before us is the CRM's own
    to erase, so somebody is told, until it is gone."""
    if outgoing.type == "lead.merged":
        return ways.sent(None)
    if outgoing.type == "lead.erased":
        return _erase(outgoing, crm, ways)
    wanted = crm.wanted(_still_told(outgoing))
    held = crm.held(outgoing.records[0].id if outgoing.records else None, wanted)
    if held is None:
        if "withheld" in outgoing.data:
            return ways.sent(crm.last, answer="ok")
        try:
            begun = crm.create(mapping.first(wanted))
        except TakenError as taken:
            held = crm.held(taken.record, wanted)
            if held is None:  # seen by one question and not yet by the other: later, it will be
                raise AnsweredError(ways.sent(crm.last, answer="retry", reason="crm_not_yet")) from taken
        else:
            return ways.sent(crm.last, answer="ok", record=Record(begun, made=True))
    there = {name: value for name, value in held.values.items() if value != NOTHING}
    changes = mapping.changes(wanted, there)
    if changes:
        crm.update(held, changes)
    return ways.sent(crm.last, answer="ok", record=Record(held.id))


def _still_told(outgoing: Outgoing) -> Outgoing:
    """Of who took back the consent for this destination, that alone is told (rule 27)."""
    if "withheld" not in outgoing.data:
        return outgoing
    return replace(outgoing, rules={name: rule for name, rule in outgoing.rules.items() if name.startswith("consent.")})


def _erase(outgoing: Outgoing, crm: Crm, ways: Ways) -> Sent:
    for record in outgoing.records:
        if record.made:
            crm.erase(record.id)
    theirs = [record.id for record in outgoing.records if not record.made and crm.held(record.id, ())]
    if not outgoing.records and (begun := crm.held(None, ())):  # its answer to our first try never came
        theirs = [begun.id]
    if theirs:
        return ways.sent(crm.last, answer="park", reason=reason("crm_erase_by_hand", " ".join(theirs)))
    return ways.sent(crm.last, answer="ok")
