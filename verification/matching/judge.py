"""Two records, weighed: same, possible or different, with a line for each reason.

The weights add up to log2 odds that both are one person's. The prior is part of the sum: among more leads the same
agreement is likelier to be chance, so that precision holds as they grow.

A contradiction, such as two first names at one phone, is never merged, whatever else agrees: staff see it as
*possible* (rules of trust 9). Evidence that comes along with other evidence counts once: relations share family
name, address and phone; colleagues share company and city. So does evidence against: who moves has another city and
postcode, who changes jobs another company and title.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, NamedTuple

from verification.matching.frequencies import Counts
from verification.matching.levels import SETTLED, is_hopeless, kind_of, levels, levels_of, shares
from verification.matching.names import are_apart, compare
from verification.matching.people import AGREE, Names, compare_people, may_cross
from verification.matching.records import COUNTED, Record
from verification.matching.weights import Weights, shipped_weights

__all__ = [
    "Clash",
    "Context",
    "Decision",
    "Match",
    "Part",
    "clash",
    "consider",
    "contradict",
    "judge",
    "kind_of",
    "levels",
    "weigh_groups",
]

Decision = Literal["same", "possible", "different"]
Clash = Literal["none", "doubtful", "sure"]
_TWO = frozenset({"different", "near"})
_NAMES = ("first_name", "last_name", "swapped")
_PLACE = ("city", "postcode", "address")
_JOB = ("company", "job_title")
_HOUSEHOLD = ("last_name", *_PLACE, "company", "job_title")
_OFFICE = frozenset({"same", "domain", "called", "near", "sound"})
_IDENTIFYING = frozenset(
    {("email", "same"), ("email", "same_role"), ("phone", "same"), ("phone", "tail"), ("national_id", "same")}
)


class Part(NamedTuple):
    """One line of the reason: this field agrees so far, and that weighs so many bits."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """What two records are to each other. `weight`: log2 odds that they are one person's; the sum of the parts."""

    weight: float
    parts: tuple[Part, ...]
    decision: Decision
    contradicted: bool


@dataclass(frozen=True)
class Context:
    """Against what a pair is weighed: the counts of the file or site, and the model."""

    counts: Counts = field(default_factory=Counts)
    weights: Weights = field(default_factory=shipped_weights)


def judge(left: Record, right: Record, context: Context) -> Match:
    """Weigh two records against each other; symmetric."""
    return _judge(left, right, compare_people(left, right), context)


def consider(left: Record, right: Record, context: Context) -> Match | None:
    """As `judge`; None, at a tenth of the price, for most of those that are neither same nor possible."""
    if compare(left.first, right.first) in _TWO and not may_cross(left, right) and not shares(left, right):
        return None
    names = compare_people(left, right)
    return None if is_hopeless(left, right, names) else _judge(left, right, names, context)


def contradict(left: Record, right: Record) -> bool:
    """May these never be in one person's hands? For members of a cluster that no pair linked directly."""
    return clash(left, right) != "none"


def clash(left: Record, right: Record) -> Clash:
    """How two records contradict each other: `sure` where their first names are two and no date of birth is theirs
    both; `doubtful` where one may have been mistyped again, or a family name changed."""
    names = compare_people(left, right)
    if names.first in AGREE and names.last in AGREE:
        return "none"
    found = levels_of(left, right, names)
    if not _contradicts(found):
        return "none"
    two = names.first == "different" and are_apart(*names.firsts)
    return "sure" if two and found.get("date_of_birth") not in SETTLED else "doubtful"


def weigh_groups(ones: Iterable[Record], others: Iterable[Record], context: Context) -> float:
    """log2 odds that two groups, each one person's records, are one person's: every field by the two records that agree
    best in it, so that what one record leaves out another tells, for or against."""
    best: dict[str, list[Part]] = {}
    for left, right in product(ones, others):
        parts = _weighed(levels_of(left, right, compare_people(left, right)), left, right, context)
        lines = {part.field: [part] for part in parts if part.field not in _NAMES}
        if names := [part for part in parts if part.field in _NAMES]:
            lines["names"] = names
        for name, said in lines.items():
            if name not in best or _sum(said) > _sum(best[name]):
                best[name] = said
    found = [part for said in best.values() for part in said]
    found += _dependent(found, {part.field: part.level for part in found}, context)
    return _sum(found) + context.counts.prior + context.weights.repeats


