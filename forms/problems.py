"""What the visitor can mend: a code and its params; the words are found later, in the visitor's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# Every problem of a field; the words are `forms.<code>` in the catalogues, and a form may replace them.
PROBLEM_CODES = (
    "required", "consent_required", "too_long", "control_characters", "email", "email_at", "phone", "phone_short",
    "phone_long", "phone_country", "number", "number_min", "number_max", "date", "date_unknown", "choice",
    "disposable_email",
)  # fmt: skip


class Say(Protocol):
    """Finds words: `gateway.words.say`, handed in since forms know no catalogue."""

    def __call__(self, lang: str, key: str, /, **params: Any) -> str: ...


@dataclass(frozen=True)
class Problem:
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Invalid(ValueError):  # noqa: N818  the house's word
    """The visitor's to mend. A ValueError, since WTForms catches that and keeps its first argument."""

    def __init__(self, code: str, **params: Any) -> None:
        self.problem = Problem(code, params)
        super().__init__(self.problem)

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def params(self) -> Mapping[str, Any]:
        return self.problem.params
