"""The list of leads as a file: what the filter shows, streamed, safe in a spreadsheet, and written down."""

from __future__ import annotations

import csv
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from gateway import exporting
from gateway.records import Fact
from gateway.store import leads
from gateway.store.leads_search import Filter
from gateway.store.tables import audit
from tests.support.console_side import World, read
from tests.support.plans import read_whole

PATH = "/console/leads"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def more(world: World, count: int, **facts: Any) -> None:
    now = world.parts.clock()
    with world.parts.db.write() as conn:
        for _ in range(count):
            lead_id = leads.create(conn, world.shop.id, now)
            leads.add_facts(conn, lead_id, [Fact(name, value, "typed", "", now) for name, value in facts.items()])


def taken(world: World) -> list[dict[str, Any]]:
    with world.parts.db.read() as conn:
        query = select(audit.c.params).where(audit.c.action == "leads_exported").order_by(audit.c.id)
        return [dict(params) for params in conn.execute(query).scalars()]


def test_the_file_holds_what_the_list_shows_and_the_link_keeps_its_filter(app: Flask, world: World) -> None:
    more(world, 3, company="Acme")
    client = world.client(app, "marketer")
    page = client.get(f"{PATH}?cell=–4&cell=–3&q=acme&after=").text
    link = unescape(re.findall(r'href="(/console/leads\.csv[^"]*)"', page)[0])
    assert "cell=%E2%80%934&cell=%E2%80%933" in link and "q=acme" in link
    reply = client.get(link)
    assert (reply.status_code, reply.mimetype, reply.headers["X-Content-Type-Options"]) == (200, "text/csv", "nosniff")
    assert re.fullmatch(r'attachment; filename="shop-leads-\d{4}-\d\d-\d\d\.csv"', reply.headers["Content-Disposition"])
    assert reply.text.startswith("\ufeffid,created_at,")
    shown = re.findall(r'href="/console/leads/(lead_\w+)', page)
    assert sorted(row["id"] for row in rows(reply.text)) == sorted(set(shown))


def test_nothing_that_is_no_filter_of_ours_is_written_down(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    for asked in ("form=sara@example.com", "segment=09121234567"):
        assert client.get(f"{PATH}.csv?{asked}").status_code == 200
    assert taken(world) == [{"leads": 0}] * 2


def test_r34_cells_run_nothing_and_a_phone_number_keeps_its_plus(app: Flask, world: World) -> None:
    more(world, 1, company='=cmd|"/c calc"!A0', phone="+989121234567", first_name="a\nb")
    found = rows(world.client(app, "marketer").get(f"{PATH}.csv").text)
    told = {(row["company"], row["phone"], row["first_name"]) for row in found}
    assert ('\'=cmd|"/c calc"!A0', "+989121234567", "a b") in told


def test_it_is_read_a_page_at_a_time(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    more(world, 4)
    reply = world.client(app, "marketer").get(f"{PATH}.csv", buffered=False)
    parts = [part.decode() for part in reply.response]
    assert [part.count("\n") for part in parts] == [1, 2, 2, 1]


def test_who_took_whom_along_is_written_down_without_what_was_searched_for(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    client.get(f"{PATH}.csv?segment=warm&q=sara@acme.example")
    client.get(f"{PATH}.csv?stage=IQL&cell=A1")
    assert taken(world) == [
        {"leads": 0, "searched": True},
        {"leads": 0, "cells": ["A1"], "stages": ["IQL"]},
    ]


@pytest.mark.parametrize("who, status", [("viewer", 403), ("marketer", 200), ("admin", 200)])
def test_a_viewer_takes_nobody_along(app: Flask, world: World, who: str, status: int) -> None:
    assert world.client(app, who).get(f"{PATH}.csv").status_code == status
    assert ("/console/leads.csv" in read(app, world, PATH, who)) == (status == 200)


def test_r35_a_strangers_file_holds_nobody_of_this_site(app: Flask, world: World) -> None:
    assert world.lead not in world.client(app, "stranger").get(f"{PATH}.csv").text


@pytest.mark.parametrize("wanted", [Filter(), Filter(segment="warm"), Filter(cells=("A1",)), Filter(form_id="frm")])
def test_whom_it_holds_is_asked_by_the_site(world: World, wanted: Filter) -> None:
    db = world.parts.db
    with read_whole(db, "leads", "segment_members", "submissions") as whole:
        exporting.ids(db, world.shop.id, wanted)
    assert whole == []
