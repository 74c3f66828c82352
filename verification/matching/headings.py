"""Which column of an export holds what, by its heading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from forms.text import squeeze
from verification.data_files import entries

_MARKS = re.compile(r"[\W_]+")


def columns(header: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """Field of `records.FIELDS` → its column. `named`: field → heading that the user gave, which wins; of headings
    that mean the same, the first counts.

    Raises LookupError with a heading that `named` gives and the header lacks.
    """
    folded = [_folded(heading) for heading in header]
    found: dict[str, int] = {}
    for field, heading in named.items():
        if _folded(heading) not in folded:
            raise LookupError(heading)
        found[field] = folded.index(_folded(heading))
    taken = set(found.values())
    for place, heading in enumerate(folded):
        field = _fields().get(heading, "")
        if field and field not in found and place not in taken:
            found[field] = place
    return found


def meaning(heading: str, names: str = "headings.txt") -> str:
    """The field that a heading stands for by the list of that name; empty where it is on none of its lines."""
    return _fields(names).get(_folded(heading), "")


def same_heading(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(heading: str) -> str:
    return _MARKS.sub("", squeeze(heading))


@cache
def _fields(names: str = "headings.txt") -> dict[str, str]:
    """Each known heading → its field."""
    parts = (line.partition(":") for line in entries(names))
    return {_folded(heading): field for field, _, headings in parts for heading in headings.split()}
