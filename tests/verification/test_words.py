"""Every check and every code it may give has words for staff, and the words use its params only."""

from __future__ import annotations

from string import Formatter

import pytest

from gateway.words import LANGUAGES, catalogue, known_keys, say
from tests.support.findings import made
from verification.checks import CHECKS


def codes() -> dict[str, frozenset[str]]:
    """code → the params it is made with."""
    return {one.code: one.params for one in made()}


def test_each_check_and_each_code_has_words_and_no_words_are_left_over():
    expected = {f"findings.{code}" for code in codes()} | {f"findings.check_{check.__name__}" for check in CHECKS}
    assert known_keys("findings") == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_use_only_the_params_that_the_check_gives(lang):
    for code, params in codes().items():
        used = {name for _, name, _, _ in Formatter().parse(catalogue(lang)[f"findings.{code}"]) if name}
        assert used == params, code


def test_persian_words_write_persian_digits():
    assert "۱۲" in say("fa", "findings.same_content", count=12)
