"""What the pages show and change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway import create_app
from gateway.http import Connector
from gateway.store import api_tokens, destinations, forms, leads, routes, sites, submissions, users
from gateway.store.destinations import NewDestination
from gateway.store.tables import audit, deliveries, mails
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, send
from tests.support.receiver import Receiver


def read(app: Flask, world: World, path: str, who: str = "admin") -> str:
    response = world.client(app, who).get(path, follow_redirects=True)
    assert response.status_code == 200, (path, response.status_code)
    return unescape(response.text)


# --- overview, leads ------------------------------------------------------------------------------------------------


def test_the_overview_says_what_waits(app: Flask, world: World) -> None:
    page = read(app, world, "/console")
    assert "یک فرم رسیده منتظر بازبینی است" in page
    row = page.split("guide</a>")[1].split("</tr>")[0]
    assert re.findall(r'class="figure">([^<]*)<', row)[:3] == ["۳", "۱", "۱"]


def test_a_marketers_own_tests_are_counted_nowhere(app: Flask, world: World) -> None:
    """Rule 38."""
    before = read(app, world, "/console")
    with world.parts.db.write() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
        assert lead is not None
        leads.set_columns(conn, lead.id, {"test": True})
    after = read(app, world, "/console")
    assert f"cell={lead.grade}{lead.interest}" in before.replace("%E2%80%93", "–")
    assert f"cell={lead.grade}{lead.interest}" not in after.replace("%E2%80%93", "–")
    assert "sara@acme.example" not in read(app, world, "/console/leads")
    assert "sara@acme.example" in read(app, world, "/console/leads?test=1")


SEARCHES = [
    ("سارا", True), ("ساراٰ", True), ("SARA@acme", True), ("آکمه", True), ("اكمه", True), ("acme.example", True),
    ("سارا آکمه", True), ("سارا نیست", False), ("%", False), ("_", False), ("09121234567", True),
    ("۰۹۱۲۱۲۳", True), ("00989121234567", True), ("'; DROP TABLE leads --", False),
]  # fmt: skip


@pytest.mark.parametrize("text, found", SEARCHES)
def test_leads_are_found_as_people_write(app: Flask, world: World, text: str, found: bool) -> None:
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "phone": "+989121234567"})
    page = world.client(app, "viewer").get("/console/leads", query_string={"q": text}).text
    assert ("sara@acme.example" in page) == found


@pytest.mark.parametrize(
    "query, found", [("cell=–4", True), ("cell=A1", False), ("stage=IQL", True), ("stage=SQL", False)]
)
def test_leads_are_filtered(app: Flask, world: World, query: str, found: bool) -> None:
    assert ("sara@acme.example" in read(app, world, f"/console/leads?{query}")) == found


@pytest.mark.parametrize(
    "query", ["cell=Z9&stage=x&form=x&sort=y", "after=", "q=" + "x" * 5000, "q=%F0%9F%98%80%ED%A0%80"]
)
def test_odd_filters_do_no_harm(app: Flask, world: World, query: str) -> None:
    assert world.client(app, "viewer").get(f"/console/leads?{query}").status_code == 200


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "%00", "e30"])
@pytest.mark.parametrize("page", ["leads", "review", "deliveries"])
def test_a_cursor_of_no_list_is_refused(app: Flask, world: World, page: str, cursor: str) -> None:
    assert world.client(app, "viewer").get(f"/console/{page}?after={cursor}").status_code == 400


@pytest.mark.parametrize("sort", ["recent", "score", "newest"])
def test_pages_of_leads_neither_repeat_nor_skip(app: Flask, world: World, clock: SettableClock, sort: str) -> None:
    for number in range(30):
        clock.advance(minutes=number % 2)  # some share their time
        send(world.parts, world.shop, "guide", {"email": f"p{number}@many.example"})
    client, path, seen = world.client(app, "viewer"), f"/console/leads?sort={sort}", []
    while path:
        page = unescape(client.get(path).text)
        seen += re.findall(r"/console/leads/(lead_\w+)", page)
        following = re.search(r'href="(/console/leads\?[^"]*after=[^"]*)"', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 31


def test_a_leads_page_tells_the_whole_story(app: Flask, world: World) -> None:
    send(world.parts, world.shop, "guide", {"email": "sara@acme.example", "time_to_buy": "0_3", "company": "دیگر"})
    page = read(app, world, f"/console/leads/{world.lead}")
    for words in (
        "آکمه",
        "پیشنهاد:",
        "دیگر",
        "تا سه ماه آینده",
        "+۳۰",
        "همان ایمیل",
        "سرنخ تازه‌ای شروع شد",
        "telegram",
        "CRM",
    ):
        assert words in page, words


def test_a_merged_leads_old_id_leads_to_the_survivor(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        old = leads.create(conn, world.shop.id, world.parts.clock())
        leads.set_columns(conn, old, {"merged_into": world.lead})
    assert "sara@acme.example" in read(app, world, f"/console/leads/{old}")


def test_a_link_in_a_mail_moves_to_the_leads_site(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        users.set_role(conn, world.users["stranger"].id, world.shop.id, "viewer")
    client = world.client(app, "stranger")
    client.get("/console/switch?site=north")
    assert client.get(f"/console/leads/{world.lead}").status_code == 200
    assert "sara@acme.example" in client.get("/console/leads").text


# --- review ---------------------------------------------------------------------------------------------------------


def status_of(world: World, submission_id: str) -> str:
    with world.parts.db.read() as conn:
        found = submissions.get(conn, world.shop.id, submission_id)
    assert found is not None
    return found.status


def test_review_shows_what_is_held_and_why(app: Flask, world: World) -> None:
    page = read(app, world, "/console/review", "viewer")
    assert "win@mailinator.com" in page
    assert "یک‌بارمصرف" in page
    assert "/release" not in page  # a viewer decides nothing


@pytest.mark.parametrize("decision, status", [("release", "accepted"), ("reject", "rejected")])
def test_staff_decide(app: Flask, world: World, decision: str, status: str) -> None:
    client = world.client(app, "marketer")
    assert post(client, f"/console/review/{world.held}/{decision}").status_code == 303
    assert status_of(world, world.held) == status
    assert post(client, f"/console/review/{world.held}/reject", follow_redirects=True).status_code == 200


def test_a_rejection_can_be_taken_back(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    page = post(client, f"/console/review/{world.held}/reject", follow_redirects=True).text
    assert f"/console/review/{world.held}/undo" in page
    post(client, f"/console/review/{world.held}/undo")
    assert status_of(world, world.held) == "held"


def test_what_somebody_decided_is_named_with_the_decider(app: Flask, world: World) -> None:
    assert "تصمیم marketer" in read(app, world, "/console/review?status=rejected")


# --- forms ----------------------------------------------------------------------------------------------------------


def draft(app: Flask, world: World) -> str:
    return read(app, world, "/console/forms/guide").split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]


def test_a_form_begins_from_a_starter_and_is_published(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    for starter in ("guide", "contact", "newsletter"):
        made = post(client, "/console/forms/new", {"key": f"my-{starter}", "starter": starter})
        assert made.location == f"/console/forms/my-{starter}"
        post(client, f"/console/forms/my-{starter}/publish")
        with world.parts.db.read() as conn:
            found = forms.published(conn, f"my-{starter}")
        assert found is not None
        assert client.get(f"/f/my-{starter}").status_code == 200


@pytest.mark.parametrize("key", ["", "Üx", "1a", "a b", "x" * 61, "../x"])
def test_a_key_that_is_none_is_refused(app: Flask, world: World, key: str) -> None:
    assert post(world.client(app, "marketer"), "/console/forms/new", {"key": key}).status_code == 422


def test_r35_a_key_of_another_site_is_taken(app: Flask, world: World) -> None:
    response = post(world.client(app, "stranger"), "/console/forms/new", {"key": "guide"})
    assert response.status_code == 422
    assert "This key is taken" in response.text


def test_problems_are_named_and_the_text_is_kept(app: Flask, world: World) -> None:
    text = draft(app, world).replace('type = "email"', 'type = "emial"')
    response = post(world.client(app, "marketer"), "/console/forms/guide", {"draft": text})
    assert response.status_code == 422
    page = unescape(response.text)
    assert "پرسش email، کلید type" in page
    assert "شناخته نیست؛ منظورتان" in page
    assert "هنوز ذخیره نشده است" in page
    assert 'type = "emial"' in page
    assert 'type = "emial"' not in draft(app, world)


def test_saving_keeps_a_draft_and_publishing_makes_a_version(app: Flask, world: World) -> None:
    client, text = (
        world.client(app, "marketer"),
        draft(app, world).replace("questions_per_visit = 2", "questions_per_visit = 3"),
    )
    post(client, "/console/forms/guide", {"draft": text})
    with world.parts.db.read() as conn:
        row = forms.get(conn, world.shop.id, "guide")
        assert row is not None
        assert row.published_version == 1
    assert "پیش‌نویس با آن فرق دارد" in read(app, world, "/console/forms/guide")
    post(client, "/console/forms/guide", {"draft": text, "then": "publish"})
    assert "نسخهٔ ۲" in read(app, world, "/console/forms/guide")
    assert "questions_per_visit = 2" in read(app, world, "/console/forms/guide/versions/1")


def test_a_key_cannot_be_changed_in_the_editor(app: Flask, world: World) -> None:
    text = draft(app, world).replace('key = "guide"', 'key = "contact"')
    assert post(world.client(app, "marketer"), "/console/forms/guide", {"draft": text}).status_code == 422


def test_the_preview_is_the_hosted_page_of_a_first_visit(app: Flask, world: World) -> None:
    text = draft(app, world).replace("ایمیل", "رایانامه")
    response = post(world.client(app, "viewer"), "/console/forms/guide/preview", {"draft": text})
    shown = unescape(response.text)
    assert 'sandbox="allow-same-origin"' in response.text
    assert "رایانامه" in shown
    assert 'name="email"' in shown


def test_the_snippet_and_a_test_link_are_there_to_copy(app: Flask, world: World) -> None:
    page = read(app, world, "/console/forms/guide")
    assert '<lead-form form="guide"></lead-form>' in page
    link = re.search(r'href="(http[^"]*/f/guide\?test=[^"]*)"', page)
    assert link
    assert app.test_client().get(link[1]).status_code == 200


# --- destinations, deliveries, routes -------------------------------------------------------------------------------


def test_a_webhooks_secret_is_shown_once(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    response = post(
        client, "/console/destinations/new", {"name": "CRM 2", "url": "https://crm.example/2", "sends": "rules"}
    )
    secret = re.search(r"whsec_[\w+/=]+", unescape(response.text))
    assert secret
    assert "whsec_" not in read(app, world, "/console/destinations")


@pytest.mark.parametrize("url", ["", "nonsense", "javascript:alert(1)", "ftp://x.example/"])
def test_an_address_that_is_none_is_refused(app: Flask, world: World, url: str) -> None:
    response = post(world.client(app, "admin"), "/console/destinations/new", {"url": url})
    assert response.status_code == 422
    assert 'class="help help-bad"' in response.text


def test_pause_and_resume(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    for status in ("paused", "active"):
        post(client, f"/console/destinations/{world.destination}/pause")
        with world.parts.db.read() as conn:
            found = destinations.get(conn, world.shop.id, world.destination)
        assert found is not None
        assert found.status == status


@pytest.mark.parametrize("status, words", [(200, "پیام آزمایشی رسید"), (500, "پیام آزمایشی نرسید")])
def test_a_test_says_what_came_back(world: World, receiver: Receiver, status: int, words: str) -> None:
    host = receiver.host_port
    parts = replace(world.parts, connector=Connector(private=frozenset({host})))
    receiver.always(status=status)
    with parts.db.write() as conn:
        place = NewDestination(world.shop.id, "webhook", "Local", {"url": receiver.url})
        made = destinations.add(conn, parts.config.secret_key, place, parts.clock())
    client = world.client(create_app(parts), "marketer")
    assert words in post(client, f"/console/destinations/{made.id}/test", follow_redirects=True).text
    assert receiver.requests[0].json["data"]["test"] is True


def test_a_destination_gets_another_address_and_goes_on(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    with world.parts.db.write() as conn:
        destinations.pause(conn, world.shop.id, world.destination, "http_404")
        later = world.parts.clock() + timedelta(hours=1)
        conn.execute(update(deliveries).values(due_at=later))
    page = client.get(f"/console/destinations/{world.destination}").text
    assert 'value="CRM"' in page
    changed = {"name": "CRM", "url": "https://crm.example/new", "sends": "all", "purpose": "contact"}
    post(client, f"/console/destinations/{world.destination}", changed)
    with world.parts.db.read() as conn:
        found = destinations.get(conn, world.shop.id, world.destination, world.parts.config.secret_key)
        due = conn.execute(select(deliveries.c.due_at)).scalars().all()
    assert found is not None
    assert (found.settings["url"], found.sends, found.purpose) == ("https://crm.example/new", "all", "contact")
    assert (found.status, bool(found.settings["secret"])) == ("active", True)
    assert later not in due


def test_a_wrong_new_address_changes_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    before = client.get(f"/console/destinations/{world.destination}").text
    answer = post(client, f"/console/destinations/{world.destination}", {"name": "X", "url": "ftp://x.example/"})
    assert (answer.status_code, 'class="help help-bad"' in answer.text) == (422, True)
    assert 'value="X"' not in client.get(f"/console/destinations/{world.destination}").text
    assert 'value="CRM"' in before


def test_a_removed_destination_waits_for_nobody(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    post(client, f"/console/destinations/{world.destination}/remove")
    assert client.get(f"/console/destinations/{world.destination}").status_code == 404
    assert "رد شده و منتظر شماست" not in read(app, world, "/console/")
    assert "رد شده و منتظر شماست" not in read(app, world, "/console/deliveries")
    page = read(app, world, f"/console/deliveries/{world.delivery}")
    assert "این مقصد خاموش یا برداشته شده است" in page
    assert "دوباره بفرست" not in page


def test_a_refused_delivery_is_sent_again_with_the_same_id(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        conn.execute(update(deliveries).values(status="parked", reason="http_422", payload='{"a": "ب"}', tries=3))
    assert "CRM" in read(app, world, "/console/deliveries?status=parked")
    page = read(app, world, f"/console/deliveries/{world.delivery}")
    assert '"a": "ب"' in page
    client = world.client(app, "marketer")
    post(client, f"/console/deliveries/{world.delivery}/resend")
    with world.parts.db.read() as conn:
        row = conn.execute(select(deliveries)).one()
    assert (row.id, row.status, row.payload) == (world.delivery, "due", '{"a": "ب"}')
    again = post(client, f"/console/deliveries/{world.delivery}/resend", follow_redirects=True).text
    assert "دوباره فرستاده نشد" in again


def test_routes_are_ticked(app: Flask, world: World) -> None:
    ticks = {
        f"cell_{world.destination}": ["A1", "–4", "Z9"],
        f"stage_{world.destination}": ["SQL", "nonsense"],
        "cell_dst_foreign": ["A1"],
        "contact": world.destination,
        "fallback": world.destination,
    }
    post(world.client(app, "marketer"), "/console/routes", ticks)
    with world.parts.db.read() as conn:
        kept = routes.of_site(conn, world.shop.id)
    assert [(one.kind, one.cells, one.stages) for one in kept] == [
        ("rule", ("A1", "–4"), ("SQL",)),
        ("contact", (), ()),
        ("fallback", (), ()),
    ]
    page = read(app, world, "/console/routes")
    assert page.count("checked") == 5


# --- settings, people, tokens ---------------------------------------------------------------------------------------

SETTINGS = {
    "name": "فروشگاه تازه", "origins": "https://www.shop.example\nhttp://LOCALHOST:8080/", "timezone": "Europe/Berlin",
    "lang": "en", "cookies": "ask", "notify": "sara@shop.example", "events": "play_video",
    "pages": "/prices content_view bottom\n/blog/* content_view top\n/pay payment_view", "views": "1",
}  # fmt: skip


def test_settings_are_kept_and_shown_again(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert post(client, "/console/settings", SETTINGS).status_code == 303
    with world.parts.db.read() as conn:
        site = sites.get(conn, world.shop.id)
    assert site.origins == ("https://www.shop.example", "http://localhost:8080")
    assert (site.name, site.timezone, site.lang, site.cookies) == ("فروشگاه تازه", "Europe/Berlin", "en", "ask")
    assert site.settings["pages"] == [
        {"path": "/prices", "type": "content_view", "level": "bottom"},
        {"path": "/blog/*", "type": "content_view", "level": "top"},
        {"path": "/pay", "type": "payment_view"},
    ]
    assert site.settings["notify"] == ["sara@shop.example"]
    assert "/prices content_view bottom" in read(app, world, "/console/settings")


def test_settings_that_the_page_does_not_show_stay(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        sites.change(conn, world.shop.id, {"settings": {"kiosk": True}})
    post(world.client(app, "marketer"), "/console/settings", SETTINGS)
    with world.parts.db.read() as conn:
        assert sites.get(conn, world.shop.id).settings["kiosk"] is True


WRONG = [
    ("name", ""), ("origins", "www.shop.example"), ("origins", "https://a.example/path"), ("origins", "https://["),
    ("timezone", "Mars/Base"), ("cookies", "no"), ("lang", "de"), ("notify", "sara"), ("events", "Play Video"),
    ("pages", "prices"), ("pages", "/prices nonsense"), ("pages", "/a content_view bottom more"),
]  # fmt: skip


@pytest.mark.parametrize("name, value", WRONG)
def test_settings_that_cannot_be_are_refused(app: Flask, world: World, name: str, value: str) -> None:
    response = post(world.client(app, "marketer"), "/console/settings", {**SETTINGS, name: value})
    assert response.status_code == 422
    with world.parts.db.read() as conn:
        assert sites.get(conn, world.shop.id).name == "فروشگاه"


def test_where_a_lead_came_from_is_said_in_words(app: Flask, world: World) -> None:
    page = read(app, world, f"/console/leads/{world.lead}")
    assert "<dt>منبع</dt><dd><bdi>telegram</bdi></dd>" in page
    assert "utm_source" not in page
    assert "علاقهٔ ۴: کم" in page


def test_time_zones_are_places_and_one_that_is_set_stays(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        sites.change(conn, world.shop.id, {"timezone": "Iran"})
    page = read(app, world, "/console/settings")
    assert "<option selected>Iran</option>" in page
    assert "<option>Asia/Tehran</option>" in page
    assert not any(f"<option>{odd}</option>" in page for odd in ("localtime", "Factory", "GB", "Etc/GMT+3"))


@pytest.fixture
def no_mail(app: Flask, world: World) -> None:
    """Where no mail goes out, the page itself shows an invitation's link."""
    app.extensions["sarnakh"] = replace(world.parts, config=replace(world.parts.config, smtp_url=None))


