"""A form's values changed in its text, the rest of which stays as somebody wrote it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tomlkit.exceptions import TOMLKitError

from forms.edited_text import with_values, written_anew
from forms.model import FormError, from_toml
from forms.writing import to_toml

STARTERS = sorted((Path(__file__).parents[2] / "gateway" / "web" / "console" / "starters").glob("*.toml"))
GUIDE = next(path for path in STARTERS if path.stem == "guide").read_text("utf-8").replace('"KEY"', '"guide"')


def test_one_line_changes_and_comments_stay() -> None:
    text = with_values(GUIDE, {("order",): "value", ("questions_per_visit",): 3, ("fields", 2, "required"): True})
    assert set(text.splitlines()) - set(GUIDE.splitlines()) == {
        'order = "value"', "questions_per_visit = 3", "required = true",
    }  # fmt: skip
    assert text.startswith(GUIDE[: GUIDE.index("key =")])
    form = from_toml(text)
    assert (form.order, form.questions_per_visit, form.fields[2].required) == ("value", 3, True)


def test_words_stand_on_their_line_and_a_key_can_go() -> None:
    text = with_values(GUIDE, {("title",): {"fa": 'با "نقل"', "en": "Two\nlines"}, ("thanks",): None})
    assert from_toml(text).title == {"fa": 'با "نقل"', "en": "Two\nlines"}
    assert "thanks" not in text and text.splitlines()[1] == GUIDE.splitlines()[1]


@pytest.mark.parametrize("path", STARTERS, ids=[path.stem for path in STARTERS])
def test_each_question_of_each_starter_can_be_changed(path: Path) -> None:
    text = path.read_text("utf-8").replace('"KEY"', '"mine"')
    form = from_toml(text)
    for place, asked in enumerate(form.fields):
        words = {"fa": "تازه", "en": "New"}
        found = from_toml(with_values(text, {("fields", place, "label"): words}))
        fields = [*form.fields]
        fields[place] = replace(asked, label=words)
        assert found == replace(form, fields=tuple(fields))


def test_a_table_is_changed_or_begun_and_the_rest_stays() -> None:
    changes = {("theme", "accent"): "#112233", ("theme", "ink"): "#000000", ("consents", 0, "required"): True}
    text = with_values(GUIDE, changes)
    form = from_toml(text)
    assert (dict(form.theme), form.consents[0].required) == ({"accent": "#112233", "ink": "#000000"}, True)
    assert set(GUIDE.splitlines()) <= set(text.splitlines())
    gone = from_toml(with_values(text, {("theme", "accent"): None}))
    assert dict(gone.theme) == {"ink": "#000000"}
    inline = GUIDE.replace("questions_per_visit = 2", 'questions_per_visit = 2\ntheme = { accent = "#111111" }')
    assert dict(from_toml(with_values(inline, {("theme", "accent"): None})).theme) == {}


def test_what_is_written_over_many_lines_is_written_anew_and_means_the_same() -> None:
    text = GUIDE.replace('title = { fa = "راهنمای رایگان خرید"', 'title = { fa = """\nراهنمای\nrayegan"""', 1)
    form = from_toml(with_values(text, {("title",): {"fa": "یک", "en": "One"}, ("kiosk",): True}))
    assert form == replace(from_toml(GUIDE), title={"fa": "یک", "en": "One"}, kiosk=True)
    assert tomllib.loads(to_toml(form))["kiosk"] is True


@pytest.mark.parametrize(
    "path, value",
    [
        (("questions_per_visit",), "x"),
        (("questions_per_visit",), 51),
        (("fields", 2, "rest_days"), -1),
        (("fields", 1, "label"), {"fa": "نام", "en": ""}),
    ],
)
def test_what_no_form_can_have_is_named_by_its_path(path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(FormError) as caught:
        with_values(GUIDE, {path: value})
    assert caught.value.problems[0].path[: len(path)] == path


BY_HAND = '''# our form
key = "mine"
languages = ["fa"]
title = { fa = "عنوان" }  # seen first
intro.fa = """
[not a header]
key = "no key" # no comment
"""
[submit_label]
fa = "بفرست"  # the button
# the one question
[[fields]]
name = "job"
type = "choice"
label.fa = "شغل"
help = { fa = """سطر یک
سطر "دو\\"\\"" """ }  # the reason why
options = [
  # the usual
  { value = "a", label = { fa = "[یک]" } },
]
[[fields]]
name = "why"  # asked last
type = "text"
[fields.label]
fa = \'\'\'چرا
# نه\'\'\'
'''


@pytest.mark.parametrize(
    "path, words, lines",
    [
        (("title",), "نو", {'title = { fa = "نو" }  # seen first'}),
        (("intro",), "نو", {'intro.fa = "نو"'}),
        (("submit_label",), "نو", {'fa = "نو"  # the button'}),
        (("fields", 0, "label"), "نو", {'label.fa = "نو"'}),
        (("fields", 0, "help"), "نو", {'help = { fa = "نو" }  # the reason why'}),
        (("fields", 1, "label"), "نو", {'fa = "نو"'}),
        (("fields", 1, "help"), "نو", {'help = {fa = "نو"}', ""}),
        (("thanks",), "نو", {'thanks = {fa = "نو"}', ""}),
        (("fields", 0, "help"), None, set()),
        (("intro",), None, set()),
    ],
)
def test_a_value_changes_however_it_stands_and_comments_stay(
    path: tuple[str | int, ...], words: str | None, lines: set[str]
) -> None:
    text = with_values(BY_HAND, {path: words and {"fa": words}})
    assert set(text.splitlines()) - set(BY_HAND.splitlines()) == lines
    assert not written_anew(BY_HAND, text)
    assert "# our form" in text and "  # the usual" in text and "# asked last" in text
    holder: Any = from_toml(text) if len(path) == 1 else from_toml(text).fields[int(path[1])]
    assert getattr(holder, str(path[-1])) == ({"fa": words} if words else {})


ONE_LIST = """\
key = "mine"
languages = ["fa"]
title = { fa = "ع" }
submit_label = { fa = "ب" } # ours
fields = [{ name = "job", type = "text", label = { fa = "شغل" } }]
"""
CHANGE = {("fields", 0, "label"): {"fa": "نو"}}


def test_questions_that_are_one_list_are_changed_in_place() -> None:
    text = with_values(ONE_LIST, CHANGE)
    assert text == ONE_LIST.replace("شغل", "نو")
    assert not written_anew(ONE_LIST, text)


@pytest.mark.parametrize("broken", [{"side_effect": TOMLKitError}, {"return_value": {}}], ids=["refused", "other"])
def test_where_the_text_cannot_be_changed_it_is_written_anew_and_means_what_was_wanted(
    broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forms.edited_text.tomlkit.parse", Mock(**broken))
    anew = with_values(ONE_LIST, {("title",): {"fa": "نو"}})
    assert anew == to_toml(from_toml(anew)) and written_anew(ONE_LIST, anew) and not written_anew(anew, anew)
    assert from_toml(anew).title == {"fa": "نو"}
