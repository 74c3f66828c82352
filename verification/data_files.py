"""The word lists under `data/`: one entry a line; `#` begins a comment that says source, date and licence."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


@cache
def entries(name: str) -> frozenset[str]:
    """The entries of `data/<name>`, lower case. Read once a process."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(entry for line in lines if (entry := line.partition("#")[0].strip().lower()))
