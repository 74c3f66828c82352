"""The keys by which a form says when a question is asked, read strictly from TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from forms.conditions import most_shown
from forms.profiling import together
from forms.records import STAGES, Field, Form, When
from forms.toml import Table

NAME = "[a-z][a-z0-9_]{0,59}"
UNLESS = re.compile(rf"{NAME}( *\+ *{NAME})*")
MOST_NAMES = 20  # in one list
ALWAYS_NEVER = ("priority", "group", "ask_again_days", "unless_known")  # say nothing of what each visit asks
IDENTIFIER_NEVER = (*ALWAYS_NEVER, "from_stage", "when", "sensitive")


def steering(table: Table, before: Sequence[Field]) -> dict[str, Any]:
    """When a field is asked. before: the fields that stand above it."""
    return {
        "priority": table.whole("priority", 0, low=-100, high=100),
        "group": table.text("group", "", pattern=NAME, hint="name_field"),
        "from_stage": table.one_of("from_stage", STAGES, ""),
        "ask_again_days": table.whole("ask_again_days", None, low=1, high=3650),
        "unless_known": _unless_known(table),
        "when": _when(table.table("when"), before),
        "sensitive": table.flag("sensitive", False),
    }


def check_field(table: Table, field: Field, before: Sequence[Field]) -> None:
    """What does not go together in one field."""
    never = IDENTIFIER_NEVER if field.identifier else ALWAYS_NEVER if field.always else ()
    for key in never:
        if key in table.content:
            table.wrong(key, "asked_anyway")
    above = next((one for one in before if field.when and one.name == field.when.field), None)
    if above is None or above.always:
        return
    if field.always:
        table.wrong("when", "above_not_always", name=above.name)
    elif field.group:
        table.wrong("group", "comes_along", name=above.name)


def check_form(form: Form, table: Table) -> None:
    """What comes together must have room in a visit, else it would never be asked."""
    for unit in together(_waiting(form)):
        count = most_shown(unit)
        if count > max(form.questions_per_visit, 1):
            names = ", ".join(field.name for field in unit)
            table.wrong("questions_per_visit", "come_together", names=names, count=count)


def _waiting(form: Form) -> list[Field]:
    """The questions that wait for their turn, less those that another of their group makes unnecessary."""
    waiting: list[Field] = []
    for field in form.fields:
        known = {one.name for one in waiting if field.group and one.group == field.group}
        if field.type != "hidden" and not field.always and not field.unnecessary(known):
            waiting.append(field)
    return waiting


def _unless_known(table: Table) -> tuple[tuple[str, ...], ...]:
    example = '["mobile", "first_name + last_name"]'
    texts = _texts(table, "unless_known", "list_such_as", example=example)
    if not all(UNLESS.fullmatch(text) for text in texts):
        table.wrong("unless_known", "list_such_as", key="unless_known", example=example)
        return ()
    return tuple(tuple(name.strip() for name in text.split("+")) for text in texts)


def _when(table: Table | None, before: Sequence[Field]) -> When | None:
    if table is None:
        return None
    name = table.text("field", pattern=NAME, hint="name_field")
    values = _texts(table, "is", "list_such_as", example='["…"]')
    table.done()
    if "is" not in table.content:
        table.wrong("is", "missing_list", key="is", example='["…"]')
    if name:
        _check_when(table, name, values, before=before)
    return When(name, values)


def _check_when(table: Table, name: str, values: Iterable[str], *, before: Sequence[Field]) -> None:
    above = next((field for field in before if field.name == name), None)
    if above is None:
        table.wrong("field", "not_above", name=name)
        return
    if above.type not in {"choice", "choices"}:
        table.wrong("field", "without_options", name=name)
        return
    known = [option.value for option in above.options]
    for value in values:
        if value not in known:
            table.wrong("is", "one_of", value=value, allowed=", ".join(known))


def _texts(table: Table, key: str, code: str, *, example: str) -> tuple[str, ...]:
    """A list of texts, each once; none where the key is missing."""
    if key not in table.read:
        table.read.append(key)
    if key not in table.content:
        return ()
    value = table.content[key]
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not texts or not value or len(value) > MOST_NAMES or len(set(value)) < len(value):
        table.wrong(key, code, key=key, example=example)
        return ()
    return tuple(value)
