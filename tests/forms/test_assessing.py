"""An assessment's result: shares, bands and what to improve, of one set of answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from forms.assessing import assess, numbered, packed, unpacked
from forms.model import Band, Field, Form, FormError, Option, from_toml, to_toml
from forms.profiling import Known, next_fields
from forms.records import When
from gateway.words import say
from tests.forms.samples import DEMO, NOW

YES_NO = (Option("no", {}, 0), Option("partly", {}, 1), Option("yes", {}, 3))
WAYS = (Option("shop", {}, 2), Option("chat", {}, 1), Option("none", {}, 0))
FORM = Form(
    key="ready",
    title={},
    submit_label={},
    fields=(
        Field("email", "email", {}, always=True),
        Field("site", "choice", {}, always=True, options=YES_NO),
        Field("phone_site", "choice", {}, always=True, options=YES_NO, when=When("site", ("yes",))),
        Field("ways", "choices", {}, always=True, options=WAYS),
        Field("size", "choice", {}, options=(Option("1", {}), Option("2", {}))),
    ),
    bands=(Band("low", 0, {}, {}, 10), Band("middle", 40, {}, {}), Band("high", 80, {}, {}, -10)),
)


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"site": "no", "ways": ["none"]}, (0, "low", ["site", "ways"])),
        ({"site": "yes", "ways": ["shop", "chat"]}, (100, "high", [])),
        ({"site": "yes", "phone_site": "no", "ways": ["shop", "chat"]}, (67, "middle", ["phone_site"])),
        ({"site": "partly"}, (33, "low", ["site"])),  # what was left empty counts neither way
        ({"ways": ["chat"]}, (33, "low", ["ways"])),
        ({"site": "partly", "ways": ["shop"]}, (50, "middle", ["site", "ways"])),
        ({"site": "yes", "phone_site": "partly", "ways": ["none", "chat"]}, (56, "middle", ["phone_site", "ways"])),
        ({"site": "gone", "ways": ["shop", "chat"]}, (50, "middle", ["site"])),
        ({"size": "2"}, None),
        ({}, None),
    ],
)
def test_answers_make_a_share_a_band_and_what_to_improve(answers: dict[str, Any], found: tuple[Any, ...] | None):
    result = assess(FORM, answers)
    assert found == (result and (result.share, result.band.key, [asked.name for asked in result.weakest]))


@pytest.mark.parametrize(("points", "of", "share", "band"), [(79, 200, 40, "middle"), (79, 201, 39, "low")])
def test_the_band_is_that_of_the_share_people_see(points: int, of: int, share: int, band: str):
    asked = Field("q", "choice", {}, options=(Option("a", {}, points), Option("b", {}, of)))
    form = Form("f", {}, {}, (asked,), bands=FORM.bands)
    result = assess(form, {"q": "a"})
    assert result
    assert (result.share, result.band.key) == (share, band)


def test_at_most_three_things_are_to_improve_the_worst_first():
    names = ("a", "b", "c", "d")
    worth = {"a": 1, "b": 3, "c": 2, "d": 3}
    fields = tuple(Field(n, "choice", {}, options=(Option("no", {}, 0), Option("yes", {}, worth[n]))) for n in names)
    result = assess(Form("f", {}, {}, fields, bands=FORM.bands), dict.fromkeys(names, "no"))
    assert result
    assert [asked.name for asked in result.weakest] == ["b", "d", "c"]


def test_a_form_without_bands_has_no_result():
    assert assess(Form("f", {}, {}, FORM.fields), {"site": "yes"}) is None


def test_a_packed_result_is_read_back_with_its_form():
    result = assess(FORM, {"site": "no", "ways": ["chat"]})
    assert result
    assert unpacked(FORM, packed(FORM, result)) == result


def test_questions_that_not_everybody_sees_have_no_number():
    assert numbered(FORM.fields) == {"site": 1, "ways": 2}


# --- as it is written -----------------------------------------------------------------------------------------------

HEAD = """
key = "ready"
languages = ["en"]
title = { en = "Ready?" }
submit_label = { en = "Show" }
"""
EMAIL = '[[fields]]\nname = "email"\ntype = "email"\nlabel = { en = "E-mail" }\n'
SITE = """
[[fields]]
name = "site"
type = "choice"
label = { en = "A site?" }
improve = { en = "Make one." }
options = [
    { value = "no", points = 0, label = { en = "No" } },
    { value = "yes", points = 3, label = { en = "Yes" } },
]
"""
LOW = '[[bands]]\nkey = "low"\nfrom = 0\npoints = 10\ntitle = { en = "Low" }\nadvice = { en = "Do." }\n'
HIGH = '[[bands]]\nkey = "high"\nfrom = 50\npoints = -10\ntitle = { en = "High" }\nadvice = { en = "Go on." }\n'
READY = HEAD + EMAIL + SITE + LOW + HIGH


def test_an_assessment_is_read_and_written():
    form = from_toml(READY)
    assert [(band.key, band.start, band.points) for band in form.bands] == [("low", 0, 10), ("high", 50, -10)]
    assert form.fields[1].options[0].points == 0
    assert from_toml(to_toml(form)) == form
    assert from_toml(HEAD + EMAIL + SITE + HIGH + LOW) == form  # in whatever order the bands stand


def test_the_example_in_the_docs_is_an_assessment():
    page = (DEMO.parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
    examples = [part.split("```", 1)[0] for part in page.split("```toml\n")[1:]]
    example = next(one for one in examples if "[[bands]]" in one)
    head = 'key = "ready"\ntitle = { fa = "؟", en = "?" }\nsubmit_label = { fa = "نتیجه", en = "Show" }\n'
    assert [band.key for band in from_toml(head + example).bands] == ["beginning", "ready"]


def test_all_scored_questions_come_at_each_visit():
    """Its result is told of one post alone (rule 13), so no earlier answer may spare a question."""
    known = Known(answered={"email": NOW - timedelta(days=3), "site": NOW - timedelta(days=3)}, visits=2)
    assert next_fields(from_toml(READY), known, NOW).names == ("site",)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (READY.replace("points = 0, ", ""), "form ready, field site, key options", "no without points"),
        (READY.replace("points = 0,", "points = -1,"), "form ready, field site, option no, key points", "0 to 1000"),
        (READY.replace("points = 3,", "points = true,"), "form ready, field site, option yes, key points", "whole"),
        (READY.replace("points = 3,", "points = 0,"), "form ready, field site, key options", "more than 0"),
        (HEAD + EMAIL + SITE, "form ready, key bands", "site carry points"),
        (HEAD + EMAIL + LOW, "form ready, key bands", "nothing to count"),
        (HEAD + EMAIL + SITE + HIGH, "form ready, key bands", "begins at 0"),
        (READY.replace("from = 50", "from = 0"), "form ready, key bands", "begin at 0"),
        (READY.replace("from = 50", "from = 101"), "form ready, band high, key from", "0 to 100"),
        (READY.replace("from = 50\n", ""), "form ready, band high, key from", "is missing"),
        (READY.replace('"high"', '"low"'), "form ready, key bands", "two bands with the key 'low'"),
        (READY.replace('"high"', '"Too High"'), "form ready, band Too High, key key", "small Latin"),
        (READY.replace("points = -10", "points = -101"), "form ready, band high, key points", "-100 to 100"),
        (READY.replace('advice = { en = "Go on." }', ""), "form ready, band high, key advice", "are missing"),
        (READY.replace("from = 50", "form = 50"), "form ready, band high, key form", "from"),
        (READY + "".join(LOW.replace('"low"', f'"b{n}"') for n in range(20)), "form ready, key bands", "more than 20"),
        (
            READY.replace('improve = { en = "Make one." }', "always = false"),
            "form ready, field site, key always",
            "asked together",
        ),
        (
            READY.replace('improve = { en = "Make one." }', 'from_stage = "MQL"'),
            "form ready, field site, key from_stage",
            "asked together",
        ),
        (
            READY.replace('improve = { en = "Make one." }', "priority = 1"),
            "form ready, field site, key priority",
            "asked at each visit",
        ),
        (
            HEAD + EMAIL + SITE.replace("points = 0, ", "").replace("points = 3, ", ""),
            "form ready, field site, key improve",
            "questions of an assessment",
        ),
        (HEAD + EMAIL + '[offer]\nkind = "assessment"', "form ready, key bands", "tells a result"),
    ],
)
def test_a_wrong_assessment_is_told_where_and_what(text: str, where: str, what: str):
    with pytest.raises(FormError) as caught:
        from_toml(text)
    found = caught.value.told(say, "en")
    assert any(place == where and what in message for place, message in found), found
    assert len(caught.value.told(say, "fa")) == len(found)
