"""A browser is known by what it answered itself, by names and times alone (rules 1, 6 and 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.records import Event, Site
from gateway.store import events, known, leads, persons, sites, submissions, touches, visitors
from gateway.store.db import Database
from tests.support import intake
from tests.support.clock import SettableClock

NOW = SettableClock()()
DAY = timedelta(days=1)


@pytest.fixture
def place(db: Database) -> tuple[Site, str]:
    with db.write() as conn:
        site = intake.make_site(conn, NOW)
        return site, intake.make_form(conn, site, NOW)


def _send(db: Database, place: tuple[Site, str], answers: dict[str, str], **more: object) -> None:
    db.grouped(submissions.receive_all, intake.submission(*place, answers, NOW, **more))


def test_r1_known_holds_names_and_times_and_no_values(db: Database, place: tuple[Site, str]) -> None:
    _send(db, place, {"email": "s@example.com", "job_title": ""}, visitor_id="vis_1", asked=("email", "job_title"))
    with db.read() as conn:
        found = known.here(conn, place[0].id, "vis_1").known
    assert (found.answered, found.skipped, found.visits) == ({"email": NOW}, {"job_title": NOW}, 1)


def test_r8_a_new_id_knows_what_the_old_one_answered_and_the_old_one_learns_nothing(
    db: Database, place: tuple[Site, str]
) -> None:
    _send(db, place, {"first_name": "Sara"}, visitor_id="vis_old")
    _send(db, place, {"email": "s@example.com"}, visitor_id="vis_new", previous_visitor_id="vis_old")
    with db.read() as conn:
        assert set(known.here(conn, place[0].id, "vis_new").known.answered) == {"first_name", "email"}
        assert set(known.here(conn, place[0].id, "vis_old").known.answered) == {"first_name"}


def test_r8_another_sites_visitor_is_nobody_here(db: Database, place: tuple[Site, str]) -> None:
    _send(db, place, {"email": "s@example.com"}, visitor_id="vis_1")
    with db.write() as conn:
        other = intake.make_site(conn, NOW, "other")
        assert known.here(conn, other.id, "vis_1").known.answered == {}
        assert visitors.lead_of(conn, other.id, "vis_1") is None


def test_r6_events_of_thirty_days_before_go_to_the_lead(db: Database, place: tuple[Site, str]) -> None:
    site_id = place[0].id
    with db.write() as conn:
        for days in (40, 20, 1):
            event = Event(f"e{days}", "page_view", NOW - days * DAY, visitor_id="vis_1")
            events.add_from_browser(conn, site_id, "vis_1", [event], NOW - days * DAY)
        lead_id = leads.create(conn, site_id, NOW)
        assert events.give_to_lead(conn, site_id, ["vis_1"], lead_id, NOW) == 2
        assert [event.id for event in events.of_lead(conn, site_id, lead_id)] == ["e20", "e1"]


def test_r6_an_event_counts_for_the_lead_linked_at_that_moment(db: Database, place: tuple[Site, str]) -> None:
    site_id = place[0].id
    with db.write() as conn:
        visitors.ensure(conn, visitors.Seen(site_id, "vis_1", NOW))
        lead_id = leads.create(conn, site_id, NOW)
        visitors.set_lead(conn, site_id, "vis_1", lead_id)
        seen = Event("e", "page_view", NOW, visitor_id="vis_1")
        assert events.add_from_browser(conn, site_id, "vis_1", [seen], NOW) == 1
        assert events.add_from_browser(conn, site_id, "vis_1", [seen], NOW) == 0  # once an id
        lead = leads.get(conn, site_id, lead_id)
    assert lead is not None and lead.score_changes_at == NOW


def test_r22_a_file_counts_once_a_lead_however_it_was_fetched(db: Database, place: tuple[Site, str]) -> None:
    site_id = place[0].id
    first, second = (intake.submission(*place, {"email": f"{n}@example.com"}, NOW) for n in "ab")
    with db.write() as conn:
        submissions.receive_all(conn, [first, second])
        lead_id = leads.create(conn, site_id, NOW)
        for new in (first, second):
            fetched = {"offer_key": "guide/guide.pdf", "level": "top", "now": NOW}
            events.add_download(conn, site_id, new.id, **fetched)
            submissions.set_lead(conn, new.id, lead_id)
            events.give_download(conn, site_id, new.id, offer_key="guide/guide.pdf", lead_id=lead_id)
            events.add_download(conn, site_id, new.id, **fetched)
        assert [event.type for event in events.of_lead(conn, site_id, lead_id)] == ["download"]


@pytest.mark.parametrize(
    "page, origin",
    [
        ({"url": "https://shop.example/p", "referrer": "https://shop.example/"}, {}),
        ({"url": "https://shop.example/p", "referrer": "https://search.example/?q=secret"},
         {"referrer": "search.example", "landing": "shop.example/p"}),
        ({"url": "https://shop.example/p", "utm": {"utm_source": "mail", "other": "x"}},
         {"utm_source": "mail", "landing": "shop.example/p"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_r28_a_page_tells_where_its_visit_came_from(page: dict[str, object], origin: dict[str, str]) -> None:
    assert touches.of_page(page) == origin


@pytest.mark.parametrize(
    "referrer, marks, origin",
    [
        ("https://landing.example/blog", {}, {}),  # make_site's own, on another host than the page
        ("https://forms.shop.example/f/x", {}, {}),
        ("https://landing.example/", {"gclid": "1"}, {"gclid": "1", "landing": "shop.example/p"}),
        ("https://search.example/", {}, {"referrer": "search.example", "landing": "shop.example/p"}),
    ],
)
def test_r28_a_step_between_the_sites_own_addresses_is_no_origin(
    db: Database, place: tuple[Site, str], referrer: str, marks: dict[str, str], origin: dict[str, str]
) -> None:
    page = {"url": "https://shop.example/p", "referrer": referrer, "utm": marks}
    with db.write() as conn:
        sites.change(conn, place[0].id, {"settings": {"own_address": "https://forms.shop.example"}})
        assert touches.came_from(conn, place[0].id, page) == origin


def test_r28_direct_never_overwrites_and_the_converting_touch_is_the_last_before(
    db: Database, place: tuple[Site, str]
) -> None:
    with db.write() as conn:
        lead_id = leads.create(conn, place[0].id, NOW)
        for days, params, sub in ((3, {"utm_source": "ad"}, None), (2, {}, "sub_1"), (1, {"utm_source": "mail"}, None)):
            touches.add(conn, place[0].id, NOW - days * DAY, params, lead_id=lead_id, submission_id=sub)
        found = touches.of_lead(conn, lead_id)
    assert (found.first, found.last, found.converting) == (
        {"utm_source": "ad"},
        {"utm_source": "mail"},
        {"utm_source": "ad"},
    )


def test_r08_an_id_that_follows_at_merge_is_linked_as_the_one_before(db: Database, place: tuple[Site, str]) -> None:
    site_id = place[0].id
    with db.write() as conn:
        visitors.ensure(conn, visitors.Seen(site_id, "vis_old", NOW))
        one, other, third = (leads.create(conn, site_id, NOW) for _ in range(3))
        visitors.set_lead(conn, site_id, "vis_old", one)
        assert visitors.merged_since(conn, site_id, "vis_old") is None
        merge = persons.add_merge(conn, site_id, one, other, by=None, now=NOW + DAY)
        assert visitors.merged_since(conn, site_id, "vis_old") == merge
        follows = visitors.Seen(site_id, "vis_new", NOW + 2 * DAY, previous="vis_old")
        assert (
            visitors.succeed(conn, follows) == visitors.succeed(conn, replace(follows, at=NOW + 3 * DAY)) == follows.at
        )
        assert visitors.browser(conn, site_id, "vis_new") == visitors.Browser(["vis_new", "vis_old"], one)
        assert visitors.merged_since(conn, site_id, "vis_new") is None
        visitors.set_lead(conn, site_id, "vis_new", third)
        visitors.succeed(conn, replace(follows, at=NOW + 3 * DAY))
        assert visitors.lead_of(conn, site_id, "vis_new") == third  # the old id says no more of it
