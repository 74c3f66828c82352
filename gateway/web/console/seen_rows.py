"""Who a row of an uploaded list is, as it stands there, so that a person finds it again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from gateway.importing.columns import ColumnsError
from gateway.importing.running import Task
from gateway.web.console.wording import lead_name

NAMES = ("first_name", "last_name", "full_name")


def about(task: Task, wanted: Collection[int]) -> dict[int, tuple[str, str]]:
    """Row → (name, e-mail or phone). Raises SheetError."""
    try:
        plan = task.options.plan(task.sheet.header)
    except ColumnsError:
        return {}
    found: dict[int, tuple[str, str]] = {}
    for number, cells in task.sheet.rows():
        if number not in wanted:
            continue
        if plan.own:
            facts = _object(_cell(cells, plan.own["fields"]))
            found[number] = lead_name(facts), str(facts.get("email") or facts.get("phone") or "")
        else:
            names = {name: _cell(cells, plan.facts[name]) for name in NAMES if name in plan.facts}
            found[number] = lead_name(names), _first(cells, (*plan.emails, *plan.phones))
        if len(found) == len(wanted):
            break
    return found


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _first(cells: Sequence[str], places: Sequence[int]) -> str:
    return next((text for place in places if (text := _cell(cells, place))), "")


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
