"""The salesforce kind at a local server that gives the documented answers of its REST API and OAuth."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from gateway.delivery.destinations import salesforce
from gateway.delivery.outgoing import AnsweredError, Record, SettingsError, Ways
from gateway.http import Connector, Reply
from tests.delivery.kinds import LEAD, SARA, outgoing, payload, tried, ways
from tests.support.receiver import Answer, Received, Receiver

OURS = "Sarnakh_Id__c"


def errors(status: int, code: str, message: str = "…", fields: tuple[str, ...] = ()) -> Answer:
    return Answer(status, json.dumps([{"errorCode": code, "message": message, "fields": list(fields)}]).encode())


class Org:
    """Leads by their ids, sessions that end, and what the next write is refused with."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.records: dict[str, dict[str, Any]] = {}
        self.refusal: Answer | None = None
        self.token = "first"
        self.grants: list[dict[str, list[str]]] = []
        receiver.take = self.take  # type: ignore[method-assign]
        salesforce.SESSIONS.clear()

    def add(self, **values: Any) -> str:
        key = f"00Q{len(self.records):012d}AAA"
        self.records[key] = {"Id": key, "IsConverted": False, **values}
        return key

    def take(self, request: Received) -> Answer:
        self.receiver.requests.append(request)
        path, _, query = request.path.partition("?")
        if path == "/services/oauth2/token":
            return self._grant(parse_qs(request.body.decode()))
        if request.headers["authorization"] != f"Bearer {self.token}":
            return errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if path.endswith("/query"):
            return self._query(parse_qs(query)["q"][0])
        asked = parse_qs(query).get("fields", [""])[0].split(",")
        return self.refusal if self.refusal and request.method != "GET" else self._record(request, path, asked)

    def _record(self, request: Received, path: str, asked: Sequence[str]) -> Answer:
        keys = unquote(path).removeprefix("/services/data/v61.0/sobjects/Lead/").split("/")
        found = self._found(keys)
        if request.method == "PATCH" and len(keys) == 2 and not found:
            assert OURS not in request.json
            made = self.add(**{OURS: keys[1]}, **request.json)
            return _json(201, {"id": made, "success": True, "errors": [], "created": True})
        if not found:
            return errors(404, "NOT_FOUND", "The requested resource does not exist")
        return self._answer(request, found, asked)

    def _grant(self, form: dict[str, list[str]]) -> Answer:
        self.grants.append(form)
        if form["client_secret"] != ["shh"]:
            return _json(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        return _json(200, {"access_token": self.token, "instance_url": f"http://{self.receiver.host_port}"})

    def _found(self, keys: list[str]) -> dict[str, Any] | None:
        if len(keys) == 1:
            return self.records.get(keys[0])
        return next((one for one in self.records.values() if one.get(keys[0]) == keys[1]), None)

    def _query(self, query: str) -> Answer:
        email = re.search(r"Email = '((?:\\.|[^'])*)'", query)
        assert email
        assert " FROM Lead " in query
        plain = re.sub(r"\\(.)", r"\1", email[1])
        found = [one for one in self.records.values() if one.get("Email") == plain and not one["IsConverted"]]
        asked = query.removeprefix("SELECT ").partition(" FROM ")[0].split(",")
        shown = [_shown(one, asked) for one in found[:1]]
        return _json(200, {"totalSize": len(found), "done": True, "records": shown})

    def _answer(self, request: Received, record: dict[str, Any], asked: Sequence[str]) -> Answer:
        if request.method == "GET":
            return _json(200, _shown(record, asked))
        if request.method == "DELETE":
            del self.records[record["Id"]]
        else:
            record |= request.json
        return Answer(204, b"")


def _shown(record: dict[str, Any], asked: Sequence[str]) -> dict[str, Any]:
    """What was asked for and no more, in whatever case, by the names that the object has for it."""
    wanted = {name.lower() for name in asked}
    none = dict.fromkeys(name for name in asked if name.lower() not in {one.lower() for one in record})
    return {**none, **{name: value for name, value in record.items() if name.lower() in wanted}}


def _json(status: int, told: Any) -> Answer:
    return Answer(status, json.dumps(told).encode())


@pytest.fixture
def org(receiver: Receiver) -> Org:
    return Org(receiver)


def send(org: Org, body: str | None = None, **more: Any) -> tuple[Record | None, str, str | None]:
    given = {"client_id": "id", "client_secret": "shh", **more.pop("settings", {})}
    settings = salesforce.Settings(f"http://{org.receiver.host_port}", **given)
    out = outgoing("salesforce", body, **more)
    sent, answer, reason = tried("salesforce", lambda: salesforce.send(out, settings, ways(org.receiver.host_port)))
    return sent.record, answer, reason


def test_a_new_lead_is_begun_under_our_own_id(org: Org) -> None:
    record, answer, _ = send(org)
    assert answer == "ok"
    assert record is not None
    assert record.made
    made = org.records[record.id]
    assert (made[OURS], made["Email"], made["LastName"], made["Company"]) == (LEAD, "sara@example.ir", "زند", "–")


def test_after_a_crash_and_without_an_address_the_same_lead_is_found(org: Org) -> None:
    body = payload(fields={"phone": "+98912"})
    first, second = send(org, body)[0], send(org, body)[0]
    assert first is not None
    assert second == Record(first.id)
    assert len(org.records) == 1
    assert org.records[first.id]["LastName"] == "–"


def test_what_we_put_where_nobody_gave_a_name_gives_way_to_the_name(org: Org) -> None:
    first = send(org, payload(fields={"phone": "+98912"}))[0]
    assert first is not None
    told = {"phone": "+98912", "last_name": ("زند", "typed"), "company": ("نمونه", "typed")}
    send(org, payload("lead.updated", fields=told), records=[first.id])
    assert (org.records[first.id]["LastName"], org.records[first.id]["Company"]) == ("زند", "نمونه")


def test_a_lead_that_was_there_is_completed_and_gets_our_id(org: Org) -> None:
    key = org.add(
        Email="sara@example.ir", FirstName="Sarah", Phone=None, Company="Acme", OwnerId="005", Status="Working"
    )
    rules = {"map.owner": "OwnerId", "write.owner": "always", "map.lead.stage": "Status", "write.lead.stage": "always"}
    assert send(org, payload(fields={**SARA, "owner": "006"}), rules=rules)[0] == Record(key)
    held = org.records[key]
    assert (held["FirstName"], held["Phone"], held[OURS]) == ("Sarah", "+989121234567", LEAD)
    assert (held["OwnerId"], held["Status"], held["Company"]) == ("005", "Working", "Acme")


def test_r29_salesforce_takes_names_in_any_case_and_answers_in_its_own(org: Org) -> None:
    org.add(Email="sara@example.ir", FirstName="Sarah", OwnerId="005", **{OURS: LEAD})
    rules = {"map.first_name": "firstname", "map.owner": "ownerid", "write.owner": "always"}
    rules["map.lead.id"] = OURS.lower()
    assert send(org, payload(fields={**SARA, "owner": "006"}), rules=rules)[1] == "ok"
    written = [one.json for one in org.receiver.requests if one.method == "PATCH"]
    assert not {"firstname", "ownerid", OURS.lower()} & {name for one in written for name in one}


def test_r31_a_lead_whose_first_answer_never_came_is_found_to_be_erased_there(org: Org) -> None:
    key = org.add(Email="sara@example.ir", **{OURS: LEAD})
    assert send(org, payload("lead.erased"))[1:] == ("park", f"crm_erase_by_hand:{key}")
    del org.records[key]
    assert send(org, payload("lead.erased"))[1] == "ok"


def test_a_converted_lead_stays_as_it_is(org: Org) -> None:
    key = org.add(Email="sara@example.ir", IsConverted=True)
    record, *_ = send(org)
    assert record is not None
    assert record.id != key
    org.refusal = errors(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    assert send(org, payload(fields={**SARA, "city": "Shiraz"}), records=[key])[1:] == ("park", "crm_converted")


def test_an_address_with_a_quote_asks_for_itself_alone(org: Org) -> None:
    org.add(Email="other@example.ir")
    odd = "o'hara\\' OR Email != '@example.ir"
    record, *_ = send(org, payload(fields={"email": odd}))
    assert record is not None
    assert org.records[record.id]["Email"] == odd


def test_a_session_is_kept_and_begun_anew_when_it_is_over(org: Org) -> None:
    send(org)
    send(org)
    assert len(org.grants) == 1
    org.token = "second"
    assert send(org)[1] == "ok"
    assert [one["grant_type"] for one in org.grants] == [["client_credentials"]] * 2
    send(org, settings={"refresh_token": "r"})
    assert org.grants[-1]["refresh_token"] == ["r"]


def test_a_wrong_secret_is_no_fault_of_the_lead(org: Org) -> None:
    assert send(org, settings={"client_secret": "wrong"})[1:] == ("refuse", "crm_access")


def test_an_erased_lead_is_deleted_where_we_began_it(org: Org) -> None:
    record, *_ = send(org)
    assert record is not None
    theirs = org.add()
    _, *said = send(org, payload("lead.erased"), records=[record.id, Record(theirs)])
    assert said == ["park", f"crm_erase_by_hand:{theirs}"]
    assert set(org.records) == {theirs}


@pytest.mark.parametrize(
    "refusal, answer, reason",
    [
        (errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "retry", "crm_limit"),
        (errors(503, "SERVER_UNAVAILABLE"), "retry", "crm_busy"),
        (errors(400, "UNABLE_TO_LOCK_ROW"), "retry", "crm_busy"),
        (errors(400, "DUPLICATE_VALUE"), "retry", "crm_busy"),
        (
            errors(400, "INVALID_FIELD", "No such column 'Shoe__c' on sobject of type Lead"),
            "refuse",
            "crm_field:Shoe__c",
        ),
        (errors(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "…", ("Name",)), "refuse", "crm_field:Name"),
        (errors(403, "INSUFFICIENT_ACCESS_OR_READONLY"), "refuse", "crm_right:INSUFFICIENT_ACCESS_OR_READONLY"),
        (errors(400, "REQUIRED_FIELD_MISSING", "…", ("Industry",)), "park", "crm_needs:Industry"),
        (errors(400, "STRING_TOO_LONG", "…", ("Title",)), "park", "crm_value:Title"),
        (errors(400, "INVALID_EMAIL_ADDRESS", "…", ("Email",)), "park", "crm_email"),
        (errors(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not on Fridays"), "park", "crm_refused"),
        (errors(400, "DUPLICATES_DETECTED", "Use one of these records?"), "park", "crm_duplicate"),
        (
            Answer(300, b'["/services/data/v61.0/sobjects/Lead/1", "/services/data/v61.0/sobjects/Lead/2"]'),
            "park",
            "crm_several",
        ),
        (errors(400, "SOMETHING_NEW"), "park", "http_400"),
        (Answer(500, b"<html>"), "retry", "http_500"),
    ],
)
def test_what_salesforce_documents_of_refusals(org: Org, refusal: Answer, answer: str, reason: str) -> None:
    org.refusal = refusal
    assert send(org)[1:] == (answer, reason)


def test_a_property_that_is_no_name_reaches_no_query(org: Org) -> None:
    body = payload(fields={**SARA, "x": "y"})
    assert send(org, body, rules={"map.x": "Id FROM User"})[1:] == ("refuse", "crm_field:Id FROM User")
    assert org.receiver.requests == []


def test_a_missing_field_for_our_id_is_named(org: Org) -> None:
    plain = org.take

    def take(request: Received) -> Answer:
        if OURS in request.path.partition("?")[0]:
            return errors(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {OURS}")
        return plain(request)

    org.receiver.take = take  # type: ignore[method-assign]
    assert send(org)[1:] == ("refuse", f"crm_field:{OURS}")


def test_secrets_are_not_shown_and_a_field_is_a_name() -> None:
    given = {"url": "https://x.my.salesforce.com", "client_id": "id", "client_secret": "shh", "refresh_token": "rrr"}
    assert not {"shh", "rrr"} & set(re.findall(r"\w+", repr(salesforce.parse(given))))
    with pytest.raises(SettingsError) as raised:
        salesforce.parse({**given, "external_id": "a b"})
    assert raised.value.field == "external_id"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"[" * 20_000])
def test_an_answer_of_somebody_else_is_no_fault_of_ours(org: Org, body: bytes) -> None:
    org.receiver.take = lambda _: Answer(200, body)  # type: ignore[method-assign]
    assert send(org)[1:] == ("refuse", "crm_strange")
    org.receiver.take = lambda one: org.take(one) if "token" in one.path else Answer(200, body)  # type: ignore[method-assign]
    assert send(org)[1:] == ("refuse", "crm_strange")


class Told(Ways):
    """Whatever is asked, the session's answer; and which addresses were asked."""

    def __init__(self, instance: str) -> None:
        super().__init__(Connector())
        self.asked: list[str] = []
        self.answer = json.dumps({"access_token": "t", "instance_url": instance}).encode()

    def request(self, method: str, url: str, **_: Any) -> Reply:
        self.asked.append(url)
        return Reply(200, {}, self.answer, 1.0)


def test_r32_a_token_that_was_given_over_tls_goes_nowhere_in_the_clear() -> None:
    salesforce.SESSIONS.clear()
    told = Told("http://x.my.salesforce.com")
    with pytest.raises(AnsweredError) as raised:
        salesforce.send(outgoing("salesforce"), salesforce.Settings("https://x.my.salesforce.com", "id", "shh"), told)
    assert (raised.value.sent.answer, raised.value.sent.reason) == ("refuse", "crm_strange")
    assert told.asked == ["https://x.my.salesforce.com/services/oauth2/token"]