def _judge(left: Record, right: Record, names: Names, context: Context) -> Match:
    found = levels_of(left, right, names)
    parts = _weighed(found, left, right, context)
    parts += _dependent(parts, found, context)
    parts.append(Part("prior", "leads", context.counts.prior + context.weights.repeats))
    weight = sum([part.weight for part in parts])
    contradicted = _contradicts(found)
    return Match(weight, tuple(parts), _decide(weight, found, contradicted, context.weights), contradicted)


def _weighed(found: Mapping[str, str], left: Record, right: Record, context: Context) -> list[Part]:
    """A line for each level."""
    parts, weights, rarity = [], context.weights.levels, context.counts.rarity
    for name, level in found.items():
        bits = weights.get((name, level))
        weight = bits.bits if bits else 0.0
        if bits and bits.rare:
            kind = kind_of(name, level)
            value = COUNTED[kind]
            one, other = value(left), value(right)
            least = rarity(kind, one or other)
            if other and other != one:  # of two spellings the commoner counts
                least = min(least, rarity(kind, other))
            weight = min(bits.most, max(bits.least, least + weight))
        parts.append(Part(name, level, weight))
    return parts


def _dependent(parts: list[Part], found: Mapping[str, str], context: Context) -> list[Part]:
    """Lines that take back what was counted twice.

    A whole name, however rare, is no more than even odds against the prior: namesakes are often of one family or
    region, which a name's share among all people does not tell.
    """
    weights = context.weights
    lines = [
        _at_most(parts, _NAMES, weights.names_above - context.counts.prior, "names"),
        _at_most(parts, _PLACE, weights.place_most, "place"),
        _changed(parts, _PLACE, "place"),
        _changed(parts, _JOB, "job"),
    ]
    if not _is_this_person(found):
        taken = [*parts, *(part for part in lines if part)]
        lines.append(_at_most(taken, (*_HOUSEHOLD, "place"), _household_most(found, weights), "household"))
    return [part for part in lines if part]


def _household_most(found: Mapping[str, str], weights: Weights) -> float:
    """What family and office may count where no first name is known to agree: relations seldom share the company,
    colleagues seldom the family name."""
    first = found.get("first_name")
    if first not in {None, "initial"}:
        return weights.household_most
    both = found.get("last_name") in AGREE and found.get("company") in _OFFICE
    return weights.family_and_office_most if both else weights.household_most


def _sum(parts: Iterable[Part]) -> float:
    return sum([part.weight for part in parts])


def _at_most(parts: list[Part], fields: tuple[str, ...], most: float, name: str) -> Part | None:
    total = sum([part.weight for part in parts if part.field in fields])
    return Part(name, "once", most - total) if total > most else None


def _changed(parts: list[Part], fields: tuple[str, ...], name: str) -> Part | None:
    """What changes together speaks against once: by its strongest line."""
    against = [part.weight for part in parts if part.weight < 0 and part.field in fields]
    return Part(name, "once", min(against) - sum(against)) if len(against) > 1 else None


def _is_this_person(found: Mapping[str, str]) -> bool:
    """Does anything agree that a household or an office does not share?"""
    first = found.get("first_name")
    return (
        first in AGREE
        or first == "told"
        or found.get("email") in SETTLED
        or found.get("date_of_birth") in SETTLED
        or found.get("national_id") in SETTLED
    )


def _contradicts(found: Mapping[str, str]) -> bool:
    """Two people by name, whatever they share; a number of identity alone stands above that."""
    if found.get("national_id") in SETTLED:
        return False
    first, last = found.get("first_name"), found.get("last_name")
    if first == "different":
        return True
    born = found.get("date_of_birth") in SETTLED
    if first == "near":
        return found.get("email") not in SETTLED and not born
    if last == "different":
        own = found.get("email") in {"same", "slip"} or born
        return not (own and first in AGREE) or ("swapped" in found and not born)  # out of place: may be the family's
    return found.get("national_id") == "different" and found.get("date_of_birth") == "different"


def _decide(weight: float, found: Mapping[str, str], contradicted: bool, weights: Weights) -> Decision:
    if not contradicted and weight >= weights.same:
        return "same"
    if weight >= weights.possible or (contradicted and not _IDENTIFYING.isdisjoint(found.items())):
        return "possible"
    return "different"
