"""Events as tests write them: a type, a day, and what matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.records import Event
from gateway.scoring.event_types import SENDERS

START = datetime(2026, 1, 1, 8, tzinfo=UTC)


def on(days: float) -> datetime:
    return START + timedelta(days=days)


def event(kind: str, days: float = 0, **fields: Any) -> Event:
    """An event of a source that may send it, the browser first."""
    source = fields.pop("source", SENDERS[kind][0])
    params = {key: fields.pop(key) for key in ("level", "field", "value") if key in fields}
    given = {"id": f"{kind}-{days}-{fields.get('name', '')}", "at": on(days), "source": source, "params": params}
    return Event(type=kind, **{**given, **fields})


def answer(field: str, value: Any, days: float = 0) -> Event:
    return event("answer", days, name=field, field=field, value=value)


def book(text: str) -> str:
    """A rulebook with these rules and nothing else that matters."""
    return f"""
timezone = "Asia/Tehran"
[cutoffs]
interest_1 = 75
interest_2 = 50
interest_3 = 25
grade_a = 80
grade_b = 60
grade_c = 40
grade_d = 20
coverage = 40
[decay]
days = 30
points = 10
{text}
[[stages]]
name = "IQL"
[[stages.entries]]
code = "reads_content"
events = ["page_view"]
"""
