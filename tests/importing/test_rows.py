"""What a row of a list says, whoever it is: columns, cells, times and consents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from forms.records import Field, Option
from gateway.files import csv_cell
from gateway.importing.columns import ColumnsError, plan
from gateway.importing.rows import Reader, Row
from gateway.importing.times import moment

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEHRAN = ZoneInfo("Asia/Tehran")
ASKED = {
    "email": Field("email", "email", {}),
    "budget": Field("budget", "number", {}),
    "time_to_buy": Field("time_to_buy", "choice", {}, options=(Option("0_3", {"fa": "تا سه ماه", "en": "Soon"}),)),
}


def read(header: str, cells: str, **named: str) -> Row:
    headings = header.split(",")
    reader = Reader(plan(headings, named), headings, "hubspot", "IR", TEHRAN, NOW, ASKED)
    return reader.read(1, cells.split(","))


HEADERS = {
    "HubSpot": ("Record ID,First Name,Last Name,Email,Phone Number,Create Date", "7,Sara,K,s@acme.ir,09121234567,"),
    "Salesforce": ("Contact ID,First Name,Last Name,Email,Mobile,Created Date", "7,Sara,K,s@acme.ir,09121234567,"),
    "Persian": ("شناسه,نام,نام خانوادگی,ایمیل,موبایل,تاریخ ایجاد", "7,Sara,K,s@acme.ir,۰۹۱۲۱۲۳۴۵۶۷,"),
    "Google": ("id,Given Name,Family Name,E-mail 1 - Value,Phone 1 - Value,Created", "7,Sara,K,s@acme.ir,09121234567,"),
}


@pytest.mark.parametrize("header, cells", HEADERS.values(), ids=HEADERS)
def test_the_headings_of_usual_programs_are_known(header: str, cells: str) -> None:
    row = read(header, cells)
    assert (row.email, row.phone, row.crm) == ("s@acme.ir", "+989121234567", ("hubspot:7",))
    assert dict(row.facts) == {
        "first_name": "Sara", "last_name": "K", "email": "s@acme.ir", "phone": "+989121234567",
    }  # fmt: skip


REJECTED = [
    ("email,phone", ",", "no_identifier"),
    ("email,phone", "sara@,09121234567", "email"),  # its phone may be a family's: mended, the row says more
    ("email,phone", ",12", "phone"),
    ("email,name", ",Sara", "no_identifier"),
]


@pytest.mark.parametrize("header, cells, why", REJECTED)
def test_a_row_that_nobody_can_be_found_by_is_rejected(header: str, cells: str, why: str) -> None:
    assert read(header, cells).rejected == why


@pytest.mark.parametrize("company", ["=Foo", "a;=b", "'=Foo", "Foo"])
def test_a_list_of_rejected_rows_is_read_as_it_came(company: str) -> None:
    row = read("row,reason,email,company", f"7,the e-mail,s@acme.ir,{csv_cell(company)}")
    assert row.facts["company"] == company


NOTES = [
    ("email,phone", "a@acme.ir,12", ("phone",)),
    ("email,created_at", "a@acme.ir,03/04/2024", ("time",)),
    ("email,Budget", "a@acme.ir,much", ("fact:budget",)),
    ("email,When", "a@acme.ir,never", ("fact:time_to_buy",)),
    ("email,Life", "a@acme.ir,whatever", ("stage",)),
    ("email,Newsletter", "a@acme.ir,maybe", ("consent:marketing",)),
    ("email,x", "a@mailinator.com,1", ("disposable",)),
    ("email,x", "info@acme.ir,1", ("role",)),
]
MAPS = {"Budget": "budget", "When": "time_to_buy", "Life": "stage"}


@pytest.mark.parametrize("header, cells, notes", NOTES)
def test_what_is_doubtful_or_left_out_is_noted_without_its_value(
    header: str, cells: str, notes: tuple[str, ...]
) -> None:
    named = {MAPS[one]: one for one in header.split(",") if one in MAPS}
    row = read(header, cells, **named)
    assert row.rejected is None and row.notes == notes


def test_facts_are_kept_as_the_sites_form_keeps_an_answer() -> None:
    row = read("email,Budget,When", "a@acme.ir,۱۲٬۰۰۰,تا سه ماه", budget="budget", time_to_buy="when")
    assert (row.facts["budget"], row.facts["time_to_buy"]) == (12_000, "0_3")


def test_unknown_columns_are_left_out_and_told() -> None:
    found = plan(["Email", "Shoe size", "Lifecycle Stage"], {})
    assert found.left_out == ("Shoe size", "Lifecycle Stage")


def test_what_dedupe_added_is_no_id_of_a_crm() -> None:
    found = plan(["Email", "lead_id", "decision", "with_row", "weight", "why"], {})
    assert "crm_id" not in found.told


@pytest.mark.parametrize(
    "header, named, code",
    [
        (["Name"], {}, "no_identifier_column"),
        (["Email"], {"budget": "Budget"}, "no_heading"),
        (["Email"], {"Budget!": "Email"}, "no_name"),
    ],
)
def test_columns_that_say_too_little_are_told(header: list[str], named: dict[str, str], code: str) -> None:
    with pytest.raises(ColumnsError) as error:
        plan(header, named)
    assert error.value.code == code


CONSENTS: list[tuple[str, str, list[tuple[str, bool]]]] = [
    ("Newsletter", "yes", [("marketing", True)]),
    ("خبرنامه", "بله", [("marketing", True)]),
    ("Newsletter", "no", []),  # nobody may have asked
    ("Newsletter,Consent date", "no,2024-05-01", [("marketing", False)]),
    ("Unsubscribed from all email", "true", [("marketing", False)]),
    ("Unsubscribed from all email", "false", []),
    ("Newsletter", "", []),
]


@pytest.mark.parametrize("header, cells, said", CONSENTS)
def test_r27_a_list_gives_no_consent_but_what_it_says(header: str, cells: str, said: list[tuple[str, bool]]) -> None:
    row = read(f"email,{header}", f"a@acme.ir,{cells}")
    assert [(one.purpose, one.given) for one in row.consents] == said


TIMES: list[tuple[str, str | None]] = [
    ("2021-05-03 14:22", "2021-05-03T09:52"),
    ("2021-05-03T14:22:01Z", "2021-05-03T14:22"),
    ("5/13/2024 2:30 PM", "2024-05-13T11:00"),
    ("13.5.2024", "2024-05-12T20:30"),
    ("۱۴۰۲/۰۵/۰۱", "2023-07-22T20:30"),
    ("1620000000000", "2021-05-03T00:00"),
    ("03/04/2024", None),  # March or April
    ("1998-01-01", None),
    ("1402/13/01", None),
    ("soon", None),
]


@pytest.mark.parametrize("text, expected", TIMES)
def test_times_are_read_as_programs_write_them(text: str, expected: str | None) -> None:
    found = moment(text, TEHRAN)
    assert (found.isoformat()[:16] if found else None) == expected


def test_nothing_was_known_in_the_future() -> None:
    assert read("email,created_at", "a@acme.ir,2031-01-01").at == NOW


def test_our_own_export_is_read_as_it_was_written() -> None:
    facts: dict[str, Any] = {"mail": "Sara@acme.ir", "employees": 12, "needs": ["time", "money"], "bio": "a,b\nc"}
    header = ["id", "created_at", "stage", "fields"]
    reader = Reader(plan(header, {}), header, "sarnakh", "IR", TEHRAN, NOW)
    row = reader.read(1, ["lead_1", "2026-01-02T03:04:05+00:00", "MQL", json.dumps(facts)])
    assert (row.email, row.own, row.stage, dict(row.facts)) == ("sara@acme.ir", "lead_1", "MQL", facts)
