"""`GET /leads` as a feed: a copy of the site's leads is kept by it, whatever becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import erasing, merging
from gateway.store import feed, leads
from gateway.web.api_feed import MARK
from tests.api.v1.test_reading import cursor
from tests.support.api_side import Caller, Installation


class Copy:
    """What another system holds of the leads, kept by the feed alone."""

    def __init__(self, api: Caller, **query: Any) -> None:
        self.api, self.query = api, query
        self.resume = ""
        self.held: dict[str, dict[str, Any]] = {}

    def poll(self) -> list[dict[str, Any]]:
        new: list[dict[str, Any]] = []
        more = True
        while more:
            asked = {"cursor": self.resume} if self.resume else {}
            page = self.api.get("/leads", limit=2, **self.query, **asked)
            new += page["leads"]
            self.resume, more = page["resume"], page["next"] is not None
            assert page["next"] in {None, page["resume"]}
        for line in new:
            self.held.pop(line["id"], None)
            if "gone" not in line:
                self.held[line["id"]] = line
        return new


@pytest.fixture
def copy(api: Caller) -> Copy:
    return Copy(api, sort="changes")


def three(installation: Installation, api: Caller) -> list[str]:
    """The oldest first: of one moment, ids would say which is older."""
    made = []
    for number in range(3):
        made.append(installation.lead(api, {"email": f"p{number}@example.ir", "first_name": "P"}))
        installation.clock.advance(seconds=1)
    return made


def test_a_copy_kept_by_the_feed_is_the_list(installation: Installation, api: Caller, copy: Copy) -> None:
    one, two, _ = three(installation, api)
    assert len(copy.poll()) == 3
    assert copy.poll() == []
    installation.clock.advance(minutes=5)
    api.post("/outcomes", {"id": "deal-1", "lead": two, "outcome": "won"})
    installation.clock.advance(minutes=5)
    api.post("/outcomes", {"id": "deal-2", "lead": one, "outcome": "lost"})
    api.post("/outcomes", {"id": "deal-3", "lead": one, "outcome": "won"})
    changed = copy.poll()
    assert [line["id"] for line in changed] == [two, one]
    assert [line["stage"] for line in changed] == ["customer", "customer"]
    listed = {line["id"]: line for line in api.get("/leads")["leads"]}
    assert {name: {**line, "version": copy.held[name]["version"]} for name, line in listed.items()} == copy.held


def test_merged_parted_and_erased_ones_are_told(installation: Installation, api: Caller, copy: Copy) -> None:
    one, two, three_ = three(installation, api)
    copy.poll()
    site, now = installation.shop.id, installation.clock.advance(minutes=1)
    with installation.parts.db.write() as conn:
        merge = merging.merge(conn, site, (one, two), by=None, now=now)
    assert {line["id"]: line.get("merged_into") for line in copy.poll()} == {one: None, two: one}
    with installation.parts.db.write() as conn:
        merging.undo(conn, site, merge, by=None, now=now)
    assert all("gone" not in line for line in copy.poll())
    assert set(copy.held) == {one, two, three_}
    with installation.parts.db.write() as conn:
        merging.merge(conn, site, (two, three_), by=None, now=now)
        erasing.erase(conn, site, three_, by=None, now=now)
    told = copy.poll()
    assert {line["id"]: line["gone"] for line in told} == {two: "erased", three_: "erased"}
    assert all(set(line) == {"id", "version", "updated_at", "gone"} for line in told)
    assert set(copy.held) == {one}


def test_a_filter_shows_what_fits_and_tells_all_that_is_gone(installation: Installation, api: Caller) -> None:
    one, two, _ = three(installation, api)
    customers = Copy(api, sort="changes", stage="customer")
    assert customers.poll() == []
    api.post("/outcomes", {"id": "deal-1", "lead": two, "outcome": "won"})
    assert [line["id"] for line in customers.poll()] == [two]
    with installation.parts.db.write() as conn:
        erasing.erase(conn, installation.shop.id, one, by=None, now=installation.clock())
    assert [(line["id"], line["gone"]) for line in customers.poll()] == [(one, "erased")]


def test_tests_stay_out_unless_asked_for(installation: Installation, api: Caller, copy: Copy) -> None:
    tested = installation.lead(api, {"email": "me@example.ir"}, test=True)
    assert copy.poll() == []
    assert [line["id"] for line in Copy(api, sort="changes", test="true").poll()] == [tested]


def test_r35_another_sites_feed_shows_nothing_of_this_one(
    installation: Installation, api: Caller, stranger: Caller, copy: Copy
) -> None:
    three(installation, api)
    copy.poll()
    assert Copy(stranger, sort="changes").poll() == []
    assert stranger("GET", "/leads", query_string={"cursor": copy.resume}).status_code == 400  # ahead of its own


def test_a_list_that_was_taken_back_is_told(installation: Installation, api: Caller, copy: Copy) -> None:
    (one, *_) = three(installation, api)
    copy.poll()
    with installation.parts.db.write() as conn:
        feed.dropped(conn, installation.shop.id, one, installation.clock())
    assert [(line["id"], line["gone"]) for line in copy.poll()] == [(one, "dropped")]


def test_times_and_cursors_choose_between_list_and_feed(installation: Installation, api: Caller) -> None:
    three(installation, api)
    at = "2020-01-01T00:00:00Z"
    assert "resume" in api.get("/leads", updated_after=at)
    assert "resume" not in api.get("/leads", updated_after=at, sort="newest")
    assert "resume" not in api.get("/leads")
    resume = api.get("/leads", updated_after=at)["resume"]
    later = api.get("/leads", cursor=resume, updated_after="2030-01-01T00:00:00Z")
    assert later["leads"] == []
    assert api("GET", "/leads", query_string={"cursor": resume, "sort": "recent"}).status_code == 400


FORGED = [
    cursor(MARK, -1, 0, "2026-01-01T00:00:00+00:00"),
    cursor(MARK, 999, 0, "2026-01-01T00:00:00+00:00"),
    cursor(MARK, "1", 0, "2026-01-01T00:00:00+00:00"),
    cursor(MARK, 1, 0, "2026-01-01T00:00:00"),
    cursor(MARK, 1),
    cursor("lists", 1, 0, "2026-01-01T00:00:00+00:00"),
]


@pytest.mark.parametrize("text", FORGED)
def test_a_forged_place_is_refused(api: Caller, text: str) -> None:
    assert api("GET", "/leads", query_string={"cursor": text, "sort": "changes"}).status_code == 400


def test_the_score_alone_is_no_change(installation: Installation, api: Caller, copy: Copy) -> None:
    (one, *_) = three(installation, api)
    copy.poll()
    with installation.parts.db.write() as conn:
        leads.set_columns(conn, one, {"score": 7})
    assert copy.poll() == []
