import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.text import drop_invisible, fold, fold_digits, has_control_characters, persian_digits, squeeze

ANY_TEXT = st.text(st.characters(), max_size=60)  # lone surrogates too
PERSIAN = st.text("اآبپتکكیيىئؤأةۀه‌ـًَّ ۰۱۲٠١٢012ABab", max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علي", "علی"),
        ("كتاب", "کتاب"),
        ("علی‌رضا", "علی رضا"),
        ("مُحَمَّد", "محمد"),
        ("مؤمن", "مومن"),
        ("آرش", "ارش"),
        ("خانۀ ما", "خانه ما"),
        ("ســـلام", "سلام"),
        ("ﻋﻠﻲ", "علی"),
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("Ｓａｒａ　１", "sara 1"),
        ("  SARA \t Ahmadi\n", "sara ahmadi"),
        ("José", "jose"),
        ("\u200fسارا\u200e", "سارا"),
        ("Straße", "STRASSE"),
    ],
)
def test_ways_of_writing_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("سارا", "ساره"), ("ali", "alli"), ("कि", "क"), ("علی رضا", "علیرضا")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_name_is_one_with_space_half_space_or_none() -> None:
    assert squeeze("علی‌رضا") == squeeze("علی رضا") == squeeze("عليرضا")


@given(ANY_TEXT | PERSIAN)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert squeeze(squeeze(text)) == squeeze(text)


@given(PERSIAN)
def test_folding_ignores_case_and_outer_space(text: str) -> None:
    assert fold(f"  {text.upper()}\n") == fold(text.lower())


@given(st.integers(0, 10**12))
def test_digits_come_back_from_persian(number: int) -> None:
    assert fold_digits(persian_digits(str(number))) == str(number)


def test_only_digits_change_in_fold_digits() -> None:
    assert fold_digits("يك ۱٢３ 🎉\u200c") == "يك 123 🎉\u200c"


def test_invisible_characters_drop_and_others_stay() -> None:
    assert drop_invisible("\ufeff۰۹\u200c۱۲ـ\u200f 3") == "۰۹۱۲ 3"


@pytest.mark.parametrize(
    ("text", "alone", "in_lines"),
    [
        ("سلام 🎉 \u200c\u200f", False, False),
        ("a\nb\tc", True, False),
        ("a\x00b", True, True),
        ("a\ud800b", True, True),
        ("a\x85b", True, True),
        ("a\x7fb", True, True),
    ],
)
def test_control_characters_are_found(text: str, alone: bool, in_lines: bool) -> None:
    assert has_control_characters(text) is alone
    assert has_control_characters(text, lines=True) is in_lines


def test_folding_makes_no_text_much_longer() -> None:
    """Else a few thousand characters that stand for phrases would cost a hundred times what a long text costs."""
    assert max(len(fold(chr(code))) for code in range(0x2_0000) if not 0xD800 <= code < 0xE000) == 6
    assert fold("محمد ﷺ") == "محمد ص"
