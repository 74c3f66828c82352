"""An assessment on the visitor's side: numbered questions, the result at once, and nothing that tells of anybody."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from forms import tickets
from gateway.parts import Parts
from gateway.store import forms
from gateway.words import say
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

READY = (side.ROOT / "gateway/web/console/starters/assessment.toml").read_text("utf-8").replace('"KEY"', '"ready"')
EVIL = "<img src=x onerror=alert(1)>"
WORST = {
    "site_state": "none", "found_by": ["word_of_mouth"], "enquiries": "memory", "answers_in": "days",
    "stays_in_touch": "not", "measures": "no", "who": "nobody", "email": "sara@example.ir",
}  # fmt: skip
BEST = {
    "site_state": "sells", "on_phones": "well", "found_by": ["search", "social", "maps", "ads"], "enquiries": "crm",
    "answers_in": "hour", "stays_in_touch": "by_need", "measures": "each", "who": "full_time",
    "email": "sara@example.ir",
}  # fmt: skip


def send(client: FlaskClient, answers: dict[str, object], **more: object) -> dict[str, object]:
    """As the embed posts; the reply's `next`."""
    spec = side.spec(client, "ready", lang="en")
    reply = side.send_json(client, "ready", {**answers, "_ticket": spec["ticket"], **more})
    assert reply.status_code == 200, reply.text
    found: dict[str, object] = reply.json["next"]
    return found


def send_page(client: FlaskClient, answers: dict[str, object]) -> str:
    """Without JavaScript; the address of the thanks page."""
    page = client.get("/f/ready?lang=en").text
    reply = client.post("/f/ready", data={"_ticket": side.ticket_in(page), **answers})
    assert reply.status_code == 303, reply.text
    return str(reply.headers["Location"])


@pytest.mark.parametrize(
    ("answers", "band", "share", "improve"),
    [(WORST, "beginning", 0, ["Open one more way", "Build a simple site", "Gather all"]), (BEST, "ready", 100, [])],
)
def test_the_reply_tells_the_result_at_once(
    client: FlaskClient, parts: Parts, answers: dict[str, object], band: str, share: int, improve: list[str]
):
    side.publish(parts, READY)
    shown = send(client, answers)
    result = shown["result"]
    assert isinstance(result, dict)
    assert (result["band"], result["share"], shown["title"]) == (band, share, result["title"])
    assert len(result["improve"]) == len(improve)
    assert all(words.startswith(begins) for words, begins in zip(result["improve"], improve, strict=True))
    assert bool(result["improve_title"]) is bool(improve)


@pytest.mark.parametrize(("answers", "title"), [(WORST, "At the beginning (0 %)"), (BEST, "Ready (100 %)")])
def test_without_javascript_the_thanks_page_shows_the_same(
    client: FlaskClient, parts: Parts, answers: dict[str, object], title: str
):
    side.publish(parts, READY)
    page = client.get(send_page(client, answers)).text
    assert f"<h1>{title}</h1>" in page
    assert ("Where there is most to gain" in page) is (answers is WORST)


def test_a_word_on_the_mail_comes_after_the_advice_and_not_before_the_result(
    client: FlaskClient, parts: Parts, clock: SettableClock
):
    side.publish(parts, READY)
    payload = ["ready", "sub_1", "en", int(clock().timestamp()) + 60, "email", 1, [0, "beginning", [2]]]
    note = tickets.sign_token(parts.config.secret_key, "thanks", payload)
    page = unescape(client.get(f"/f/ready/thanks?r={note}").text)
    assert "This is what your answers say:</p>" in page
    assert page.index("Much is still done") < page.index(say("en", "public.confirm_hint_email"))


def test_the_result_is_shown_in_the_words_that_were_in_force(client: FlaskClient, parts: Parts):
    site = side.publish(parts, READY)
    address = send_page(client, WORST)
    changed = READY.replace("At the beginning", "Novice").replace('key = "beginning"', 'key = "novice"')
    with parts.db.write() as conn:
        forms.save_draft(conn, site.id, changed, parts.clock())
        forms.publish(conn, site.id, "ready", parts.clock())
    assert "At the beginning" in client.get(address).text


