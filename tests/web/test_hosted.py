"""The hosted page: what it asks, remembers and says, without scripts."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from gateway.parts import Parts
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.ir", "consent_store": "yes"}


def send(client: FlaskClient, fields: dict[str, str], form: str = "guide") -> str:
    """Fill in the hosted page and press the button; the address of the thanks page."""
    page = client.get(f"/f/{form}").text
    response = client.post(f"/f/{form}", data={"_ticket": side.ticket_in(page), **fields})
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


@pytest.mark.parametrize(
    ("lang", "direction", "button"), [("fa", "rtl", "دریافت راهنما"), ("en", "ltr", "Get the guide")]
)
def test_page_speaks_both_languages(client: FlaskClient, parts: Parts, lang: str, direction: str, button: str):
    side.publish(parts, side.GUIDE)
    page = client.get(f"/f/guide?lang={lang}").text
    assert f'<html lang="{lang}" dir="{direction}">' in page
    assert button in page


def test_first_visit_asks_the_identifier_and_two_questions(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    names = side.names_in(client.get("/f/guide").text)
    assert names == {"email", "first_name", "company", "consent_store", "consent_marketing"}


def test_sent_form_leads_to_thanks_with_the_offer(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    thanks = client.get(send(client, SARA))
    assert thanks.status_code == 200
    assert "ممنون" in thanks.text
    assert "/d/" in thanks.text


def test_r5_recognised_browser_is_asked_new_questions_and_named_to_nobody(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    send(client, {**SARA, "first_name": "سارا", "company": "آفتاب"})
    page = client.get("/f/guide").text
    assert side.names_in(page) == {"job_title", "company_size"}
    assert "من کس دیگری هستم" in page
    assert "سارا" not in page
    assert "sara@" not in page


def test_r1_typing_somebodys_address_shows_nothing_of_them(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    send(client, {**SARA, "first_name": "سارا", "company": "آفتاب", "job_title": "مدیر"})
    known, unknown = client.application.test_client(), client.application.test_client()
    send(known, SARA)
    send(unknown, {**SARA, "email": "nobody@example.ir"})
    own = re.compile(r'(value|data-challenge)="[^"]{40,}"')
    shown = [own.sub("", other.get("/f/guide").text) for other in (known, unknown)]
    assert shown[0] == shown[1]


def test_r5_someone_else_starts_afresh(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    send(client, SARA)
    before = client.get_cookie("sarnakh_v_shop")
    response = client.post("/f/guide/forget", data={"lang": "en"})
    assert (response.status_code, response.headers["Location"]) == (303, "/f/guide?lang=en")
    after = client.get_cookie("sarnakh_v_shop")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert "email" in side.names_in(client.get("/f/guide").text)


def test_r8_identified_browser_gets_a_new_id(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    client.get("/f/guide")
    before = client.get_cookie("sarnakh_v_shop")
    send(client, SARA)
    after = client.get_cookie("sarnakh_v_shop")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert (after.max_age, after.http_only, after.same_site, after.origin_only) == (395 * 86400, True, "Lax", True)


def test_page_works_with_cookies_blocked(parts: Parts, client: FlaskClient):
    side.publish(parts, side.GUIDE)
    blocked = client.application.test_client(use_cookies=False)
    send(blocked, SARA)
    with parts.db.read() as conn:
        assert side.count(conn) == 1


@pytest.mark.parametrize(
    ("cookies", "ticked", "kept"), [("free", {}, True), ("ask", {}, False), ("ask", {"_remember": "yes"}, True)]
)
def test_r27_a_cookie_is_set_where_the_site_lets_us(
    client: FlaskClient, parts: Parts, cookies: str, ticked: dict[str, str], kept: bool
):
    side.publish(parts, side.GUIDE, cookies=cookies)
    send(client, {**SARA, **ticked})
    assert (client.get_cookie("sarnakh_v_shop") is not None) is kept


def test_r8_kiosk_keeps_no_cookie(client: FlaskClient, parts: Parts):
    side.publish(parts, "kiosk = true\n" + side.GUIDE)
    send(client, SARA)
    assert client.get_cookie("sarnakh_v_shop") is None
    with parts.db.read() as conn:
        assert side.rows(conn)[0].visitor_id is None


def test_errors_stand_under_their_fields_and_text_is_kept(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    page = client.get("/f/guide?lang=en").text
    fields = {"_ticket": side.ticket_in(page), "email": "sara", "first_name": "S<b>ara", "consent_store": "yes"}
    response = client.post("/f/guide", data=fields)
    assert response.status_code == 422
    assert 'value="S&lt;b&gt;ara"' in response.text
    assert 'value="sara"' in response.text
    assert 'role="alert"' in response.text
    assert response.text.count('aria-invalid="true"') == 1
    assert response.text.count("autofocus") == 1
    again = {**fields, "_ticket": side.ticket_in(response.text), "email": "sara@example.ir"}
    assert client.post("/f/guide", data=again).status_code == 303


@pytest.mark.parametrize("ticket", ["", "forged", "WyJhIl0.AAAA"])
def test_r10_without_a_good_ticket_the_text_is_kept_and_one_more_press_sends(
    client: FlaskClient, parts: Parts, ticket: str
):
    side.publish(parts, side.GUIDE)
    response = client.post("/f/guide", data={"_ticket": ticket, **SARA})
    assert response.status_code == 422
    assert 'value="sara@example.ir"' in response.text
    again = client.post("/f/guide", data={"_ticket": side.ticket_in(response.text), **SARA})
    assert again.status_code == 303


def test_r10_expired_ticket_is_renewed_with_its_first_time(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    page = client.get("/f/guide").text
    clock.advance(hours=3)
    response = client.post("/f/guide", data={"_ticket": side.ticket_in(page), **SARA})
    assert response.status_code == 422
    clock.advance(seconds=5)
    client.post("/f/guide", data={"_ticket": side.ticket_in(response.text), **SARA})
    with parts.db.read() as conn:
        assert side.rows(conn)[0].facts["fill_seconds"] == 3 * 3600 + 5


def test_r11_double_click_gives_the_same_thanks_and_one_row(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    body = {"_ticket": side.ticket_in(client.get("/f/guide").text), **SARA}
    first, second = client.post("/f/guide", data=body), client.post("/f/guide", data=body)
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers.getlist("Set-Cookie") == second.headers.getlist("Set-Cookie")
    with parts.db.read() as conn:
        assert side.count(conn) == 1


def test_r11_back_button_is_a_correction(client: FlaskClient, parts: Parts, clock: SettableClock):
    side.publish(parts, side.GUIDE)
    ticket = side.ticket_in(client.get("/f/guide").text)
    client.post("/f/guide", data={"_ticket": ticket, **SARA})
    clock.advance(minutes=2)
    client.post("/f/guide", data={"_ticket": ticket, **SARA, "first_name": "سارا"})
    with parts.db.read() as conn:
        first, second = side.rows(conn)
    assert second.corrects == first.id


def test_hidden_fields_answer_themselves_from_the_page_address(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    page = client.get("/f/guide?utm_source=<news>&secret=1", headers={"Referer": "https://t.me/x?token=1"}).text
    assert "secret" not in page
    body = {"_ticket": side.ticket_in(page), **SARA}
    body |= {name: side.hidden_in(page, name) for name in ("_page_url", "_page_referrer")}
    client.post("/f/guide", data=body)
    with parts.db.read() as conn:
        row = side.rows(conn)[0]
    assert row.answers["utm_source"] == "<news>"
    assert row.page["referrer"] == "https://t.me/x"


def test_r38_marketers_own_submission_is_marked(client: FlaskClient, parts: Parts):
    from gateway.web.serving import test_token as token_for

    side.publish(parts, side.GUIDE)
    token = token_for(parts.config.secret_key, "guide", parts.clock())
    assert "حالت آزمایشی" not in client.get("/f/guide?lang=fa").text
    page = client.get(f"/f/guide?test={token}&lang=fa").text
    assert "حالت آزمایشی" in page
    assert "حالت آزمایشی" not in client.get("/f/guide?lang=fa&test=x.y").text
    client.post("/f/guide", data={"_ticket": side.ticket_in(page), **SARA})
    with parts.db.read() as conn:
        assert side.rows(conn)[0].test is True


def test_other_language_keeps_campaign_and_test_note(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    page = client.get("/f/guide?lang=fa&utm_source=a%26b&secret=1&test=x.y").text
    link = 'href="?lang=en&amp;utm_source=a%26b{}"'
    assert link.format("&amp;test=x.y") in page
    hidden = {"_ticket": side.ticket_in(page), "_page_url": side.hidden_in(page, "_page_url")}
    assert link.format("") in client.post("/f/guide", data=hidden).text


def test_page_is_locked_down(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    headers = client.get("/f/guide").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    framed = client.get("/f/guide/frame").headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {side.ORIGIN}" in framed


def test_summary_names_what_is_to_be_ticked(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    page = client.get("/f/guide?lang=en").text
    response = client.post("/f/guide", data={"_ticket": side.ticket_in(page), "email": "sara@example.ir"})
    assert "You may keep these details to answer my request. – Please tick this" in response.text


def test_every_type_of_question_has_a_label_and_a_place_for_its_error(client: FlaskClient, parts: Parts):
    side.publish(parts, side.EVERYTHING)
    page = client.get("/f/everything?lang=en").text
    for name in ("email", "phone", "full_name", "seats", "city", "starts", "message"):
        assert f'for="f-{name}"' in page
    for name in ("email", "size", "wants", "consent_store"):
        assert f'id="f-{name}-error"' in page
    assert page.count("<fieldset") == page.count("<legend") == 2
    assert "<select" in page
    assert "<textarea" in page


def test_form_brings_its_own_colours_as_a_stylesheet(client: FlaskClient, parts: Parts):
    side.publish(parts, side.EVERYTHING)
    assert '/f/everything/theme.css?v=1"' in client.get("/f/everything").text
    css = client.get("/f/everything/theme.css")
    assert (css.mimetype, css.text) == ("text/css", ".lead-form { --lead-accent: #7a1fa2; --lead-radius: 2px; }\n")
