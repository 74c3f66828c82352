"""Where a lead would have stood over time: forward with its good days, from the stage that it had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.records import Event
from gateway.scoring import retracing
from gateway.scoring.retracing import Moment, retrace
from gateway.scoring.rulebook import shipped
from gateway.scoring.stages import Situation
from gateway.scoring.standing import evaluate

START = datetime(2026, 10, 1, 9, tzinfo=UTC)
FLAGS = {"contact_requested": False, "customer": False}


def _event(day: int, kind: str) -> Event:
    return Event(f"e{day}{kind}", kind, START + timedelta(days=day), source="api")


def _moments(*events: Event, since: int, until: int, stage: str | None = None) -> list[Moment]:
    now = START + timedelta(days=until)
    stood = evaluate(shipped(), {}, events, now, stage=stage, **FLAGS)
    today = Situation(events, stood.interest, stood.grade, facts={}, now=now, **FLAGS)
    return list(retrace(shipped(), stood.lines, today, since=START + timedelta(days=since), stage=stage))


@pytest.mark.parametrize(
    "events, since, stage, expected",
    [
        ([(1, "content_view"), (2, "download")], 0, None, [(1, "IQL"), (2, "MQL")]),
        ([(1, "content_view"), (2, "download")], 1, "IQL", [(2, "MQL")]),
        ([(1, "contact_request"), (3, "lost"), (5, "page_view")], 2, "SQL", [(3, "lost"), (5, "lost")]),
        ([(1, "trial_started"), (2, "won")], 0, "IQL", [(1, "PQL"), (2, "customer")]),
        ([], 0, "MQL", []),
    ],
)
def test_a_lead_goes_from_the_stage_that_it_had_with_what_happened(
    events: list[tuple[int, str]], since: int, stage: str | None, expected: list[tuple[int, str]]
) -> None:
    found = _moments(*(_event(*one) for one in events), since=since, until=9, stage=stage)
    assert [((moment.at - START).days, moment.stage) for moment in found] == expected


def test_what_fades_is_a_moment_too() -> None:
    found = _moments(_event(1, "payment_view"), since=0, until=40)
    assert [(moment.at - START).days for moment in found] == [1, 31]
    assert [moment.interest for moment in found] == [3, 3], "40 points, then 30"


def test_of_very_many_moments_some_are_looked_at_the_last_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retracing, "MOST_MOMENTS", 3)
    found = _moments(*(_event(day, "page_view") for day in range(1, 8)), since=0, until=9)
    assert [(moment.at - START).days for moment in found] == [1, 4, 7]
