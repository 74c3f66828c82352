"""How long does it take to explain 1,000 leads with 200 events each? Aim: under a second, on one core.

    .venv/bin/python -m bench.scoring.explain

Two histories: *visits*, 30 visits of five or six pages over a year with what people do on them; and *scattered*, the
worst case, where nearly every event is a line of its own and most lines meet the limit of 100. Both in time order, as
the database gives them.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from time import perf_counter, process_time

from gateway.records import Event
from gateway.scoring.rulebook import shipped
from gateway.scoring.standing import evaluate

LEADS, EVENTS, RUNS = 1_000, 200, 5
YEAR = 60 * 24 * 365  # in minutes
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = {"job_title": "مدیر بازاریابی", "company_size": "51-200", "industry": "software", "city": "تهران"}
OTHERS = (
    *[("content_view", "browser", {})] * 20,
    *[("payment_view", "browser", {})] * 5,
    *[("download", "form", {"level": "top"})] * 10,
    *[("email_click", "api", {})] * 25,
    *[("answer", "form", {"field": "time_to_buy", "value": "0_3"})] * 10,
    *[("feature_used", "api", {})] * 10,
)
PAGE = ("page_view", "browser", {})


def visits(lead: int, chance: random.Random) -> list[Event]:
    minutes = []
    for _ in range(30):
        begun = chance.randrange(YEAR)
        minutes += [begun - 3 * page for page in range(6)]
    found = [_event(lead, n, at, PAGE) for n, at in enumerate(minutes)]
    rest = range(len(found), EVENTS)
    return found + [_event(lead, n, chance.choice(minutes), chance.choice(OTHERS)) for n in rest]


def scattered(lead: int, chance: random.Random) -> list[Event]:
    kinds = (*[PAGE] * 120, *OTHERS)
    return [_event(lead, n, chance.randrange(YEAR), chance.choice(kinds)) for n in range(EVENTS)]


def _event(lead: int, number: int, minutes: int, kind: tuple[str, str, dict[str, str]]) -> Event:
    event_type, source, params = kind
    url = f"https://shop.example/page/{number % 30}"
    at = NOW - timedelta(minutes=minutes)
    return Event(f"{lead}-{number}", event_type, at, "", url, source, params=params)  # type: ignore[arg-type]


def measure(history: Callable[[int, random.Random], list[Event]]) -> str:
    chance = random.Random(1)
    leads = [sorted(history(lead, chance), key=attrgetter("at", "id")) for lead in range(LEADS)]
    rulebook, lines = shipped(), 0
    seconds: list[tuple[float, float]] = []
    for _ in range(RUNS):
        begun, begun_cpu, lines = perf_counter(), process_time(), 0
        for events in leads:
            standing = evaluate(rulebook, FACTS, events, NOW, stage=None, contact_requested=False, customer=False)
            lines += len(standing.lines)
        seconds.append((perf_counter() - begun, process_time() - begun_cpu))
    wall, cpu = (statistics.median(column) for column in zip(*seconds, strict=True))
    return f"{LEADS} leads × {EVENTS} events, {lines} lines; median of {RUNS}: {wall:.2f} s, {cpu:.2f} s of CPU"


def main() -> None:
    for history in (visits, scattered):
        print(f"{history.__name__:10} {measure(history)}")


if __name__ == "__main__":
    main()
