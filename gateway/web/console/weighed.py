"""What the matcher says of two leads, as a marketer reads it: line by line beside what each of them said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from gateway.matching import known
from gateway.matching.context import context
from gateway.records import TEST_MARK, Lead
from gateway.store import leads
from gateway.store.duplicates import Duplicate, Weighed
from verification.matching.headings import columns
from verification.matching.judge import judge
from verification.matching.weights import shipped_weights

# Field that is compared → what a lead may call it otherwise.
CALLED = {"first_name": "full_name", "last_name": "full_name"}
FULL = 15.0  # bits that fill half a bar: a mailbox or phone of one's own has more, a common name less
CLEAR = 3.0  # bits, 8 to 1: below them a pair is as likely one person as two
APART = frozenset({("first_name", "different"), ("first_name", "near"), ("last_name", "different")})
SHARED, AGREES = {"email", "phone", "national_id"}, {"same", "same_role", "tail"}  # what people may have in common
Verdict = Literal["same", "names", "likely", "even", "unlikely"]


class Said(NamedTuple):
    """What a record says of a field, and on what strength that is known."""

    value: Any = None
    strength: str | None = None


UNSAID = Said()


@dataclass(frozen=True)
class Line:
    """One reason. bits: for one person where above 0, against it below."""

    field: str
    level: str
    bits: float
    left: Any = None  # what each of them said, where it is a field that they answered
    right: Any = None
    left_by: str | None = None  # on what strength it is known, as facts have it
    right_by: str | None = None

    @property
    def beside(self) -> bool:
        return self.left is not None or self.right is not None

    @property
    def share(self) -> float:
        """Of half a bar, −1 to 1."""
        return max(-1.0, min(self.bits / FULL, 1.0))


@dataclass(frozen=True)
class Reading:
    """A pair as it is shown. lines: of fields that they answered, in the order in which they were weighed; also: what
    was counted beside them."""

    left: Lead
    right: Lead
    lines: Sequence[Line]
    also: Sequence[Line]
    weight: float
    verdict: Verdict


def read(conn: Connection, site_id: str, weighed: Weighed) -> Reading | None:
    """The two very records, as they were weighed; none where one was erased meanwhile."""
    left, right = (leads.alone(conn, site_id, lead_id) for lead_id in (weighed.older, weighed.younger))
    if left is None or right is None or left.erased_at or right.erased_at:
        return None
    one, other = (_said(conn, lead) for lead in (left, right))
    lines = [_line(part, one.get(part[0], UNSAID), other.get(part[0], UNSAID)) for part in weighed.parts]
    verdict = _verdict(weighed)
    beside = [line for line in lines if line.beside]
    return Reading(left, right, beside, [line for line in lines if not line.beside], weighed.weight, verdict)


def weigh(conn: Connection, site_id: str, ids: tuple[str, str], now: datetime) -> Weighed | None:
    """These two very records, on the spot; none where they are no two of this site."""
    found = sorted(known.read(conn, site_id, ids).values(), key=lambda one: (one.created_at, one.lead_id))
    if len(found) != 2:
        return None
    older, younger = found
    match = judge(older.record, younger.record, context(conn, site_id, now))
    decision: Literal["same", "possible"] = "same" if match.decision == "same" else "possible"
    return Weighed(older.lead_id, younger.lead_id, decision, match.weight, match.parts)


def likeliest(pairs: Iterable[Duplicate]) -> Duplicate | None:
    """Of the pairs between two persons the one that says most."""
    return max(pairs, key=lambda pair: (pair.decision == "same", pair.weight), default=None)


def _verdict(weighed: Weighed) -> Verdict:
    """Why it is the same, or only possible."""
    if weighed.decision == "same":
        return "same"
    levels = {(field, level) for field, level, _ in weighed.parts}
    shares = any(field in SHARED and level in AGREES for field, level in levels)
    if weighed.weight >= shipped_weights().same or (shares and not APART.isdisjoint(levels)):
        return "names"
    if weighed.weight >= CLEAR:
        return "likely"
    return "even" if weighed.weight > -CLEAR else "unlikely"


def _line(part: tuple[str, str, float], left: Said, right: Said) -> Line:
    return Line(*part, left.value, right.value, left.strength, right.strength)


def _said(conn: Connection, lead: Lead) -> Mapping[str, Said]:
    """Field that is compared → what this record says of it."""
    names = tuple(lead.facts)
    placed = {field: lead.facts[names[place]] for field, place in columns(names, {}).items()}
    said = {field: Said(fact.value, fact.strength) for field, fact in placed.items()}
    for field, otherwise in CALLED.items():
        if field not in said and otherwise in said:
            said[field] = said[otherwise]
    for kind, values in leads.identifiers_of(conn, lead.id).items():
        said.setdefault(kind, Said(values[-1].removeprefix(TEST_MARK)))
    return {**said, "created_at": Said(lead.created_at)}
