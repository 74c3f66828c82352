"""Two records, weighed: same, possible or different, with a line for each reason.

The weights add up to log2 odds that both are one person's. The prior is part of the sum: among more leads the same
agreement is likelier to be chance, so that precision holds as they grow.

A contradiction, such as two first names at one phone, is never merged, whatever else agrees: staff see it as
*possible* (rules of trust 9). Evidence that comes along with other evidence counts once: relations share family
name, address and phone; colleagues share company and city.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from verification.matching.contacts import compare_mailboxes, compare_phones, tells_name
from verification.matching.frequencies import Counts
from verification.matching.people import AGREE, Names, compare_people
from verification.matching.places import (
    compare_addresses,
    compare_births,
    compare_codes,
    compare_equal,
    compare_times,
    compare_words,
)
from verification.matching.records import COUNTED, Record
from verification.matching.weights import Weights, shipped_weights

Decision = Literal["same", "possible", "different"]
SETTLED = frozenset({"same", "slip", "slip_name"})
_KINDS = {"first_name": "first", "last_name": "last"}  # fields whose values are counted under another name
_NAMES = ("first_name", "last_name", "swapped")
_PLACE = ("city", "postcode", "address")
_HOUSEHOLD = ("last_name", *_PLACE, "company", "job_title")
_IDENTIFYING = frozenset(
    {("email", "same"), ("email", "same_role"), ("phone", "same"), ("phone", "tail"), ("national_id", "same")}
)


# Field → its place in a record, and how two of its values are compared.
_COMPARED: tuple[tuple[str, int, Callable[[Any, Any], str]], ...] = tuple(
    (name, Record._fields.index(attribute), compared)
    for name, attribute, compared in (
        ("phone", "phone", compare_phones),
        ("company", "company", compare_words),
        ("job_title", "job", compare_equal),
        ("city", "city", compare_words),
        ("postcode", "postcode", compare_codes),
        ("address", "address", compare_addresses),
        ("date_of_birth", "birth", compare_births),
        ("national_id", "national_id", compare_codes),
        ("created_at", "at", compare_times),
    )
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
    names = compare_people(left, right)
    return None if _hopeless(left, right, names) else _judge(left, right, names, context)


def _judge(left: Record, right: Record, names: Names, context: Context) -> Match:
    levels = _levels(left, right, names)
    parts = _weighed(levels, (left, right), context)
    parts += _dependent(parts, levels, context)
    parts.append(Part("prior", "leads", context.counts.prior))
    weight = sum(part.weight for part in parts)
    contradicted = _contradicts(levels)
    return Match(weight, tuple(parts), _decide(weight, levels, contradicted, context.weights), contradicted)


def contradict(left: Record, right: Record) -> bool:
    """May these never be in one person's hands? For members of a cluster that no pair linked directly."""
    names = compare_people(left, right)
    if names.first in AGREE and names.last in AGREE:
        return False
    return _contradicts(_levels(left, right, names))


def levels(left: Record, right: Record) -> dict[str, str]:
    """Each field that both have → how it agrees, as it is weighed; symmetric."""
    return _levels(left, right, compare_people(left, right))


def _hopeless(left: Record, right: Record, names: Names) -> bool:
    """No first name in common, and nothing that identifies: what is left counts once, and less than the prior."""
    if names.first in AGREE or (left.phone and left.tail == right.tail):
        return False
    if (left.national_id and right.national_id) or (left.birth and right.birth):
        return False
    if left.mailbox is None or right.mailbox is None:
        return True
    return compare_mailboxes(left.mailbox, right.mailbox) not in {
        "same",
        "same_role",
        "slip",
        "local",
    }


