"""The report by person: what it says, in both scripts' digits, and its file."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway.store import users
from gateway.store.tables import arrivals, identifiers
from tests.support.console_side import World, read, send


def test_who_signs_up_twice_is_one_person_and_one_duplicate(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example"})
    page = read(app, world, "/console/people-counted")
    assert "۱ نفر آمدند و همه تازه بودند" in page
    row = page.split('title="guide"><bdi>')[1].split("</tr>")[0]
    assert [part.split("<")[0].strip() for part in row.split('">')[1:]][:2] == ["۴", "۲"]
    assert "۵۰٪" in row
    assert "telegram" in read(app, world, "/console/people-counted?by=source&touch=first&days=7")


def test_the_file_holds_the_same_and_runs_nowhere(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "reza@acme.example"})
    reza = select(identifiers.c.lead_id).where(identifiers.c.value == "reza@acme.example").scalar_subquery()
    with world.parts.db.write() as conn:
        conn.execute(update(arrivals).where(arrivals.c.lead_id == reza).values(campaign="=cmd|' /C calc'!A0"))
    response = world.client(app, "viewer").get("/console/people-counted.csv?of=campaign")
    assert response.headers["Content-Type"].startswith("text/csv")
    head, *rows = csv.reader(StringIO(response.text.lstrip("\ufeff")))
    assert head[0] == "کمپین"
    assert sorted(row[0] for row in rows) == ["", "'=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("query", ["?of=", "?of=people", "?of=form'--"])
def test_a_file_of_nothing_is_refused(app: Flask, world: World, query: str) -> None:
    assert world.client(app, "viewer").get(f"/console/people-counted.csv{query}").status_code == 400


def test_odd_choices_fall_back_to_the_usual_ones(app: Flask, world: World) -> None:
    assert "telegram" not in read(app, world, "/console/people-counted?days=-1&by=email&touch=%00".replace("%00", "x"))


def test_another_sites_people_are_not_counted(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        users.set_role(conn, world.users["stranger"].id, world.other.id, "viewer")
    assert "guide" not in read(app, world, "/console/people-counted", "stranger")
