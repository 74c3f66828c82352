"""What other systems read: lists with filters and pages, one lead, its story; and what they decide."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from gateway import jobs
from gateway.cli.why import why
from gateway.store import leads, segments
from gateway.store.tables import audit, deliveries, submissions
from tests.support.api_side import SARA, Caller, Installation


def walk(api: Caller, path: str, name: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list."""
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {}))
        yield page[name]
        cursor = page["next"]


def set_columns(installation: Installation, lead_id: str, **columns: Any) -> None:
    with installation.parts.db.write() as conn:
        leads.set_columns(conn, lead_id, columns)


@pytest.fixture
def seven(installation: Installation, api: Caller) -> list[str]:
    """Seven leads; the last four began in the same moment."""
    made = []
    for number in range(7):
        made.append(installation.lead(api, {"email": f"p{number}@example.ir", "first_name": f"Person {number}"}))
        if number < 3:
            installation.clock.advance(seconds=1)
    return made


@pytest.mark.parametrize("sort", ["recent", "score", "newest"])
def test_pages_miss_and_repeat_nothing(api: Caller, seven: list[str], sort: str):
    pages = list(walk(api, "/leads", "leads", sort=sort, limit=2))
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    seen = [line["id"] for page in pages for line in page]
    assert sorted(seen) == sorted(seven)
    if sort == "newest":
        assert seen[-3:] == seven[2::-1]


def test_a_page_that_is_just_full_is_the_last(api: Caller, seven: list[str]):
    assert [len(page) for page in walk(api, "/leads", "leads", limit=7)] == [7]
    assert [len(page) for page in walk(api, "/submissions", "submissions", limit=7)] == [7]


def test_a_segments_leads_are_listed_by_pages(installation: Installation, api: Caller, seven: list[str]):
    with installation.parts.db.write() as conn:
        found = [leads.get(conn, installation.shop.id, one) for one in seven[:5]]
        for lead in filter(None, found):
            segments.change(conn, lead, ["warm"], installation.clock())
    listed = [line["id"] for page in walk(api, "/leads", "leads", segment="warm", limit=2) for line in page]
    assert sorted(listed) == sorted(seven[:5])
    assert api.get("/leads", segment="gone")["leads"] == []


def test_rows_that_come_while_walking_shift_no_page(installation: Installation, api: Caller, seven: list[str]):
    pages = walk(api, "/leads", "leads", sort="newest", limit=3)
    first = next(pages)
    installation.clock.advance(seconds=1)
    installation.lead(api, {"email": "new@example.ir"})
    rest = [line["id"] for page in pages for line in page]
    assert sorted([line["id"] for line in first] + rest) == sorted(seven)


def test_submissions_and_deliveries_have_pages_too(installation: Installation, api: Caller):
    destination = installation.destination()
    made = {installation.lead(api, {"email": f"p{number}@example.ir"}) for number in range(5)}
    found = [line for page in walk(api, "/submissions", "submissions", limit=2) for line in page]
    assert {line["lead"] for line in found} == made
    assert len(found) == 5
    owed = [line for page in walk(api, "/deliveries", "deliveries", limit=2, destination=destination) for line in page]
    assert {line["lead"] for line in owed} == made
    assert len(owed) == len({line["id"] for line in owed}) == 5


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "x", "é", "a" * 5000, cursor(), cursor("2026-11-22T09:00:00+00:00"), cursor("2026-11-22T09:00:00", "lead_x"),
    cursor(1, "lead_x"), cursor("0001-01-01T00:00:00+23:59", "lead_x"), cursor("9999-12-31T23:59:59-23:59", "lead_x"),
    cursor("2026-11-22T09:00:00+00:00", "\ud800"), cursor("2026-11-22T09:00:00+00:00", "\x00"),
    cursor("2026-11-22T09:00:00+00:00", 7), cursor(True, "lead_x"), cursor(2**70, "lead_x"), cursor({}, []),
    base64.urlsafe_b64encode(b"[" * 280).decode(), base64.urlsafe_b64encode(b"[" * 30_000).decode(),
]  # fmt: skip


def test_a_forged_cursor_is_refused(api: Caller):
    for text in BAD_CURSORS:
        for path in ("/leads", "/submissions", "/deliveries"):
            reply = api("GET", path, query_string={"cursor": text})
            assert reply.status_code == 400, text[:50]
            assert "cursor" in reply.json["title"]
    assert api("GET", "/leads", query_string={"cursor": BAD_CURSORS[8], "sort": "score"}).status_code == 400


BAD_QUERIES = [
    ("/leads", "limit", "0"), ("/leads", "limit", "201"), ("/leads", "limit", "-1"), ("/leads", "limit", "۵"),
    ("/leads", "limit", "1" * 40), ("/leads", "limit", "000000001999"), ("/leads", "limit", ""),
    ("/leads", "sort", "name"), ("/leads", "cell", "F1"), ("/leads", "cell", "A0"), ("/leads", "cell", "A"),
    ("/leads", "stage", "sql"), ("/leads", "stage", ""), ("/leads", "updated_after", "yesterday"),
    ("/leads", "updated_after", "2026-11-22"), ("/leads", "updated_after", "2026-11-22T09:00:00"),
    ("/leads", "updated_after", "9999-12-31T23:59:59-23:59"), ("/leads", "updated_after", "0001-01-01T00:00:00+23:59"),
    ("/submissions", "status", "open"), ("/deliveries", "status", "lost"),
]  # fmt: skip


def test_a_query_that_means_nothing_is_refused(api: Caller):
    for path, name, text in BAD_QUERIES:
        reply = api("GET", path, query_string={name: text})
        assert reply.status_code == 400, (name, text)


