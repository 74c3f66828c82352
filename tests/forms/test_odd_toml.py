"""Texts that would take a TOML parser minutes and gigabytes."""

from __future__ import annotations

import pytest

from forms.toml import MOST_PARTS, Wrong, content_of

WHOLE = (("rulebook", ""),)


@pytest.mark.parametrize("part", ["a", '"a"', "'a'"])
@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_a_key_of_very_many_parts_is_told_before_it_is_parsed(part: str, form: str) -> None:
    found = content_of(form.format(" . ".join([part] * 90_000)), WHOLE)
    assert isinstance(found, Wrong)
    assert found.code == "deep_key"


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * MOST_PARTS) + " = 1",
        "x = [" + "0.5, " * 1000 + "]",
        "x = [" + '"a.example", ' * 1000 + "]",
        'x = "' + "a… " * 1000 + '"',
    ],
)
def test_other_texts_with_many_dots_are_read(text: str) -> None:
    assert isinstance(content_of(text, WHOLE), dict)
