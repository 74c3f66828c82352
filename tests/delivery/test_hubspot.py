"""The hubspot kind at a local server that gives HubSpot's documented answers: which calls it makes, what it writes
over what, and what refusals mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from gateway.delivery.destinations import hubspot
from gateway.delivery.outgoing import Record, SettingsError
from tests.delivery.kinds import outgoing, payload, tried, ways
from tests.support.receiver import Answer, Received, Receiver

TOKEN = "pat-na1-secret"
MISSING = Answer(404, json.dumps({"status": "error", "message": "resource not found", "correlationId": "c"}).encode())


class Portal:
    """Contacts by id, as HubSpot answers for them. hidden: contacts that a look by their address does not find yet;
    unique: properties with unique values, by which one can be read."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.contacts: dict[str, dict[str, str]] = {}
        self.hidden: set[str] = set()
        self.unique = {"email"}
        receiver.take = self.take  # type: ignore[method-assign]
        self.refusal: Answer | None = None

    def take(self, request: Received) -> Answer:
        self.receiver.requests.append(request)
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        if self.refusal and request.method != "GET":
            return self.refusal
        path, _, query = request.path.partition("?")
        key = unquote(path.removeprefix("/crm/v3/objects/contacts").lstrip("/"))
        if request.method == "GET":
            return self._read(key, parse_qs(query))
        if key == "search":
            [asked] = request.json["filterGroups"][0]["filters"]
            found = [one for one, held in self.contacts.items() if held.get(asked["propertyName"]) == asked["value"]]
            told = [json.loads(self._told(one).body) for one in found if one not in self.hidden]
            return Answer(200, json.dumps({"total": len(told), "results": told}).encode())
        if key == "gdpr-delete":
            return Answer(204, b"") if self.contacts.pop(request.json["objectId"], None) else MISSING
        if request.method == "PATCH":
            self.contacts[key] |= request.json["properties"]
            return self._told(key)
        return self._create(request.json["properties"])

    def _read(self, key: str, query: dict[str, list[str]]) -> Answer:
        if "idProperty" in query:
            [name] = query["idProperty"]
            if name not in self.unique:
                return Answer(400, json.dumps({"status": "error", "message": f"{name} is not unique"}).encode())
            found = (one for one, values in self.contacts.items() if values.get(name) == key)
            key = next((one for one in found if one not in self.hidden), "")
        return self._told(key, query.get("properties", [""])[0].split(",")) if key in self.contacts else MISSING

    def _create(self, properties: dict[str, str]) -> Answer:
        email = properties.get("email")
        taken = next((one for one, values in self.contacts.items() if values.get("email") == email), None)
        if taken and email:  # contacts without an address are as many as are posted
            conflict = {
                "status": "error",
                "message": f"Contact already exists. Existing ID: {taken}",
                "category": "CONFLICT",
            }
            return Answer(409, json.dumps(conflict).encode())
        key = str(100 + len(self.contacts))
        self.contacts[key] = dict(properties)
        return Answer(201, self._told(key).body)

    def _told(self, key: str, asked: Sequence[str] | None = None) -> Answer:
        """What was asked for and no more; what stands nowhere is null."""
        held = self.contacts[key]
        shown = held if asked is None else {name: held.get(name) for name in asked}
        return Answer(200, json.dumps({"id": key, "properties": shown}).encode())


@pytest.fixture
def portal(receiver: Receiver) -> Portal:
    return Portal(receiver)


def send(portal: Portal, body: str | None = None, **more: Any) -> tuple[Record | None, str, str | None]:
    settings = hubspot.Settings(TOKEN, f"http://{portal.receiver.host_port}")
    out = outgoing("hubspot", body, **more)
    sent, answer, reason = tried("hubspot", lambda: hubspot.send(out, settings, ways(portal.receiver.host_port)))
    return sent.record, answer, reason


def calls(portal: Portal) -> list[str]:
    return [
        f"{one.method} {urlsplit(one.path).path.removeprefix('/crm/v3/objects/')}" for one in portal.receiver.requests
    ]


