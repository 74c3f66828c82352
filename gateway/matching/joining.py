"""With whom a lead is counted as one, pair by pair: nobody joins whom any record of the others contradicts, so that a
third one that fits both chains no two people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import Connection

from gateway.matching import known
from gateway.matching.known import Carried, Known
from gateway.store import counted, duplicates, forms, persons
from verification import ladder
from verification.ladder import Then, Two
from verification.matching.judge import Match, contradict

MOST_TOGETHER = 30  # records counted as one person: each newcomer is held against all of them


@dataclass(frozen=True)
class Found:
    """A lead that may be the same person, and what becomes of the two."""

    lead_id: str
    match: Match
    then: Then


class Group:
    """A lead and those that it is one person with, apart from its own pairs; it grows by who is linked to it."""

    def __init__(self, conn: Connection, site_id: str, mine: Known, others: Mapping[str, Known]) -> None:
        """`others`: leads that were read already."""
        self._conn, self._site_id, self._mine = conn, site_id, mine
        self._read = {**others, mine.lead_id: mine}
        self._types = forms.types_of_site(conn, site_id)
        self._ids = counted.connected(conn, mine.lead_id, leaving_out=mine.lead_id)
        self._own = self._persons(self._known(self._ids), mine)

    def meet(self, other: Known, match: Match) -> Found:
        """What becomes of the two; who is linked or merged belongs to the group from now on."""
        joined = other.lead_id in self._ids
        ids = (
            [other.lead_id] if joined else counted.connected(self._conn, other.lead_id, leaving_out=self._mine.lead_id)
        )
        then = ladder.decide(self._two(other, match, ids))
        if joined and then == "show":
            then = "nothing"  # they are counted as one already: there is nothing to ask
        if not joined and then in {"link", "merge"}:
            self._ids += ids
        return Found(other.lead_id, match, then)

    def _two(self, other: Known, match: Match, ids: Sequence[str]) -> Two:
        crowded = len(self._ids) + len(ids) > MOST_TOGETHER
        theirs = self._known(ids[:MOST_TOGETHER])
        own = self._persons(theirs, other)
        return Two(
            says="possible" if crowded and match.decision == "same" else match.decision,
            shared=ladder.shared(self._own, own),
            contradict=match.contradicted or (match.decision == "same" and self._contradicts(theirs)),
            both_confirmed=ladder.both_confirmed(self._own, own),
            kept_apart=self._kept_apart(ids),
        )

    def _contradicts(self, theirs: Sequence[Known]) -> bool:
        mine = self._known(self._ids)
        return any(contradict(one.record, other.record) for one, other in product(mine, theirs) if one is not other)

    def _kept_apart(self, ids: Sequence[str]) -> bool:
        """Staff said that they are two. A merge that was taken back says so too, where nothing else was said since."""
        said = duplicates.between(self._conn, self._ids, ids)
        if said:
            return any(pair.answer == "apart" for pair in said)
        return persons.parted(self._conn, self._ids, ids)

    def _known(self, ids: Sequence[str]) -> list[Known]:
        missing = [lead_id for lead_id in ids if lead_id not in self._read]
        self._read |= known.read(self._conn, self._site_id, missing)
        return [self._read[lead_id] for lead_id in ids if lead_id in self._read]

    def _persons(self, group: Iterable[Known], one: Known) -> list[Carried]:
        """What the records carry that were merged with this one: what is only linked to it has shown nothing for it."""
        return [found.carried(self._types) for found in group if found.person == one.person]