def test_many_and_long_conditions_cost_nothing(api: Caller):
    assert api("GET", "/leads?" + "cell=A1&" * 5000).status_code == 200
    assert api("GET", "/leads?" + "stage=MQL&" * 5000).status_code == 200
    assert api("GET", "/leads?q=" + "a" * 60_000).status_code == 200


def test_filters_choose(installation: Installation, api: Caller, seven: list[str]):
    one, two = seven[:2]
    set_columns(installation, one, grade="A", interest=1, stage="SQL", score=90)
    set_columns(installation, two, updated_at=installation.clock.advance(hours=1))
    tested = installation.lead(api, {"email": "me@example.ir"}, test=True)

    def ids(**query: Any) -> set[str]:
        return {line["id"] for line in api.get("/leads", **query)["leads"]}

    assert ids(cell="A1") == ids(stage="SQL") == ids(q="person 0") == {one}
    assert ids(cell="-4") == ids(cell="–4") == set(seven[1:])
    assert ids(cell=["A1", "B1"], stage=["SQL", "PQL"]) == {one}
    assert ids(q="PERSON ۱") == ids(q="p1@example") == {two}
    assert ids(updated_after="2026-11-22T13:30:00+03:30") == {two}
    assert ids(sort="score") == set(seven)
    assert tested in ids(test="true") - ids()


def test_filters_choose_among_submissions(installation: Installation, api: Caller, held: Callable[..., str]):
    waiting = held()
    installation.lead(api)
    assert [line["id"] for line in api.get("/submissions", status="held")["submissions"]] == [waiting]
    assert len(api.get("/submissions", status=["held", "accepted"])["submissions"]) == 2
    (line,) = api.get("/submissions", status="held")["submissions"]
    assert line["weight"] >= 50
    assert "disposable_email" in {finding["code"] for finding in line["findings"]}


def test_one_lead_is_shown_as_destinations_get_it(installation: Installation, api: Caller, lead: str):
    shown = api.get(f"/leads/{lead}")
    assert shown["id"] == lead
    assert shown["fields"]["first_name"]["value"] == "سارا"
    assert shown["fields"]["email"]["strength"] == "import"
    assert shown == api.get(f"/leads/{lead}/why")["lead"]


def test_why_is_that_of_the_command(installation: Installation, api: Caller, lead: str):
    installation.destination()
    installation.lead(api, {**SARA, "time_to_buy": "0_3"})
    api.post("/events", {"events": [{"id": "1", "type": "trial_started", "lead": lead}]})
    jobs.deliver_with(installation.parts)
    for named in (lead, SARA["email"]):
        ran = CliRunner().invoke(why, [named, "--json"], obj=lambda: installation.parts)
        assert ran.exit_code == 0, ran.output
        assert json.loads(ran.output) == api.get(f"/leads/{lead}/why")
    told = api.get(f"/leads/{lead}/why")
    assert len(told["submissions"]) == 2
    assert told["deliveries"]
    assert told["score"]["lines"]


def test_a_merged_leads_id_leads_to_the_survivor(installation: Installation, api: Caller, seven: list[str]):
    set_columns(installation, seven[1], merged_into=seven[0])
    assert api.get(f"/leads/{seven[1]}")["id"] == seven[0]
    assert seven[1] not in {line["id"] for line in api.get("/leads")["leads"]}


# --- decisions ------------------------------------------------------------------------------------------------------


def test_release_accepts_and_happens_once(installation: Installation, api: Caller, held: Callable[..., str]):
    waiting = held()
    reply = api.post(f"/submissions/{waiting}/release")
    assert (reply.status_code, reply.json["status"]) == (200, "accepted")
    assert api.get(f"/leads/{reply.json['lead']}")["fields"]["email"]["value"] == "someone@mailinator.com"
    again = api.post(f"/submissions/{waiting}/release")
    assert (again.status_code, again.json["status_now"]) == (409, "accepted")
    assert api.post(f"/submissions/{waiting}/reject").status_code == 409
    assert installation.count(audit) == 1


def test_reject_turns_down_and_release_brings_back(api: Caller, held: Callable[..., str]):
    waiting = held()
    assert api.post(f"/submissions/{waiting}/reject").json == {"submission": waiting, "status": "rejected"}
    assert api.post(f"/submissions/{waiting}/reject").status_code == 409
    assert api.post(f"/submissions/{waiting}/release").status_code == 200


def test_what_is_not_there_cannot_be_decided(api: Caller, lead: str):
    accepted = api.get("/submissions")["submissions"][0]["id"]
    for verb in ("release", "reject"):
        assert api.post(f"/submissions/sub_nothing/{verb}").status_code == 404
        assert api.post(f"/submissions/{accepted}/{verb}").status_code == 409


def test_a_parked_delivery_is_owed_again(installation: Installation, api: Caller):
    installation.destination()
    installation.lead(api)
    (owed,) = api.get("/deliveries", status="due")["deliveries"]
    assert api.post(f"/deliveries/{owed['id']}/resend").status_code == 409
    with installation.parts.db.write() as conn:
        conn.execute(deliveries.update().values(status="parked", reason="http_422", tries=1))
    (parked,) = api.get("/deliveries", status="parked")["deliveries"]
    assert parked == {**owed, "status": "parked", "reason": "http_422", "tries": 1}
    reply = api.post(f"/deliveries/{owed['id']}/resend")
    assert (reply.status_code, reply.json) == (200, {"delivery": owed["id"], "status": "due"})
    assert api.post("/deliveries/dlv_nothing/resend").status_code == 404
    assert installation.count(submissions) == 1
