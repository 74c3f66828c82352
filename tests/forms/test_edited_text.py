"""A form's values changed in its text, the rest of which stays as somebody wrote it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from forms.edited_text import with_values
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
