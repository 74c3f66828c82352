"""What reached the inbox, and why the rest did not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bench.verification.target import CHANNELS
from bench.verification.world import World


def found(
    runs: list[dict[str, Any]], submissions: list[dict[str, Any]], world: World, released: dict[str, str]
) -> dict[str, Any]:
    """Each run with its submissions and what was forwarded of them."""
    delivered = Counter(_email(event) for event in world.received)
    for run in runs:
        name, domain = run["email"].split("@")
        own = [one for one in submissions if _belongs(one["answers"].get("email", ""), name, domain)]
        own.sort(key=lambda one: one["at"])
        run["submissions"] = [
            {"status": one["status"], "weight": one["weight"], "findings": _codes(one), "channel": one["channel"]}
            for one in own
        ]
        run["forwarded"] = len([address for address in delivered if _belongs(address, name, domain)])
        run["mails"] = len([mail for mail in world.mails if _belongs(mail["to"], name, domain)])
        run["released"] = released.get(run["email"])
    return {"runs": runs, "deliveries": len(world.received)}


def show(result: dict[str, Any]) -> None:
    """A table of clients and channels: forwarded/visits (held, rejected), the codes that weighed."""
    names = list(dict.fromkeys(run["client"] for run in result["runs"]))
    for name in names:
        cells = []
        codes: Counter[str] = Counter()
        for channel in CHANNELS:
            own = [run for run in result["runs"] if run["client"] == name and run["channel"] == channel]
            statuses = Counter(one["status"] for run in own for one in run["submissions"])
            codes.update(code for run in own for one in run["submissions"] for code in one["findings"])
            cells.append(
                f"{sum(run['forwarded'] for run in own)}/{sum(run['wanted'] for run in own)} {_short(statuses)}"
            )
        print(f"{name:24} {' | '.join(f'{cell:28}' for cell in cells)} {dict(codes.most_common(6))}")
    for name, row in (result.get("texts") or {}).items():
        print(f"texts {name}: held {row['held']} of {row['sent']}  {row['codes']}")


def _short(statuses: Counter[str]) -> str:
    return " ".join(f"{status[:3]}{count}" for status, count in sorted(statuses.items()))


def _codes(submission: dict[str, Any]) -> list[str]:
    return [f"{one['code']}:{one['weight']}" for one in submission["findings"] if one["outcome"] == "fail"]


def _email(event: dict[str, Any]) -> str:
    return str((event["data"]["fields"].get("email") or {}).get("value", ""))


def _belongs(address: str, name: str, domain: str) -> bool:
    """The run's own address, or one of a series: name.7@domain."""
    local, _, there = address.partition("@")
    return there == domain and (local == name or local.rpartition(".")[0] == name)
