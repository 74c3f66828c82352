"""A whole file: who is whom among its rows, and at arrival."""

from __future__ import annotations

import pytest

from verification.matching.blocking import CAPS, key_number, keys
from verification.matching.bulk import ROW, ROW_BITS, BlockIndex, arrivals, cluster
from verification.matching.headings import columns
from verification.matching.judge import contradict
from verification.matching.records import prepare

SARA = {"first_name": "Sara", "last_name": "Karimi", "email": "goldenrose@gmail.com", "phone": "09121234567"}
NIMA = {"first_name": "Nima", "last_name": "Karimi", "email": "n.k@yahoo.com", "phone": "09121234567"}
UNNAMED = {"email": "goldenrose@gmail.com", "phone": "09121234567"}


def test_rows_of_one_person_have_one_number() -> None:
    rows = [SARA, {"email": "x@acme.ir"}, SARA | {"phone": ""}, SARA | {"first_name": "سارا", "last_name": "كريمي"}]
    assert cluster(rows) == [0, 1, 0, 0]
    assert arrivals(rows) == [None, None, 0, 0]


def test_r9_a_third_record_chains_no_two_people() -> None:
    bridge = {"email": "n.k@yahoo.com", "phone": "09121234567", "last_name": "Karimi"}
    for rows in ([SARA, NIMA, UNNAMED, bridge], [UNNAMED, SARA, bridge, NIMA], [bridge, UNNAMED, NIMA, SARA]):
        people = cluster(rows)
        assert people[rows.index(SARA)] != people[rows.index(NIMA)]
        assert people[rows.index(UNNAMED)] == people[rows.index(SARA)]
        assert people[rows.index(bridge)] == people[rows.index(NIMA)]


def test_a_name_mistyped_twice_breaks_no_person_apart() -> None:
    """The second and third are two by their letters alone; each is the first by its number or mailbox."""
    whole = SARA | {"first_name": "Mahrokh", "last_name": "Zandvakili"}
    rows = [whole, whole | {"first_name": "Mahrosh", "email": ""}, whole | {"first_name": "Mabrokh", "phone": ""}]
    assert contradict(prepare(rows[1]), prepare(rows[2]))
    assert cluster(rows) == [0, 0, 0]


def test_two_people_are_not_joined_by_what_two_of_their_records_leave_out() -> None:
    """Namesakes: the record without number and the one without mailbox are easily alike."""
    name = {"first_name": "Zuleykha", "last_name": "Qarabaghi"}
    one = name | {"email": "goldenrose@gmail.com", "phone": "09121234567"}
    other = name | {"email": "blue.fox77@yahoo.com", "phone": "09351112233"}
    few = [one, other, one | {"phone": ""}, other | {"email": ""}]
    assert cluster(few[2:]) == [0, 0]
    assert cluster(few) == [0, 1, 0, 1]


def test_whoever_arrives_is_linked_to_who_fits_best() -> None:
    assert arrivals([SARA, NIMA, NIMA | {"email": ""}, SARA | {"phone": ""}]) == [None, None, 1, 0]


def test_nothing_and_nobody_are_fine() -> None:
    assert cluster([]) == [] == arrivals([])
    assert cluster([{}, {"first_name": ""}, {"other": "x"}]) == [0, 1, 2]


def pairs(rows: list[dict[str, str]]) -> list[tuple[int, int]]:
    index = BlockIndex()
    for number, row in enumerate(rows):
        index.add(number, prepare(row))
    return [(pair >> ROW_BITS, pair & ROW) for pair in index.pairs()]


def test_pairs_come_once_and_in_order() -> None:
    assert pairs([SARA, {}, SARA, SARA]) == [(0, 2), (0, 3), (2, 3)]


@pytest.mark.parametrize("more, found", [(0, True), (1, False)])
def test_a_value_that_too_many_share_finds_nobody(more: int, found: bool) -> None:
    rows = [{"email": "info@acme.ir"}] * (CAPS["email"] + more)
    assert bool(pairs(rows)) is found
    assert arrivals([*rows, {"email": "info@acme.ir"}])[-1] is None  # a post's mailbox alone is nobody


def test_every_kind_of_key_has_a_cap_and_is_used() -> None:
    row = SARA | {
        "company": "Acme",
        "city": "Tehran",
        "postcode": "1416634793",
        "address": "12 Azadi",
        "national_id": "0012345679",
    }
    record = prepare(row | {"email": "sara.k@acme.ir", "date_of_birth": "1990-05-17"})
    assert {kind for kind, _ in keys(record)} == set(CAPS)
    assert 0 <= key_number("email", "سارا\ud800") < 1 << 32


HEADERS = [
    (["First Name", "Last Name", "Email", "Phone Number", "Company Name"], "HubSpot"),
    (["FirstName", "LastName", "Email", "MobilePhone", "Company"], "Salesforce"),
    (["Given Name", "Family Name", "E-mail 1 - Value", "Phone 1 - Value", "Organization Name"], "Google"),
    (["نام", "نام خانوادگی", "ایمیل", "شماره موبایل", "نام شرکت"], "Persian"),
    (["نام", "نام‌خانوادگی", "پست الکترونیک", "تلفن همراه", "سازمان"], "Persian"),
]


@pytest.mark.parametrize("header, program", HEADERS)
def test_usual_headings_are_known(header: list[str], program: str) -> None:
    assert columns(header, {}) == {"first_name": 0, "last_name": 1, "email": 2, "phone": 3, "company": 4}


def test_a_heading_that_the_user_names_wins() -> None:
    assert columns(["Email", "Mail 2"], {"email": "mail 2"}) == {"email": 1}
    with pytest.raises(LookupError, match="Handy"):
        columns(["Email"], {"phone": "Handy"})