def test_a_new_lead_becomes_a_contact(portal: Portal) -> None:
    record, answer, _ = send(portal)
    assert (record, answer) == (Record("100", made=True), "ok")
    assert portal.contacts["100"] == {
        "email": "sara@example.ir", "firstname": "سارا", "lastname": "زند", "phone": "+989121234567",
        "lifecyclestage": "salesqualifiedlead",
    }  # fmt: skip
    assert calls(portal) == ["GET contacts/sara%40example.ir", "POST contacts"]


def test_a_lead_with_a_phone_alone_has_a_name_until_it_gives_one(portal: Portal) -> None:
    """HubSpot takes no contact without an address or a name."""
    record, answer, _ = send(portal, payload(fields={"phone": "+98912"}))
    assert (answer, portal.contacts["100"]["lastname"]) == ("ok", "–")
    assert record
    send(portal, payload("lead.updated", fields={"phone": "+98912", "last_name": ("زند", "typed")}), records=[record])
    assert portal.contacts["100"]["lastname"] == "زند"


def test_after_a_crash_the_same_contact_is_found_and_nothing_is_written_twice(portal: Portal) -> None:
    send(portal)
    before = dict(portal.contacts["100"])
    record, answer, _ = send(portal)
    assert (record, answer) == (Record("100"), "ok")
    assert portal.contacts == {"100": before}
    assert "PATCH" not in "".join(calls(portal))


@pytest.mark.parametrize("unique", [True, False])
def test_a_phone_alone_whose_answer_never_came_is_found_by_our_id_where_it_is_mapped(
    portal: Portal, unique: bool
) -> None:
    rules = {"map.lead.id": "sarnakh_id"}
    body = payload(fields={"phone": "+98912"})
    portal.unique |= {"sarnakh_id"} if unique else set()
    send(portal, body, rules=rules)
    assert portal.contacts["100"]["sarnakh_id"]
    record, answer, _ = send(portal, body, rules=rules)
    assert (record, answer, len(portal.contacts)) == (Record("100"), "ok", 1)
    looks = [one for one in calls(portal) if not one.startswith("POST contacts") or one.endswith("search")]
    assert len(looks) == (2 if unique else 4), "a search comes only where there is no unique property"


def test_a_conflict_becomes_an_update(portal: Portal) -> None:
    """Somebody began the contact between our look and our write, or no look shows it yet."""
    portal.contacts["51"] = {"email": "sara@example.ir"}
    portal.hidden.add("51")
    record, answer, _ = send(portal)
    assert (record, answer) == (Record("51"), "ok")
    assert portal.contacts["51"]["firstname"] == "سارا"
    assert calls(portal)[-2:] == ["GET contacts/51", "PATCH contacts/51"]


def test_r29_what_hubspot_holds_stays_unless_the_rule_says_always_and_the_fact_is_sure(portal: Portal) -> None:
    held = {"email": "sara@example.ir", "firstname": "Sarah", "phone": "021", "company": ""}
    fields = {"email": "sara@example.ir", "first_name": "سارا", "phone": "+98912", "company": ("Acme", "typed")}
    cases: list[tuple[dict[str, str], dict[str, Any], dict[str, str]]] = [
        ({}, fields, {"firstname": "Sarah", "phone": "021", "company": "Acme"}),
        ({"write.phone": "always"}, fields, {"firstname": "Sarah", "phone": "+98912", "company": "Acme"}),
        ({"write.phone": "always"}, {**fields, "phone": ("+98912", "typed")}, {"phone": "021"}),
        ({"write.company": "never"}, fields, {"company": ""}),
        ({"map.company": ""}, fields, {"company": ""}),
    ]
    for rules, given, stands in cases:
        portal.contacts["7"] = dict(held)
        send(portal, payload(fields=given), rules=rules)
        assert {name: portal.contacts["7"][name] for name in stands} == stands


@pytest.mark.parametrize(
    "holds, ours, stands",
    [
        ("lead", "SQL", "salesqualifiedlead"),
        ("", "MQL", "marketingqualifiedlead"),
        ("customer", "SQL", "customer"),
        ("opportunity", "MQL", "opportunity"),
        ("98752 custom", "SQL", "98752 custom"),
        ("lead", "lost", "lead"),
    ],
)
def test_r29_a_stage_only_rises(portal: Portal, holds: str, ours: str, stands: str) -> None:
    portal.contacts["7"] = {"email": "sara@example.ir", "lifecyclestage": holds}
    send(portal, payload(stage=ours))
    assert portal.contacts["7"]["lifecyclestage"] == stands