def test_questions_are_numbered_in_page_and_spec(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    fields = side.spec(client, "ready", lang="en")["steps"][0]["fields"]
    assert [field.get("step") for field in fields][:4] == [
        "Question 1 of 7",
        None,
        "Question 2 of 7",
        "Question 3 of 7",
    ]
    assert re.findall(r'lf-step">([^<]*) <', client.get("/f/ready?lang=fa").text)[-1] == "پرسش ۷ از ۷"


def test_a_recognised_browser_is_asked_the_whole_assessment_again(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    send_page(client, {**WORST, "company_size": "1_9"})
    names = side.names_in(client.get("/f/ready").text)
    assert names == set(WORST) - {"email"} | {"on_phones"}


def test_what_cannot_be_taken_comes_back_without_a_result(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    spec = side.spec(client, "ready", lang="en")
    reply = side.send_json(client, "ready", {**WORST, "email": "sara", "_ticket": spec["ticket"]})
    assert (reply.status_code, set(reply.json["errors"])) == (422, {"email"})
    assert "next" not in reply.json


# --- with an attacker's eye -----------------------------------------------------------------------------------------


def test_r13_the_result_is_the_same_for_known_and_unknown_addresses(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    other = client.application.test_client()
    shapes = []
    for browser, email in ((client, "sara@example.ir"), (other, "sara@example.ir"), (other, "nobod@example.ir")):
        spec = side.spec(browser, "ready", lang="en")
        reply = side.send_json(browser, "ready", {**WORST, "email": email, "_ticket": spec["ticket"]})
        shapes.append((reply.status_code, len(reply.data), reply.json["next"]["result"]))
    assert shapes[0] == shapes[1] == shapes[2]


def test_r17_bots_get_the_same_result(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    assert send(client, WORST, homepage_url="https://spam.example")["result"] == send(client, WORST)["result"]


def test_r11_corrections_are_answered_by_what_they_say(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    ticket = side.spec(client, "ready", lang="en")["ticket"]
    shares = []
    for answers in (WORST, BEST, WORST):
        reply = side.send_json(client, "ready", {**answers, "_ticket": ticket})
        shares.append(reply.json["next"]["result"]["share"])
    assert shares == [0, 100, 0]


def test_attack_a_forged_note_shows_no_result(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    address = send_page(client, WORST)
    start, _, note = address.partition("?r=")
    forged = [note[:-1], note[1:], note.replace(".", "x", 1), "x", ""]
    for text in [
        *forged,
        tickets.sign_token("another secret", "thanks", ["ready", "sub_1", "en", 1, None, 1, [0, "beginning", []]]),
    ]:
        page = client.get(f"{start}?r={text}&lang=en")
        assert page.status_code == 200
        assert "At the beginning" not in page.text


def test_attack_another_forms_note_shows_no_result(client: FlaskClient, parts: Parts):
    side.publish(parts, READY, READY.replace('"ready"', '"other"', 1))
    note = send_page(client, WORST).partition("?r=")[2]
    assert "At the beginning" not in client.get(f"/f/other/thanks?r={note}&lang=en").text


def test_the_address_of_the_thanks_page_holds_no_answer(client: FlaskClient, parts: Parts):
    side.publish(parts, READY)
    note = send_page(client, WORST).partition("?r=")[2]
    payload = tickets.read_token(parts.config.secret_key, "thanks", note, now=parts.clock())
    assert payload[-1] == [0, "beginning", [2, 0, 3]]
    assert not {str(value) for value in WORST.values()} & {str(one) for one in payload}


def test_a_note_of_before_assessments_still_thanks(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    until = int(clock().timestamp()) + 60
    note = tickets.sign_token(parts.config.secret_key, "thanks", ["guide", "sub_1", "en", until, None])
    assert "The guide is ready" in client.get(f"/f/guide/thanks?r={note}").text


def test_attack_markup_in_a_forms_words_is_text(client: FlaskClient, parts: Parts):
    words = ("At the beginning", "Much is still done by hand.", "Build a simple site", "Show my result")
    toml = READY
    for one in words:
        toml = toml.replace(one, EVIL)
    side.publish(parts, toml)
    page = client.get(send_page(client, WORST)).text
    assert "<img" not in page
    assert page.count("&lt;img src=x") >= 3