def _levels(left: Record, right: Record, names: Names) -> dict[str, str]:
    """Each field that both have → how it agrees; `swapped` where first and last name stand in each other's place."""
    levels: dict[str, str] = {"first_name": names.first, "last_name": names.last}
    levels["swapped"] = "swapped" if names.swapped else "none"
    if left.mailbox and right.mailbox:
        level = compare_mailboxes(left.mailbox, right.mailbox)
        levels["email"] = f"{level}_name" if level in {"local", "slip"} and _tells_name(left, right) else level
    for name, place, compared in _COMPARED:
        one, other = left[place], right[place]
        if one and other:
            levels[name] = compared(one, other)
    if levels.get("email") in {"colleague", "role"} and levels.get("company") != "same":
        levels |= {"company": "domain"} if left.own_domain and left.own_domain == right.own_domain else {}
    return {name: level for name, level in levels.items() if level != "none"}


def _tells_name(left: Record, right: Record) -> bool:
    """Is one of the mailboxes called after its person?"""
    return any(one.mailbox and tells_name(one.mailbox.core, one.first, one.last) for one in (left, right))


def _weighed(levels: dict[str, str], pair: tuple[Record, Record], context: Context) -> list[Part]:
    """A line for each level."""
    parts, weights = [], context.weights
    for name, level in levels.items():
        found = weights.levels.get((name, level))
        if found is None:
            weight = 0.0
        elif found.rare:
            kind = kind_of(name, level)
            values = {COUNTED[kind](one) for one in pair} - {""}  # of two spellings the commoner counts
            rarity = min([context.counts.rarity(kind, value) for value in values])
            weight = min(found.most, max(found.least, rarity + found.bits))
        else:
            weight = found.bits
        parts.append(Part(name, level, weight))
    return parts


def kind_of(name: str, level: str) -> str:
    """By which kind (records.COUNTED) it is told how rare the values are that agree so."""
    return level if level in COUNTED else _KINDS.get(name, name)


def _dependent(parts: list[Part], levels: dict[str, str], context: Context) -> list[Part]:
    """Lines that take back what was counted twice, and one for identifiers that all differ.

    A whole name, however rare, is no more than even odds against the prior: namesakes are often of one family or
    region, which a name's share among all people does not tell.
    """
    weights, prior = context.weights, context.counts.prior
    found = [
        _at_most(parts, _NAMES, weights.names_above - prior, "names"),
        _at_most(parts, _PLACE, weights.place_most, "place"),
    ]
    if not _is_this_person(levels):
        taken = [*parts, *(part for part in found if part)]
        found.append(_at_most(taken, (*_HOUSEHOLD, "place"), weights.household_most, "household"))
    if levels.get("email") in {"different", "colleague"} and levels.get("phone") == "different":
        found.append(Part("identifiers", "none", weights.no_identifier))
    return [part for part in found if part]


def _at_most(parts: list[Part], fields: tuple[str, ...], most: float, name: str) -> Part | None:
    total = sum(part.weight for part in parts if part.field in fields)
    return Part(name, "once", most - total) if total > most else None


def _is_this_person(levels: dict[str, str]) -> bool:
    """Does anything agree that a household or an office does not share?"""
    return (
        levels.get("first_name") in AGREE
        or levels.get("email") in SETTLED
        or levels.get("date_of_birth") in SETTLED
        or levels.get("national_id") in SETTLED
    )


def _contradicts(levels: dict[str, str]) -> bool:
    """Two people by name, whatever they share; a number of identity alone stands above that."""
    settled = levels.get("national_id") in SETTLED
    if levels.get("first_name") == "different":
        return not settled
    if levels.get("first_name") == "near":
        return not settled and levels.get("email") not in SETTLED and levels.get("date_of_birth") not in SETTLED
    if levels.get("last_name") == "different":
        own = levels.get("email") == "same" or levels.get("date_of_birth") in SETTLED
        return not settled and not (own and levels.get("first_name") in AGREE)
    return levels.get("national_id") == "different" and levels.get("date_of_birth") == "different"


def _decide(weight: float, levels: dict[str, str], contradicted: bool, weights: Weights) -> Decision:
    if not contradicted and weight >= weights.same:
        return "same"
    if weight >= weights.possible or (contradicted and not _IDENTIFYING.isdisjoint(levels.items())):
        return "possible"
    return "different"
