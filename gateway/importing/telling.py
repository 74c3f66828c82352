"""What an import did, or would do, in words and as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.files import csv_rows
from gateway.importing.previewing import Foreseen
from gateway.importing.rows import REJECTED
from gateway.importing.undoing import Undone
from gateway.reasons import reasons
from gateway.sheets import Sheet
from gateway.words import say

# In which order outcomes are told; the journal has those that are no matter of weighing.
OUTCOMES = ("new", "id", "crm", "email", "phone", "same", "possible", "rejected")
PREVIEW_COLUMNS = ("row", "outcome", "lead_id", "with_row", "weight", "why", "notes")


@dataclass
class Tally:
    """Outcomes and notes as they come."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str, notes: Iterable[str]) -> None:
        self.counts[outcome] += 1
        if outcome != "rejected":
            self.notes.update(notes)


def sentence(lang: str, counts: Mapping[str, int]) -> str:
    """All outcomes that occur, in one line."""
    total = sum(counts.get(name, 0) for name in OUTCOMES)
    parts = [say(lang, "importing.rows", count=total)]
    parts += [f"{_number(lang, counts[one])} {say(lang, f'importing.outcome.{one}')}" for one in _told(counts)]
    return say(lang, "importing.between").join(parts)


def notes(lang: str, found: Mapping[str, int]) -> list[str]:
    """A line a note, the commonest first."""
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [f"{_number(lang, count)} × {note(lang, code)}" for code, count in ordered]


def note(lang: str, code: str) -> str:
    """The words for one note, such as `fact:budget`."""
    name, _, about = code.partition(":")
    return say(lang, f"importing.note.{name}", name=about)


def cells(one: Foreseen, lang: str) -> list[str]:
    """A row of the preview, by PREVIEW_COLUMNS."""
    rejected = one.outcome == "rejected"
    said = [say(lang, f"importing.reason.{code}") if rejected else note(lang, code) for code in one.notes]
    return [
        str(one.row),
        say(lang, f"importing.outcome.{one.outcome}"),
        one.lead_id or "",
        "" if one.with_row is None else str(one.with_row),
        f"{one.match.weight:.1f}" if one.match else "",
        reasons(one.match, lang) if one.match else "",
        say(lang, "importing.between").join(said),
    ]


def undone(lang: str, done: Undone) -> list[str]:
    lines = [f"{_number(lang, done.leads)} {say(lang, 'importing.undone.leads')}"]
    if done.restored:
        lines.append(f"{_number(lang, done.restored)} {say(lang, 'importing.undone.restored')}")
    if done.kept:
        lines.append(f"{_number(lang, done.kept.total())} {say(lang, 'importing.undone.kept')}:")
    why = sorted(done.kept.items(), key=lambda one: -one[1])
    return lines + [f"  {_number(lang, count)} × {say(lang, f'importing.undone_kept.{code}')}" for code, count in why]


def left_out(lang: str, headings: Iterable[str]) -> list[str]:
    found = list(headings)
    if not found:
        return []
    told = say(lang, "importing.left_out", headings=("، " if lang == "fa" else ", ").join(found))
    return [told, say(lang, "importing.left_out_hint", heading=found[0])]


def write_rejected(sheet: Sheet, target: Path, reasons: Mapping[int, str], lang: str) -> None:
    """The rejected rows as they came, with row number and reason before them: mended, the file can be imported."""
    with writing(target) as write:
        write([*REJECTED, *sheet.header])
        for number, cells in sheet.rows():
            if number in reasons:
                write([number, say(lang, f"importing.reason.{reasons[number]}"), *cells])


@contextmanager
def writing(target: Path) -> Iterator[Callable[[Iterable[object]], object]]:
    """Writes one row of a CSV that appears once it is whole. With a byte-order mark, since spreadsheets take Persian
    for gibberish without it."""
    fresh = target.with_name(f"{target.name}.new")
    with fresh.open("w", encoding="utf-8-sig", newline="") as out:
        yield lambda row: out.write(csv_rows([row]))
    fresh.replace(target)


def _told(counts: Mapping[str, int]) -> list[str]:
    return [name for name in (*OUTCOMES, "changed") if counts.get(name)]


def _number(lang: str, count: int) -> str:
    return say(lang, "importing.number", count=count)
