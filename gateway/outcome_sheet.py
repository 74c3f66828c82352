"""A plain table of outcomes: one 0/1 column a rule, and `won`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from forms.text import fold
from gateway.scoring.calibrating.records import LOST, OPEN, WON, Leads
from gateway.sheets import Sheet, SheetError

WON_COLUMN = "won"
MOST_RULES = 200  # beyond it a fit takes minutes, and nobody reads the result
_MEANT = {"0": LOST, "1": WON, "0.0": LOST, "1.0": WON, "false": LOST, "true": WON}  # the latter four: as pandas writes


class _Marks(dict[str, int]):
    """What a cell says; any script's digits. Raises KeyError."""

    def __missing__(self, cell: str) -> int:
        self[cell] = _MEANT[fold(cell)]
        return self[cell]


def read_outcomes(sheet: Sheet, skipped: Collection[str] = ()) -> Leads:
    """Each row a lead; an empty `won` is an open one. skipped: columns to leave out. Raises SheetError, by line and
    column."""
    header = [name.strip() for name in sheet.header]
    rules, at = _rules(sheet, header, skipped)
    has, outcome = bytearray(), bytearray()
    marks, ends = _Marks(), _Marks({"": OPEN})
    places = list(rules.values())
    for number, row in sheet.rows():
        if len(row) != len(header):
            raise SheetError(f"{_line(sheet, number)}: {len(row)} cells, but {len(header)} columns")
        try:
            has.extend([marks[row[place]] for place in places])
            outcome.append(ends[row[at].strip()])
        except KeyError:
            raise SheetError(_odd_cell(sheet, number, row, {**rules, header[at]: at})) from None
    if not outcome:
        raise SheetError(f"{sheet.name}: there are no rows below the header")
    if set(outcome) == {OPEN}:
        raise SheetError(f"{sheet.name}: no row has an outcome; write 1 or 0 in {header[at]}")
    return Leads(tuple(rules), bytes(has), bytes(outcome))


def _rules(sheet: Sheet, header: Sequence[str], skipped: Collection[str]) -> tuple[dict[str, int], int]:
    """Rule → column, and the column of the outcome."""
    if not any(header):
        raise SheetError(f"{sheet.name}: is empty; write a header with a column a rule, and {WON_COLUMN}")
    if missing := sorted(set(skipped) - set(header)):
        raise SheetError(f"{sheet.name}: no column is called {missing[0]}")
    kept = [place for place, name in enumerate(header) if name not in skipped]
    for place in kept:
        if not header[place]:
            raise SheetError(f"{sheet.name}: column {place + 1} has no name")
        if header.index(header[place]) < place:
            raise SheetError(f"{sheet.name}: the column {header[place]} stands there twice")
    ends = [place for place in kept if header[place].lower() == WON_COLUMN]
    if len(ends) != 1:
        raise SheetError(f"{sheet.name}: {'two columns are' if ends else 'no column is'} called {WON_COLUMN}")
    rules = {header[place]: place for place in kept if place != ends[0]}
    if not 0 < len(rules) <= MOST_RULES:
        raise SheetError(f"{sheet.name}: {len(rules)} columns beside {WON_COLUMN}; write 1 to {MOST_RULES}, one a rule")
    return rules, ends[0]


def _odd_cell(sheet: Sheet, number: int, row: Sequence[str], columns: Mapping[str, int]) -> str:
    for name, place in columns.items():
        cell = row[place].strip()
        if not cell and name.lower() == WON_COLUMN:
            continue
        if fold(cell) not in _MEANT:
            shown = f"{cell[:20]!r} is neither 0 nor 1" if cell else "is empty; write 0 or 1"
            mend = "" if name.lower() == WON_COLUMN else f" (to leave the column out: --skip {name!r})"
            return f"{_line(sheet, number)}, column {name}: {shown}{mend}"
    raise AssertionError("every cell is well")


def _line(sheet: Sheet, number: int) -> str:
    return f"{sheet.name}, line {number if sheet.is_json else number + 1}"
