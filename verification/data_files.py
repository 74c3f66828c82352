"""The word lists under `data/`: one entry a line; `#` begins a comment that says source, date and licence."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


@cache
def entries(name: str) -> frozenset[str]:
    """The entries of `data/<name>`, lower case. Read once a process."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return frozenset(entry for line in lines if (entry := line.partition("#")[0].strip().lower()))


@cache
def label(name: str) -> str:
    """The list with its date, such as `role_names.txt 2026-11-22`: what a verdict's trail says of it."""
    date = re.search(r"Date: (\d{4}-\d\d-\d\d)", (FOLDER / name).read_text(encoding="utf-8"))
    if date is None:
        raise ValueError(f"verification/data/{name}: its first lines name no date")
    return f"{name} {date[1]}"
