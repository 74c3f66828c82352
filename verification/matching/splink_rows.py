"""A record as a row for Splink, and the function by which Splink asks how two rows agree.

Splink joins, counts and learns; which level a pair has is told by `level`, which is what `judge` asks too.
"""

from __future__ import annotations

from functools import lru_cache

from verification.matching import judge
from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.records import COUNTED, Record, pack, unpack
from verification.matching.splink_model import column
from verification.matching.weights import shipped_weights

_KINDS = {kind: number for number, kind in enumerate(CAPS)}
_unpacked = lru_cache(1 << 15)(unpack)


def row(record: Record) -> dict[str, str | None]:
    """The columns of a record: itself as `record`, and its values whose frequencies count; empty ones are null."""
    values = {column(kind): value(record) or None for kind, value in COUNTED.items()}
    return {"record": pack(record), **values}


def key_numbers(record: Record) -> list[int]:
    """Its blocking keys: rows that share one are compared. Kind in the upper bits, so that caps can be told."""
    return [_KINDS[kind] << 32 | key_number(kind, value) for kind, value in keys(record)]


def caps() -> list[tuple[int, int]]:
    """(kind of a key as in `key_numbers`, how many rows may share it)."""
    return [(_KINDS[kind], cap) for kind, cap in CAPS.items()]


def level(field: str, left: str, right: str) -> str | None:
    """How two packed records agree in a field; None where it weighs nothing. For Splink this is `sarnakh_level`."""
    return _kept_levels(left, right).get(field)


def levels(left: str, right: str) -> dict[str, str]:
    """The same for every field that weighs something."""
    found = judge.levels(_unpacked(left), _unpacked(right))
    weighed = shipped_weights().levels
    return {field: level for field, level in found.items() if (field, level) in weighed}


_kept_levels = lru_cache(1 << 14)(levels)  # all fields of a batch of pairs are asked one field after the other