def test_r29_an_owner_is_never_changed(portal: Portal) -> None:
    portal.contacts["7"] = {"email": "sara@example.ir", "hubspot_owner_id": "1"}
    rules = {"map.owner": "hubspot_owner_id", "write.owner": "always"}
    send(portal, payload(fields={"email": "sara@example.ir", "owner": ("2", "staff")}), rules=rules)
    assert portal.contacts["7"]["hubspot_owner_id"] == "1"


def test_the_contacts_own_id_counts_more_than_the_address(portal: Portal) -> None:
    portal.contacts |= {"7": {"email": "old@example.ir"}, "8": {"email": "sara@example.ir"}}
    record, *_ = send(portal, records=["7"])
    assert record == Record("7")
    assert portal.contacts["7"]["email"] == "old@example.ir"
    assert "firstname" not in portal.contacts["8"]


def test_a_contact_that_is_gone_there_is_looked_for_by_its_address_and_begun_anew(portal: Portal) -> None:
    record, *_ = send(portal, records=["7"])
    assert record == Record("100", made=True)


def test_an_erased_lead_is_taken_away_where_we_began_it(portal: Portal) -> None:
    portal.contacts |= {"7": {}, "8": {}}
    _, answer, reason = send(portal, payload("lead.erased"), records=["7", Record("8")])
    assert (answer, reason) == ("park", "crm_erase_by_hand:8")
    assert set(portal.contacts) == {"8"}
    assert send(portal, payload("lead.erased"), records=["7"])[1] == "ok"  # gone already
    del portal.contacts["8"]  # staff did as they were told, and send it again
    assert send(portal, payload("lead.erased"), records=["7", Record("8")])[1] == "ok"


def test_a_merge_and_a_withdrawn_consent_begin_nothing_there(portal: Portal) -> None:
    assert send(portal, payload("lead.merged", merged_into="lead_2"))[1] == "ok"
    assert calls(portal) == []
    assert send(portal, payload("lead.updated", fields={}, withheld="no_consent"))[1] == "ok"
    assert portal.contacts == {}


def test_r27_of_a_withdrawn_consent_that_alone_is_written(portal: Portal) -> None:
    portal.contacts["7"] = {"email": "sara@example.ir", "lifecyclestage": "lead", "agreed": "confirmed", "points": "1"}
    rules = {"map.consent.marketing": "agreed", "write.consent.marketing": "always"}
    rules |= {"map.lead.score": "points", "write.lead.score": "always", "map.lead.link": "link"}
    gone = [{"purpose": "marketing", "state": "withdrawn"}]
    body = payload("lead.updated", fields={}, withheld="no_consent", consents=gone)
    assert send(portal, body, rules=rules, records=["7"])[1] == "ok"
    stands = {"email": "sara@example.ir", "lifecyclestage": "lead", "agreed": "withdrawn", "points": "1"}
    assert portal.contacts["7"] == stands


def refusal(status: int, **told: Any) -> tuple[int, dict[str, Any]]:
    return status, {"status": "error", "correlationId": "c", **told}


def invalid(code: str, name: str) -> tuple[int, dict[str, Any]]:
    told = [{"isValid": False, "message": "…", "error": code, "name": name}]
    return refusal(400, category="VALIDATION_ERROR", message=f"Property values were not valid: {json.dumps(told)}")


