"""Questions that depend on an earlier answer: does the condition hold, how much of it can one person see, and the
stylesheet by which a page shows and hides them without a script.

On one page both sides follow the answer given there: the stylesheet in the browser, `applies` in what is read of a
post. A browser that does not know `:has()` (before 2023) shows the question, and nobody has to answer it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from forms.records import Field, Form, When


def holds(when: When, answer: Any) -> bool:
    """Whether this cleaned answer, a value or a list of them, meets the condition."""
    given = answer if isinstance(answer, list) else [answer]
    return any(value in when.values for value in given)


def applies(asked: Field, page: Collection[str], answers: Mapping[str, Any]) -> bool:
    """Whether a question of this page was put to whoever gave these answers. page: the names asked on it. A condition
    on a question that is not among them was met before the page was made."""
    return asked.when is None or asked.when.field not in page or holds(asked.when, answers.get(asked.when.field))


def depending(asked: Field, fields: Iterable[Field]) -> list[Field]:
    """Those of them that depend on this question."""
    return [field for field in fields if field.when and field.when.field == asked.name]


def most_shown(fields: Sequence[Field]) -> int:
    """How many of these questions one person sees at most, whatever they answer: of those that depend on different
    answers to one choice only some."""
    names = {field.name for field in fields}
    return sum(_most(one, fields) for one in fields if one.when is None or one.when.field not in names)


def _most(asked: Field, fields: Sequence[Field]) -> int:
    below = [(field.when.values, _most(field, fields)) for field in depending(asked, fields) if field.when]
    if asked.type == "choices":
        return 1 + sum(count for _, count in below)
    branches = (sum(count for values, count in below if option.value in values) for option in asked.options)
    return 1 + max(branches, default=0)


def stylesheet(form: Form) -> str:
    """CSS that hides each conditional question of a page until its condition holds there; empty where the form has
    none. It names the form's address, since several forms may stand on one page."""
    return "".join(rule(form.key, name, when) for name, when in hidden(form))


def hidden(form: Form) -> list[tuple[str, When]]:
    """(question, condition) of each rule of its stylesheet."""
    return [(field.name, when) for field in form.fields for when in _conditions(form, field)]


def _conditions(form: Form, field: Field) -> Iterable[When]:
    """Its own and those that it hangs on in turn: a question stays hidden below a hidden one."""
    asked: Field | None = field
    while asked is not None and asked.when is not None:
        yield asked.when
        asked = form.field_named(asked.when.field)


def rule(key: str, name: str, when: When) -> str:
    """The line that hides this question of the form with this key. key and the names are letters, digits, - and _."""
    here = f'.lead-form form[action$="/f/{key}"]'
    chosen = ", ".join(
        f'[name="{when.field}"]{value}:checked, [name="{when.field}"] {value}:checked'  # an input, or a list's option
        for value in (f'[value="{_escaped(value)}"]' for value in when.values)
    )
    on_page = f':has([name="{when.field}"])'  # else it was met before, and the question stands without it
    return f'{here}{on_page}:not(:has({chosen})) .lf-field:has([name="{name}"]) {{ display: none; }}\n'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
