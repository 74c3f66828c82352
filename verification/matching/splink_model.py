"""Splink's model file read as our weights, so that a site's own can be learnt by Splink and used by `judge`.

A comparison of the model is a field of ours, and its levels are our levels: each level's condition asks `sarnakh_level`
(splink_rows.py) how two records agree, so both see the same for the same pair. What a level weighs follows Splink's own
sum: log2(m / u), and where it has a term frequency, log2(share of the exact level / share of the value) more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf, log2
from typing import Any

from verification.matching.judge import kind_of
from verification.matching.records import COUNTED
from verification.matching.weights import Bits, Weights, shipped_weights

FUNCTION = "sarnakh_level"
REST = "ELSE"  # what Splink asks of a pair that no level fits


class ModelError(ValueError):
    """The file is no model of ours; says which comparison and level, and what is wrong with it."""


def column(kind: str) -> str:
    """The column of a record's values of this kind (records.COUNTED), whose frequencies count."""
    return f"{kind}_key"


def condition(field: str, level: str) -> str:
    """What holds for a pair that agrees by this level in this field."""
    return f"{FUNCTION}('{field}', record_l, record_r) = '{level}'"


def null_condition(field: str) -> str:
    """What holds for a pair of which this field says nothing."""
    return f"{FUNCTION}('{field}', record_l, record_r) IS NULL"


def reference_condition(kind: str) -> str:
    """The level that Splink measures frequencies against: as likely as two people's values are the same. It stands last
    and no pair reaches it."""
    return f"{column(kind)}_l = {column(kind)}_r"


def read_model(text: str) -> Weights:
    """The weights in a model file as `sarnakh learn-weights` writes it and Splink 5 reads it. What it does not name (a
    field that the file lacked, a level that is newer than it) stays as shipped, and so does what is ours alone: the
    caps, the thresholds, the prior. Raises ModelError."""
    try:
        model = json.loads(text)
    except ValueError as error:
        raise ModelError(f"no JSON: {error}") from error
    comparisons = model.get("comparisons") if isinstance(model, dict) else None
    if not isinstance(comparisons, list) or not comparisons:
        raise ModelError("no comparisons: not a model of Splink")
    shipped = shipped_weights()
    found: dict[tuple[str, str], Bits] = {}
    for comparison in comparisons:
        levels = _levels(comparison, shipped)
        if not found.keys().isdisjoint(levels):
            raise ModelError(f"{comparison['output_column_name']}: compared twice")
        found |= levels
    return replace(shipped, levels={**shipped.levels, **found})


def _levels(comparison: Any, shipped: Weights) -> dict[tuple[str, str], Bits]:
    """The levels of one comparison."""
    field = str(comparison.get("output_column_name")) if isinstance(comparison, dict) else ""
    ours = {condition(field, level): level for name, level in shipped.levels if name == field}
    if not ours:
        fields = ", ".join(dict.fromkeys(name for name, _ in shipped.levels))
        raise ModelError(f"comparison {field!r}: none of {fields}")
    rows = comparison.get("comparison_levels")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ModelError(f"{field}: no comparison_levels")
    references = {column(kind): row for kind in COUNTED for row in rows if _asks(row) == reference_condition(kind)}
    found: dict[tuple[str, str], Bits] = {}
    for row in _weighed(rows, field, references):
        level = ours.get(_asks(row))
        if level is None:
            raise ModelError(f"{field}: no level of ours is asked by {_asks(row)!r}")
        if (field, level) in found:
            raise ModelError(f"{field}, {level}: stands twice")
        found[field, level] = _bits(row, (field, level), references)
    return found


def _weighed(rows: list[Any], field: str, references: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The levels that weigh something: not those for what is missing and for the rest, nor those to measure by."""
    for row in rows:
        if row.get("is_null_level"):
            if _asks(row) != null_condition(field):
                raise ModelError(f"{field}: the level for what is missing asks {_asks(row)!r}")
        elif _asks(row) == REST:
            if row.get("m_probability") != row.get("u_probability"):
                raise ModelError(f"{field}: what no level fits weighs something")
        elif row not in references.values():
            yield row


def _asks(row: Mapping[str, Any]) -> str:
    return str(row.get("sql_condition", ""))


def _bits(row: Mapping[str, Any], level: tuple[str, str], references: Mapping[str, Any]) -> Bits:
    """What a level weighs. By Splink's sum a rare level weighs log2(m / u) + log2(reference's u) - log2(share), the
    share at least `tf_minimum_u_value`; ours is bits + rarity, at most `most`."""
    bits = log2(_share(row, "m_probability", level)) - log2(_share(row, "u_probability", level))
    named = row.get("tf_adjustment_column")
    if named is None:
        return Bits(bits)
    where = ", ".join(level)
    if named != column(kind_of(*level)):
        raise ModelError(f"{where}: its frequencies are {column(kind_of(*level))}'s, not {named!r}'s")
    if named not in references:
        raise ModelError(f"{where}: no level measures the frequencies of {named}")
    if row.get("tf_adjustment_weight", 1.0) != 1.0 or row.get("disable_tf_exact_match_detection"):
        raise ModelError(f"{where}: frequencies count by their whole weight against the exact level")
    bits += log2(_share(references[named], "u_probability", (level[0], f"frequencies of {named}")))
    least_share = row.get("tf_minimum_u_value", 0.0)
    return Bits(bits, rare=True, most=bits - log2(least_share) if least_share > 0 else inf, least=-inf)


def _share(row: Mapping[str, Any], name: str, level: tuple[str, str]) -> float:
    value = row.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ModelError(f"{', '.join(level)}: {name} is {value!r}, not a share above 0 and up to 1")
    return float(value)
