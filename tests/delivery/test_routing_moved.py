"""What sites ticked before routing had rules becomes rules that send the same leads to the same places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from gateway.store import routes
from gateway.store.db import Database
from gateway.store.migrate import migrate

AT = datetime(2026, 11, 22, tzinfo=UTC)
BEFORE = "0024"


def _begin(conn: sa.Connection) -> dict[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(conn, only=["sites", "destinations", "routes"])
    return dict(found.tables)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_ticks_become_rules_in_their_order(kind: str, clean_database: Callable[[str], str]) -> None:
    url = clean_database(kind)
    migrate(url, BEFORE)
    database = Database(url)
    at = AT.replace(tzinfo=None) if kind == "sqlite" else AT
    with database.write() as conn:
        table = _begin(conn)
        site = {"key": "a", "name": "A", "origins": [], "timezone": "UTC", "lang": "fa", "cookies": "free"}
        conn.execute(table["sites"].insert().values(id="site_1", settings={}, created_at=at, **site))
        conn.execute(table["sites"].insert().values(id="site_2", settings={}, created_at=at, **{**site, "key": "b"}))
        for place in ("crm", "mail"):
            made = {"id": place, "kind": "webhook", "name": place, "settings": "", "sends": "rules"}
            made |= {"status": "active", "refusals": 0, "created_at": at}
            conn.execute(table["destinations"].insert().values(site_id="site_1", **made))
        ticks = [
            ("rule", "crm", ["A1", "–4"], ["SQL"], ["vip"]),
            ("rule", "mail", ["A4"], [], None),
            ("contact", "crm", [], [], None),
            ("fallback", "mail", [], [], None),
        ]
        for position, (sort, place, cells, stages, segments) in enumerate(ticks, 1):
            row = {"position": position, "kind": sort, "cells": cells, "stages": stages, "segments": segments}
            conn.execute(table["routes"].insert().values(site_id="site_1", destination_id=place, **row))
    migrate(url)
    with database.read() as conn:
        found, other = routes.of_site(conn, "site_1"), routes.of_site(conn, "site_2")
        assert "routes" not in sa.inspect(conn).get_table_names()
    database.close()
    assert [(one.asks, one.destinations, one.stop) for one in found.rules] == [
        (({"stages": ["SQL"]},), ("crm",), False),
        (({"cells": ["A1", "–4"]},), ("crm",), False),
        (({"segments": ["vip"]},), ("crm",), False),
        (({"cells": ["A4"]},), ("mail",), False),
        (({"contact": True},), ("crm",), False),
    ]
    assert (found.fallback, found.explore_percent, bool(found.explore_key)) == ("mail", 0, True)
    assert (other.rules, other.fallback) == ((), None)
