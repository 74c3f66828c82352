"""Files that leave the house: names by the server, cells that no spreadsheet runs (rules 33, 34)."""

from __future__ import annotations

import re
from pathlib import Path

# What a spreadsheet takes for a formula. A phone number keeps its plus.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[\d\s().-]+$")


def export_folder(data_dir: Path, site_key: str) -> Path:
    """Where the files of this site's exports stand; nothing else is written (rule 33)."""
    return data_dir / "exports" / site_key


def csv_cell(text: str) -> str:
    """The text as a cell that stays text: an apostrophe before what would run, `+98…` and numbers as they are."""
    if _FORMULA.match(text) and not _NUMBER.match(text):
        return f"'{text}"
    return text


def text_of_cell(cell: str) -> str:
    """What `csv_cell` made the cell of."""
    return cell[1:] if cell.startswith("'") and csv_cell(cell[1:]) == cell else cell
