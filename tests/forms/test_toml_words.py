"""Every code by which TOML is told to be wrong has its words, and no words are left over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import forms.toml
from forms.toml import BESIDE, Wrong
from gateway.words import known_keys, say

ROOT = Path(forms.toml.__file__).parents[1]
READERS = [
    *(ROOT / "forms").glob("*.py"),
    *(ROOT / "gateway" / "scoring").glob("reading*.py"),
    ROOT / "gateway" / "store" / "forms.py",
    ROOT / "gateway" / "web" / "console" / "forms.py",
    ROOT / "gateway" / "web" / "console" / "rules_draft.py",
]
# Method → at which place of its arguments the code stands.
TELL = {"wrong": 1, "_wrong": 2, "_wrong_words": 2, "wrong_as_a_whole": 0, "_take": 2, "Wrong": 1}


def literals() -> set[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in READERS if path.exists()]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def told() -> set[str]:
    found = set()
    for path in READERS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = TELL.get(called)
                told = node.args[place] if place is not None and len(node.args) > place else None
                if isinstance(told, ast.Constant):
                    found.add(told.value)
    return found


def words() -> set[str]:
    codes = {key.removeprefix("toml.") for key in known_keys("toml")}
    return {code for code in codes if not code.startswith("place_")} - {"comma", *BESIDE.values()} | {"whole"}


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    assert len(told()) > 60
    assert told() - words() == set()
    assert words() - literals() == set()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_beside_a_field_nobody_is_asked_to_write_toml(lang: str) -> None:
    for code in BESIDE:
        said = Wrong((), code, {"low": 1, "high": 9}).beside(say, lang)
        assert said and "[[" not in said and "=" not in said
    assert {f"toml.{code}" for code in BESIDE} <= known_keys("toml")
