"""The payload keeps the contract: schema, examples, and what is left out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gateway.delivery import payload
from gateway.delivery.payload import LeadStory
from gateway.delivery.trial import try_out
from gateway.records import Delivery, Fact, Lead, Submission
from gateway.store import destinations, organisations
from gateway.store.consents import ConsentRow
from gateway.store.organisations import Organisation
from gateway.store.touches import Touches
from gateway.store.verdicts import VerdictRow
from tests.delivery.conftest import World

API = Path(__file__).parents[2] / "docs" / "api"
SCHEMA = json.loads((API / "lead-event.schema.json").read_text())
NOW = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
# A half-space, an emoji of three, a right-to-left mark, a bell.
ODD = "سارا \u200c\U0001f469\u200d\U0001f680\u200f\u0007"
LEAD, ORG = "lead_06dud5s4kns67r22qk9a1v6h8g", "org_06dud5s4kns67v3g1h2a9c4e5s"


@dataclass(frozen=True)
class Line:
    points: int
    code: str
    params: dict[str, Any]
    at: datetime


def story(**columns: Any) -> LeadStory:
    lead = Lead(
        LEAD, "site_1", NOW, NOW, version=3, stage="SQL", grade="B", interest=2, score=61,
        facts={"first_name": Fact("first_name", ODD, "typed", "sub_1", NOW),
               "age": Fact("age", 41, "staff", "staff:u", NOW)},
    )  # fmt: skip
    findings = [
        {"code": "free_mail", "outcome": "pass", "weight": 0, "params": {"domain": "seen.example"}, "ms": 1.0},
        {"code": "", "outcome": "pass", "weight": 0, "params": {}},
        {"code": "fill_time", "outcome": "not_applicable", "weight": 0, "params": {}},
    ]
    whole = LeadStory(
        lead=lead,
        site="demo",
        verdict=VerdictRow("sub_1", NOW, "accept", 10, findings, None),
        consents=[ConsentRow("marketing", "consent", "Yes, mail me", "en", "confirmed", NOW, id="cons_1")],
        touches=Touches({"utm_source": "a"}, {"utm_source": "b"}, {}),
        submission=Submission(
            "sub_1", "site_1", "form_1", "guide", 4, "accepted", NOW, "embed", "fa", {}, {}, (),
            {"url": "https://example.ir/guide"}, {"block": "192.0.2.0/24", "user_agent": "secret agent"},
        ),
        reasons=[Line(30, "time_to_buy", {"within_months": 3}, NOW)],
        organisation=Organisation(ORG, "site_1", "example.ir", None, None, 7, "A", 1, 90, NOW),
    )  # fmt: skip
    return replace(whole, **columns)


def delivery(kind: str = "lead.qualified", lead_id: str = LEAD) -> Delivery:
    return Delivery("dlv_1", "site_1", lead_id, "dst_1", 3, kind, "due", NOW, created_at=NOW)


def valid(body: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(body)
    jsonschema.validate(parsed, SCHEMA)
    return parsed


@pytest.mark.parametrize("path", sorted((API / "examples").glob("*.json")), ids=lambda path: path.stem)
def test_examples_keep_the_schema(path: Path) -> None:
    assert valid(path.read_text())["type"] == path.stem


def test_every_type_has_an_example() -> None:
    assert {path.stem for path in (API / "examples").glob("*.json")} == set(SCHEMA["properties"]["type"]["enum"])


def test_the_payload_is_the_contracts() -> None:
    body = valid(payload.build(delivery(), story()))
    data = body["data"]
    assert body["timestamp"] == "2026-11-21T09:30:00Z"
    assert list(data) == [
        "id", "version", "earlier_ids", "site", "test", "fields", "verdict", "score", "interest", "grade", "cell",
        "stage", "reasons", "consents", "source", "same_as", "crm_ids", "organisation",
    ]  # fmt: skip
    assert data["fields"]["age"] == {"value": 41, "strength": "staff", "from": "staff:u", "at": "2026-11-21T09:30:00Z"}
    assert data["verdict"]["findings"] == [{"code": "free_mail", "outcome": "pass", "weight": 0}]
    assert data["organisation"] == {"id": ORG, "name": None, "domain": "example.ir"}
    assert data["reasons"][0]["params"] == {"within_months": 3}
    assert data["source"] == {
        "first_touch": {"utm_source": "a"}, "last_touch": {"utm_source": "b"}, "converting_touch": {},
        "form": "guide", "version": 4, "page": "https://example.ir/guide",
    }  # fmt: skip


def test_odd_but_valid_text_arrives_as_it_was_typed() -> None:
    assert valid(payload.build(delivery(), story()))["data"]["fields"]["first_name"]["value"] == ODD


def test_what_is_ours_stays_with_us() -> None:
    body = payload.build(delivery(), story())
    for secret in ("192.0.2.0", "secret agent", "Yes, mail me", "seen.example"):
        assert secret not in body


def test_a_lead_that_was_in_no_form_is_valid_too() -> None:
    bare = story(verdict=None, submission=None, consents=(), reasons=(), organisation=None)
    assert valid(payload.build(delivery("lead.updated"), bare))["data"]["verdict"] is None


def test_withheld_and_identity_payloads_carry_no_personal_data() -> None:
    body = valid(payload.build(delivery("lead.updated"), story(), withheld=True))
    assert (body["data"]["fields"], body["data"]["reasons"], body["data"]["source"]) == ({}, [], {})
    assert body["data"]["organisation"] is None
    other = "lead_06dud5s4kns67lbc2m9q1u5v3k"
    merged = valid(payload.build(delivery("lead.merged", other), story()))["data"]
    assert (merged["id"], merged["merged_into"]) == (other, LEAD)
    erased = valid(payload.build(delivery("lead.erased"), story()))["data"]
    assert set(erased) == {"id", "version", "earlier_ids", "site", "test"}


def test_what_is_stored_becomes_a_valid_payload(world: World) -> None:
    world.destination()
    lead = world.lead(grade="–")
    world.consent(lead, "claimed")
    world.queue(lead)
    world.send()
    body = valid(world.receiver.requests[0].body.decode())
    assert body["data"]["cell"] == "–2"
    assert body["data"]["consents"][0]["purpose"] == "marketing"
    with world.db.read() as conn:
        assert payload.gather(conn, world.found(lead.id), ())["id"] == lead.id


def test_the_first_payload_tells_the_organisation_though_no_sweep_came_before(world: World) -> None:
    world.destination()
    lead = world.lead()
    with world.db.write() as conn:
        organisations.mark(conn, world.site.id, [lead.id], world.clock())
    world.queue(lead)
    world.send()
    told = valid(world.receiver.requests[0].body.decode())["data"]["organisation"]
    assert (told["domain"], told["name"]) == ("example.ir", None)


def test_the_test_message_keeps_the_schema_and_says_what_it_is(world: World) -> None:
    place = world.destination()
    with world.db.read() as conn:
        opened = destinations.get(conn, world.site.id, place.id, world.parts.config.secret_key)
    assert opened is not None
    tried, failure = try_out(world.parts, opened, world.site)
    assert (tried.http_status, failure) == (200, None)
    assert valid(world.receiver.requests[0].body.decode())["data"]["test"] is True
    assert sum(world.counts(place).values()) == 0
    world.receiver.answer_next(status=500)
    _, failure = try_out(world.parts, opened, world.site)
    assert failure is not None
    assert failure.reason == "http_500"


def test_times_are_utc_to_the_second() -> None:
    tehran = NOW.astimezone(tz=None) + timedelta(0)
    assert payload.iso(tehran) == "2026-11-21T09:30:00Z"
