"""A rulebook in words: what a page's reader sees of conditions."""

from __future__ import annotations

import pytest

from gateway.scoring.model import FactCondition, When
from gateway.web.console.rule_words import RuleWords

LABELS = {("size", "50_249"): "۵۰ تا ۲۴۹ نفر"}


@pytest.mark.parametrize(
    "condition, said",
    [
        (FactCondition("size", any_of=frozenset({"50_249", "51-200"})), "size: ۵۰ تا ۲۴۹ نفر یا \u206851-200\u2069"),
        (FactCondition("relationship", any_of=frozenset({"رقیب"})), "نسبتش با ما: \u2068رقیب\u2069"),
        (FactCondition("job_title"), "عنوان شغلی: هنوز چیزی نوشته نشده"),
        (FactCondition("email", email_domains=frozenset()), "ایمیل: هنوز چیزی نوشته نشده"),
    ],
)
def test_values_are_set_apart_and_a_question_without_a_test_says_so(condition: When, said: str) -> None:
    assert RuleWords("fa", LABELS).condition(condition) == said
