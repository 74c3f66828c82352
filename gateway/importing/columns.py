"""Which column of a list holds what: by its heading, by `--map`, or because our own export wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verification.matching.headings import meaning, same_heading
from verification.matching.records import FIELDS

MORE = "import_headings.txt"
PURPOSES = ("marketing", "contact", "store")
# What a column may tell beside facts, as `--map` names it.
TOLD = (
    "crm_id", "owner", "stage", "customer", "created_at", "updated_at", "opted_out", "opted_out_at",
    *(f"consent_{purpose}" for purpose in PURPOSES), *(f"consent_{purpose}_at" for purpose in PURPOSES),
)  # fmt: skip
ONLY_BY_NAME = ("stage", "customer")  # other programs mean other things by these
OWN = ("id", "fields")  # headings of `sarnakh leads export`
OWN_TOLD = ("created_at", "stage", "owner", "customer", "consents", "crm_ids", "test")
# What `sarnakh dedupe` adds: about the file's rows, none of it a person's.
OF_DEDUPE = ("lead_id", "decision", "with_row", "weight", "why")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class ColumnsError(Exception):
    """The columns do not say enough. code: of the words `importing.<code>`."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Plan:
    """Where things stand in a row. emails, phones: the first that holds something counts. facts, told: name →
    column. own: the export's own columns, with all facts in one. left_out: headings of what is not imported."""

    emails: tuple[int, ...] = ()
    phones: tuple[int, ...] = ()
    facts: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def plan(header: Sequence[str], named: Mapping[str, str]) -> Plan:
    """`named`: what a column is → its heading, which wins over what the heading says. Of headings that mean the same,
    the first counts, but for e-mail and phone. Raises ColumnsError."""
    taken = _named(header, named)
    if set(OWN) <= set(header):
        return _own(header, taken)
    found = [_meaning(heading, place, taken) for place, heading in enumerate(_without_dedupe(header))]
    facts: dict[str, int] = {}
    told: dict[str, int] = {}
    for place, name in enumerate(found):
        if name and name not in {"email", "phone"}:
            (told if name in TOLD else facts).setdefault(name, place)
    if {"first_name", "last_name"} & facts.keys():
        facts.pop("full_name", None)
    emails, phones = (tuple(_first(found, name, taken)) for name in ("email", "phone"))
    if not emails and not phones and "crm_id" not in told:
        raise ColumnsError("no_identifier_column")
    used = {*emails, *phones, *facts.values(), *told.values()}
    left = tuple(heading for place, heading in enumerate(header) if place not in used and heading.strip())
    return Plan(emails, phones, facts, told, {}, left)


def _named(header: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """What `named` says, as name → column."""
    taken = {}
    for name, heading in named.items():
        if not NAME.fullmatch(name):
            raise ColumnsError("no_name", name=name)
        place = next((place for place, one in enumerate(header) if same_heading(one, heading)), None)
        if place is None:
            raise ColumnsError("no_heading", heading=heading)
        taken[name] = place
    return taken


def _own(header: Sequence[str], taken: Mapping[str, int]) -> Plan:
    places = {heading: place for place, heading in enumerate(header)}
    own = {name: places[name] for name in (*OWN, *OWN_TOLD) if name in places}
    return Plan(own=own, facts={name: place for name, place in taken.items() if name not in TOLD})


def _without_dedupe(header: Sequence[str]) -> list[str]:
    mine = set(OF_DEDUPE) if set(OF_DEDUPE) <= set(header) else set()
    return ["" if heading in mine else heading for heading in header]


def _meaning(heading: str, place: int, taken: Mapping[str, int]) -> str:
    for name, own in taken.items():
        if own == place:
            return name
    name = meaning(heading) or meaning(heading, MORE)
    known = name in FIELDS or (name in TOLD and name not in ONLY_BY_NAME)
    return name if known and (name not in taken or name in {"email", "phone"}) else ""


def _first(found: Sequence[str], name: str, taken: Mapping[str, int]) -> Sequence[int]:
    """All columns of that meaning; the one that the user named first."""
    places = [place for place, one in enumerate(found) if one == name]
    return sorted(places, key=lambda place: place != taken.get(name))
