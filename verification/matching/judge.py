"""Two records, weighed: same, possible or different, with a line for each reason.

The weights add up to log2 odds that both are one person's. The prior is part of the sum: among more leads the same
agreement is likelier to be chance, so that precision holds as they grow.

A contradiction, such as two first names at one phone, is never merged, whatever else agrees: staff see it as
*possible* (rules of trust 9). Evidence that comes along with other evidence counts once: relations share family
name, address and phone; colleagues share company and city.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from verification.matching.contacts import compare_mailboxes, compare_phones, tells_name
from verification.matching.frequencies import Counts
from verification.matching.names import Name, compare
from verification.matching.places import (
    compare_addresses,
    compare_births,
    compare_codes,
    compare_times,
    compare_words,
)
from verification.matching.records import Record
from verification.matching.weights import Weights, shipped_weights

Decision = Literal["same", "possible", "different"]
AGREE = frozenset({"same", "variant", "nickname", "part", "sound", "slip"})
SETTLED = frozenset({"same", "slip"})
_PLACE = ("city", "postcode", "address")
_HOUSEHOLD = ("last_name", *_PLACE, "company", "job_title")
_IDENTIFYING = frozenset({("email", "same"), ("phone", "same"), ("phone", "tail"), ("national_id", "same")})


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
    levels = _levels(left, right)
    parts = [Part(name, level, _bits(name, level, (left, right), context)) for name, level in levels.items()]
    parts += _dependent(parts, levels, context.weights)
    parts.append(Part("prior", "leads", context.counts.prior))
    weight = sum(part.weight for part in parts)
    contradicted = _contradicts(levels)
    return Match(weight, tuple(parts), _decide(weight, levels, contradicted, context.weights), contradicted)


def contradict(left: Record, right: Record) -> bool:
    """May these never be in one person's hands? For members of a cluster that no pair linked directly."""
    first, last, _ = _names(left, right)
    if first in AGREE and last in AGREE:
        return False
    return _contradicts(_levels(left, right))


def hopeless(left: Record, right: Record) -> bool:
    """Neither same nor possible, told at a hundredth of the price: other first names, and nothing that identifies."""
    if left.phone and left.tail == right.tail:
        return False
    if left.mailbox and right.mailbox and left.mailbox.core == right.mailbox.core:
        return False
    if left.national_id and right.national_id or left.birth and left.birth == right.birth:
        return False
    return _names(left, right)[0] in {"different", "near"}


def _levels(left: Record, right: Record) -> dict[str, str]:
    """Each field that both have → how it agrees; `swapped` where first and last name stand in each other's place."""
    first, last, swapped = _names(left, right)
    email = compare_mailboxes(left.mailbox, right.mailbox, _tells_name(left, right))
    company = compare_words(left.company, right.company)
    if email in {"colleague", "role"} and company != "same" and left.own_domain and left.own_domain == right.own_domain:
        company = "domain"
    found = {
        "first_name": first,
        "last_name": last,
        "swapped": "swapped" if swapped else "none",
        "email": email,
        "phone": compare_phones(left.phone, right.phone),
        "company": company,
        "job_title": _equal(left.job, right.job),
        "city": compare_words(left.city, right.city),
        "postcode": compare_codes(left.postcode, right.postcode),
        "address": compare_addresses(left.address, right.address),
        "date_of_birth": compare_births(left.birth, right.birth),
        "national_id": compare_codes(left.national_id, right.national_id),
        "created_at": compare_times(left.at, right.at),
    }
    return {name: level for name, level in found.items() if level != "none"}


def _names(left: Record, right: Record) -> tuple[str, str, bool]:
    """Levels of first and last name, and whether they are compared crosswise."""
    first, last = compare(left.first, right.first), compare(left.last, right.last)
    if first in AGREE or (first == "none" and last in AGREE):
        return first, last, False
    crossed, other = compare(left.first, right.last), compare(left.last, right.first)
    if crossed in AGREE and other in AGREE | {"none", "initial"} or other in AGREE and crossed in {"none", "initial"}:
        return crossed, other, True
    return first, last, False


def _tells_name(left: Record, right: Record) -> bool:
    if left.mailbox is None or right.mailbox is None or left.mailbox.core != right.mailbox.core:
        return False
    core = left.mailbox.core
    return tells_name(core, left.first, left.last) or tells_name(core, right.first, right.last)


def _equal(left: str, right: str) -> str:
    if not left or not right:
        return "none"
    return "same" if left == right else "different"


def _bits(name: str, level: str, pair: tuple[Record, Record], context: Context) -> float:
    found = context.weights.levels.get((name, level))
    if found is None:
        return 0.0
    return context.weights.of(name, level, _rarity(name, level, pair, context.counts)) if found.rare else found.bits


def _rarity(name: str, level: str, pair: tuple[Record, Record], counts: Counts) -> float:
    """Of what both agree on; of two spellings the commoner counts."""
    left, right = pair
    if name in {"first_name", "last_name"}:
        kind = name.removesuffix("_name")
        return min(counts.rarity(kind, one.key) for one in _agreed(kind, left, right))
    kind, value = {
        "email": ("local", left.mailbox.core) if level == "local" and left.mailbox else ("email", left.email),
        "phone": ("phone", left.tail),
        "company": ("domain", left.own_domain) if level == "domain" else ("company", left.company),
        "job_title": ("job_title", left.job),
        "city": ("city", left.city),
        "postcode": ("postcode", left.postcode),
        "address": ("address", left.address),
        "national_id": ("national_id", left.national_id),
    }[name]
    return counts.rarity(kind, value)


def _agreed(kind: str, left: Record, right: Record) -> tuple[Name, ...]:
    own = (left.first, right.first) if kind == "first" else (left.last, right.last)
    crossed = (left.first, right.last) if kind == "first" else (left.last, right.first)
    return tuple(name for name in (crossed if _names(left, right)[2] else own) if name.words)


def _dependent(parts: list[Part], levels: dict[str, str], weights: Weights) -> list[Part]:
    """Lines that take back what was counted twice, and one for identifiers that all differ."""
    found = [_at_most(parts, _PLACE, weights.place_most, "place")]
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
    return levels.get("national_id") == "different" and levels.get("date_of_birth") == "different"


def _decide(weight: float, levels: dict[str, str], contradicted: bool, weights: Weights) -> Decision:
    if not contradicted and weight >= weights.same:
        return "same"
    if weight >= weights.possible or (contradicted and not _IDENTIFYING.isdisjoint(levels.items())):
        return "possible"
    return "different"
