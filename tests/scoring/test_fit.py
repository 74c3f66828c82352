"""The grade: share of matched weight among known facts, best profile, too little known, Persian folded."""

from __future__ import annotations

import pytest

from gateway.scoring.fit import grade
from gateway.scoring.rulebook import from_toml, shipped
from tests.scoring.building import book


def profile(*facts: str, key: str = "marketing_buyer") -> str:
    return f'[[profiles]]\nkey = "{key}"\n' + "\n".join(f"[[profiles.facts]]\n{fact}" for fact in facts)


RULE = '[[rules]]\ncode = "visits_site"\nevent = "page_view"\npoints = 1\nper_day = 1\n'
TEN = book(RULE + profile(*(f'field = "f{n}"\nweight = 10\nany_of = ["yes"]' for n in range(10))))


@pytest.mark.parametrize(
    "matched, known, letter",
    [
        (10, 10, "A"), (8, 10, "A"), (7, 10, "B"), (6, 10, "B"), (5, 10, "C"), (4, 10, "C"),
        (3, 10, "D"), (2, 10, "D"), (1, 10, "E"), (0, 10, "E"),
        (4, 5, "A"), (3, 5, "B"), (4, 4, "A"), (0, 4, "E"), (3, 3, "–"), (0, 0, "–"),
    ],
)  # fmt: skip
def test_r24_the_letter_follows_share_and_coverage(matched, known, letter):
    facts = {f"f{n}": "yes" if n < matched else "no" for n in range(known)}
    fit = grade(from_toml(TEN), facts)
    assert (fit.letter, fit.coverage) == (letter, known * 10)


def test_r24_cutoffs_are_compared_exactly():
    thirds = book(RULE + profile('field="a"\nweight=799\nany_of=["x"]', 'field="b"\nweight=201\nany_of=["x"]'))
    fit = grade(from_toml(thirds), {"a": "x", "b": "y"})
    assert (fit.letter, fit.share) == ("B", 79)


def test_the_best_profile_counts_and_ungraded_ones_do_not():
    first = profile('field = "job"\nweight = 1\nany_of = ["cook"]', key="marketing_buyer")
    second = profile('field = "job"\nweight = 1\nany_of = ["pilot"]\n', key="second").replace(
        'key = "second"', 'key = "second"\ntitle = { fa = "دوم", en = "Second" }'
    )
    unknown = profile('field = "age"\nweight = 1\nmin = 30', key="competitor")
    rulebook = from_toml(book(RULE + "\n".join([first, second, unknown])))
    fit = grade(rulebook, {"job": "Pilot"})
    assert (fit.profile, fit.letter, fit.title["en"]) == ("second", "A", "Second")


@pytest.mark.parametrize(
    "title, matches",
    [
        ("مدير بازاريابي", True),  # Arabic ye and kaf
        ("مدیر‌عامل", True),  # half-space
        ("مدیرعامل", True),
        ("Head of Marketing", True),
        ("CEO & Founder", True),
        ("مدیرِ مارکتینگ", True),
        ("Director", False),  # "cto" and "ceo" are words, not letters within one
        ("Oceanographer", False),
        ("دانشجو", False),
    ],
)
def test_persian_and_english_job_titles_are_folded(title, matches):
    fit = grade(shipped(), {"job_title": title})
    assert fit.lines[0].code == ("fit_matched" if matches else "fit_unmatched")


@pytest.mark.parametrize(
    "value, code",
    [
        (29, "fit_unmatched"), (30, "fit_matched"), ("۴۵", "fit_matched"), ("1,000", "fit_unmatched"),
        ("۵۹٫۵", "fit_matched"), ("60", "fit_matched"), ("nan", "fit_unmatched"),
        ("middle-aged", "fit_unknown"), ("", "fit_unknown"), (None, "fit_unknown"), ([], "fit_unknown"),
    ],
)  # fmt: skip
def test_ranges_read_numbers_and_leave_texts_unknown(value, code):
    rulebook = from_toml(book(RULE + profile('field = "age"\nweight = 1\nmin = 30\nmax = 60')))
    assert grade(rulebook, {"age": value}).lines[0].code == code


@pytest.mark.parametrize("value, matches", [(["x", "yes"], True), (["x"], False), (True, False), ({"a": 1}, False)])
def test_one_of_several_choices_is_enough(value, matches):
    assert (grade(from_toml(TEN), {"f0": value}).lines[0].code == "fit_matched") is matches


def test_without_profiles_everybody_is_ungraded():
    assert grade(from_toml(book(RULE)), {"job_title": "CEO"}).letter == "–"


@pytest.mark.parametrize(
    "facts, code",
    [
        ({"email": "ali@rival.example"}, "competitor"),
        ({"email": "ali@mail.RIVAL.example"}, "competitor"),
        ({"email": "ali@notrival.example"}, None),
        ({"relationship": "رقیب"}, "own_staff"),
        ({}, None),
    ],
)
def test_r24_a_disqualifying_fact_is_named(facts, code):
    rival = '[[disqualify]]\ncode = "competitor"\nfield = "email"\nemail_domains = ["@rival.example"]\n'
    own = '[[disqualify]]\ncode = "own_staff"\nfield = "relationship"\nany_of = ["رقيب"]\n'
    assert grade(from_toml(book(RULE + rival + own)), facts).disqualified == code


def test_r20_the_country_of_an_address_is_no_fact():
    assert grade(shipped(), {"ip_country": "IR", "geo": "Tehran"}).coverage == 0


def test_fit_adds_no_points_and_says_each_fact():
    fit = grade(shipped(), {"job_title": "CMO", "company_size": "51-200", "industry": "مالي", "city": "تهران"})
    assert (fit.letter, fit.share, fit.coverage) == ("A", 100, 90)
    assert [line.code for line in fit.lines].count("fit_matched") == 4


@pytest.mark.parametrize(
    "country, code, kept_out",
    [("Canada", "fit_matched", "unwanted"), ("ایران", "fit_unmatched", None), (None, "fit_unknown", None)],
)
def test_r24_a_fact_may_be_another_one_but_must_be_known(country, code, kept_out):
    is_not = 'field = "country"\nany_of = ["Iran", "ایران"]\nnegated = true\n'
    out = f'[[disqualify]]\ncode = "unwanted"\n{is_not}'
    fit = grade(from_toml(book(RULE + profile(f"{is_not}weight = 1\n") + out)), {"country": country})
    assert (fit.lines[0].code, fit.disqualified) == (code, kept_out)
