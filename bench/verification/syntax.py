"""Whether our reading of an address agrees with the public cases of isemail.

    python -m bench.verification.syntax

Two collections, each with its source and licence in isemail.json. A case is valid where its authors call it so without
a warning, or warn of DNS alone: comments, quotes, address literals and obsolete forms are legal in a message's header
and mistakes in a form.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from forms.addresses import mailable

CASES = Path(__file__).parent / "isemail.json"


def main() -> int:
    """Each collection and both together; 1 where an invalid address is accepted."""
    together: dict[str, tuple[str, bool]] = {}
    for collection in json.loads(CASES.read_text("utf-8"))["collections"]:
        cases = {address: (diagnosis, valid) for address, diagnosis, valid in collection["cases"]}
        _report(collection["name"], cases)
        together = {**cases, **together}
    wrongly = _report("both, each address once", together, show=True)
    return 1 if wrongly else 0


def _report(name: str, cases: dict[str, tuple[str, bool]], *, show: bool = False) -> int:
    differ = [(address, *case) for address, case in cases.items() if (mailable(address) is not None) != case[1]]
    wrongly = sum(not valid for _, _, valid in differ)
    print(f"{name}: {len(cases) - len(differ)} of {len(cases)} agree, {wrongly} wrongly accepted")
    for address, diagnosis, valid in differ if show else ():
        print(f"    {address!a}: {diagnosis}; we {'refuse' if valid else 'accept'} it")
    return wrongly


if __name__ == "__main__":
    sys.exit(main())
