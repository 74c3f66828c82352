"""The odoo kind at a local server that answers as Odoo 19 did when it was asked for real: what is read and written,
and what its errors mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.delivery.destinations import odoo
from gateway.delivery.outgoing import Record
from tests.delivery.kinds import LEAD, SARA, outgoing, payload, tried, ways
from tests.support.receiver import Answer, Received, Receiver

KEY = "api-key"
FIELDS = {
    "contact_name": "char", "email_from": "char", "phone": "char", "partner_name": "char", "function": "char",
    "website": "char", "city": "char", "description": "html", "expected_revenue": "monetary", "user_id": "many2one",
    "x_id": "char", "x_state": "char", "name": "char", "email": "char", "company_name": "char", "comment": "html",
    "referred": "char", "ref": "char",
}  # fmt: skip
EMPTY: dict[str, Any] = {name: 0.0 if sort == "monetary" else False for name, sort in FIELDS.items()}


class Base:
    """One model's records, as JSON-RPC tells them. error: what the next write raises."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.records: dict[int, dict[str, Any]] = {}
        self.error: dict[str, Any] | None = None
        self.models: list[str] = []
        receiver.take = self.take  # type: ignore[method-assign]

    def add(self, **values: Any) -> str:
        key = max(self.records, default=0) + 1
        self.records[key] = {**EMPTY, "id": key, "active": True, **values}
        return str(key)

    def take(self, request: Received) -> Answer:
        self.receiver.requests.append(request)
        assert request.path == "/jsonrpc"
        asked = request.json["params"]
        if asked["service"] == "common":
            database, login, key, _ = asked["args"]
            return _result(2 if (database, login, key) == ("crm", "sarnakh", KEY) else False)
        _, user, _, model, method, args, more = asked["args"]
        assert user == 2
        context = more.pop("context")
        assert context.pop("lang") == "en_US"
        more |= {"context": context} if method == "search_read" else {}
        self.models.append(model)
        if self.error and method in {"create", "write", "unlink"}:
            return Answer(200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": self.error}).encode())
        return _result(getattr(self, method)(*args, **more))

    def fields_get(self, names: list[str], attributes: list[str]) -> Any:
        return {name: {"type": FIELDS[name], "readonly": False} for name in names if name in FIELDS}

    def search_read(self, terms: list[Any], fields: list[str], limit: int, order: str, context: dict[str, Any]) -> Any:
        [[name, _, value]] = terms
        rows = [one for one in self.records.values() if one["active"] or not context["active_test"]]
        found = [one for one in rows if _normal(one, name) == value]
        return [{"id": one["id"], **{field: one[field] for field in fields}} for one in found[:limit]]

    def create(self, values: dict[str, Any]) -> int:
        assert values["name"]
        return int(self.add(**values))

    def write(self, ids: list[int], values: dict[str, Any]) -> bool:
        self.records[ids[0]] |= values
        return True

    def unlink(self, ids: list[int]) -> bool:
        del self.records[ids[0]]
        return True


def _normal(record: dict[str, Any], name: str) -> Any:
    email = record["email_from"] or record["email"] or ""
    return email.lower() if name == "email_normalized" else record.get(name)


def _result(value: Any) -> Answer:
    return Answer(200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


@pytest.fixture
def base(receiver: Receiver) -> Base:
    return Base(receiver)


def send(base: Base, body: str | None = None, **more: Any) -> tuple[Record | None, str, str | None]:
    given = {"db": "crm", "login": "sarnakh", "key": KEY, **more.pop("settings", {})}
    settings = odoo.Settings(f"http://{base.receiver.host_port}", **given)
    out = outgoing("odoo", body, **more)
    sent, answer, reason = tried("odoo", lambda: odoo.send(out, settings, ways(base.receiver.host_port)))
    return sent.record, answer, reason


def test_a_new_lead_belongs_to_nobody_yet(base: Base) -> None:
    assert send(base)[:2] == (Record("1", made=True), "ok")
    made = base.records[1]
    assert made["name"] == made["contact_name"] == "سارا زند"
    assert (made["email_from"], made["user_id"]) == ("sara@example.ir", False)


def test_after_a_crash_the_same_record_is_found(base: Base) -> None:
    send(base)
    assert send(base)[0] == Record("1")
    assert len(base.records) == 1


def test_r29_fields_of_odoo_stay_unless_they_are_empty_or_the_rule_says_always(base: Base) -> None:
    rules = {"write.phone": "always", "map.budget": "expected_revenue"}
    sure = {**SARA, "city": "شیراز", "budget": 5000}
    key = base.add(email_from="Sara@Example.ir", phone="021", city="Tehran")
    send(base, payload(fields=sure), rules=rules)
    record = base.records[int(key)]
    assert (record["phone"], record["city"], record["expected_revenue"]) == ("+989121234567", "Tehran", "5000")
    send(base, payload(fields={**sure, "phone": ("+98111", "typed")}), rules=rules)
    assert record["phone"] == "+989121234567"


def test_the_kept_id_finds_a_lost_lead_too_and_the_address_does_not(base: Base) -> None:
    lost = base.add(email_from="sara@example.ir", active=False)
    assert send(base, records=[lost])[0] == Record(lost)
    assert base.records[int(lost)]["active"] is False
    assert send(base)[0] == Record("2", made=True)


def test_a_phone_alone_finds_nobody_elses_record_but_our_own_id_does(base: Base) -> None:
    base.add(phone="+989121234567")
    body = payload(fields={"phone": "+989121234567"})
    assert send(base, body, rules={"map.lead.id": "x_id"})[0] == Record("2", made=True)
    assert send(base, body, rules={"map.lead.id": "x_id"})[0] == Record("2")
    assert base.records[2]["x_id"] == LEAD


@pytest.mark.parametrize("model, name", [("crm.lead", "referred"), ("res.partner", "ref")])
def test_r30_a_lead_with_a_phone_alone_whose_answer_never_came_is_begun_once(base: Base, model: str, name: str) -> None:
    body = payload(fields={"phone": "+989121234567"})
    assert send(base, body, settings={"model": model})[0] == Record("1", made=True)
    assert send(base, body, settings={"model": model})[0] == Record("1")
    assert base.records[1][name] == LEAD
    erased = send(base, payload("lead.erased"), settings={"model": model})  # before its id was kept here
    assert erased[1:] == ("park", "crm_erase_by_hand:1")


@pytest.mark.parametrize("told", [{"error": "text"}, {"result": "text"}, {"result": [1]}, {"result": {"a": 1}}, []])
def test_an_answer_of_somebody_else_is_no_fault_of_ours(base: Base, told: Any) -> None:
    base.receiver.take = lambda _: Answer(200, json.dumps(told).encode())  # type: ignore[method-assign]
    assert send(base)[1] == "refuse"
    plain = base.take
    base.receiver.take = lambda one: (  # type: ignore[method-assign]
        plain(one) if one.json["params"]["service"] == "common" else Answer(200, json.dumps(told).encode())
    )
    assert send(base)[1:] == ("refuse", "crm_strange")


def test_r34_what_a_lead_typed_is_text_in_odoos_notes(base: Base) -> None:
    send(base, payload(fields={**SARA, "message": "hi\n<script>alert(1)</script>"}))
    assert base.records[1]["description"] == "<p>hi</p><p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"


def test_a_contact_has_other_properties(base: Base) -> None:
    send(base, payload(fields={**SARA, "company": "Acme"}), settings={"model": "res.partner"})
    assert set(base.models) == {"res.partner"}
    made = base.records[1]
    assert (made["name"], made["email"], made["company_name"]) == ("سارا زند", "sara@example.ir", "Acme")


def test_r29_a_stage_of_ours_only_rises_there(base: Base) -> None:
    rules = {"map.lead.stage": "x_state", "write.lead.stage": "always"}
    for stage, stands in (("MQL", "MQL"), ("SQL", "SQL"), ("IQL", "SQL"), ("lost", "SQL"), ("customer", "customer")):
        send(base, payload(stage=stage), rules=rules)
        assert base.records[1]["x_state"] == stands


def test_an_erased_lead_is_deleted_where_we_began_it(base: Base) -> None:
    send(base)
    theirs = base.add()
    _, answer, reason = send(base, payload("lead.erased"), records=["1", Record(theirs)])
    assert (answer, reason) == ("park", f"crm_erase_by_hand:{theirs}")
    assert set(base.records) == {2}
    assert send(base, payload("lead.erased"), records=["1"])[1] == "ok"


@pytest.mark.parametrize(
    "rules, field",
    [({"map.x": "nonsense"}, "nonsense"), ({"map.owner": "user_id", "write.owner": "always"}, "user_id")],
)
def test_a_field_that_takes_no_text_is_named_before_anything_is_written(
    base: Base, rules: dict[str, str], field: str
) -> None:
    body = payload(fields={**SARA, "x": "y", "owner": "2"})
    assert send(base, body, rules=rules)[1:] == ("refuse", f"crm_field:{field}")
    assert base.records == {}


def error(name: str, message: str) -> dict[str, Any]:
    return {"code": 0, "message": "Odoo Server Error", "data": {"name": name, "message": message, "debug": "…"}}


MISSING = "The operation cannot be completed: Missing required value for the field 'Opportunity' (name).\nModel: …"
NO_BASE = 'connection to server failed: FATAL:  database "x" does not exist'


@pytest.mark.parametrize(
    "raised, answer, reason",
    [
        (error("odoo.exceptions.AccessDenied", "Access Denied"), "refuse", "crm_access"),
        (error("odoo.exceptions.AccessError", "You are not allowed to create"), "refuse", "crm_right:crm.lead"),
        (error("odoo.exceptions.ValidationError", MISSING), "park", "crm_needs:name"),
        (error("odoo.exceptions.UserError", "No."), "park", "crm_refused"),
        (error("odoo.exceptions.UserError", "Object no.model doesn't exist"), "refuse", "crm_database"),
        (error("odoo.exceptions.MissingError", "Record does not exist"), "retry", "crm_busy"),
        (error("builtins.ValueError", "Invalid field 'nonsense' on 'crm.lead'"), "refuse", "crm_field:nonsense"),
        (error("builtins.ValueError", "Wrong value for crm.lead.priority: 'high'"), "park", "crm_value:priority"),
        # What a visitor typed stops no destination.
        (error("builtins.ValueError", "Wrong value for crm.lead.x: 'Invalid field y'"), "park", "crm_value:x"),
        (error("odoo.exceptions.ValidationError", "'Invalid field y' is no address"), "park", "crm_refused"),
        (error("psycopg2.OperationalError", NO_BASE), "refuse", "crm_database"),
        (error("psycopg2.errors.SerializationFailure", "could not serialize"), "retry", "crm_busy"),
        (error("builtins.KeyError", "x"), "retry", "crm_refused"),
    ],
)
def test_what_odoo_raises_is_told_in_words(base: Base, raised: dict[str, Any], answer: str, reason: str) -> None:
    base.error = raised
    assert send(base)[1:] == (answer, reason)


def test_a_wrong_key_and_no_odoo_at_all(base: Base) -> None:
    assert send(base, settings={"key": "wrong"})[1:] == ("refuse", "crm_access")
    base.receiver.take = lambda _: Answer(200, b"<html>")  # type: ignore[method-assign]
    assert send(base)[1:] == ("refuse", "crm_strange")
    base.receiver.take = lambda _: Answer(404, b"<html>")  # type: ignore[method-assign]
    assert send(base)[1:] == ("refuse", "http_404")
    assert KEY not in repr(odoo.Settings("https://x", "crm", "sarnakh", KEY))
