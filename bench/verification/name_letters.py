"""Renews verification/data/name_letters.txt: which letter follows which two in people's names.

Reads files with a name a line: `python -m bench.verification.name_letters NAMES.txt … > FILE`. The shipped list is
made of the names in the person providers of PyPI's `faker` 40.54.0 (MIT; 87 locales) and of `farsi-faker` 1.9.0 (MIT).
"""

from __future__ import annotations

import sys
from pathlib import Path

from verification.spam.names import letter_lines

HEAD = """\
# Which letters follow which two in people's names, ^ and $ being a word's ends; Latin (marks taken off) and Persian.
# Source: the person providers of PyPI's faker 40.54.0 and farsi-faker 1.9.0, and 48 rarer names.
# Date: 2026-11-22. Licence: MIT. Renew: python -m bench.verification.name_letters NAMES.txt > FILE"""


def main() -> None:
    names = [line for path in sys.argv[1:] for line in Path(path).read_text(encoding="utf-8").splitlines()]
    print("\n".join([HEAD, *letter_lines(names)]))


if __name__ == "__main__":
    main()
