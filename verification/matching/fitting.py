"""How much a disagreement says in this very file: where people's numbers and mailboxes change often, another number
says little; where they never do, it says much. And how often people come again in it.

One step of what expectation maximisation does (Winkler 1988): of pairs that are one person's by everything else, in
how many does a field differ? Two strangers nearly always do, so that this share is the weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import log2
from types import MappingProxyType

from verification.matching.judge import Context, consider
from verification.matching.records import Record
from verification.matching.weights import Bits, Weights

SAMPLE = 20_000  # pairs that are looked at
SURE = 6.0  # bits without the field itself from which a pair counts as one person's
BELIEVED = 10  # of how many pairs' experience the shipped weight stands against the file's
LEAST, MOST = -5.0, -0.5  # bits of a disagreement
FEWEST, OFTENEST = -3.0, 2.0  # bits by which people may come again more seldom or oftener than once
# Field → the level whose share is counted with its like, and how far each level moves with it.
FITTED: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "email": {"different": 1.0, "elsewhere": 1.0, "slip_number": 0.7, "local_name": 0.5, "colleague": 0.5,
              "local_names": 1.0, "slip_number_names": 1.0},
    "phone": {"different": 1.0},
    "company": {"different": 1.0},
    "city": {"different": 1.0},
    "job_title": {"different": 1.0},
    "postcode": {"different": 1.0},
})  # fmt: skip


def fit(pairs: Iterable[tuple[int, int]], records: Sequence[Record], context: Context, found: int) -> Weights:
    """The context's weights with those of disagreements, and how often people come again, as these pairs of rows have
    them; they are a sample of `found` pairs."""
    seen, differ = Counter[str](), Counter[str]()
    looked = sure = 0
    for left, right in pairs:
        looked += 1
        match = consider(records[left], records[right], context)
        if match is None or match.contradicted or match.weight < SURE:
            continue
        sure += 1
        for field, level, weight in match.parts:
            if match.weight - weight >= SURE:
                seen[field] += 1
                differ[field] += level in FITTED.get(field, ())
    levels = dict(context.weights.levels)
    for field, moved in FITTED.items():
        shift = _shift(levels[field, "different"].bits, differ[field], seen[field])
        for level, share in moved.items():
            levels[field, level] = Bits(levels[field, level].bits + shift * share)
    return replace(context.weights, levels=levels, repeats=_repeats(sure * found / max(looked, 1), len(records)))


def _repeats(pairs: float, records: int) -> float:
    """log2 of how many other records of theirs a record has here, by the pairs that are surely one person's; one in a
    file that is too small to tell."""
    return min(max(log2((2 * pairs + BELIEVED) / (records + BELIEVED)), FEWEST), OFTENEST)


def _shift(shipped: float, differ: int, seen: int) -> float:
    share = (differ + 2.0**shipped * BELIEVED) / (seen + BELIEVED)
    return max(LEAST, min(max(MOST, shipped), log2(share))) - shipped
