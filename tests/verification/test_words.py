"""Every check and every code it may give has words for staff, and the words use its params only."""

from __future__ import annotations

import ast
import inspect
from string import Formatter

import pytest

from gateway.words import LANGUAGES, catalogue, known_keys, say
from verification import checks
from verification.checks import CHECKS

MODULES = (
    checks.address, checks.agent, checks.automation, checks.browser, checks.confirmation, checks.content, checks.email,
    checks.outside, checks.phone, checks.proof, checks.ticket,
)  # fmt: skip
MAKERS = {"fail", "note", "unknown"}


def codes() -> dict[str, set[str]]:
    """code → the params it is made with, read off the calls in verification/checks."""
    found = {}
    for module in MODULES:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                code = node.args[0]
                assert isinstance(code, ast.Constant), "a code is written out, so that grep finds it"
                found[code.value] = {word.arg for word in node.keywords} - {"weight", "clears"}
    return found


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
