"""How much a disagreement says in this very file: where people's numbers and mailboxes change often, another number
says little; where they never do, it says much.

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
# Field → the level whose share is counted with its like, and how far each level moves with it.
FITTED: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "email": {"different": 1.0, "elsewhere": 1.0, "slip_number": 0.7, "local_name": 0.5, "colleague": 0.5},
    "phone": {"different": 1.0},
    "company": {"different": 1.0},
    "city": {"different": 1.0},
    "job_title": {"different": 1.0},
})  # fmt: skip


def fit(pairs: Iterable[tuple[int, int]], records: Sequence[Record], context: Context) -> Weights:
    """The context's weights with those of disagreements as these pairs of rows have them."""
    seen, differ = Counter[str](), Counter[str]()
    for left, right in pairs:
        match = consider(records[left], records[right], context)
        if match is None or match.contradicted or match.weight < SURE:
            continue
        for field, level, weight in match.parts:
            if match.weight - weight >= SURE:
                seen[field] += 1
                differ[field] += level in FITTED.get(field, ())
    levels = dict(context.weights.levels)
    for field, moved in FITTED.items():
        shift = _shift(levels[field, "different"].bits, differ[field], seen[field])
        for level, share in moved.items():
            levels[field, level] = Bits(levels[field, level].bits + shift * share)
    return replace(context.weights, levels=levels)


def _shift(shipped: float, differ: int, seen: int) -> float:
    share = (differ + 2.0**shipped * BELIEVED) / (seen + BELIEVED)
    return max(LEAST, min(max(MOST, shipped), log2(share))) - shipped
