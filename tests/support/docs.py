"""What the docs leave out, and which of their links lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def unexplained(page: Path, items: Iterable[str]) -> list[str]:
    """The items that no line of the page begins with or lists, in backticks and with words after them."""
    lines = page.read_text("utf-8").splitlines() if page.exists() else []
    return [item for item in items if not any(_explains(line, item) for line in lines)]


def broken_links(root: Path, pages: Iterable[Path]) -> list[str]:
    """Relative links to files or headings that are not there."""
    faults = []
    for page in pages:
        for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _, anchor = target.partition("#")
            found = (page.parent / name).resolve() if name else page
            if not found.exists() or (anchor and anchor not in _anchors(found)):
                faults.append(f"{page.relative_to(root)}: {target}")
    return faults


def _explains(line: str, item: str) -> bool:
    """A table's row or a list's entry whose first cell names it, with an explanation."""
    found = re.match(rf"\s*[|*-] *`{re.escape(item)}(?:[ =][^`]*)?`(?: ·[^|]*)?(.*)", line)
    return bool(found and re.search(r"\w{3}", found[1]))


def _anchors(page: Path) -> set[str]:
    """As code hosts make them: small letters, dashes for spaces, no punctuation."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
