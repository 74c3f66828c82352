from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from forms import cleaning
from forms.problems import PROBLEM_CODES, Invalid
from gateway.words import known_keys
from tests.forms.samples import field, options

CHOICE = field("size", "choice", options=options("1_9", "10_up"))
CHOICES = field("benefits", "choices", options=options("time", "money", "leads"))


def code(clean: Callable[[Any, Any], Any], raw: Any, asked: Any = None) -> str:
    with pytest.raises(Invalid) as caught:
        clean(raw, asked or field())
    return caught.value.code


@pytest.mark.parametrize("text", ["سارا 🎉", "\u200fمی‌روم\u200e", "a  b", "O'Brien <b>", "=1+1", "+98 ۹۱۲"])
def test_text_arrives_as_typed(text: str) -> None:
    assert cleaning.clean_text(f" \n{text}\u00a0 ", field()) == text


@pytest.mark.parametrize("text", ["a\x00b", "a\ud83db", "a\x1bb", "a\nb", "a\x9fb"])
def test_control_characters_are_the_visitors_to_mend(text: str) -> None:
    assert code(cleaning.clean_text, text) == "control_characters"


def test_long_text_keeps_its_lines() -> None:
    assert cleaning.clean_long_text("a\r\nb\rc\td\n\n", field("message", "long_text")) == "a\nb\nc\td"
    assert code(cleaning.clean_long_text, "a\x00") == "control_characters"


@pytest.mark.parametrize(("max_length", "limit"), [(None, 200), (10, 10), (50_000, 20_000)])
def test_over_long_text_says_its_limit(max_length: int | None, limit: int) -> None:
    asked = field(max_length=max_length)
    assert cleaning.clean_text("ب" * limit, asked) == "ب" * limit
    with pytest.raises(Invalid) as caught:
        cleaning.clean_text("ب" * (limit + 1), asked)
    assert (caught.value.code, caught.value.params) == ("too_long", {"limit": limit})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" sara@example.ir ", "sara@example.ir"),
        ("Sara.A+news@EXAMPLE.IR", "Sara.A+news@example.ir"),
        ("sara۱۲@example.ir", "sara12@example.ir"),
        ("ｓａｒａ＠ｅｘａｍｐｌｅ．ｉｒ", "sara@example.ir"),
        ("\u200esara@example.ir\u200f", "sara@example.ir"),
        ("sara@mail.test", "sara@mail.test"),
        ("سارا@مثال.ایران", "سارا@مثال.ایران"),
        ("سارا۱۲@مثال.ایران", "سارا۱۲@مثال.ایران"),
        ("jörg@bücher.example", "jörg@bücher.example"),
    ],
)
def test_email_addresses_are_kept(typed: str, kept: str) -> None:
    assert cleaning.clean_email(typed, field("email", "email")) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("sara", "email_at"),
        ("sara@", "email"),
        ("@example.ir", "email"),
        ("sara@example", "email"),
        ("sara@@example.ir", "email"),
        ("a b@example.ir", "email"),
        ("sara@example.ir, ali@example.ir", "email"),
        ("a..b@example.ir", "email"),
        ("Sara <sara@example.ir>", "email"),
        ("x" * 65 + "@example.ir", "email"),
        ("sara@[127.0.0.1]", "email"),
        ("x@" + "a" * 260 + ".ir", "too_long"),
        ("sara@example.ir\nbcc: x@y.z", "control_characters"),
    ],
)
def test_what_is_no_address_is_said(typed: str, problem: str) -> None:
    assert code(cleaning.clean_email, typed, field("email", "email")) == problem


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12", 12), ("۱۲", 12), ("٠", 0), ("-۳", -3), ("−3", -3), ("+4", 4), ("۱٬۲۵۰٬۰۰۰", 1_250_000), ("1,250", 1250),
        ("۱۲٫۵", 12.5), ("12.50", 12.5), ("1 250", 1250), ("۱،۲۵۰", 1250), ("007", 7), ("-0", 0), ("5.0", 5),
    ],
)  # fmt: skip
def test_numbers_are_read(typed: str, kept: float) -> None:
    value = cleaning.clean_number(typed, field("seats", "number"))
    assert (value, type(value)) == (kept, type(kept))


@pytest.mark.parametrize(
    "typed", ["x", "1,2,3", "1,5", "1e9", "nan", "inf", "½", "٪۵", "1.2.3", "--1", "1.", ".5", "²"]
)
def test_what_is_no_number_is_said(typed: str) -> None:
    assert code(cleaning.clean_number, typed, field("seats", "number")) == "number"


@pytest.mark.parametrize(
    ("typed", "problem", "params"),
    [("0", "number_min", {"min": 1}), ("۹۹", "number_max", {"max": 10.5}), ("9" * 90, "number_max", {"max": 10.5})],
)
def test_numbers_keep_their_bounds(typed: str, problem: str, params: dict) -> None:
    with pytest.raises(Invalid) as caught:
        cleaning.clean_number(typed, field("seats", "number", min=1, max=10.5))
    assert (caught.value.code, caught.value.params) == (problem, params)


def test_numbers_without_bounds_stay_exact_in_json() -> None:
    assert code(cleaning.clean_number, "1" + "0" * 16, field("seats", "number")) == "number_max"
    assert code(cleaning.clean_number, "-1" + "0" * 16, field("seats", "number")) == "number_min"


@pytest.mark.parametrize(
    "typed",
    ["۱۴۰۴/۰۹/۰۱", "1404-9-1", "2025-11-22", "۲۰۲۵/۱۱/۲۲", "1404.09.01", "١٤٠٤/٩/١", "1404 / 9 / 1", "\u200f۱۴۰۴/۹/۱"],
)
def test_a_day_in_either_calendar_is_kept_as_iso(typed: str) -> None:
    assert cleaning.clean_date(typed, field("day", "date")) == "2025-11-22"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("فردا", "date"), ("04/09/01", "date"), ("22-11-2025", "date"), ("2025-11-22T00:00", "date"),
        ("20251122", "date"),
        ("2025-02-30", "date_unknown"), ("1404/13/01", "date_unknown"),
        ("۱۴۰۴/۱۲/۳۰", "date_unknown"), ("0000-01-01", "date_unknown"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_said(typed: str, problem: str) -> None:
    assert code(cleaning.clean_date, typed, field("day", "date")) == problem


@given(st.dates(min_value=date(1922, 1, 1), max_value=date(2100, 1, 1)))
def test_every_day_reads_the_same_from_both_calendars(day: date) -> None:
    asked = field("day", "date")
    assert cleaning.clean_date(JalaliDate(day).isoformat(), asked) == day.isoformat()
    assert cleaning.clean_date(day.isoformat(), asked) == day.isoformat()


def test_choices_are_the_forms_own() -> None:
    assert cleaning.clean_choice("1_9", CHOICE) == "1_9"
    assert code(cleaning.clean_choice, "1_10", CHOICE) == "choice"
    assert cleaning.clean_choices(["money", "time", "", "money"], CHOICES) == ["time", "money"]
    assert code(cleaning.clean_choices, ["time", "fame"], CHOICES) == "choice"


def test_hidden_values_are_never_an_error() -> None:
    asked = field("utm_source", "hidden", max_length=10)
    assert cleaning.clean_hidden(" a\x00b\ud800c\n" + "d" * 50_000, asked) == "abcddddddd"


def test_every_problem_has_words() -> None:
    assert {f"forms.{code}" for code in PROBLEM_CODES} <= known_keys("forms")