@pytest.mark.usefixtures("no_mail")
def test_somebody_is_invited(app: Flask, world: World) -> None:
    response = post(
        world.client(app, "admin"), "/console/people", {"email": "new@shop.example", "name": "نو", "role": "viewer"}
    )
    link = re.search(r"http://[^<]*/console/link/[\w-]+", response.text)
    assert link
    assert app.test_client().get(link[0].removeprefix(world.parts.config.base_url)).status_code == 200
    assert "new@shop.example" in read(app, world, "/console/people")


def test_an_invitation_goes_by_mail_where_mail_goes_out(app: Flask, world: World) -> None:
    invited = {"email": "new@shop.example", "name": "نو", "role": "viewer"}
    page = post(world.client(app, "admin"), "/console/people", invited, follow_redirects=True).text
    assert "ایمیلی با پیوند در راه است" in page
    assert "/console/link/" not in page
    with world.parts.db.read() as conn:
        params = conn.execute(select(mails.c.params).where(mails.c.template == "invite")).scalar_one()
    assert app.test_client().get(params["link"].removeprefix(world.parts.config.base_url)).status_code == 200


@pytest.mark.usefixtures("no_mail")
def test_r35_an_invitation_opens_no_other_site(app: Flask, world: World) -> None:
    """Who is invited and has no password yet can be entered as by whoever holds the link."""
    invited = {"email": "new@shop.example", "role": "viewer"}
    first = re.search(r"/console/link/[\w-]+", post(world.client(app, "admin"), "/console/people", invited).text)
    assert first
    second = post(world.client(app, "stranger"), "/console/people", invited)
    assert "/console/link/" not in second.text
    assert app.test_client().get(first[0]).status_code == 410


