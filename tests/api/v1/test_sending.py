"""What other systems send: submissions, events, outcomes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from gateway.store import consents, forms, leads
from gateway.store.consents import ConsentRow
from gateway.store.tables import events, nonces, outbox, submissions
from tests.support import intake, visitor_side
from tests.support.api_side import SARA, Caller, Installation

GUIDE = {"form": "guide", "fields": SARA}


def rows(installation: Installation) -> tuple[int, int, int]:
    return installation.count(submissions), installation.count(nonces), installation.count(outbox)


def states(installation: Installation, lead: str) -> dict[str, str]:
    with installation.parts.db.read() as conn:
        return {purpose: row.state for purpose, row in consents.in_force(conn, lead).items()}


# --- submissions ----------------------------------------------------------------------------------------------------


def test_the_same_key_is_one_submission_and_one_answer(installation: Installation, api: Caller):
    first = api.post("/leads", GUIDE, key="row-1")
    installation.work()
    installation.clock.advance(hours=70)
    again = api.post("/leads", GUIDE, key="row-1")
    assert (again.status_code, again.data) == (first.status_code, first.data) == (202, first.data)
    assert rows(installation) == (1, 1, 0)


READY = (
    (visitor_side.ROOT / "gateway/web/console/starters/assessment.toml").read_text("utf-8").replace('"KEY"', '"ready"')
)
ANSWERS = {
    "site_state": "sells",
    "enquiries": "memory",
    "answers_in": "days",
    "stays_in_touch": "not",
    "measures": "no",
}
ANSWERS |= {"who": "nobody", "on_phones": "well", "found_by": ["search"]}


def test_an_assessment_answers_what_the_page_shows_and_reaches_the_lead_alike(installation: Installation, api: Caller):
    publish(installation, READY)
    call = {"form": "ready", "lang": "en", "fields": {"email": "sara@example.ir", **ANSWERS}}
    first = api.post("/leads", call, key="row-1")
    visitor = installation.app.test_client()
    ticket = visitor.get("/f/ready/spec?lang=en").get_json()["ticket"]
    installation.clock.advance(seconds=60)
    sent = visitor.post("/f/ready", json={"_ticket": ticket, **ANSWERS, "email": "omid@example.ir"})
    shown = sent.get_json()["next"]["result"]
    assert first.json["result"] == shown
    assert 0 < shown["share"] < 100
    installation.work()
    with installation.parts.db.read() as conn:
        kept = [row.params for row in conn.execute(select(events.c.params).where(events.c.type == "assessment"))]
    assert kept[0] == {"form": "ready", "band": shown["band"], "share": shown["share"], "points": kept[0]["points"]}
    publish(installation, READY.replace("At the beginning", "Novice").replace("from = 40", "from = 10"))
    assert api.post("/leads", call, key="row-1").data == first.data, "a repeat, whatever was published since"


def publish(installation: Installation, toml: str) -> None:
    now = installation.clock()
    with installation.parts.db.write() as conn:
        forms.publish(conn, installation.shop.id, forms.save_draft(conn, installation.shop.id, toml, now).key, now)


def test_only_an_assessment_has_a_result(installation: Installation, api: Caller):
    publish(installation, READY)
    assert "result" not in api.post("/leads", GUIDE).json
    assert api.post("/leads", {"form": "ready", "fields": {"email": "a@example.ir"}}).json["result"] is None


OTHER_CALLS: list[dict[str, Any]] = [
    {"form": "guide", "fields": {**SARA, "email": "omid@example.ir"}},
    {"form": "guide", "fields": {**SARA, "utm_source": "news"}},
    {"form": "second", "fields": SARA},
    {**GUIDE, "test": True},
    {**GUIDE, "page": {"url": "https://shop.example/other"}},
]


def test_a_key_with_other_fields_is_refused_and_stores_nothing(installation: Installation, api: Caller):
    second = visitor_side.GUIDE.replace('key = "guide"', 'key = "second"')
    with installation.parts.db.write() as conn:
        intake.make_form(conn, installation.shop, installation.clock(), second)
    first = api.post("/leads", GUIDE, key="row-1").json["submission"]
    for call in OTHER_CALLS:
        reply = api.post("/leads", call, key="row-1")
        assert (reply.status_code, reply.json["submission"]) == (422, first)
        assert "Idempotency-Key" in reply.json["title"]
    assert rows(installation) == (1, 1, 1)
    assert api.post("/leads", GUIDE, key="row-1").json["submission"] == first


def test_the_same_key_at_once_is_one_submission(installation: Installation, api: Caller):
    replies: list[Any] = []
    threads = [threading.Thread(target=lambda: replies.append(api.post("/leads", GUIDE, key="k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.json["submission"] for reply in replies}) == 1
    assert rows(installation) == (1, 1, 1)


def test_keys_are_a_tokens_own_and_none_is_no_key(installation: Installation, api: Caller):
    same = installation.caller()
    made = {caller.post("/leads", GUIDE, key=key).json["submission"] for caller in (api, same) for key in ("k", "", "")}
    assert len(made) == 6


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_odd_key_is_refused(installation: Installation, api: Caller):
    for key in ("x" * 61, "a\tb", "\x7f"):
        assert api.post("/leads", GUIDE, key=key).status_code == 400
    assert api.post("/leads", GUIDE, key="x" * 60).status_code == 202


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({}, 404, "form"),
    ({"form": "none", "fields": SARA}, 404, "form"),
    ({"form": "contact", "fields": SARA}, 404, "form"),  # the other site's
    ({"form": ["guide"], "fields": SARA}, 422, "form: a text"),
    ({"form": "guide"}, 422, "JSON object"),
    ({"form": "guide", "fields": []}, 422, "JSON object"),
    ({"form": "guide", "fields": {}}, 422, "needed"),
    ({"form": "guide", "fields": {"first_name": "Sara"}}, 422, "needed"),
    ({"form": "guide", "fields": {"email": {"a": 1}}}, 422, "email"),
    ({"form": "guide", "fields": {"email": [[1]]}}, 422, "email"),
    ({"form": "guide", "fields": {f"f{n}": 1 for n in range(201)}}, 422, "200"),
    ({"form": "guide", "fields": {**SARA, "e_mail": "x", "سن": 3}}, 422, "no such field"),
    ({"form": "guide", "fields": {"email": "sara@"}}, 422, "look like"),
    ({"form": "guide", "fields": {**SARA, "company_size": "huge"}}, 422, "from the list"),
    ({"form": "guide", "fields": {**SARA, "first_name": "a\x1bb"}}, 422, "first_name"),
    ({"form": "guide", "fields": {**SARA, "first_name": "a" * 81}}, 422, "80"),
    ({"form": "guide", "fields": {**SARA, "phone": "12"}}, 422, "phone"),
    ({**GUIDE, "page": "https://shop.example"}, 422, "page: an object"),
    ({**GUIDE, "test": "yes"}, 422, "test: true or false"),
    ({**GUIDE, "lang": 7}, 422, "lang: a text"),
]


def test_what_cannot_be_taken_is_said_in_words_and_not_stored(installation: Installation, api: Caller):
    for body, status, words in REFUSED:
        reply = api.post("/leads", body)
        assert reply.status_code == status, (body, reply.text)
        assert words in f"{reply.json['title']} {reply.json.get('detail')} {reply.json.get('errors')}", reply.text
    assert rows(installation) == (0, 0, 0)


def test_r14_a_server_has_no_ticket_no_time_and_no_browser(installation: Installation, api: Caller, lead: str):
    (line,) = api.get("/submissions")["submissions"]
    said = {finding["check"]: finding["outcome"] for finding in line["findings"]}
    assert {said[name] for name in ("ticket_reuse", "honeypot", "fill_time", "script")} == {"not_applicable"}
    assert (line["channel"], line["weight"]) == ("api", 0)


def test_r14_a_crowd_from_one_server_is_no_flood(installation: Installation, api: Caller):
    for number in range(30):
        api.post("/leads", {"form": "guide", "fields": {"email": f"p{number}@example.ir", "company": "The same firm"}})
    installation.work()
    assert {line["status"] for line in api.get("/submissions")["submissions"]} == {"accepted"}


def test_r2_a_server_imports(installation: Installation, api: Caller, lead: str):
    shown = api.get(f"/leads/{lead}")
    assert {fact["strength"] for fact in shown["fields"].values()} == {"import"}


def test_odd_but_valid_text_stays_as_sent(installation: Installation, api: Caller):
    name = "علی\u200cرضا \u200fنام\u200e 👩🏽\u200d💻 ﷺ"
    lead = installation.lead(api, {"email": "a@example.ir", "first_name": name})
    assert api.get(f"/leads/{lead}")["fields"]["first_name"]["value"] == name


def test_where_it_came_from_feeds_hidden_fields_and_touches(installation: Installation, api: Caller):
    page = {"url": "https://shop.example/guide?utm_source=news&session=secret", "utm": {"utm_medium": "mail"}}
    lead = installation.lead(api, SARA, page=page)
    (line,) = api.get("/submissions")["submissions"]
    assert (line["answers"]["utm_source"], line["answers"]["utm_medium"]) == ("news", "mail")
    assert "secret" not in str(api.get(f"/leads/{lead}/why"))
    assert api.get(f"/leads/{lead}")["source"]["converting_touch"]["utm_source"] == "news"


# --- events ---------------------------------------------------------------------------------------------------------


def event(**more: Any) -> dict[str, Any]:
    return {"id": "e1", "type": "feature_used", "email": SARA["email"], **more}


def test_r22_a_server_tells_of_what_a_browser_may_not(installation: Installation, api: Caller, lead: str):
    sent = [event(id=f"{kind}1", type=kind) for kind in ("trial_started", "renewal_due", "email_click", "customer")]
    assert api.post("/events", {"events": sent}).json == {"received": 4, "new": 4}
    with installation.parts.db.read() as conn:
        kept = [row for row in conn.execute(select(events)) if row.id.startswith("api:")]
    assert {(row.source, row.lead_id, row.type) for row in kept} == {("api", lead, one["type"]) for one in sent}


def test_the_same_event_counts_once(installation: Installation, api: Caller, lead: str):
    assert api.post("/events", {"events": [event(), event()]}).json == {"received": 2, "new": 1}
    before = api.get(f"/leads/{lead}/why")
    assert api.post("/events", {"events": [event(type="trial_started")]}).json == {"received": 1, "new": 0}
    assert api.get(f"/leads/{lead}/why") == before


BAD_EVENTS: list[tuple[Any, str]] = [
    ("x", "an object"),
    ({}, "type"),
    (event(type="nothing"), "type"),
    (event(type=7), "type"),
    (event(id=""), "id"),
    (event(id=7), "id"),
    (event(id="x" * 71), "id"),
    (event(id="a\nb"), "id"),
    (event(at="yesterday"), "at"),
    (event(at=7), "at"),
    (event(at="2026-11-22T09:00:00"), "at"),
    (event(at="0001-01-01T00:00:00+23:59"), "at"),
    (event(at="9999-12-31T23:59:59-23:59"), "at"),
    (event(name=7), "name"),
    (event(params=[]), "params"),
    (event(params={"a": "x" * 4000}), "params"),
    (event(email="nobody@example.ir"), "no such lead"),
    (event(email=7), "no such lead"),
    ({"id": "e1", "type": "feature_used", "lead": "lead_nothing"}, "no such lead"),
    ({"id": "e1", "type": "feature_used"}, "no such lead"),
]


def test_one_bad_event_keeps_all_of_them_out(installation: Installation, api: Caller, lead: str):
    before = installation.count(events)
    for bad, words in BAD_EVENTS:
        reply = api.post("/events", {"events": [event(id="good"), bad]})
        assert reply.status_code == 422, (bad, reply.text)
        assert "events[1]" in reply.json["title"]
        assert words in reply.json["title"]
    for body in ({}, {"events": {}}, {"events": []}, {"events": [event(id=str(n)) for n in range(501)]}):
        assert api.post("/events", body).status_code == 422
    assert installation.count(events) == before


def test_r22_the_types_that_a_server_may_not_send_are_named(api: Caller, lead: str):
    reply = api.post("/events", {"events": [event(type="shouted")]})
    assert "trial_started" in reply.json["allowed"]


def test_five_hundred_events_come_in_one_call(api: Caller, lead: str):
    sent = [event(id=f"use-{number:03}", at="2026-11-22T08:00:00Z", name="report") for number in range(500)]
    assert api.post("/events", {"events": sent}).json == {"received": 500, "new": 500}


def test_the_future_is_now(installation: Installation, api: Caller, lead: str):
    assert api.post("/events", {"events": [event(at="2030-01-01T00:00:00Z")]}).status_code == 200
    with installation.parts.db.read() as conn:
        (row,) = [row for row in conn.execute(select(events)) if row.id == "api:e1"]
    assert row.at == installation.clock()


def test_r25_a_request_for_contact_is_kept_on_the_lead(installation: Installation, api: Caller, lead: str):
    api.post("/events", {"events": [event(type="contact_request")]})
    assert api.get("/leads")["leads"][0]["contact_requested"] is True


# --- outcomes -------------------------------------------------------------------------------------------------------


def outcome(what: str, **more: Any) -> dict[str, Any]:
    return {"id": f"deal-{what}", "outcome": what, "email": SARA["email"], **more}


@pytest.mark.parametrize("what", ["won", "customer"])
def test_who_buys_is_a_customer(installation: Installation, api: Caller, lead: str, what: str):
    reply = api.post("/outcomes", outcome(what))
    assert (reply.status_code, reply.json) == (200, {"lead": lead, "outcome": what, "new": True})
    with installation.parts.db.read() as conn:
        found = leads.get(conn, installation.shop.id, lead)
    assert found is not None
    assert (found.customer, found.stage) == (True, "customer")
    assert api.post("/outcomes", outcome(what)).json["new"] is False


@pytest.mark.parametrize("what", ["unsubscribed", "bounced", "complained"])
def test_r27_consents_are_withdrawn_until_a_confirmed_one(
    installation: Installation, api: Caller, lead: str, what: str
):
    assert states(installation, lead) == {"marketing": "claimed"}
    version = api.get(f"/leads/{lead}")["version"]
    api.post("/outcomes", outcome(what, at="2026-11-01T00:00:00Z"))
    assert states(installation, lead) == {"marketing": "withdrawn"}
    assert api.get(f"/leads/{lead}")["version"] == version + 1
    installation.clock.advance(days=1)
    installation.lead(api)
    assert states(installation, lead) == {"marketing": "withdrawn"}
    receipt = ConsentRow("marketing", "consent", "yes", "en", "confirmed", installation.clock(), lead)
    with installation.parts.db.write() as conn:
        consents.add(conn, installation.shop.id, receipt)
    assert states(installation, lead) == {"marketing": "confirmed"}


def test_r27_an_outcome_that_comes_as_an_event_does_the_same(installation: Installation, api: Caller, lead: str):
    api.post("/events", {"events": [event(type="unsubscribed"), event(id="e2", type="won")]})
    assert states(installation, lead) == {"marketing": "withdrawn"}
    assert api.get(f"/leads/{lead}")["stage"] == "customer"


@pytest.mark.parametrize("what", ["lost", "bad"])
def test_who_does_not_buy_keeps_the_consents(installation: Installation, api: Caller, lead: str, what: str):
    assert api.post("/outcomes", outcome(what)).status_code == 200
    assert states(installation, lead) == {"marketing": "claimed"}
    assert api.get(f"/leads/{lead}")["stage"] in {"lost", "IQL", "MQL", None}


BAD_OUTCOMES = [
    {},
    outcome("great"),
    {**outcome("won"), "outcome": ["won"]},
    {**outcome("won"), "outcome": None},
    outcome("won", id=""),
    outcome("won", id=3),
    outcome("won", at="soon"),
    outcome("won", email="nobody@example.ir"),
    {"id": "1", "outcome": "won"},
]


def test_an_outcome_that_cannot_be_read_is_refused(installation: Installation, api: Caller, lead: str):
    before = installation.count(events)
    for body in BAD_OUTCOMES:
        assert api.post("/outcomes", body).status_code == 422, body
    assert installation.count(events) == before


def test_erased_leads_take_nothing_more(installation: Installation, api: Caller, lead: str):
    with installation.parts.db.write() as conn:
        leads.set_columns(conn, lead, {"erased_at": installation.clock()})
    assert api.post("/outcomes", outcome("won", lead=lead)).status_code == 422
    assert api.post("/events", {"events": [event(lead=lead)]}).status_code == 422
