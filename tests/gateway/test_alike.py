"""Which held submissions are put together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.alike import by_network, grouped
from gateway.store.review_queue import Row
from verification.spam.prints import content_print

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
TEXT = "we bring the web site of your firm to the first page of every search engine within one month, call us now"
PRINT, NEAR = content_print(TEXT), content_print(TEXT.replace("month", "week"))


def rows(*many: dict[str, Any]) -> list[Row]:
    blank = dict.fromkeys(("block_hash", "content_hash", "content_print", "email_domain"))
    return [Row(f"sub_{number}", AT, **{**blank, **one}) for number, one in enumerate(many)]


A = frozenset({"disposable_email"})
B = frozenset({"no_script"})
CASES: list[tuple[list[dict[str, Any]], list[tuple[str, int]]]] = [
    ([{}, {}], [("", 1), ("", 1)]),
    ([{"content_hash": "x"}, {"content_hash": "y"}, {"content_hash": "x"}], [("text", 2), ("", 1)]),
    ([{"content_hash": "x", "content_print": PRINT}, {"content_hash": "y", "content_print": NEAR}], [("text", 2)]),
    ([{"block_hash": "b"}, {"block_hash": "b"}, {"block_hash": "c"}], [("network", 2), ("", 1)]),
    ([{"content_hash": "x", "block_hash": "b"}, {"content_hash": "x"}, {"block_hash": "b"}], [("text", 2), ("", 1)]),
    ([{"email_domain": "a.example", "codes": A}, {"email_domain": "a.example", "codes": A}], [("domain", 2)]),
    ([{"email_domain": "a.example", "codes": A}, {"email_domain": "a.example", "codes": B}], [("", 1), ("", 1)]),
    ([{"email_domain": "gmail.com", "codes": A}, {"email_domain": "gmail.com", "codes": A}], [("", 1), ("", 1)]),
    ([], []),
]


@pytest.mark.parametrize("given, groups", CASES)
def test_alike_ones_are_found_the_surest_first(given: list[dict[str, Any]], groups: list[tuple[str, int]]) -> None:
    found = grouped(rows(*given))
    assert [(group.by, len(group.rows)) for group in found] == groups
    assert sorted(row.id for group in found for row in group.rows) == [f"sub_{n}" for n in range(len(given))]


def test_what_nobody_confirmed_stands_by_network() -> None:
    found = by_network(rows({"block_hash": "b", "content_hash": "x"}, {"content_hash": "x"}, {"block_hash": "b"}))
    assert [(group.by, len(group.rows)) for group in found] == [("network", 2), ("", 1)]