@pytest.mark.parametrize("path", ["/console/", "/console/nothing", "/console/leads/x/y", "/console/review/x/release"])
def test_addresses_that_lead_nowhere_say_so(app: Flask, world: World, path: str) -> None:
    response = world.client(app, "admin").get(path)
    assert response.status_code == (200 if path == "/console/" else 404)
    assert '<html lang="fa"' in response.text


@pytest.mark.parametrize("email", ["", "no address", "a\nb@c.example"])
def test_an_invitation_needs_an_address(app: Flask, world: World, email: str) -> None:
    assert post(world.client(app, "admin"), "/console/people", {"email": email, "role": "viewer"}).status_code == 422


def test_a_role_changes_at_once(app: Flask, world: World) -> None:
    viewer = world.client(app, "viewer")
    path = f"/console/people/{world.users['viewer'].id}"
    post(world.client(app, "admin"), path, {"role": "marketer"})
    assert viewer.get("/console/settings").status_code == 200
    post(world.client(app, "admin"), path, {"role": "none"})
    assert viewer.get("/console").location == "/console/no-site"


@pytest.mark.parametrize("role", ["viewer", "none"])
def test_the_last_administrator_stays(app: Flask, world: World, role: str) -> None:
    admin = world.users["admin"].id
    post(world.client(app, "admin"), f"/console/people/{admin}", {"role": role})
    with world.parts.db.read() as conn:
        assert users.roles(conn, admin)[world.shop.id] == "admin"