@pytest.mark.parametrize(
    "told, answer, reason",
    [
        (invalid("PROPERTY_DOESNT_EXIST", "shoe"), "refuse", "crm_field:shoe"),
        (invalid("INVALID_EMAIL", "email"), "park", "crm_email:email"),
        (invalid("INVALID_OPTION", "city"), "park", "crm_value:city"),
        (
            refusal(400, category="VALIDATION_ERROR", message="…", errors=[
                {"message": "…", "code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["shoe"]}}
            ]),
            "refuse", "crm_field:shoe",
        ),
        (refusal(401, category="INVALID_AUTHENTICATION", message="…"), "refuse", "crm_access"),
        (refusal(401, category="EXPIRED_AUTHENTICATION", message="…"), "refuse", "crm_access"),
        (
            refusal(403, category="MISSING_SCOPES", message="…", errors=[
                {"message": "…", "context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}
            ]),
            "refuse", "crm_right:crm.objects.contacts.write",
        ),
        (refusal(429, errorType="RATE_LIMIT", policyName="TEN_SECONDLY_ROLLING", message="…"), "retry", "crm_limit"),
        (refusal(429, errorType="RATE_LIMIT", policyName="DAILY", message="…"), "retry", "crm_limit"),
        (refusal(409, category="CONFLICT", message="something else"), "park", "crm_refused"),
        (refusal(423, message="locked"), "retry", "http_423"),
        ((502, {}), "retry", "http_502"),
    ],
)  # fmt: skip
def test_what_hubspot_documents_of_refusals(
    portal: Portal, told: tuple[int, dict[str, Any]], answer: str, reason: str
) -> None:
    portal.refusal = Answer(told[0], json.dumps(told[1]).encode())
    assert send(portal)[1:] == (answer, reason)


def test_a_limit_says_how_long_to_wait(portal: Portal) -> None:
    for policy, seconds in (("TEN_SECONDLY_ROLLING", "10"), ("DAILY", "3600")):
        told = {"errorType": "RATE_LIMIT", "policyName": policy}
        portal.refusal = Answer(429, json.dumps(told).encode())
        settings = hubspot.Settings(TOKEN, f"http://{portal.receiver.host_port}")
        out = outgoing("hubspot")
        sent, *_ = tried("hubspot", lambda: hubspot.send(out, settings, ways(portal.receiver.host_port)))  # noqa: B023
        assert sent.retry_after == seconds


def test_an_odd_address_reaches_no_other_path(portal: Portal) -> None:
    send(portal, payload(fields={"email": "a/../b?x=1#y@example.ir"}))
    assert portal.receiver.requests[0].path.startswith("/crm/v3/objects/contacts/a%2F..%2Fb%3Fx%3D1%23y%40example.ir?")


def test_the_token_is_a_secret_and_stays_when_it_is_not_entered_again() -> None:
    with pytest.raises(SettingsError):
        hubspot.parse({})
    kept = hubspot.KIND.read({"token": TOKEN})
    assert TOKEN not in repr(hubspot.KIND.opened(kept))
    changed = hubspot.KIND.read({"token": "", "map.lead.score": "sarnakh_score", "write.lead.score": "always"}, kept)
    assert changed["token"] == TOKEN
    assert hubspot.KIND.mapped(changed)["lead.score"].write == "always"
    for given, field in (
        ({"map.nonsense.x": "a"}, "map.nonsense.x"), ({"map.city": "no/path"}, "map.city"),
        ({"map.city": "email"}, "map.email"), ({"write.email": "sometimes"}, "write.email"),
    ):  # fmt: skip
        with pytest.raises(SettingsError) as raised:
            hubspot.KIND.read(given, kept)
        assert raised.value.field == field


def test_a_token_goes_to_no_other_host_than_it_was_entered_for() -> None:
    kept = hubspot.KIND.read({"token": TOKEN})
    with pytest.raises(SettingsError) as raised:
        hubspot.KIND.read({"url": "https://evil.example", "token": ""}, kept)
    assert (raised.value.field, raised.value.code) == ("token", "enter_again")
    assert hubspot.KIND.read({"url": "https://gateway.example", "token": "new"}, kept)["token"] == "new"
    assert hubspot.KIND.read({"url": kept["url"] + "/"}, kept)["token"] == TOKEN


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"null"])
def test_an_answer_of_somebody_else_is_no_fault_of_ours(portal: Portal, body: bytes) -> None:
    portal.receiver.take = lambda _: Answer(200, body)  # type: ignore[method-assign]
    assert send(portal)[1:] == ("refuse", "crm_strange")
    portal.receiver.take = lambda request: Answer(404 if request.method == "GET" else 201, body)  # type: ignore[method-assign]
    assert send(portal)[1:] == ("refuse", "crm_strange")
