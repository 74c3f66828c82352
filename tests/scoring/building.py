"""Events as tests write them: a type, a day, and what matters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.records import Event, Fact
from gateway.scoring.event_types import SENDERS
from gateway.scoring.model import Rulebook

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


# Every way that a rulebook has to give, limit and take points, small enough to be read.
RICH = """
[[groups]]
key = "content"
title = { fa = "محتوا", en = "Content" }
most = 25
half_life_days = 20

[[rules]]
code = "reads"
title = { fa = "خواند", en = "Reads" }
event = "content_view"
points = 8
per_day = 2
group = "content"

[[rules]]
code = "tries"
title = { fa = "آزمود", en = "Tries" }
event = "feature_used"
points = 6
times = 2
within_days = 7
lasts_days = 15

[[rules]]
code = "large_and_back"
title = { fa = "بزرگ و باز هم", en = "Large, and back" }
event = "payment_view"
points = 12
per_day = 1
[[rules.when]]
field = "size"
min = 100
[[rules.when]]
event = "content_view"
within_days = 10

[[rules]]
code = "from_tehran"
title = { fa = "از تهران", en = "From Tehran" }
points = 5
[[rules.when]]
field = "city"
any_of = ["تهران", "Tehran"]

[[rules]]
code = "clicks_email"
event = "email_click"
points = 5

[[rules]]
code = "complains"
title = { fa = "شکایت", en = "Complains" }
event = "complained"
points = -9
lasts_days = 5
"""


def switched_off(rules: Rulebook, codes: Collection[str]) -> Rulebook:
    """The rulebook with these rules alone switched off."""
    return replace(rules, rules=tuple(replace(rule, off=rule.code in codes) for rule in rules.rules))


def fact(field: str, value: Any, days: float = 0, state: Any = "current") -> Fact:
    return Fact(field, value, "typed", "sub_x", on(days), state)


# Every key that a rulebook knows, at least once: what forms must not lose.
EVERYTHING = book(
    RICH
    + """
[[rules]]
code = "assessed"
title = { fa = "ارزیابی ضعیف", en = "Assessed as weak" }
event = "assessment"
name = "readiness"
band = "low"
points = -3
visit_minutes = 5
per_subject = 1
off = true

[[rules]]
code = "assessment_result"
event = "assessment"
by_band = true

[[rules]]
code = "time_to_buy"
field = "time_to_buy"
group = "content"
[[rules.answers]]
values = ["0_3", "now"]
points = 30
params = { within_months = 3 }
[[rules.answers]]
code = "time_to_buy_later"
any = true
points = 0
title = { fa = "هر وقت", en = "Any time" }

[[profiles]]
key = "clinic"
title = { fa = "درمانگاه", en = "Clinic" }
[[profiles.facts]]
field = "job_title"
weight = 40
any_of = ["manager", "مدیر"]
contains = ["head of", "رئیس"]
[[profiles.facts]]
field = "company_size"
weight = 25
min = 10.5
negated = true
[[profiles.facts]]
field = "email"
weight = 5
email_domains = ["ac.ir"]

[[disqualify]]
code = "competitor"
field = "email"
email_domains = []
[[disqualify]]
code = "unwanted"
field = "age"
max = 17

[[stages]]
name = "SQL"
[[stages.entries]]
code = "own_way_1"
title = { fa = "آماده", en = "Ready" }
events = ["download", "webinar"]
interest = 2
grades = ["A", "B"]
contact_requested = true
reopens = true
[[stages.entries.when]]
event = "download"
level = "bottom"
url_prefix = "/prices"
at_least = 2
within_days = 30
negated = true

[[stages]]
name = "MQL"
[[stages.entries]]
code = "cooled_off"
title = { fa = "سرد شد", en = "Cooled off" }
cooled = 3
back_from = ["SQL", "PQL"]

[[segments]]
key = "warm"
title = { fa = "گرم‌ها", en = "Warm ones" }
[[segments.when]]
cells = ["A1", "B2", "–1"]
stages = ["MQL", "SQL"]
score_min = 25
score_max = 90
contact_requested = false
[[segments.when]]
field = "city"
contains = ["تهران"]
[[segments.when]]
event = "feature_used"
name = "export"
"""
)
