"""The columns of an uploaded list as a page shows them, and as somebody says anew what they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gateway.importing.columns import NAME, OWN, TOLD, ColumnsError, Plan, plan
from gateway.importing.running import Options
from gateway.sheets import Sheet
from verification.matching.headings import meaning, same_heading
from verification.matching.records import FIELDS

MEANINGS = (*FIELDS, *TOLD)  # what a column may be, beside the site's questions and a name of its own
LOOKED_AT = 20  # rows, for a value that shows what a column holds
EXAMPLE = 40  # characters


@dataclass(frozen=True)
class Column:
    """One heading. name: what it is taken for, empty where it is left out. own: the name that it could keep."""

    place: int
    heading: str
    example: str
    name: str
    own: str | None


def columns(sheet: Sheet, options: Options) -> list[Column]:
    """Each heading once, empty ones left out. Raises SheetError."""
    header, rows = sheet.header, [cells for _, cells in islice(sheet.rows(), LOOKED_AT)]
    taken = _names(_plan(header, options))
    found: list[Column] = []
    for place, heading in enumerate(header):
        if not heading.strip() or any(same_heading(heading, one.heading) for one in found):
            continue
        example = next((row[place] for row in rows if place < len(row) and row[place].strip()), "")
        name = taken.get(place, "")
        own = name if name and name not in MEANINGS else own_name(heading)
        found.append(Column(place, heading, example.strip()[:EXAMPLE], name, own))
    return found


def is_own(header: Sequence[str]) -> bool:
    """Our own export says itself what it holds."""
    return set(OWN) <= set(header)


def chosen(header: Sequence[str], said: Mapping[int, str], options: Options) -> Options:
    """`said`: place of a heading → what it is, empty for left out. Raises ColumnsError where two are said to be one,
    and a name is none."""
    known = _names(_plan(header, replace(options, named={}, without=())))
    named: dict[str, str] = {}
    without = []
    for place, name in said.items():
        if place >= len(header) or name == known.get(place, ""):
            continue
        if not name:
            without.append(header[place])
        elif name in named:
            raise ColumnsError("twice", heading=header[place], other=named[name])
        elif not NAME.fullmatch(name):
            raise ColumnsError("no_name", name=name)
        else:
            named[name] = header[place]
    return replace(options, named=named, without=tuple(without))


def own_name(heading: str) -> str | None:
    """The name of a fact that is made of a heading in Latin letters; none for others, and where it means something."""
    name = re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")[:60]
    ours = name in MEANINGS or meaning(heading) or not NAME.fullmatch(name)
    return None if ours else name


def _plan(header: Sequence[str], options: Options) -> Plan:
    """As far as the columns say it: without an e-mail, phone or id there is no whole plan yet."""
    try:
        return options.plan(header)
    except ColumnsError:
        return _partial(header, options)


def _partial(header: Sequence[str], options: Options) -> Plan:
    """What the columns would be if one more held an e-mail."""
    more = ["" if one in options.without else one for one in header]
    return plan([*more, "email"], {name: one for name, one in options.named.items() if one in header})


def _names(found: Plan) -> dict[int, str]:
    """Column → what it is."""
    pairs: Iterable[tuple[int, str]] = (
        *((place, name) for name, place in (*found.facts.items(), *found.told.items(), *found.own.items())),
        *((place, "email") for place in found.emails),
        *((place, "phone") for place in found.phones),
    )
    return dict(pairs)
