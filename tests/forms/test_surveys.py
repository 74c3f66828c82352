"""What many people answered to one form."""

from __future__ import annotations

from dataclasses import replace

from forms.model import Band, Option
from forms.surveys import survey
from tests.forms.test_assessing import FORM

OLD = replace(
    FORM,
    fields=tuple(
        replace(asked, options=(*asked.options, Option("gone", {"en": "Gone"}, 0))) if asked.name == "site" else asked
        for asked in FORM.fields
    ),
    bands=(Band("low", 0, {}, {}), Band("once", 50, {}, {})),
)


def test_of_one_person_the_latest_answer_to_each_question_stands():
    found = survey(
        FORM,
        [
            ("sara", FORM, {"site": "yes", "ways": ["shop", "chat"]}),
            ("sara", FORM, {"site": "no", "ways": ["none"], "size": "2"}),
            ("reza", FORM, {"site": "no", "ways": ["none"]}),
        ],
    )
    spread = {one.asked.name: {option.value: option.people for option in one.chosen} for one in found.questions}
    assert spread["site"] == {"no": 1, "partly": 0, "yes": 1}
    assert spread["ways"] == {"shop": 1, "chat": 1, "none": 1}
    assert spread["size"] == {"1": 0, "2": 1}  # asked once, and not of those who come again
    assert (found.people, found.completed, found.average) == (2, 2, 50.0)
    assert {band.key: people for band, people in found.bands} == {"low": 1, "middle": 0, "high": 1}


def test_averages_are_of_what_answers_could_bring():
    found = survey(FORM, [(who, FORM, {"site": answer}) for who, answer in (("a", "partly"), ("b", "yes"))])
    averages = {one.asked.name: one.average for one in found.questions}
    assert averages == {"site": 4 / 6, "phone_site": None, "ways": None, "size": None}


def test_older_versions_are_counted_by_their_own_bands_and_options():
    found = survey(FORM, [("a", FORM, {"site": "yes"}), ("b", OLD, {"site": "gone"}), ("c", OLD, {"site": "yes"})])
    site = found.questions[0]
    assert [(option.value, option.people) for option in site.chosen] == [
        ("no", 0),
        ("partly", 0),
        ("yes", 2),
        ("gone", 1),
    ]
    assert [(band.key, people) for band, people in found.bands] == [("low", 1), ("middle", 0), ("high", 1), ("once", 1)]


def test_nothing_sent_is_nothing_counted():
    found = survey(FORM, [("a", FORM, {"email": "sara@example.ir"})])
    assert (found.people, found.completed, found.average) == (0, 0, None)
