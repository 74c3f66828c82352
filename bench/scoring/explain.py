"""How long does it take to explain 1,000 leads with 200 events each? Aim: under a second, on one core.

.venv/bin/python -m bench.scoring.explain
"""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

from gateway.records import Event
from gateway.scoring.rulebook import shipped
from gateway.scoring.standing import evaluate

LEADS, EVENTS, RUNS = 1_000, 200, 5
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = {"job_title": "مدیر بازاریابی", "company_size": "51-200", "industry": "software", "city": "تهران"}
# Mostly pages, as a real lead's history; every tenth event scores by a rule that is not capped at one a day.
KINDS = (
    *[("page_view", "browser", {})] * 120,
    *[("content_view", "browser", {})] * 20,
    *[("payment_view", "browser", {})] * 5,
    *[("download", "form", {"level": "top"})] * 10,
    *[("email_click", "api", {})] * 25,
    *[("answer", "form", {"field": "time_to_buy", "value": "0_3"})] * 10,
    *[("feature_used", "api", {})] * 10,
)


def history(lead: int, chance: random.Random) -> list[Event]:
    found = []
    for number in range(EVENTS):
        kind, source, params = chance.choice(KINDS)
        at = NOW - timedelta(minutes=chance.randrange(60 * 24 * 365))
        url = f"https://shop.example/page/{number % 30}"
        found.append(Event(f"{lead}-{number}", kind, at, "", url, source, params=params))
    return found


def main() -> None:
    chance = random.Random(1)
    leads = [history(lead, chance) for lead in range(LEADS)]
    rulebook, lines = shipped(), 0
    seconds: list[tuple[float, float]] = []
    for _ in range(RUNS):
        begun, begun_cpu = perf_counter(), process_time()
        lines = 0
        for events in leads:
            standing = evaluate(rulebook, FACTS, events, NOW, stage=None, contact_requested=False, customer=False)
            lines += len(standing.lines)
        seconds.append((perf_counter() - begun, process_time() - begun_cpu))
    wall, cpu = (statistics.median(column) for column in zip(*seconds, strict=True))
    print(f"{LEADS} leads × {EVENTS} events, {lines} lines; median of {RUNS}: {wall:.2f} s, {cpu:.2f} s of CPU")


if __name__ == "__main__":
    main()
