"""Whose a row is: by its CRM id, else by the rules that a form's post follows (verification.identity).

A CRM's own id is surer than what was typed, so it goes first, unless the row is somebody else by all else that it says:
any program counts from 1, and whose ids they are is only what was said of the file. A phone alone goes to its only lead
unless the names say that they are two people (rule 9): a list has whole households, one after the other. That
goes for landlines too, unlike at a form: the same list brought again must begin nobody anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.importing.rows import Row
from gateway.store.imports import FoundBy
from verification.identity import Candidate, IdentityEvidence, link
from verification.matching.judge import contradict
from verification.matching.records import FIELDS, Record, prepare

Key = tuple[str, str]  # kind and value of an identifier
NAMES = ("first_name", "last_name", "full_name")


@dataclass(frozen=True)
class Whose:
    """lead_id None: a new lead begins. related: leads with the same phone, which are only shown (rule 9)."""

    outcome: FoundBy
    lead_id: str | None = None
    related: Sequence[str] = ()


@dataclass
class Known:
    """What is known of identifiers while a list is read: what the store holds of a batch, and what the rows before
    brought. record: the folded names of a lead that is stored."""

    record: Callable[[str], Record]
    people: Mapping[str, str] = field(default_factory=dict)  # lead → the one that it stands under
    owners: dict[Key, list[str]] = field(default_factory=dict)
    carried: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    names: dict[str, Record] = field(default_factory=dict)  # of leads that this list began
    standing: frozenset[str] = frozenset()  # of our own ids that rows name, those that the site has

    def found(self, kind: str, value: str | None) -> list[str]:
        return self.owners.get((kind, value), []) if value else []

    def take(self, lead_id: str, row: Row, *, new: bool) -> None:
        """The rows after this one find the lead by what it brought."""
        own = self.carried.setdefault(lead_id, {})
        for kind, value in identifiers(row):
            holders = self.owners.setdefault((kind, value), [])
            if lead_id not in holders and (kind == "phone" or not holders):
                holders.append(lead_id)
                own[kind] = (*own.get(kind, ()), value)
        if new:
            self.names[lead_id] = names_of(row.facts)

    def of(self, lead_id: str) -> Record:
        return self.names[lead_id] if lead_id in self.names else self.record(lead_id)

    def persons(self, lead_ids: Iterable[str]) -> list[str]:
        """Of each person's records the oldest: one person is no household."""
        return list({self.people.get(one, one): one for one in reversed(list(lead_ids))}.values())[::-1]


def identifiers(row: Row) -> list[Key]:
    """All by which the row's lead is found."""
    own = [(kind, value) for kind, value in (("email", row.email), ("phone", row.phone)) if value]
    return [*own, *(("crm", value) for value in row.crm)]


def whose(row: Row, known: Known) -> Whose:
    """The lead of this row; rejected where a CRM id that nobody has is all that there is (rule 4)."""
    if row.own in known.standing and row.own:
        return Whose("id", row.own)
    for value in row.crm:
        for lead_id in known.found("crm", value):
            if not _somebody_else(row, lead_id, known):
                return Whose("crm", lead_id)
    decision = link(IdentityEvidence(row.email, row.phone, strength="import"), _candidates(row, known))
    if decision is None:
        return Whose("rejected")
    if decision.lead_id is None:
        return Whose("new", None, decision.related)
    if decision.basis == "phone" and contradict(names_of(row.facts), known.of(decision.lead_id)):
        return Whose("new", None, (decision.lead_id, *decision.related))
    return Whose("phone" if decision.basis == "phone" else "email", decision.lead_id, decision.related)


def names_of(facts: Mapping[str, Any]) -> Record:
    """Only the names, folded."""
    said = {**facts, "full_name": facts.get("name", facts.get("full_name", ""))}
    return prepare({name: str(said[name]) for name in NAMES if said.get(name)})


def compared(row: Row) -> dict[str, str]:
    """What the matcher compares, as it names it."""
    said = {name: str(value) for name, value in row.facts.items() if name in FIELDS}
    if "name" in row.facts:
        said.setdefault("full_name", str(row.facts["name"]))
    said |= {kind: value for kind, value in (("email", row.email), ("phone", row.phone)) if value}
    return said | ({"created_at": row.at.isoformat()} if row.at else {})


def _somebody_else(row: Row, lead_id: str, known: Known) -> bool:
    """By two names, and by a mailbox or number of which none is the lead's."""
    given = {value for kind, value in identifiers(row) if kind != "crm"}
    carried = {value for values in known.carried.get(lead_id, {}).values() for value in values}
    return bool(given) and given.isdisjoint(carried) and contradict(names_of(row.facts), known.of(lead_id))


def _candidates(row: Row, known: Known) -> list[Candidate]:
    found = [("email", lead_id) for lead_id in known.found("email", row.email)]
    found += [("phone", lead_id) for lead_id in known.persons(known.found("phone", row.phone))]
    return [_candidate(basis, lead_id, known.carried.get(lead_id, {})) for basis, lead_id in found]


def _candidate(basis: str, lead_id: str, carried: Mapping[str, tuple[str, ...]]) -> Candidate:
    return Candidate(lead_id, basis, carried.get("email", ()), carried.get("phone", ()))
