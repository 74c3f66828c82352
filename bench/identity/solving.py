"""One peer, one file of leads, one process: so that memory is its own. Run by `bench.identity.run`.

Example: python -m bench.identity.solving peers.exact_email leads.csv answer.json
"""

from __future__ import annotations

import csv
import importlib
import re
import resource
import sys
from pathlib import Path

from bench.identity.ours import MissingError

NOT_THERE = 3  # the exit code where there is nothing to measure


def main(module: str, leads: str, answer: str) -> None:
    with Path(leads).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        solved = importlib.import_module(f"bench.identity.{module}").solve(rows)
    except MissingError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_THERE)
    solved.peak_mib = _peak_mib()
    solved.write(Path(answer))


def _peak_mib() -> float:
    """This program's own: rusage also counts what the process held before it became this program (Linux)."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:4])
