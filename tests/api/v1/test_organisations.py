"""Organisations for other systems: listed, one with its leads, and named on each lead."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from gateway import merging, organising
from gateway.store import leads
from gateway.store.tables import submissions
from tests.api.v1.test_reading import BAD_CURSORS, walk
from tests.support.api_side import Caller, Installation


def lead(installation: Installation, api: Caller, email: str, **columns: Any) -> str:
    installation.clock.advance(minutes=1)
    made = installation.lead(api, {"email": email})
    with installation.parts.db.write() as conn:
        leads.set_columns(conn, made, columns or {"score": 0})
    return made


def settle(installation: Installation) -> None:
    while organising.regroup_due(installation.parts.db, installation.clock()):
        pass


@pytest.fixture
def acme(installation: Installation, api: Caller) -> list[str]:
    """Five people of acme.ir, one of them a competitor's, and two elsewhere."""
    made = [
        lead(installation, api, "a@acme.ir", grade="A", interest=2, score=60, stage="SQL"),
        lead(installation, api, "b@acme.ir", grade="C", interest=3, score=30, stage="MQL"),
        lead(installation, api, "c@acme.ir", grade="C", interest=3, score=25, stage="MQL"),
        lead(installation, api, "d@acme.ir", grade="A", interest=1, score=90, stage=None, disqualified="competitor"),
        lead(installation, api, "e@mail.acme.ir", grade="E", interest=4, score=0, stage="IQL"),
    ]
    lead(installation, api, "z@globex.ir", score=80)
    lead(installation, api, "nobody@gmail.com")
    settle(installation)
    return made


def test_organisations_are_listed_with_their_best_cell(
    installation: Installation, api: Caller, acme: list[str]
) -> None:
    globex, first = api.get("/organisations")["organisations"]
    assert (globex["domain"], globex["people"]) == ("globex.ir", 1)
    assert first == {
        "id": first["id"], "domain": "acme.ir", "name": None, "people": 5, "cell": "A2", "score": 60,
        "active_at": "2026-11-22T09:05:00Z",
    }  # fmt: skip
    for query, found in (
        ({"q": "ACME"}, ["acme.ir"]),
        ({"sort": "people"}, ["acme.ir", "globex.ir"]),
        ({"q": "x"}, ["globex.ir"]),
    ):
        assert [one["domain"] for one in api.get("/organisations", **query)["organisations"]] == found
    pages = list(walk(api, "/organisations", "organisations", limit=1))
    assert [[one["domain"] for one in page] for page in pages] == [["globex.ir"], ["acme.ir"]]


def test_one_organisation_has_counts_and_pages_of_its_leads(
    installation: Installation, api: Caller, acme: list[str]
) -> None:
    one = api.get(f"/leads/{acme[0]}")["organisation"]
    assert (one["domain"], one["name"]) == ("acme.ir", None)
    shown = api.get(f"/organisations/{one['id']}")
    assert {name: shown[name] for name in one} == one
    assert shown["counts"] == {
        "stages": {"IQL": 1, "MQL": 2, "SQL": 1}, "cells": {"A2": 1, "C3": 2, "E4": 1}, "held": 0,
    }  # fmt: skip
    assert [line["id"] for line in shown["leads"]] == acme[::-1]
    assert shown["next"] is None
    pages = [[line["id"] for line in page] for page in walk(api, f"/organisations/{one['id']}", "leads", limit=2)]
    assert pages == [[acme[4], acme[3]], [acme[2], acme[1]], [acme[0]]]


def test_what_is_held_from_its_domain_is_counted(installation: Installation, api: Caller, acme: list[str]) -> None:
    with installation.parts.db.write() as conn:
        conn.execute(update(submissions).where(submissions.c.lead_id == acme[0]).values(status="held"))
    organisation = api.get(f"/leads/{acme[0]}")["organisation"]["id"]
    assert api.get(f"/organisations/{organisation}")["counts"]["held"] == 1


def test_what_is_asked_wrongly_is_refused(api: Caller, acme: list[str]) -> None:
    one = api.get(f"/leads/{acme[0]}")["organisation"]["id"]
    assert api("GET", "/organisations?sort=name").status_code == 400
    assert api("GET", "/organisations/org_nothing").status_code == 404
    for path in ("/organisations", f"/organisations/{one}"):
        assert api("GET", f"{path}?limit=0").status_code == 400
        for text in BAD_CURSORS:
            assert api("GET", path, query_string={"cursor": text}).status_code == 400, text[:50]


def test_r35_another_sites_organisations_are_not_there(api: Caller, stranger: Caller, acme: list[str]) -> None:
    one = api.get(f"/leads/{acme[0]}")["organisation"]["id"]
    assert stranger.get("/organisations")["organisations"] == []
    assert stranger("GET", f"/organisations/{one}").status_code == 404


def test_a_merged_pair_is_one_lead_of_it(installation: Installation, api: Caller, acme: list[str]) -> None:
    with installation.parts.db.write() as conn:
        merging.merge(conn, installation.shop.id, (acme[0], acme[1]), by=None, now=installation.clock())
    settle(installation)
    one = api.get(f"/leads/{acme[1]}")["organisation"]["id"]
    shown = api.get(f"/organisations/{one}")
    assert shown["people"] == 4
    assert sorted(line["id"] for line in shown["leads"]) == sorted({*acme} - {acme[1]})
