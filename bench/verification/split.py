"""The texts, cut in two by a hash of each: one half to write messages with and to tune on, one to report on."""

from __future__ import annotations

import hashlib
from pathlib import Path

TEXTS = Path(__file__).parent / "g_texts"


def halves(kind: str, lang: str) -> tuple[list[str], list[str]]:
    """(to tune on, to report on) of spam or ham in fa or en, in the file's order."""
    lines = [line for line in (TEXTS / f"{kind}.{lang}.txt").read_text("utf-8").splitlines() if line]
    odd = {line: hashlib.sha256(line.encode()).digest()[0] % 2 for line in lines}
    return [line for line in lines if not odd[line]], [line for line in lines if odd[line]]
