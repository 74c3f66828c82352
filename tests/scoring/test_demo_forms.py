"""What the demo's forms ask is what the shipped rulebook reads, so that the example works as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.model import from_toml
from forms.text import fold
from gateway.scoring.rulebook import shipped

FORMS = [
    from_toml(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[2] / "gateway" / "demo" / "forms").glob("*.toml"))
]
CHOICES = {(field.name, fold(option.value)) for form in FORMS for field in form.fields for option in field.options}
PROFILED = [fact.condition for profile in shipped().profiles for fact in profile.facts]


@pytest.mark.parametrize("field, answers", sorted(shipped().answer_rules.items()))
def test_each_question_that_scores_is_asked_with_values_that_score(field, answers):
    asked = {value for name, value in CHOICES if name == field}
    assert all(asked & answer.values for rule in answers for answer in rule.answers if answer.code != "only_studying")
    assert any(asked & answer.values for rule in answers for answer in rule.answers)


@pytest.mark.parametrize("condition", PROFILED, ids=lambda condition: condition.field)
def test_each_choice_question_of_the_profile_has_answers_that_match(condition):
    asked = {value for name, value in CHOICES if name == condition.field}
    assert not asked or asked & condition.any_of
