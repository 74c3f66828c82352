"""Questions that depend on another answer of the same page: shown by a stylesheet, judged by the server."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from gateway.parts import Parts
from tests.support import visitor_side as side

FORM = """
key = "course"
languages = ["en"]
title = { en = "Course" }
submit_label = { en = "Send" }
questions_per_visit = 3

[[fields]]
name = "email"
type = "email"
label = { en = "E-mail" }

[[fields]]
name = "job"
type = "choice"
label = { en = "Your job" }
options = [
    { value = "manager", label = { en = "Manager" } },
    { value = '"}a\\b', label = { en = "Odd" } },
    { value = "student", label = { en = "Student" } },
]

[[fields]]
name = "team"
type = "choices"
when = { field = "job", is = ["manager", '"}a\\b'] }
label = { en = "Your team" }
options = [{ value = "big", label = { en = "Big" } }, { value = "small", label = { en = "Small" } }]

[[fields]]
name = "offices"
type = "number"
when = { field = "team", is = ["big"] }
label = { en = "How many offices?" }
"""
EMAIL = "sara@example.ir"


def send(client: FlaskClient, **fields: object) -> tuple[int, dict[str, str]]:
    """As the embed posts: the status, and what is wrong."""
    spec = side.spec(client, "course")
    reply = side.send_json(client, "course", {"_ticket": spec["ticket"], "email": EMAIL, **fields})
    return reply.status_code, reply.get_json().get("errors", {})


CASES = [
    ({"job": "student"}, {}),
    ({"job": "student", "team": "big", "offices": "3"}, {}),
    ({"job": "manager"}, {"team"}),
    ({"job": "manager", "team": "small"}, {}),
    ({"job": "manager", "team": ["small", "big"]}, {"offices"}),
    ({"job": "manager", "team": "big", "offices": "x"}, {"offices"}),
    ({"job": '"}a\\b', "team": "big", "offices": "3"}, {}),
    ({"team": "big"}, {"job"}),
    ({"job": "boss", "team": "big"}, {"job"}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "wrong"), CASES)
def test_an_answer_is_wanted_where_its_condition_holds(
    client: FlaskClient, parts: Parts, fields: dict[str, object], wrong: set[str]
):
    side.publish(parts, FORM)
    status, errors = send(client, **fields)
    assert (status, set(errors)) == (422 if wrong else 200, set(wrong))


def test_what_was_not_asked_is_neither_kept_nor_skipped(client: FlaskClient, parts: Parts):
    """A forged post brings no more than the page asked, and the question is not taken for skipped."""
    side.publish(parts, FORM)
    assert send(client, job="student", team="big", offices="3")[0] == 200
    with parts.db.read() as conn:
        [row] = side.rows(conn)
    assert row.answers == {"email": EMAIL, "job": "student"}
    assert row.asked == ["email", "job"]


def test_r11_what_was_not_asked_makes_no_other_answer(client: FlaskClient, parts: Parts):
    side.publish(parts, FORM)
    ticket = side.spec(client, "course")["ticket"]
    for more in ({}, {"team": "big"}):
        side.send_json(client, "course", {"_ticket": ticket, "email": EMAIL, "job": "student", **more})
    with parts.db.read() as conn:
        assert side.count(conn) == 1


def test_the_page_names_its_stylesheet_and_requires_nothing_conditional(client: FlaskClient, parts: Parts):
    side.publish(parts, FORM, side.GUIDE)
    page = client.get("/f/course").text
    assert '<link rel="stylesheet" href="/f/course/when.css?v=1">' in page
    control = re.search(r'<input type="text" id="f-offices"[^>]*>', page)
    assert control is not None
    assert "required" not in control[0]
    assert "(optional)" not in page  # nor is it marked as one that may be left out
    assert "when.css" not in client.get("/f/guide").text
    assert "css" not in side.spec(client, "guide")


def test_the_embed_is_told_the_same(client: FlaskClient, parts: Parts):
    side.publish(parts, FORM)
    spec = side.spec(client, "course")
    assert spec["css"] == "f/course/when.css?v=1"
    whens = [field.get("when") for field in spec["steps"][0]["fields"]]
    assert whens[2:] == [{"field": "job", "is": ["manager", '"}a\\b']}, {"field": "team", "is": ["big"]}]


def test_the_stylesheet_may_be_read_by_any_page(client: FlaskClient, parts: Parts):
    side.publish(parts, FORM)
    reply = client.get("/f/course/when.css?v=1")
    assert (reply.status_code, reply.mimetype) == (200, "text/css")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    rules = reply.text.splitlines()
    assert len(rules) == 3  # team by job, offices by team and by job
    assert '[name="job"][value="\\"}a\\\\b"]:checked' in rules[0]  # an odd value stays within its quotes


@pytest.mark.parametrize(("address", "status"), [("?v=9", 404), ("?v=x", 200), ("", 200), ("?v=999999999999", 200)])
def test_odd_versions_harm_nothing(client: FlaskClient, parts: Parts, address: str, status: int):
    side.publish(parts, FORM)
    assert client.get(f"/f/course/when.css{address}").status_code == status


def test_422_keeps_the_text_of_a_conditional_question(client: FlaskClient, parts: Parts):
    side.publish(parts, FORM)
    ticket = side.ticket_in(client.get("/f/course").text)
    data = {"_ticket": ticket, "email": EMAIL, "job": "manager", "team": "big", "offices": "many"}
    page = client.post("/f/course", data=data)
    assert page.status_code == 422
    assert 'value="many"' in page.text
    assert 'href="#f-offices"' in page.text
    assert "/f/course/when.css" in page.text
