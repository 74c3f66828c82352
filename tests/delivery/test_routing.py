"""Where a lead goes (rules 24, 25, 38): pure, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.delivery.routing import Route, route, shipped
from gateway.records import Destination, Lead
from gateway.store import destinations, routes
from tests.delivery.conftest import World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CRM = Destination("dst_crm", "site_1", "webhook", "CRM", {})
NURTURE = Destination("dst_nurture", "site_1", "webhook", "Nurture", {})
SHEET = Destination("dst_sheet", "site_1", "webhook", "Sheet", {}, sends="all")
PLACES = (CRM, NURTURE, SHEET)
ROUTES = (
    Route(2, "rule", "dst_nurture", ("A4", "–4"), ("MQL",)),
    Route(1, "rule", "dst_crm", ("A1", "B1"), ("SQL",), ("vip", "gone")),
    Route(3, "contact", "dst_crm"),
    Route(4, "fallback", "dst_nurture"),
)


def lead(cell: str = "E4", stage: str | None = None, **columns: object) -> Lead:
    base = Lead("lead_1", "site_1", NOW, NOW, grade=cell[0], interest=int(cell[1]), stage=stage)
    return replace(base, **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one, chosen",
    [
        (lead("A1"), ["crm:cell", "sheet:all"]),
        (lead("A4"), ["nurture:cell", "sheet:all"]),
        (lead("–4"), ["nurture:cell", "sheet:all"]),
        (lead("–1"), ["sheet:all"]),
        (lead("E2", "SQL"), ["crm:stage", "sheet:all"]),
        (lead("A1", "MQL"), ["crm:cell", "nurture:stage", "sheet:all"]),
        (lead("E4"), ["sheet:all"]),
        (lead("E4", segments=("vip", "old")), ["crm:segment", "sheet:all"]),
        (lead("E4", segments=("old",)), ["sheet:all"]),
        (lead("A1", segments=("vip",)), ["crm:cell", "sheet:all"]),
        (lead("E4", "MQL", segments=("vip",)), ["crm:segment", "nurture:stage", "sheet:all"]),
        (lead("E4", segments=("vip",), disqualified="competitor"), []),
        (lead("E4", contact_requested=True), ["crm:contact", "sheet:all"]),
        (lead("A1", contact_requested=True), ["crm:cell", "sheet:all"]),
        (lead("E4", "PQL"), ["nurture:fallback", "sheet:all"]),
        (lead("A1", test=True), []),
        (lead("A1", disqualified="competitor", contact_requested=True), []),
        (lead("A1", erased_at=NOW), []),
        (lead("A1", merged_into="lead_0"), []),
    ],
)
def test_r25_where_a_lead_goes_and_why(one: Lead, chosen: list[str]) -> None:
    found = [f"{choice.destination_id.removeprefix('dst_')}:{choice.code}" for choice in route(one, ROUTES, PLACES)]
    assert found == chosen


def test_r25_whoever_asked_to_be_contacted_is_routed_past_a_disabled_destination() -> None:
    asked = lead("E4", contact_requested=True)
    places = (replace(CRM, status="disabled"), NURTURE)
    assert [choice.code for choice in route(asked, ROUTES, places)] == ["fallback"]
    paused = (replace(CRM, status="paused"), NURTURE)  # it waits there: pausing is for a while
    assert [choice.destination_id for choice in route(asked, ROUTES, paused)] == ["dst_crm"]


@pytest.mark.parametrize(
    "one, goes",
    [
        (lead("A1"), True), (lead("B2"), True), (lead("C1"), False), (lead("–1"), False), (lead("E4", "SQL"), True),
        (lead("E4", "SeQL"), True), (lead("E4", "MQL"), False), (lead("E4", contact_requested=True), True),
    ],
)  # fmt: skip
def test_r24_the_shipped_routes_hand_over_sales_leads_only(one: Lead, goes: bool) -> None:
    assert bool(route(one, shipped("dst_crm"), [CRM])) is goes


def test_the_first_destination_brings_the_shipped_routes_and_the_second_none(world: World) -> None:
    first, second = world.destination(sends="rules"), world.destination(sends="rules")
    with world.db.read() as conn:
        assert routes.of_site(conn, world.site.id) == list(shipped(first.id))
    with world.db.write() as conn:
        routes.replace_all(conn, world.site.id, [Route(9, "rule", second.id, ("–1",)), Route(9, "fallback", first.id)])
        kept = routes.of_site(conn, world.site.id)
        assert [(one.position, one.kind, one.cells) for one in kept] == [(1, "rule", ("–1",)), (2, "fallback", ())]
        routes.forget_destination(conn, world.site.id, first.id)
        assert [one.destination_id for one in routes.of_site(conn, world.site.id)] == [second.id]


def test_r35_one_sites_routes_and_destinations_are_not_anothers(world: World) -> None:
    place = world.destination()
    with world.db.read() as conn:
        assert routes.of_site(conn, "site_other") == []
        assert destinations.of_site(conn, "site_other") == []
        assert destinations.get(conn, "site_other", place.id) is None
