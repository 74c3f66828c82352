"""What becomes of two leads that may be one person: rules 2 and 9 of trust as a table.

Weak evidence links: two records that are the same by what anybody can type stay two, each kept whole, and are counted
as one person. Strong evidence merges. A contradiction keeps apart whatever else agrees, and staff see it.

Strong is what both have shown, not one of them: whoever types somebody's confirmed number, name and company shares all
of it and has shown nothing; and whoever typed it first, before its owner came and confirmed, has shown no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from verification.identity import LADDER, stronger

Says = Literal["same", "possible", "different"]
Then = Literal["merge", "link", "show", "nothing"]
# What both carry: nothing; an identifier that one of them only claims; one that each has shown to be theirs; the same
# customer number of one CRM.
Shared = Literal["none", "claimed", "shown", "crm"]
SHOWN = LADDER.index("confirmed")  # from here on up the ladder somebody has shown it
Carried = Mapping[str, Mapping[str, str]]  # kind of identifier → value → on what strength it is theirs


@dataclass(frozen=True)
class Two:
    """All that decides over two leads, each with those that it is one person with."""

    says: Says  # the matcher, of the two records
    shared: Shared = "none"
    contradict: bool = False  # two people by name or number: these records, or any others of the two persons
    both_confirmed: bool = False  # each has shown a mailbox, or a number, that is another than the other's
    kept_apart: bool = False  # staff said that they are two, or took their merging back


class Rung(NamedTuple):
    """A line of the table; "-" stands for whatever it is."""

    kept_apart: Literal["yes", "-"]
    contradict: Literal["yes", "-"]
    both_confirmed: Literal["yes", "-"]
    shared: Shared | Literal["-"]
    says: Says | Literal["-"]
    then: Then


# The first line that fits decides.
LADDER_OF_TWO: tuple[Rung, ...] = (
    #    staff    they        two         they      matcher
    #    apart    contradict  confirmed   share     says         then
    Rung("yes",   "-",        "-",        "-",      "-",         "nothing"),  # staff's word stands
    Rung("-",     "yes",      "-",        "-",      "same",      "show"),     # households and offices (rule 9)
    Rung("-",     "yes",      "-",        "-",      "possible",  "show"),
    Rung("-",     "yes",      "-",        "shown",  "-",         "show"),
    Rung("-",     "yes",      "-",        "crm",    "-",         "show"),
    Rung("-",     "yes",      "-",        "-",      "-",         "nothing"),
    Rung("-",     "-",        "yes",      "-",      "same",      "link"),     # never merged by itself
    Rung("-",     "-",        "yes",      "crm",    "-",         "show"),
    Rung("-",     "-",        "-",        "crm",    "-",         "merge"),    # the CRM's own word
    Rung("-",     "-",        "-",        "shown",  "same",      "merge"),
    Rung("-",     "-",        "-",        "-",      "same",      "link"),     # what anybody can type
    Rung("-",     "-",        "-",        "-",      "possible",  "show"),
    Rung("-",     "-",        "-",        "-",      "-",         "nothing"),
)  # fmt: skip


def decide(two: Two) -> Then:
    """What the first line that fits says."""
    said = (_yes(two.kept_apart), _yes(two.contradict), _yes(two.both_confirmed), two.shared, two.says)
    return next(rung.then for rung in LADDER_OF_TWO if all(map(_fits, rung[:-1], said)))


def shared(ones: Iterable[Carried], others: Iterable[Carried]) -> Shared:
    """The best of what two persons share, each told by what their records carry."""
    left, right = _best(ones), _best(others)
    found = {_by(kind, left[kind, value], right[kind, value]) for kind, value in left.keys() & right.keys()}
    return max(found, key=_SHARED.index, default="none")


def both_confirmed(ones: Iterable[Carried], others: Iterable[Carried]) -> bool:
    """Has each shown a mailbox, or each a number, of which none is the other's as well?"""
    left, right = _best(ones), _best(others)
    for kind in ("email", "phone"):
        mine, theirs = ({one for one in best if one[0] == kind and _is_shown(best[one])} for best in (left, right))
        if mine and theirs and mine.isdisjoint(theirs):
            return True
    return False


_SHARED: tuple[Shared, ...] = ("none", "claimed", "shown", "crm")  # weakest first


def _by(kind: str, one: str, other: str) -> Shared:
    if kind == "crm":
        return "crm"
    return "shown" if _is_shown(one) and _is_shown(other) else "claimed"


def _best(records: Iterable[Carried]) -> dict[tuple[str, str], str]:
    """(kind, value) → the best strength on which any of the records carries it."""
    found: dict[tuple[str, str], str] = {}
    for carried in records:
        for kind, values in carried.items():
            for value, strength in values.items():
                found[kind, value] = stronger(strength, found.get((kind, value), strength))
    return found


def _is_shown(strength: str) -> bool:
    return LADDER.index(strength) >= SHOWN


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _fits(wanted: str, is_so: str) -> bool:
    return wanted in {"-", is_so}
