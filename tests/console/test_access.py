"""Who may open what: every route of the console, walked by everybody."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from gateway.store.users import ROLES
from gateway.web.console.access import ACCESS, ANYBODY, SIGNED_IN
from tests.support.console_side import World, post


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("console.")]


def test_every_page_stands_in_the_table_and_no_other(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app)} == set(ACCESS)


def addresses(app: Flask, world: World) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of every page, with the shop's things in the path."""
    things = {
        "lead_id": world.lead,
        "submission_id": world.held,
        "delivery_id": world.delivery,
        "destination_id": world.destination,
        "user_id": world.users["viewer"].id,
        "token_id": "tok_none",
        "merge_id": "mrg_none",
        "request_id": "era_none",
        "relink_id": "rlk_none",
        "rule_id": "rule_none",
        "import_id": "imp_none",
        "organisation_id": "org_none",
        "name": "company",
        "file": "file_none",
        "part": "profiles",
        "fact_id": 1,
        "key": "guide",
        "number": 1,
        "token": "none",
        "rest": "nothing",
    }
    found = []
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for rule in rules(app):
            values = {name: things[name] for name in rule.arguments}
            path = adapter.build(rule.endpoint, values)
            found += [
                (rule.endpoint, method, path) for method in sorted(rule.methods or ()) if method in {"GET", "POST"}
            ]
    return found


def test_anonymous_people_are_sent_to_sign_in(app: Flask, world: World) -> None:
    client = world.client(app, None)
    for endpoint, method, path in addresses(app, world):
        if ACCESS[endpoint] == ANYBODY:
            continue
        response = client.open(path, method=method)
        assert response.status_code == 303, (method, path)
        assert response.location.startswith("/console/sign-in?next=/console" if method == "GET" else "/console/sign-in")


@pytest.mark.parametrize("who", ROLES)
def test_each_role_opens_what_the_table_says(app: Flask, world: World, who: str) -> None:
    for endpoint, method, path in addresses(app, world):
        client = world.client(app, who)  # afresh: signing out is among the pages
        response = client.get(path) if method == "GET" else post(client, path)
        needed = ACCESS[endpoint]
        allowed = needed in {ANYBODY, SIGNED_IN} or ROLES.index(who) >= [*ROLES].index(needed)  # type: ignore[arg-type]
        assert (response.status_code != 403) == allowed, (method, path, response.status_code)
        assert response.status_code < 500, (method, path)


def test_r35_another_sites_things_are_not_there(app: Flask, world: World) -> None:
    client = world.client(app, "stranger")
    for endpoint, method, path in addresses(app, world):
        if not any(
            str(thing) in path for thing in (world.lead, world.held, world.delivery, world.destination, "guide")
        ):
            continue
        response = client.get(path) if method == "GET" else post(client, path)
        assert response.status_code == 404, (endpoint, method, path)


def test_r35_a_form_made_for_another_site_is_refused(app: Flask, world: World) -> None:
    response = post(world.client(app, "stranger"), "/console/settings", {"_site": world.shop.id, "name": "mine"})
    assert response.status_code == 404


def test_lists_show_own_sites_rows_only(app: Flask, world: World) -> None:
    client = world.client(app, "stranger")
    for path in (
        "",
        "/leads",
        "/review",
        "/review?status=rejected",
        "/forms",
        "/destinations",
        "/deliveries",
        "/people",
    ):
        page = client.get(f"/console{path}").text
        assert "acme.example" not in page, path
        assert "mailinator" not in page, path
        assert "guide" not in page, path
        assert "viewer@shop.example" not in page, path


def test_a_page_that_nobody_listed_stays_shut(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACCESS, "console.leads_list")
    assert world.client(app, "admin").get("/console/leads").status_code == 403


@pytest.mark.parametrize("site", ["north", "no-such-site", "' OR 1=1"])
def test_a_site_without_a_role_cannot_be_switched_to(app: Flask, world: World, site: str) -> None:
    assert world.client(app, "admin").get("/console/switch", query_string={"site": site}).status_code == 404


def test_whoever_has_no_site_is_told_so(app: Flask, world: World) -> None:
    from gateway.store import users

    with world.parts.db.write() as conn:
        users.set_role(conn, world.users["viewer"].id, world.shop.id, None)
    client = world.client(app, "viewer")
    assert client.get("/console").location == "/console/no-site"
    assert client.get("/console/no-site").status_code == 200


def test_posts_without_our_token_change_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    for endpoint, method, path in addresses(app, world):
        if method == "POST":
            assert client.post(path).status_code == 400, (endpoint, path)


def test_pages_are_sealed(app: Flask, world: World) -> None:
    response = world.client(app, "admin").get("/console")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_carries_script_or_style_of_its_own(app: Flask, world: World) -> None:
    client = world.client(app, "admin")
    for _endpoint, method, path in addresses(app, world):
        if method != "GET" or path.endswith("/switch"):
            continue
        page = client.get(path, follow_redirects=True).text
        for forbidden in (" style=", "<style", " onclick=", " onload=", "javascript:", "<script>"):
            assert forbidden not in page, (path, forbidden)
