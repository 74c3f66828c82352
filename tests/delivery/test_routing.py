"""Where a lead goes (rules 24, 25, 31, 38): pure, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import Destination, Fact, Lead
from gateway.routing.choosing import drawn, known_owner, route
from gateway.routing.conditions import Known
from gateway.routing.hours import WEEKS, Hours
from gateway.routing.model import Owner, Routing, Rule
from gateway.routing.presets import ASKS, NO_EFFORT

TEHRAN = ZoneInfo("Asia/Tehran")
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)  # a Sunday, 10:30 in Tehran
TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
OFFICE = Hours(WEEKS["iran"], time(9), time(17))
CRM = Destination("crm", "site_1", "webhook", "CRM", {})
NURTURE = Destination("nurture", "site_1", "webhook", "Nurture", {})
SHEET = Destination("sheet", "site_1", "webhook", "Sheet", {}, sends="all")
PLACES = (CRM, NURTURE, SHEET)
SARA, ALI = Owner("sara@example.ir", "Sara"), Owner("7", "Ali")


def lead(cell: str = "E4", stage: str | None = None, **columns: Any) -> Lead:
    facts = {name: Fact(name, value, "typed", "sub_1", NOW) for name, value in columns.pop("said", {}).items()}
    base = Lead("lead_1", "site_1", NOW, NOW, grade=cell[0], interest=int(cell[1]), stage=stage, facts=facts)
    return replace(base, **columns)


def known(one: Lead, **columns: Any) -> Known:
    return replace(Known(one, NOW, TEHRAN), **columns)


def rules(*found: Rule) -> tuple[Rule, ...]:
    return tuple(replace(rule, id=rule.id or f"r{place}", position=place) for place, rule in enumerate(found, 1))


def rule(*asks: dict[str, Any], to: str = "crm", **columns: Any) -> Rule:
    return Rule("", 0, "", asks, tuple(to.split()), **columns)


def told(one: Known, routing: Routing, places: tuple[Destination, ...] = PLACES) -> list[str]:
    return [f"{choice.destination_id}:{choice.code}" for choice in route(one, routing, places).choices]


def outcomes(one: Known, routing: Routing) -> list[str]:
    return [step.outcome for step in route(one, routing, PLACES).steps]


@pytest.mark.parametrize(
    "asks, one, holds",
    [
        ({"cells": ["A1", "–4"]}, known(lead("A1")), True),
        ({"cells": ["A1", "–4"]}, known(lead("–4")), True),
        ({"cells": ["A1", "–4"]}, known(lead("A4")), False),
        ({"stages": ["SQL"]}, known(lead(stage="SQL")), True),
        ({"stages": ["SQL"]}, known(lead()), False),
        ({"segments": ["vip", "gone"]}, known(lead(segments=("vip", "old"))), True),
        ({"segments": ["vip", "gone"]}, known(lead(segments=("old",))), False),
        ({"forms": ["demo"]}, known(lead(), forms=frozenset({"guide", "demo"})), True),
        ({"forms": ["demo"]}, known(lead(), forms=frozenset({"guide"})), False),
        ({"consent": "marketing"}, known(lead(), consents=frozenset({"marketing"})), True),
        ({"consent": "marketing"}, known(lead(), consents=frozenset({"contact"})), False),
        ({"contact": True}, known(lead(contact_requested=True)), True),
        ({"contact": True}, known(lead()), False),
        ({"contact": False}, known(lead()), True),
        ({"field": "city", "any_of": ["تهران"]}, known(lead(said={"city": "تهران"})), True),
        ({"field": "city", "any_of": ["شيراز"]}, known(lead(said={"city": "شیراز"})), True),
        ({"field": "city", "any_of": ["تهران"]}, known(lead()), False),
        ({"field": "city", "any_of": ["تهران"], "negated": True}, known(lead()), True),
        ({"field": "job_title", "contains": ["مدیر"]}, known(lead(said={"job_title": "مدیر فروش"})), True),
        ({"field": "budget", "min": 100, "max": 200}, known(lead(said={"budget": "۱۵۰"})), True),
        ({"field": "budget", "min": 100}, known(lead(said={"budget": "20"})), False),
        ({"field": "email", "email_domains": ["acme.ir"]}, known(lead(said={"email": "a@mail.acme.ir"})), True),
    ],
)
def test_each_kind_of_condition(asks: dict[str, Any], one: Known, holds: bool) -> None:
    routed = route(one, Routing(rules(rule(asks))), [CRM])
    assert bool(routed.choices) is holds or one.lead.contact_requested
    (step,) = routed.steps
    assert (step.outcome, len(step.failed)) == (("sends", 0) if holds else ("fails", 1))


def test_all_conditions_must_hold_and_none_is_every_lead() -> None:
    both = Routing(rules(rule({"cells": ["A1"]}, {"consent": "marketing"}, {"contact": True}), rule(to="nurture")))
    routed = route(known(lead("A1")), both, PLACES)
    assert [len(step.failed) for step in routed.steps] == [2, 0]
    assert [choice.destination_id for choice in routed.choices] == ["nurture", "sheet"]


def test_what_no_release_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="no condition"):
        _ = rule({"moon": "full"}).when


STOPPING = Routing(
    rules(
        rule({"contact": True}),
        rule({"cells": ["A1", "A2"]}, to="crm nurture", stop=True),
        rule({"cells": ["E4"]}, to=""),
        rule({"stages": ["MQL"]}, to="nurture"),
    ),
    fallback="nurture",
)


@pytest.mark.parametrize(
    "one, chosen, became",
    [
        (lead("A1", "MQL"), ["crm:rule", "nurture:rule", "sheet:all"], ["fails", "sends", "past", "past"]),
        (lead("B1", "MQL"), ["nurture:rule", "sheet:all"], ["fails", "fails", "fails", "sends"]),
        (lead("E4", "MQL"), ["sheet:all"], ["fails", "fails", "nowhere", "past"]),
        (lead("E4", "SQL"), ["sheet:all"], ["fails", "fails", "nowhere", "past"]),
        (lead("B1", "PQL"), ["nurture:fallback", "sheet:all"], ["fails"] * 4),
        (lead("C3"), ["sheet:all"], ["fails"] * 4),
        (lead("E4", contact_requested=True), ["crm:contact", "sheet:all"], ["sends", "fails", "nowhere", "past"]),
        (lead("A1", test=True), [], []),
        (lead("A1", disqualified="competitor", contact_requested=True), [], []),
        (lead("A1", erased_at=NOW), [], []),
        (lead("A1", merged_into="lead_0"), [], []),
    ],
)
def test_r25_where_a_lead_goes_and_why(one: Lead, chosen: list[str], became: list[str]) -> None:
    assert told(known(one), STOPPING) == chosen
    assert outcomes(known(one), STOPPING) == became


def test_r25_whoever_asked_to_be_contacted_is_routed_past_a_disabled_destination() -> None:
    asked = known(lead("E4", contact_requested=True))
    off = replace(CRM, status="disabled")
    assert told(asked, STOPPING, (off, NURTURE)) == ["nurture:fallback"]
    assert told(asked, replace(STOPPING, fallback="crm"), (off, NURTURE)) == ["nurture:fallback"]
    assert told(asked, Routing(), (off, NURTURE)) == ["nurture:fallback"]
    paused = (replace(CRM, status="paused"), NURTURE)  # it waits there: pausing is for a while
    assert told(asked, STOPPING, paused) == ["crm:contact"]


def test_a_rule_whose_destinations_are_switched_off_ends_nothing() -> None:
    off = replace(CRM, status="disabled")
    routing = Routing(rules(rule(stop=True), rule(to="nurture")))
    assert told(known(lead()), routing, (off, NURTURE)) == ["nurture:rule"]
    assert route(known(lead()), routing, (off, NURTURE)).steps[0].outcome == "nobody"


def test_r31_whoever_has_the_lead_gets_its_later_versions_whatever_the_rules_say() -> None:
    has = known(lead("E4"), holders=frozenset({"crm", "nurture"}))
    assert told(has, STOPPING) == ["sheet:all", "crm:has_it", "nurture:has_it"]
    assert told(replace(has, lead=lead("A1")), STOPPING) == ["crm:has_it", "nurture:has_it", "sheet:all"]
    assert told(replace(has, lead=lead(test=True)), STOPPING) == ["crm:has_it", "nurture:has_it"]
    assert told(has, STOPPING, (replace(CRM, status="disabled"), NURTURE)) == ["nurture:has_it"]


# --- caps and hours -------------------------------------------------------------------------------------------------

CAPPED = Routing(rules(rule({"cells": ["A1"]}, per_day=2), rule({"stages": ["SQL"]}, to="nurture")), fallback="crm")
FULL = {("r1", TODAY): 2, ("r1", TOMORROW): 1}


def test_over_its_cap_a_rule_goes_on_to_the_next() -> None:
    assert told(known(lead("A1", "SQL"), taken={("r1", TODAY): 1}), CAPPED, PLACES[:2]) == ["crm:rule", "nurture:rule"]
    assert told(known(lead("A1", "SQL"), taken=FULL), CAPPED, PLACES[:2]) == ["nurture:rule"]


def test_whom_no_rule_takes_instead_waits_for_the_next_day_with_room() -> None:
    routed = route(known(lead("A1"), taken=FULL), CAPPED, PLACES[:2])
    (choice,) = routed.choices
    assert [step.outcome for step in routed.steps] == ["waits", "fails"]
    assert (choice.code, choice.day) == ("rule", TOMORROW)
    assert choice.not_before == datetime(2026, 11, 22, 20, 30, tzinfo=UTC), "midnight in Tehran"
    (later,) = route(known(lead("A1"), taken={**FULL, ("r1", TOMORROW): 2}), CAPPED, PLACES[:2]).choices
    assert later.day == TOMORROW + timedelta(days=1)


def test_a_place_that_was_given_is_kept_and_r25_no_cap_holds_for_who_asked_to_be_contacted() -> None:
    placed = known(lead("A1", "SQL"), taken=FULL, dealt={"r1": TODAY})
    assert told(placed, CAPPED, PLACES[:2]) == ["crm:rule", "nurture:rule"]
    asked = route(known(lead("A1", contact_requested=True), taken=FULL), CAPPED, PLACES[:2])
    assert [(one.destination_id, one.day, one.not_before) for one in asked.choices] == [("crm", TODAY, None)]
    later = route(replace(placed, dealt={"r1": TOMORROW}), CAPPED, PLACES[:2]).choices[0]
    assert later.not_before == datetime(2026, 11, 22, 20, 30, tzinfo=UTC)


def test_a_cap_is_not_asked_for_whom_the_destination_has() -> None:
    has = known(lead("A1"), taken=FULL, holders=frozenset({"crm"}))
    assert told(has, CAPPED, PLACES[:2]) == ["crm:has_it"]
    assert route(has, CAPPED, PLACES[:2]).choices[0].not_before is None


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=TEHRAN)


@pytest.mark.parametrize(
    "at, opens",
    [
        (local(22, 10), local(22, 10)),  # Sunday
        (local(22, 8, 59), local(22, 9)),
        (local(22, 17), local(23, 9)),
        (local(25, 17), local(28, 9)),  # Wednesday evening → Saturday
        (local(26, 12), local(28, 9)),  # Thursday
        (local(27, 23), local(28, 9)),  # Friday
    ],
)
def test_office_hours_open_in_the_sites_zone(at: datetime, opens: datetime) -> None:
    assert OFFICE.opening(at.astimezone(UTC), TEHRAN) == opens
    assert Hours.read(OFFICE.kept()) == OFFICE


def test_hours_until_midnight_and_over_a_change_of_the_clocks() -> None:
    late = Hours(WEEKS["every"], time(20), time())
    assert late.opening(local(22, 23, 59), TEHRAN) == local(22, 23, 59)
    berlin = ZoneInfo("Europe/Berlin")
    night = Hours(WEEKS["every"], time(2, 30), time(4))  # 02:30 does not exist there on 2026-03-29
    opens = night.opening(datetime(2026, 3, 28, 22, tzinfo=UTC), berlin)
    assert opens.astimezone(berlin).date() == date(2026, 3, 29)


@pytest.mark.parametrize("days, opens, closes", [((), 9, 17), ((7,), 9, 17), ((1,), 17, 9), ((1,), 9, 9)])
def test_hours_that_never_open_are_refused(days: tuple[int, ...], opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="days|closes"):
        Hours(days, time(opens), time(closes))


def test_outside_the_hours_a_new_lead_waits_and_its_place_is_of_the_day_when_they_open() -> None:
    routing = Routing(rules(rule(hours=OFFICE, per_day=1)))
    thursday = replace(known(lead("A1")), now=local(26, 12).astimezone(UTC))
    (choice,) = route(thursday, routing, [CRM]).choices
    assert (choice.day, choice.not_before) == (date(2026, 11, 28), local(28, 9))
    (choice,) = route(replace(thursday, taken={("r1", date(2026, 11, 28)): 1}), routing, [CRM]).choices
    assert (choice.day, choice.not_before) == (date(2026, 11, 29), local(29, 9))
    asked = replace(thursday, lead=lead(contact_requested=True))
    assert route(asked, routing, [CRM]).choices[0].not_before == local(28, 9)
    has = replace(thursday, holders=frozenset({"crm"}))
    assert route(has, routing, [CRM]).choices[0].not_before is None


# --- owners and exploration -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact, owner, deals",
    [
        (None, None, True),
        (Fact("owner", "7", "crm", "crm:dst_1", NOW), "7", False),
        (Fact("owner", "7", "staff", "staff:u", NOW), "7", False),
        (Fact("owner", "7", "import", "routing:r1", NOW), "7", False),
        (Fact("owner", "7", "confirmed", "sub_1", NOW), None, True),  # a visitor names nobody
    ],
)
def test_r31_a_known_owner_beats_round_robin(fact: Fact | None, owner: str | None, deals: bool) -> None:
    one = lead("A1", facts={"owner": fact} if fact else {})
    assert known_owner(one) == owner
    routing = Routing(rules(rule({"cells": ["B1"]}, owners=(ALI,)), rule(owners=(SARA, ALI)), rule(owners=(ALI,))))
    dealing = route(known(one), routing, [CRM]).dealing
    assert (dealing.position if dealing else None) == (2 if deals else None)
    assert route(known(replace(one, facts={}, owner="9")), routing, [CRM]).dealing is None, "as a list said"


EXPLORING = Routing(explore_percent=5, explore_to="crm", explore_key="k")
AGREED = frozenset({"contact"})


def taken_in(percent: int, key: str = "k") -> set[str]:
    routing = replace(EXPLORING, explore_percent=percent, explore_key=key)
    return {f"lead_{n}" for n in range(4000) if drawn(f"lead_{n}", routing)}


def test_the_draw_is_stable_grows_with_the_share_and_is_the_keys() -> None:
    assert taken_in(0) == set()
    assert taken_in(2) < taken_in(5) == taken_in(5)
    assert 40 < len(taken_in(2)) < 120
    assert taken_in(5) != taken_in(5, "another")


@pytest.mark.parametrize(
    "columns, consents, place, chosen",
    [
        ({}, {"contact"}, CRM, ["crm:explore"]),
        ({}, {"marketing"}, CRM, ["crm:explore"]),
        ({}, {"store"}, CRM, []),
        ({}, set(), CRM, []),
        ({}, {"contact"}, replace(CRM, purpose="marketing"), []),
        ({}, {"marketing"}, replace(CRM, purpose="marketing"), ["crm:explore"]),
        ({}, {"contact"}, replace(CRM, status="disabled"), []),
        ({"test": True}, {"contact"}, CRM, []),
        ({"disqualified": "student"}, {"contact"}, CRM, []),
    ],
)
def test_exploration_takes_only_whom_it_may(
    columns: dict[str, Any], consents: set[str], place: Destination, chosen: list[str]
) -> None:
    one = known(lead(**columns, id=min(taken_in(2))), consents=frozenset(consents))
    assert told(one, EXPLORING, (place, NURTURE)) == chosen


def test_exploration_takes_whom_the_rules_send_nowhere_and_nobody_else() -> None:
    drawn_one = min(taken_in(2))
    routing = replace(EXPLORING, rules=rules(rule({"cells": ["A1"]}, to="nurture"), rule({"cells": ["E4"]}, to="")))
    assert told(known(lead("E4", id=drawn_one), consents=AGREED), routing) == ["crm:explore", "sheet:all"]
    assert told(known(lead("A1", id=drawn_one), consents=AGREED), routing) == ["nurture:rule", "sheet:all"]
    assert told(known(lead("C1", "SQL", id=drawn_one), consents=AGREED), replace(routing, fallback="nurture")) == [
        "nurture:fallback",
        "sheet:all",
    ]
    has = known(lead("E4", id=drawn_one), consents=AGREED, holders=frozenset({"crm"}))
    assert told(has, routing) == ["crm:has_it", "sheet:all"]


# --- the shipped routing, and what always holds ---------------------------------------------------------------------


def preset(*roles: tuple[str, str]) -> Routing:
    found = [
        Rule("", 0, code, asks, (to,), stop=True)
        for role, to in roles
        for code, asks in ASKS[role].items()  # type: ignore[index]
    ]
    return Routing(rules(*found, Rule("", 0, "no_effort", NO_EFFORT, stop=True)), fallback=roles[0][1])


@pytest.mark.parametrize(
    "one, alone, with_nurture",
    [
        (lead("A1"), "crm", "crm"), (lead("B2"), "crm", "crm"), (lead("C1"), None, "nurture"),
        (lead("A4"), None, "nurture"), (lead("–1"), None, "nurture"), (lead("–4"), None, "nurture"),
        (lead("E4", "SQL"), "crm", "crm"), (lead("E4", "SeQL"), "crm", "crm"), (lead("A4", "MQL"), None, "nurture"),
        (lead("E4"), None, None), (lead("D3"), None, None), (lead("E2"), None, "nurture"),
        (lead("E4", contact_requested=True), "crm", "crm"),
    ],
)  # fmt: skip
def test_r24_the_shipped_routes(one: Lead, alone: str | None, with_nurture: str | None) -> None:
    for routing, goes in (
        (preset(("sales", "crm")), alone),
        (preset(("sales", "crm"), ("nurture", "nurture")), with_nurture),
    ):
        found = [choice.destination_id for choice in route(known(one), routing, [CRM, NURTURE]).choices]
        assert found == ([goes] if goes else [])


CONDITIONS = st.sampled_from(
    [{"contact": True}, {"contact": False}, {"cells": ["A1", "E4"]}, {"stages": ["SQL"]}, {"consent": "contact"}]
)
RULES = st.builds(
    rule,
    CONDITIONS,
    to=st.sampled_from(["", "crm", "nurture", "crm nurture", "gone"]),
    stop=st.booleans(),
    per_day=st.sampled_from([None, 1]),
    hours=st.sampled_from([None, OFFICE]),
)
STATUSES = st.sampled_from(["active", "paused", "disabled"])


@given(
    st.lists(RULES, max_size=5),
    st.sampled_from(["A1", "E4", "–2"]),
    st.sampled_from([None, "crm", "nurture", "gone"]),
    st.tuples(STATUSES, STATUSES),
    st.integers(0, 200),
)
def test_r25_whoever_asked_always_reaches_a_destination_that_is_not_disabled(
    made: list[Rule], cell: str, fallback: str | None, states: tuple[Any, Any], later: int
) -> None:
    places = [replace(CRM, status=states[0]), replace(NURTURE, status=states[1])]
    one = known(lead(cell, contact_requested=True), now=NOW + timedelta(hours=later))
    one = replace(one, taken={(f"r{n}", one.today + timedelta(days=day)): 1 for n in range(1, 6) for day in range(9)})
    found = route(one, Routing(rules(*made), fallback), places).choices
    usable = {place.id for place in places if place.status != "disabled"}
    assert bool(found) is bool(usable)
    assert {choice.destination_id for choice in found} <= usable
    assert all(choice.not_before is None or choice.not_before - one.now < timedelta(days=4) for choice in found)
