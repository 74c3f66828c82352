"""What reached the inbox, and why the rest did not. As a command: the tables of docs/verification-results.md.

Example: python -m bench.verification.report /tmp/sarnakh-bench-verification/*/result.json
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.verification.target import CHANNELS

SHORT = {"accepted": "accepted", "held": "held", "rejected": "rejected", "pending": "PENDING", "stuck": "STUCK"}
Run = dict[str, Any]


def found(
    runs: list[Run], submissions: list[dict[str, Any]], events: list[dict[str, Any]], mails: list[dict[str, str]]
) -> dict[str, int]:
    """Write into each run what became of it: its submissions, what was forwarded, which mails went out.

    Gives how many posts no run could be found for, by status: a known browser's second post may carry no address.
    """
    unclaimed = {one["id"]: one["status"] for one in submissions if one["channel"] != "api"}
    delivered = {_email(event) for event in events}
    for run in runs:
        name, domain = run["email"].split("@")
        own = [one for one in submissions if _belongs(one["answers"].get("email", ""), name, domain)]
        leads = {one["lead"] for one in own} - {None}
        own += [one for one in submissions if one["lead"] in leads and one not in own]  # asked for no address again
        for one in own:
            unclaimed.pop(one["id"], None)
        run["submissions"] = [
            {"status": one["status"], "weight": one["weight"], "findings": _codes(one), "channel": one["channel"]}
            for one in sorted(own, key=lambda one: one["at"])
        ]
        run["forwarded"] = len([address for address in delivered if _belongs(address, name, domain)])
        run["mails"] = len([mail for mail in mails if _belongs(mail["to"], name, domain)])
    return dict(Counter(unclaimed.values()))


def show(runs: Sequence[Run], texts: dict[str, Any] | None) -> Iterator[str]:
    """The tables, as Markdown: forwarded of sent in each channel, what became of the rest, the codes that weighed."""
    for kind, title in (("bot", "Bots"), ("series", "Many posts of one bot"), ("person", "People")):
        rows = [run for run in runs if run["kind"] == kind]
        if not rows:
            continue
        yield f"| {title} | {' | '.join(CHANNELS)} | what was found |\n|---|{'---|' * len(CHANNELS)}---|"
        for name in dict.fromkeys(run["client"] for run in rows):
            yield _row(name, [run for run in rows if run["client"] == name])
        yield _sum(kind, rows)
    for name, row in (texts or {}).items():
        yield f"| {name} | {row['sent']} | {row['held']} | {_counted(row['codes'])} |"


def _row(name: str, runs: list[Run]) -> str:
    cells = [_cell([run for run in runs if run["channel"] == channel]) for channel in CHANNELS]
    codes = Counter(code for run in runs for one in run["submissions"] for code in one["findings"])
    return f"| `{name}` | {' | '.join(cells)} | {_counted(dict(codes.most_common(6)))} |"


def _cell(runs: list[Run]) -> str:
    """`1 of 3, 2 held`: forwarded of what was sent, and where the others stand. Visits that failed are told apart."""
    failed = [run for run in runs if run["remark"].startswith("FAILED") and not run["submissions"]]
    valid = [run for run in runs if run not in failed]
    statuses = Counter(one["status"] for run in valid for one in run["submissions"])
    accepted = statuses.pop("accepted", 0)
    words = [f"{sum(run['forwarded'] for run in valid)} of {sum(run['wanted'] for run in valid)}"]
    words += [f"{count} {SHORT.get(status, status)}" for status, count in sorted(statuses.items())]
    released = sum(bool(run.get("released")) for run in valid)
    if released and accepted:
        words.append(f"{released} by the mailed link")
    words += [f"{len(failed)} failed"] if failed else []
    return ", ".join(words) if runs else "–"


def _sum(kind: str, runs: list[Run]) -> str:
    names = {run["client"] for run in runs}
    through = {run["client"] for run in runs if run["forwarded"]}
    visits = sum(bool(run["forwarded"]) for run in runs)
    return (
        f"\n{kind}: forwarded at least once: {len(through)} of {len(names)} clients, {visits} of {len(runs)} visits\n"
    )


def _counted(codes: dict[str, int]) -> str:
    return " · ".join(f"`{code}` ×{count}" for code, count in codes.items()) or "–"


def _codes(submission: dict[str, Any]) -> list[str]:
    return [f"{one['code']} {one['weight']}" for one in submission["findings"] if one["outcome"] == "fail"]


def _email(event: dict[str, Any]) -> str:
    return str((event["data"]["fields"].get("email") or {}).get("value", ""))


def _belongs(address: str, name: str, domain: str) -> bool:
    """The run's own address, or one of a series: name.7@domain."""
    local, _, there = address.partition("@")
    return there == domain and (local == name or local.rpartition(".")[0] == name)


if __name__ == "__main__":
    results = [json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:]]
    every = [run for result in results for run in result["runs"]]
    for line in show(every, next((one["texts"] for one in results if one["texts"]), None)):
        print(line)