def test_a_token_is_shown_once_and_ended(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    made = post(client, "/console/tokens", {"name": "CRM", "scope": ["leads:read", "nonsense"]}).text
    secret = re.search(r"srk_[\w-]+", made)
    assert secret
    assert secret[0] not in read(app, world, "/console/tokens")
    with world.parts.db.read() as conn:
        found = api_tokens.find(conn, secret[0])
    assert found is not None
    assert (found.site_id, found.scopes) == (world.shop.id, ("leads:read",))
    post(client, f"/console/tokens/{found.id}/revoke")
    with world.parts.db.read() as conn:
        assert api_tokens.find(conn, secret[0]) is None


def test_changes_are_written_down_with_who_made_them(app: Flask, world: World) -> None:
    post(world.client(app, "marketer"), "/console/settings", SETTINGS)
    with world.parts.db.read() as conn:
        row = conn.execute(select(audit).where(audit.c.action == "settings_changed")).one()
    assert row.user_id == world.users["marketer"].id


# --- sites ----------------------------------------------------------------------------------------------------------


def test_r35_an_administrator_makes_a_further_site_and_is_at_it(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    fields = {"name": "فروشگاه", "site_key": "second", "origin": "https://shop.example/"}
    assert post(client, "/console/sites/new", {**fields, "site_key": "No Good"}).status_code == 422
    assert post(client, "/console/sites/new", {**fields, "origin": "shop"}).status_code == 422
    made = post(client, "/console/sites/new", fields, follow_redirects=True)
    assert made.status_code == 200 and "فروشگاه" in made.text
    assert post(client, "/console/sites/new", fields).status_code == 422  # the key is taken
