"""Our model as the settings that Splink takes: the same fields and levels, for it to learn or to weigh by.

m is the share of one person's pairs that agree by a level, u that of two people's; both add up to the weight that
`splink_model` reads back. Shipped weights say m / u alone: where nothing is known of one, it is set so that the weight
is the shipped one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2
from typing import Any, NamedTuple

from verification.matching.judge import kind_of
from verification.matching.splink_model import REST, column, condition, null_condition, reference_condition
from verification.matching.weights import Bits, shipped_weights

Place = tuple[str, str]  # field, level
OTHERWISE = "different"  # a field without this level counts for those that agree alone: Splink cannot learn it
# Two people by name (judge never merges them). Else learning, which takes fields for independent, would hold a family
# at one number for one person who changes first names.
_CONTRADICTING = frozenset({("first_name", "near"), ("first_name", "different"), ("last_name", "different")})
_LIKELY, _SELDOM = 0.7, 0.02  # of one person's pairs, to begin with: what is the same, anything else
SMALLEST = 1e-12  # share: none is nothing


class Shares(NamedTuple):
    """How much of one person's pairs (m), and of two people's (u), agree by a level: above 0, up to 1."""

    m: float
    u: float


def is_learnt(place: Place) -> bool:
    """Can this level's weight be learnt?"""
    return (place[0], OTHERWISE) in shipped_weights().levels and place not in _CONTRADICTING


def fields() -> list[str]:
    """All fields of the model, in the order of the shipped weights."""
    return list(dict.fromkeys(field for field, _ in shipped_weights().levels))


def as_shipped(place: Place, m: float, references: Mapping[str, float]) -> Shares:
    """Shares that weigh what is shipped; `m` as it is, if u stays a share with it. `references`: kind → how likely two
    people's values are the same."""
    ratio = 2.0 ** -shipped_weights().levels[place].bits * _reference(place, references)
    m = min(max(m, SMALLEST), 1.0, 1.0 / ratio)
    return Shares(m, m * ratio)


def bits(place: Place, shares: Shares, references: Mapping[str, float]) -> float:
    """What these shares weigh; of a rare level, apart from its rarity."""
    return log2(shares.m / shares.u) + log2(_reference(place, references))


def beginning(sampled: Mapping[Place, float], references: Mapping[str, float]) -> dict[Place, Shares]:
    """Where learning begins: u as sampled, m as the shipped weight has it for that u. A field of which no level was
    seen is in no row and left out; with nothing sampled, all are there."""
    seen = {field for field, _ in sampled}
    found: dict[Place, Shares] = {}
    for field in fields():
        places = [place for place in shipped_weights().levels if place[0] == field]
        free = [place for place in places if is_learnt(place)]
        if sampled and free and field not in seen:
            continue
        implied = {place: _implied(place, sampled.get(place), references) for place in places}
        total = sum(implied[place] for place in free)
        for place, m in implied.items():
            u = sampled.get(place)
            share = m / total if place in free else m
            found[place] = Shares(share, u) if u and place in free else as_shipped(place, share, references)
    return found


def _implied(place: Place, u: float | None, references: Mapping[str, float]) -> float:
    """The m that makes the shipped weight of this u."""
    if not u:
        return _LIKELY if place[1].startswith("same") else _SELDOM
    ratio: float = 2.0 ** shipped_weights().levels[place].bits
    return u * ratio / _reference(place, references)


def _reference(place: Place, references: Mapping[str, float]) -> float:
    return references[kind_of(*place)] if shipped_weights().levels[place].rare else 1.0


def settings(shares: Mapping[Place, Shares], references: Mapping[str, float], chance: float) -> dict[str, Any]:
    """The settings of Splink 5. `chance`: that two random rows are one person's."""
    named = dict.fromkeys(field for field, _ in shares)
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row",
        "probability_two_random_records_match": chance,
        "comparisons": [_comparison(field, shares, references) for field in named],
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.keys = r.keys", "arrays_to_explode": ["keys"]}],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(field: str, shares: Mapping[Place, Shares], references: Mapping[str, float]) -> dict[str, Any]:
    weighed = {place: found for place, found in shares.items() if place[0] == field}
    kinds = dict.fromkeys(kind_of(*place) for place in weighed if shipped_weights().levels[place].rare)
    return {
        "output_column_name": field,
        "comparison_description": field.replace("_", " "),
        "comparison_levels": [
            {"sql_condition": null_condition(field), "label_for_charts": "missing", "is_null_level": True},
            *(_level(place, found, references) for place, found in weighed.items()),
            *_measures(kinds, references),
        ],
    }


def _level(place: Place, shares: Shares, references: Mapping[str, float]) -> dict[str, Any]:
    found = {
        "sql_condition": condition(*place),
        "label_for_charts": place[1],
        "m_probability": shares.m,
        "u_probability": shares.u,
        "fix_m_probability": not is_learnt(place),
        "fix_u_probability": not is_learnt(place),
    }
    shipped: Bits = shipped_weights().levels[place]
    if not shipped.rare:
        return found
    weight = bits(place, shares, references)
    rare = {"tf_adjustment_column": column(kind_of(*place)), "tf_adjustment_weight": 1.0}
    return {**found, **rare, "tf_minimum_u_value": 2.0 ** (weight - shipped.most)}


def _measures(kinds: Mapping[str, None], references: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """The levels that frequencies are measured against, and the one that Splink wants for the rest: no pair reaches
    them."""
    for kind in kinds:
        yield _weightless(reference_condition(kind), f"frequencies of {column(kind)}", references[kind])
    yield _weightless(REST, "nothing else", SMALLEST)


def _weightless(asked: str, label: str, share: float) -> dict[str, Any]:
    fixed = {"fix_m_probability": True, "fix_u_probability": True}
    return {"sql_condition": asked, "label_for_charts": label, "m_probability": share, "u_probability": share, **fixed}
