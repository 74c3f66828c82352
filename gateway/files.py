"""Files that leave the house: names by the server, cells that no spreadsheet runs (rules 33, 34)."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# By what spreadsheets split lines into cells, beside the comma: a cell that holds one stands in quotes, and these see
# the quotes in the middle of their own cell. OWASP (CSV Injection) asks to mind separators and quotes as well.
_SEPARATORS = re.compile(r"([;|\t\r\n])")
_FORMULA = re.compile(r"""[\s"']*[=+\-@]""")  # space and quotes before it are skipped
BOM = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8
_BREAKS = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")  # whatever str.splitlines takes for one
_NUMBER = re.compile(r"\s*[+-]?[\d\s().-]+")


def export_folder(data_dir: Path, site_key: str) -> Path:
    """Where the files of this site's exports stand; nothing else is written (rule 33)."""
    return data_dir / "exports" / site_key


def csv_rows(rows: Iterable[Iterable[object]]) -> str:
    """Lines of a CSV file with commas, each cell as `csv_cell` makes it: the one place that writes cells for people and
    their spreadsheets."""
    text = io.StringIO()
    csv.writer(text).writerows([csv_cell(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def csv_cell(text: str) -> str:
    """The text as a cell that stays text: an apostrophe before what would run, also behind a mark by which other
    spreadsheets split; `+98…` and numbers as they are."""
    return "".join(f"'{part}" if _runs(part) else part for part in _SEPARATORS.split(text))


def text_of_cell(cell: str) -> str:
    """What `csv_cell` made the cell of, of any text."""
    return "".join(part[1:] if part[:1] == "'" and _runs(part[1:]) else part for part in _SEPARATORS.split(cell))


def _runs(part: str) -> bool:
    return bool(_FORMULA.match(part)) and not _NUMBER.fullmatch(part)


@dataclass(frozen=True)
class Table:
    """CSV files of one owner in one folder: `<stem>.csv`, and `<stem>-2.csv` where the columns have changed since. The
    first column names the row; nothing is written twice under one name. One writer at a time, over all processes.
    Each raises OSError."""

    folder: Path
    owner: str  # begins each stem

    def append(self, stem: str, header: Sequence[str], row: Sequence[str]) -> bool:
        """Write one row, durably; false when a row with its name stands in these files already."""
        with self._alone():
            files = self._files(stem)
            for one in files:
                _mend(one)
            if any(_named(one, row[0]) for one in files):
                return False
            head = BOM + _line(header)
            path = next((one for one in files if one.read_bytes().startswith(head)), None)
            if path is None:
                path = self.folder / f"{self.owner}-{stem}{f'-{len(files) + 1}' if files else ''}.csv"
                _replace(path, head)
            with path.open("ab") as file:
                file.write(_line(row))
                file.flush()
                os.fsync(file.fileno())
            return True

    def remove(self, column: int, values: Collection[str]) -> int:
        """Take away all rows with one of these values there, from every file of the owner; how many there were."""
        gone = 0
        with self._alone():
            for path in sorted(self.folder.glob(f"{self.owner}-*.csv")):
                lines = path.read_text("utf-8-sig").splitlines()
                kept = [line for line in lines if not _in(column, values, line)]
                if len(kept) < len(lines):
                    gone += len(lines) - len(kept)
                    _replace(path, BOM + "".join(f"{line}\r\n" for line in kept).encode())
        return gone

    def _files(self, stem: str) -> list[Path]:
        """In the order in which they were begun."""
        found = [self.folder / f"{self.owner}-{stem}.csv"]
        while found[-1].exists():
            found.append(self.folder / f"{self.owner}-{stem}-{len(found) + 1}.csv")
        return found[:-1]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / f".{self.owner}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for part in self.folder.glob(f"{self.owner}-*.part"):
                part.unlink()  # of a writer that died
            yield


def exported(folder: Path, owner: str) -> list[Path]:
    """The owner's files, newest name first."""
    return sorted(folder.glob(f"{owner}-*.csv"), reverse=True)


def _line(cells: Sequence[str]) -> bytes:
    """One record on one line, whatever was typed: a line break becomes a space."""
    return csv_rows([[_BREAKS.sub(" ", cell) for cell in cells]]).encode("utf-8", "replace")


def _in(column: int, values: Collection[str], line: str) -> bool:
    """Whether this record has one of the values there."""
    row = next(csv.reader([line]), [])
    return len(row) > column and row[column] in values


def _named(path: Path, name: str) -> bool:
    return f"\n{name},".encode() in path.read_bytes()


def _mend(path: Path) -> None:
    """A line that was cut short by a crash is no line."""
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        _replace(path, content[: content.rfind(b"\n") + 1])


def _replace(path: Path, content: bytes) -> None:
    """All or nothing, readable by us alone."""
    beside = path.with_suffix(".part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
