"""What two records are to each other: one person's, possibly, or two people's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.phones import e164
from verification.matching.blocking import keys
from verification.matching.companies import folded_company
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, Match, clash, contradict, judge, levels, weigh_groups
from verification.matching.records import FIELDS, pack, prepare, unpack

SARA = {
    "first_name": "Sara", "last_name": "Karimi", "email": "sara.karimi@gmail.com", "phone": "+989121234567",
    "company": "Acme Ltd", "city": "Tehran", "postcode": "1416634793", "job_title": "Buyer",
    "created_at": "2026-11-21T09:30:00Z", "address": "12 Azadi St", "date_of_birth": "1990-05-17",
    "national_id": "0012345679",
}  # fmt: skip


def among(leads: int) -> Context:
    counts = Counts()
    counts.leads = leads
    return Context(counts)


def weigh(one: Mapping[str, str], other: Mapping[str, str], leads: int = 10_000) -> Match:
    return judge(prepare(one), prepare(other), among(leads))


def like_sara(**changes: str) -> dict[str, str]:
    """Sara's row as a form has it: without number of identity, date of birth and street; changed so."""
    formless = {"address", "date_of_birth", "national_id", "created_at"}
    return {name: value for name, value in SARA.items() if name not in formless} | changes


SAME = [
    ("the dot and plus of one mailbox", like_sara(email="s.arakarimi+x@googlemail.com", phone="")),
    ("another number", like_sara(phone="+989351112233")),
    ("another mailbox", like_sara(email="blue.fox77@yahoo.com")),
    ("a slip in the mailbox", like_sara(email="sara.krimi@gmail.com", phone="")),
    ("Persian letters", like_sara(first_name="سارا", last_name="کریمی", phone="۰۹۱۲ ۱۲۳ ۴۵۶۷", email="")),
    ("names swapped", like_sara(first_name="Karimi", last_name="Sara", email="")),
    ("the initial, and one mailbox", like_sara(first_name="S.", phone="")),
    ("no names, one mailbox", like_sara(first_name="", last_name="", phone="")),
    ("another family name, one mailbox", like_sara(last_name="Moradi", phone="")),
    ("both names in one field", like_sara(first_name="", last_name="Sara Karimi", phone="")),
]


