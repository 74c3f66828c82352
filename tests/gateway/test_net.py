"""Origins as browsers write them, and nothing that would reach further in a header of ours."""

from __future__ import annotations

import pytest

from gateway.net import origin
from gateway.store import sites
from gateway.store.db import Database
from tests.support.clock import SettableClock


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Shop.example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://سرنخ.example", "https://xn--tgbff1f.example"),
        ("shop.example", None),
        ("https://shop.example/page", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://*", None),
        ("https://a..b\u06f0é", None),
        ("https://" + "é" * 70, None),
        ("https://shop.example:x", None),
    ],
)
def test_r12_an_origin_is_written_as_browsers_do(typed: str, kept: str | None) -> None:
    assert origin(typed) == kept


@pytest.mark.parametrize(
    "typed", ["https://a; script-src-elem *", "https://a'", "https://a,b", "https://a b", "https://a;", 'https://a"b']
)
def test_r12_attack_no_origin_adds_to_a_policy_header(db: Database, clock: SettableClock, typed: str) -> None:
    assert origin(typed) is None
    with pytest.raises(ValueError, match="no origin"), db.write() as conn:
        sites.add(conn, "shop", "Shop", clock(), origins=[typed])
