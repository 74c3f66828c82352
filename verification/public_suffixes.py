"""Which part of a name somebody registered: mail.acme.co.ir belongs to acme.co.ir, and co.ir to nobody.

By the Public Suffix List as it was packed with this release; nothing is asked over a network. `python -m
verification.public_suffixes public_suffix_list.dat` packs a newer one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import idna

from verification.data_files import FOLDER, entries

LIST = "public_suffixes.txt"


def registrable(domain: str) -> str | None:
    """The name that was registered; `domain` in ASCII and lower case. None for a public suffix itself.

    By the algorithm of publicsuffix.org/list: exceptions first, then the longest rule, else the last label.

    >>> registrable("mail.acme.co.ir"), registrable("co.ir")
    ('acme.co.ir', None)
    """
    rules = entries(LIST)
    labels = domain.split(".")
    for start in range(len(labels)):
        name, parent = ".".join(labels[start:]), ".".join(labels[start + 1 :])
        if f"!{name}" in rules:
            return name
        if name in rules or (parent and f"*.{parent}" in rules) or not parent:
            return ".".join(labels[start - 1 :]) if start else None
    return None


def pack(text: str) -> Iterator[str]:
    """The lines of the shipped list from the published one, by their ends; raises ValueError for what is none."""
    version, commit = (re.search(rf"// {name}: (\S+)", text) for name in ("VERSION", "COMMIT"))
    if version is None or commit is None:
        raise ValueError("this is no public_suffix_list.dat")
    yield "# Public suffixes: names under which strangers register their own, so that none is an organisation's."
    yield "# `*.` stands for each name below; `!` for one that is none all the same. Top-level domains are left out."
    yield f"# Source: the Public Suffix List (publicsuffix.org), commit {commit[1]}."
    yield f"# Date: {version[1][:10]}. Licence: MPL-2.0. Renew: python -m verification.public_suffixes FILE"
    rules = {_ascii(line.strip()) for line in text.splitlines() if "." in line and not line.startswith("//")}
    yield from sorted(rules, key=lambda rule: rule.lstrip("!*.").split(".")[::-1])


def _ascii(rule: str) -> str:
    mark = re.match(r"!|\*\.|", rule)[0]  # type: ignore[index]  # it fits everything
    name = rule[len(mark) :]
    return mark + (name if name.isascii() else idna.encode(name, uts46=True).decode())


if __name__ == "__main__":
    packed = "\n".join(pack(Path(sys.argv[1]).read_text("utf-8")))
    (FOLDER / LIST).write_text(f"{packed}\n", "utf-8")