@pytest.mark.parametrize("changed", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_a_person_who_comes_back_is_known(changed: dict[str, str]) -> None:
    assert weigh(like_sara(), changed).decision == "same"


POSSIBLE = [
    ("a brother at the family's number", like_sara(first_name="Nima", email="nima@yahoo.com")),
    ("a spouse at one mailbox", like_sara(first_name="Nima")),
    ("a sister by a letter", like_sara(first_name="Saba", email="saba77@yahoo.com")),
    ("a colleague at the switchboard", like_sara(first_name="Nima", last_name="Moradi", email="nima@acme.ir")),
    ("somebody of the family, unnamed", like_sara(first_name="", email="", postcode="", company="")),
    ("another family name at one number", like_sara(last_name="Moradi", email="")),
    ("a brother, both names in one field", like_sara(first_name="", last_name="Nima Karimi")),
    ("a brother, names in each other's place", like_sara(first_name="Karimi", last_name="Nima")),
    ("a namesake's mailbox at a colleague's", like_sara(last_name="Moradi", email="sarah.karimi@gmail.com", phone="")),
]


@pytest.mark.parametrize("changed", [row[1] for row in POSSIBLE], ids=[row[0] for row in POSSIBLE])
def test_r9_whoever_shares_a_phone_or_mailbox_is_possible_never_the_same(changed: dict[str, str]) -> None:
    assert weigh(like_sara(), changed).decision == "possible"
    assert weigh(like_sara(), changed, leads=10).decision == "possible"


def test_r9_two_people_at_the_mailbox_of_a_post_are_two() -> None:
    post = like_sara(email="info@acme.ir", phone="")
    assert weigh(post, post | {"first_name": "Nima", "last_name": "Moradi"}).decision == "possible"
    assert weigh(post | {"first_name": "", "last_name": ""}, post).decision != "same"


def test_a_namesake_elsewhere_is_not_the_same_however_rare_the_name() -> None:
    one = {"first_name": "Zuleykha", "last_name": "Qarabaghi", "email": "zq@yahoo.com", "city": "Tehran"}
    other = one | {"email": "golden.rose@gmail.com"}
    assert weigh(one, other).decision != "same"
    numbers = ({"phone": "+989121112233"}, {"phone": "+989354445566"})
    assert weigh(one | numbers[0], other | numbers[1]).weight < weigh(one, other).weight
    moved = {"city": "Shiraz"}
    assert weigh(one | numbers[0], other | numbers[1] | moved).decision == "different"


@pytest.mark.parametrize("field, other", [("place", {"city": "Shiraz", "postcode": "7143289905"}), (
    "job", {"company": "Karun Steel", "job_title": "Physician"},
)])  # fmt: skip
def test_what_changes_together_speaks_against_once(field: str, other: dict[str, str]) -> None:
    parts = weigh(like_sara(), like_sara(**other)).parts
    changed = [part.weight for part in parts if part.field in other]
    assert len(changed) == 2
    assert [part.weight for part in parts if part.field == field] == [pytest.approx(-max(changed))]


@pytest.mark.parametrize("one, other, level", [
    ("sara.karimi@gmail.com", "sara_karimi@gmail.com", "slip_names"),
    ("sara.karimi@gmail.com", "sara.karimi@yahoo.com", "local_names"),
    ("sara.karimi1@gmail.com", "sara.karimi2@gmail.com", "slip_number_names"),
    ("goldenrose@gmail.com", "goldenrsoe@gmail.com", "slip"),
])  # fmt: skip
def test_a_mailbox_made_of_a_name_that_agrees_says_it_again(one: str, other: str, level: str) -> None:
    found = levels(prepare(like_sara(email=one)), prepare(like_sara(email=other)))
    assert found["email"] == level
    unnamed = levels(prepare(like_sara(email=one, first_name="")), prepare(like_sara(email=other)))
    assert unnamed["email"] != level or level == "slip"


def test_a_name_that_begins_with_a_vowel_is_heard_in_the_mailbox() -> None:
    alavi = {"first_name": "فاطمه", "last_name": "علوی", "email": "f.alavi@atlasgostar.ir"}
    assert levels(prepare(alavi), prepare(alavi | {"email": "f.alavi@kianfara.com"}))["email"] == "local_names"


def test_names_out_of_place_are_one_persons_on_one_day_of_birth() -> None:
    one = {"first_name": "Weller", "last_name": "Ebony", "city": "Surrey", "date_of_birth": "1970-01-06"}
    other = one | {"first_name": "Flynn", "last_name": "Weller"}
    assert not contradict(prepare(one), prepare(other))
    assert contradict(prepare(one), prepare(other | {"date_of_birth": ""}))


def test_of_two_groups_each_tells_what_one_record_leaves_out() -> None:
    named = like_sara(email="", phone="", company="", job_title="", postcode="")
    one, other = prepare(named | {"phone": "+989121234567"}), prepare(named | {"email": "blue.fox77@yahoo.com"})
    apart = prepare(named | {"phone": "+989351112233"})
    context = among(10_000)
    assert weigh_groups([one], [other], context) == pytest.approx(judge(one, other, context).weight)
    assert weigh_groups([one], [other, apart], context) < judge(one, other, context).weight
    assert weigh_groups([one], [apart, one], context) > judge(one, other, context).weight


def test_a_rare_name_weighs_more() -> None:
    def bits(last: str) -> float:
        row = {"first_name": "Sara", "last_name": last}
        return next(part.weight for part in weigh(row, row).parts if part.field == "last_name")

    assert bits("محمدی") < bits("نادری") < bits("Qarabaghi")
    assert bits("Smith") < bits("Kidd") < bits("Qarabaghi")


def test_what_a_file_counts_of_its_own_counts_too() -> None:
    counts, record = Counts(), prepare({"last_name": "Qarabaghi"})
    rare = counts.rarity("last", record.last.key)
    for _ in range(5000):
        counts.add(record.counted())
    assert counts.rarity("last", record.last.key) < 2 < rare


def test_the_prior_falls_as_leads_grow() -> None:
    row = {"first_name": "Sara", "last_name": "Karimi", "city": "Tehran", "company": "Acme"}
    weights = [among(leads).counts.prior for leads in (10, 1_000, 10_000, 1_000_000)]
    assert weights[0] == weights[1] > weights[2] > weights[3]
    slip = row | {"email": "goldenrose@gmail.com"}, {"first_name": "Sara", "email": "goldnrose@gmail.com"}
    assert [weigh(*slip, leads=leads).decision for leads in (10_000, 1 << 24)] == ["same", "possible"]


def test_the_lines_add_up_and_each_is_told() -> None:
    found = weigh(like_sara(), like_sara(phone="+989351112233"))
    assert found.weight == pytest.approx(sum(part.weight for part in found.parts))
    assert found.parts[-1].field == "prior" and found.parts[-1].weight < 0
    assert ("email", "same") in {part[:2] for part in found.parts}


ROWS = st.fixed_dictionaries(
    {name: st.sampled_from(["", SARA[name], other]) for name, other in {
        "first_name": "سارا", "last_name": "Moradi", "email": "info@acme.ir", "phone": "+989121234568",
        "company": "Acme", "city": "تهران", "postcode": "1416634794", "job_title": "CEO",
        "created_at": "2026-11-21T09:40:00Z", "address": "14 Azadi St", "date_of_birth": "1990-17-05",
        "national_id": "9912345679",
    }.items()}
)  # fmt: skip


@given(ROWS, ROWS)
def test_weighing_is_symmetric(one: dict[str, str], other: dict[str, str]) -> None:
    ways = weigh(one, other), weigh(other, one)
    assert ways[0].weight == pytest.approx(ways[1].weight)
    assert (ways[0].decision, ways[0].contradicted) == (ways[1].decision, ways[1].contradicted)


@given(ROWS, ROWS, st.sampled_from([name for name in FIELDS if name in SARA]))
def test_emptying_a_field_that_agreed_never_raises_the_weight(
    one: dict[str, str], other: dict[str, str], field: str
) -> None:
    if one[field] == other[field]:
        assert weigh(one | {field: ""}, other).weight <= weigh(one, other).weight + 1e-9


@given(ROWS)
def test_a_record_comes_back_from_its_line_as_it_was(row: dict[str, str]) -> None:
    assert pack(unpack(pack(prepare(row)))) == pack(prepare(row))


def test_a_number_of_identity_stands_above_a_name() -> None:
    other = SARA | {"first_name": "Nima"}
    assert weigh(SARA, other).decision == "same"
    assert not contradict(prepare(SARA), prepare(other))
    assert contradict(prepare(like_sara()), prepare(like_sara(first_name="Nima")))


TOLD = [
    ({"first_name": "", "email": "sara.karimi@yahoo.com"}, "told"),
    ({"first_name": "S.", "email": "sarakarimi77@yahoo.com"}, "told"),
    ({"first_name": "", "email": "nima.karimi@yahoo.com"}, "denied"),
    ({"first_name": "", "email": "n.karimi@yahoo.com"}, "denied"),
    ({"first_name": "", "email": "goldenrose@yahoo.com"}, None),
    ({"first_name": "", "email": "info@acme.ir"}, None),
]


@pytest.mark.parametrize("changed, level", TOLD)
def test_a_mailbox_tells_a_name_that_is_missing(changed: dict[str, str], level: str | None) -> None:
    assert levels(prepare(like_sara()), prepare(like_sara(**changed))).get("first_name") == level


def test_a_number_with_one_digit_off_is_found_by_its_other_half() -> None:
    ones, others = (set(keys(prepare(row))) for row in (SARA, SARA | {"phone": "+989121234597"}))
    assert "name+digits" in {kind for kind, _ in ones & others}


COMPANY_LEVELS = [("Acme", "x@acme.ir", "called"), ("پارس", "x@pars.ir", "called"), ("Acme", "x@atlas.ir", None)]


@pytest.mark.parametrize("company, email, level", COMPANY_LEVELS)
def test_a_domain_tells_the_company(company: str, email: str, level: str | None) -> None:
    one, other = {"company": company, "email": "sara@gmail.com"}, {"email": email}
    assert levels(prepare(one), prepare(other)).get("company") == level


CLASHES = [
    ("Sara", "Nima", "sure"), ("Sara", "Saraa", "none"), ("Zandvakil", "Zandvkal", "none"),
    ("Maria", "Mario", "doubtful"), ("S.", "Nima", "doubtful"),
]  # fmt: skip


@pytest.mark.parametrize("one, other, found", CLASHES)
def test_two_names_of_their_own_clash_for_sure(one: str, other: str, found: str) -> None:
    rows = ({"first_name": name, "last_name": "Karimi", "phone": "+989121234567"} for name in (one, other))
    assert clash(*map(prepare, rows)) == found


DATES = [("۱۳۶۹/۲/۲۷", "1990-05-17"), ("17.05.1990", "1990-05-17"), ("1404/13/45", "14041345")]


@pytest.mark.parametrize("typed, meant", DATES)
def test_a_jalali_day_is_the_gregorian_one(typed: str, meant: str) -> None:
    assert prepare({"date_of_birth": typed}).birth == meant.replace("-", "")
    assert prepare({"created_at": "۱۴۰۴/۹/۱ 10:20"}).at == prepare({"created_at": "2025-11-22T10:20"}).at


COMPANIES = [
    ("ACME Co., Ltd.", "acme"), ("Acme GmbH", "acme"), ("Acme S.A.R.L.", "acme"),
    ("شرکت پارس آریا (سهامی خاص)", "پارس اریا"),
    ("شركت پارس‌آریا", "پارس اریا"), ("Holding Group", "holding group"), ("AT&T Inc.", "at t"),
]  # fmt: skip


@pytest.mark.parametrize("typed, folded", COMPANIES)
def test_a_company_is_compared_without_its_legal_form(typed: str, folded: str) -> None:
    assert folded_company(typed) == folded
    assert folded_company(folded) == folded


@pytest.mark.parametrize(
    "text",
    ["09121234567", "+98 912 123 4567", "0098-912-1234567", "989121234567", "۰۹۱۲ ۱۲۳ ۴۵۶۷", "(021) 8812 3456",
     "02188123456 داخلی 12", "+44 20 7946 0123", "0912-123-4567 ext. 5"],
)  # fmt: skip
def test_numbers_are_read_as_forms_read_them(text: str) -> None:
    """The lighter reading, which a bulk's speed asks for, finds the same number."""
    assert f"+{prepare({'phone': text}).phone}" == e164(text, "IR")
