"""Names as people write them: which two are one, and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.text import fold
from verification.matching.names import NOBODY, compare, name_words, parse
from verification.matching.people import compare_people
from verification.matching.records import Record
from verification.matching.sound import sound

PAIRS = [
    # Latin
    ("Sara", "sara", "same"),
    ("José", "Jose", "same"),
    ("O'Brien", "O’Brien", "same"),
    ("Dr. Sara", "Sara", "same"),
    ("Catherine", "Katherine", "variant"),
    ("Mohammad", "Mohamed", "variant"),
    ("Bob", "Robert", "nickname"),
    ("Dick", "Richie", "nickname"),  # both short for Richard
    ("Liz", "Elizabeth", "nickname"),
    ("John", "John Michael", "part"),
    ("J. Michael", "John Michael", "part"),
    ("S.", "Sara", "initial"),
    ("S", "s", "initial"),
    ("Micheel", "Michael", "slip"),
    ("Jonhson", "Johnson", "slip"),
    ("Dfaniel", "Dainel", "near"),
    ("Maria", "Mario", "near"),
    ("Sara", "Nima", "different"),
    ("S.", "Nima", "different"),
    ("", "Sara", "none"),
    # Persian
    ("علی", "علي", "same"),
    ("علی‌رضا", "علیرضا", "same"),
    ("علی رضا", "علیرضا", "same"),
    ("مُحَمَّد", "محمد", "same"),
    ("آقای احمدی", "احمدی", "same"),
    ("دکتر سارا", "سارا", "same"),
    ("رضایی", "رضائی", "same"),
    ("داود", "داوود", "variant"),
    ("ممد", "محمد", "nickname"),
    ("محمد", "محمد علی", "part"),
    ("محمدی", "محمدی نژاد", "part"),
    ("س.", "سارا", "initial"),
    ("فطمه", "فاطمه", "slip"),
    ("حسن", "حسین", "near"),
    ("رضا", "مریم", "different"),
    ("محمد علی", "محمد حسین", "different"),
    # between the scripts
    ("Mohammad", "محمد", "variant"),
    ("Mohamad", "محمّد", "variant"),
    ("Hossein", "حسین", "variant"),
    ("Qasem", "قاسم", "variant"),
    ("Rezaee", "رضایی", "variant"),
    ("Alireza", "علی‌رضا", "variant"),
    ("Zandvakili", "زندوکیلی", "sound"),
    ("Kharazmi", "خوارزمی", "sound"),
    ("M.", "محمد", "initial"),
    ("Mamad", "محمد", "nickname"),
    ("Hasan", "حسین", "different"),  # they sound the same, and are brothers
    ("Sara", "نیما", "different"),
]


@pytest.mark.parametrize("one, other, level", PAIRS)
def test_two_names_agree_so_far(one: str, other: str, level: str) -> None:
    assert compare(parse(one), parse(other)) == level
    assert compare(parse(other), parse(one)) == level


SOUNDS = [
    ("rezaei", "رضایی"), ("ghasemi", "قاسمی"), ("khosravi", "خسروی"), ("chegini", "چگینی"), ("sharifzadeh", "شریفزاده"),
    ("taheri", "طاهری"), ("zolfaghari", "ذوالفقاری"), ("fattahi", "فتاحی"), ("jahanbakhsh", "جهانبخش"),
]  # fmt: skip


@pytest.mark.parametrize("latin, persian", SOUNDS)
def test_both_scripts_have_one_sound(latin: str, persian: str) -> None:
    assert sound(latin).replace("l", "") == sound(fold(persian)).replace("l", "")


def test_what_holds_no_letter_is_no_name() -> None:
    assert parse(" .-1") is NOBODY
    assert name_words("Dr.") == ("dr",)


@given(st.text(max_size=30))
def test_reading_a_name_again_changes_nothing(text: str) -> None:
    assert name_words(" ".join(name_words(text))) == name_words(text)


NAMES = st.sampled_from(
    ["", "Sara", "S", "Bob", "Robert", "Ali", "علی", "محمد", "Mohamad", "Karimi", "کریمی", "Karimy", "Ng"]
)


@given(NAMES, NAMES, NAMES, NAMES)
def test_people_compare_the_same_both_ways(first: str, last: str, other_first: str, other_last: str) -> None:
    one, other = Record(parse(first), parse(last)), Record(parse(other_first), parse(other_last))
    ways = [compare_people(one, other), compare_people(other, one)]
    assert sorted((ways[0].first, ways[0].last)) == sorted((ways[1].first, ways[1].last))


PEOPLE = [
    (("Sara", "Karimi"), ("Karimi", "Sara"), ("same", "same", True)),
    (("سارا", "کریمی"), ("Karimi", "Sara"), ("variant", "variant", True)),
    (("Karimi", "S."), ("Sara", "Karimi"), ("initial", "same", True)),
    (("Sara", "Karimi"), ("Karimi", ""), ("none", "same", True)),
    (("", "Karimi"), ("Sara", "Karimi"), ("none", "same", False)),
    (("Sara", "Karimi"), ("Nima", "Karimi"), ("different", "same", False)),
    (("Ali", "Hassan"), ("Hassan", "Karimi"), ("same", "different", True)),
]


@pytest.mark.parametrize("one, other, seen", PEOPLE)
def test_names_in_each_others_place_are_seen(
    one: tuple[str, str], other: tuple[str, str], seen: tuple[str, str, bool]
) -> None:
    found = compare_people(*(Record(first=parse(names[0]), last=parse(names[1])) for names in (one, other)))
    assert {found.first, found.last} == set(seen[:2]) and found.swapped is seen[2]
