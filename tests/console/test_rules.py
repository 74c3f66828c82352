"""The rulebook in the console: read, changed, published, gone back to."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway import rescoring
from gateway.scoring.rulebook import from_toml, shipped, shipped_text
from gateway.store import leads, rulebooks
from gateway.store.tables import audit
from gateway.web.console import rules_draft
from gateway.words import known_keys, say
from tests.support.console_side import World, post, read
from tests.support.sent_forms import sent

PATH = "/console/rules"


def fields(page: str) -> dict[str, Any]:
    """What the list of the rules would send as it stands."""
    return sent(page, "rules").to_dict()


def save(client: FlaskClient, changes: dict[str, Any], page: str | None = None) -> Any:
    return post(client, PATH, {**fields(page or client.get(PATH).text), "then": "save", **changes})


def add(client: FlaskClient, changes: dict[str, str]) -> Any:
    """A rule for an event, by its own page."""
    path = f"{PATH}/change/rules?kind=event"
    typed = sent(client.get(path).text, "thing").to_dict()
    own = {f"{typed['name']}.{name}": said for name, said in changes.items()}
    return post(client, path, {**typed, **own, "then": "save"})


def draft(world: World) -> rulebooks.Draft | None:
    with world.parts.db.read() as conn:
        return rulebooks.draft(conn, world.shop.id)


def saved(world: World) -> Any:
    found = draft(world)
    assert found
    return from_toml(found.content)


def publish(world: World, client: FlaskClient) -> Any:
    found = draft(world)
    assert found
    return post(client, f"{PATH}/publish", {"revision": found.revision})


PARTS = {
    "": ("downloads_top", "interest_says"),
    "/customers": ("marketing_buyer", "competitor"),
    "/stages": ("stage_SQL", "sends_form"),
    "/segments": (),
}


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_pages_show_the_whole_rulebook_in_the_users_language(app: Flask, world: World, lang: str) -> None:
    client = world.client(app, "viewer")
    post(client, "/console/language", {"lang": lang, "next": PATH})
    for part, codes in PARTS.items():
        page = unescape(client.get(f"{PATH}{part}").text)
        said = [say(lang, f"scoring.{code}") for code in codes if code in {key[8:] for key in known_keys("scoring")}]
        assert [words for words in [*said, say(lang, "rules.in_force_shipped")] if words not in page] == [], part
        assert "/change/" not in page and "<input" not in page.split('id="main"')[1], "a viewer reads"
        assert "rules." not in re.sub(r"<[^>]+>", "", page), part


def test_a_page_sent_as_it_stands_changes_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert save(client, {}).status_code == 303
    assert draft(world) is None


def test_points_and_what_buttons_do_go_into_the_draft(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    typed = {"points.downloads_top": "۱۲", "points.time_to_buy.0": "−5", "then": "drop visits_site"}
    assert save(client, typed).status_code == 303
    by_code = {rule.code: rule for rule in saved(world).rules}
    assert (by_code["downloads_top"].points, by_code["time_to_buy"].answers[0].points) == (12, -5)
    assert "visits_site" not in by_code
    assert say("fa", "scoring.visits_site") in read(app, world, PATH), "the list of changes names what is removed"
    with world.parts.db.read() as conn:
        assert rulebooks.in_force(conn, world.shop.id) == shipped(), "until it is published"


def test_a_rule_is_moved_and_switched_off_and_on(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    save(client, {"then": "down visits_site"})
    save(client, {"then": "off visits_site"})
    assert [(rule.code, rule.off) for rule in saved(world).rules[:2]] == [
        ("clicks_email", False),
        ("visits_site", True),
    ]
    page = read(app, world, PATH)
    assert 'aria-checked="false"' in page
    assert say("fa", "rules.switched_off") in page
    save(client, {"then": "on visits_site"})
    assert not saved(world).rules[1].off


def test_what_does_not_fit_is_named_in_its_place_and_kept(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    reply = save(client, {"points.visits_site": "many", "points.time_to_buy.1": "101", "points.downloads_top": "12"})
    assert reply.status_code == 422
    assert 'id="bad-points.visits_site"' in reply.text and 'id="bad-points.time_to_buy.1"' in reply.text
    kept = fields(reply.text)
    assert (kept["points.visits_site"], kept["points.downloads_top"]) == ("many", "۱۲")
    assert draft(world) is None
    assert save(client, {"points.visits_site": "2", "points.time_to_buy.1": "15"}, reply.text).status_code == 303
    assert {rule.code: rule for rule in saved(world).rules}["downloads_top"].points == 12


def test_the_second_of_two_people_is_told_and_keeps_what_they_typed(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    page = second.get(PATH).text
    save(first, {"points.visits_site": "3", "points.clicks_email": "6"})
    reply = save(second, {"points.visits_site": "4"}, page)
    assert reply.status_code == 409
    assert fields(reply.text)["points.visits_site"] == "۴"
    assert "marketer" in reply.text, "whose draft it is"
    assert saved(world).rules[0].points == 3
    assert save(second, {}, reply.text).status_code == 303, "saving again puts it in the place of the other one"
    assert saved(world).rules[0].points == 4


def test_two_people_change_other_points_and_both_stay(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    page = second.get(PATH).text
    save(first, {"points.visits_site": "3"})
    assert save(second, {"points.clicks_email": "6"}, page).status_code == 303
    assert [rule.points for rule in saved(world).rules[:2]] == [3, 6]


def test_text_with_mistakes_stays_in_the_page_and_good_text_becomes_the_draft(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    reply = post(client, f"{PATH}/text", {"text": "[[rules]]\ncode = 3", "revision": "0"})
    assert (reply.status_code, draft(world)) == (422, None)
    assert "code = 3" in reply.text
    text = "# mine\n" + shipped_text().replace("points = 1 #", "points = 2 #")
    assert post(client, f"{PATH}/text", {"text": text.replace("\n", "\r\n"), "revision": "0"}).status_code == 303
    assert (draft(world) or pytest.fail()).content == text, "as typed, comments too"
    assert post(client, f"{PATH}/text", {"text": text, "revision": "0"}).status_code == 409
    assert "# mine" in read(app, world, f"{PATH}/text")


def test_of_very_many_mistakes_the_first_are_told(app: Flask, world: World) -> None:
    reply = post(world.client(app, "marketer"), f"{PATH}/text", {"text": "[[rules]]\n" * 1000, "revision": "0"})
    assert reply.status_code == 422
    assert reply.text.count("<li><b>") == rules_draft.MOST_TOLD


def test_a_long_persian_rulebook_is_kept_as_text(app: Flask, world: World) -> None:
    text = shipped_text() + "# توضیح بازاریاب\n" * 10_000  # three quarters of a megabyte as a form sends it
    assert post(world.client(app, "marketer"), f"{PATH}/text", {"text": text, "revision": "0"}).status_code == 303
    assert (draft(world) or pytest.fail()).content == text


def test_publishing_scores_the_leads_anew_and_going_back_gives_the_earlier_scores(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    before = score(world)
    add(client, {"event": "submission", "points": "33", "per_day": "", "title.fa": "فرم", "title.en": "Form"})
    assert publish(world, client).status_code == 303
    assert draft(world) is None
    assert 'hx-trigger="every 2s"' in client.get(PATH).text
    settle(world)
    assert score(world) == before + 33
    assert 'hx-trigger="every 2s"' not in client.get(PATH).text
    assert post(client, f"{PATH}/versions/0").status_code == 303
    settle(world)
    assert score(world) == before
    with world.parts.db.read() as conn:
        told = list(
            conn.execute(select(audit.c.action).where(audit.c.action.like("rules%")).order_by(audit.c.id)).scalars()
        )
        assert rulebooks.in_force(conn, world.shop.id) == shipped()
    assert told == ["rules_saved", "rules_published", "rules_went_back"]
    assert len(re.findall(f'action="{PATH}/versions/', client.get(f"{PATH}/versions").text)) == 2


def test_a_draft_that_was_changed_since_is_neither_published_nor_thrown_away(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    save(client, {"points.visits_site": "3"})
    for act in ("publish", "discard"):
        post(client, f"{PATH}/{act}", {"revision": "7"})
        assert draft(world)
    post(client, f"{PATH}/discard", {"revision": "1"})
    assert draft(world) is None
    with world.parts.db.read() as conn:
        assert rulebooks.versions(conn, world.shop.id) == []


def test_a_version_of_another_site_is_not_there(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.other.id, shipped_text(), world.parts.clock())
    client = world.client(app, "marketer")
    assert client.get(f"{PATH}/versions/1").status_code == 404
    assert post(client, f"{PATH}/versions/1").status_code == 404


def test_every_part_that_may_change_has_words() -> None:
    parts = ("cutoffs", "decay", "groups", "profiles", "disqualifiers", "stages", "segments", "timezone")
    assert [part for part in parts if f"rules.part_{part}" not in known_keys("rules")] == []


def score(world: World) -> int:
    with world.parts.db.read() as conn:
        lead = leads.get(conn, world.shop.id, world.lead)
    assert lead
    return lead.score


def settle(world: World) -> None:
    while rescoring.rescore_due(world.parts.db, world.parts.clock):
        pass


def test_one_change_of_the_draft_is_taken_back_and_the_others_stay(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    save(client, {"points.clicks_email": "6", "then": "drop visits_site"})
    add(client, {"event": "submission", "points": "33", "per_day": "", "title.fa": "فرم", "title.en": "Form"})
    save(client, {"then": "off downloads_top"})
    for change in ("removed visits_site", "added own_rule_1", "switched_off downloads_top", "nothing at_all"):
        assert post(client, f"{PATH}/take-back", {"change": change}).status_code == 303
    assert saved(world).rules == from_toml(shipped_text().replace("points = 5\n", "points = 6\n")).rules
    assert 'value="changed clicks_email"' in client.get(PATH).text
