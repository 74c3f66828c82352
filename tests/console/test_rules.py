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
from gateway.words import known_keys, say
from tests.support.console_side import World, post, read

PATH = "/console/rules"
GREETS = {"event_event": "newsletter", "event_points": "۷", "event_called_fa": "خبرنامه", "event_called_en": "News"}


def fields(page: str) -> dict[str, str]:
    """What the page's one form would send as it stands."""
    text = page[page.index('<form id="rules"') :]
    found = dict(re.findall(r'<input name="([^"]+)" value="([^"]*)"', text))
    found["revision"] = re.findall(r'name="revision" value="(\d+)"', text)[0]
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', text, re.S)
    found |= {name: body.strip("\n") for name, body in areas}
    base = re.search(r'<textarea name="base" hidden>\n(.*?)</textarea>', text, re.S)
    assert base
    return {name: unescape(value) for name, value in {**found, "base": base[1]}.items()}


def save(client: FlaskClient, changes: dict[str, Any], page: str | None = None) -> Any:
    return post(client, PATH, {**fields(page or client.get(PATH).text), **changes})


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


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_page_shows_the_whole_rulebook_in_the_users_language(app: Flask, world: World, lang: str) -> None:
    client = world.client(app, "viewer")
    post(client, "/console/language", {"lang": lang, "next": PATH})
    page = unescape(client.get(PATH).text)
    said = [say(lang, f"scoring.{code}") for code in ("downloads_top", "marketing_buyer", "stage_SQL", "competitor")]
    said += [say(lang, "scoring.time_to_buy", within_months=3), say(lang, "rules.in_force_shipped")]
    assert [words for words in said if words not in page] == []
    assert 'name="rules.0.points"' not in page, "a viewer reads"
    assert "rules." not in re.sub(r"<[^>]+>", "", page)


def test_a_page_sent_as_it_stands_changes_nothing(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    assert save(client, {}).status_code == 303
    assert draft(world) is None


def test_numbers_values_and_removals_go_into_the_draft(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    typed = {
        "rules.2.points": "۱۲", "rules.2.per_day": "", "rules.1.times": "3", "rules.9.answers.0.points": "−5",
        "cutoffs.interest_1": "80", "decay.points": "0", "profiles.0.facts.1.weight": "30",
        "profiles.0.facts.1.any_of": "10_49\n\n ۵۰ \n", "drop": ["visits_site"],
    }  # fmt: skip
    typed["rules.2.per_day"] = "2"
    assert save(client, typed).status_code == 303
    book = saved(world)
    by_code = {rule.code: rule for rule in book.rules}
    assert (by_code["downloads_top"].points, by_code["downloads_top"].per_day) == (12, 2)
    assert (by_code["clicks_email"].times, by_code["time_to_buy"].answers[0].points) == (3, -5)
    assert (book.cutoffs.interest[0], book.decay.points, "visits_site" in by_code) == (80, 0, False)
    assert book.profiles[0].facts[1].weight == 30
    assert "۵۰" in (draft(world) or pytest.fail()).content, "kept as typed"
    page = read(app, world, PATH)
    assert say("fa", "scoring.visits_site") in page, "the list of changes names what is removed"
    with world.parts.db.read() as conn:
        assert rulebooks.in_force(conn, world.shop.id) == shipped(), "until it is published"


@pytest.mark.parametrize(
    "kind, typed",
    [
        ("event", GREETS),
        ("answer", {"answer_choice": "time_to_buy=0_3", "answer_points": "7"}),
        ("attribute", {"attribute_field": "company_size", "attribute_values": "10_49", "attribute_points": "7"}),
    ],
)
def test_a_rule_of_each_kind_is_added_by_a_form(app: Flask, world: World, kind: str, typed: dict[str, str]) -> None:
    client = world.client(app, "marketer")
    titles = {f"{kind}_called_fa": "تازه", f"{kind}_called_en": "Something new"}
    assert save(client, {**titles, **typed, "then": f"add_{kind}"}).status_code == 303
    added = saved(world).rules[-1]
    assert added.code == "own_rule_1"
    assert 7 in [getattr(added, "points", None), *(one.points for one in getattr(added, "answers", ()))]
    words = typed.get(f"{kind}_called_fa", "تازه")
    assert words in read(app, world, PATH) or kind == "answer"


@pytest.mark.parametrize(
    "typed, marked",
    [
        ({"rules.0.points": "many"}, 'id="bad-rules.0.points"'),
        ({"cutoffs.interest_1": ""}, 'id="bad-cutoffs.interest_1"'),
        ({"rules.9.answers.1.points": "101"}, 'id="bad-rules.9.answers.1.points"'),
        ({"profiles.0.facts.1.weight": "0"}, 'id="bad-profiles.0.facts.1.weight"'),
    ],
)
def test_what_does_not_fit_is_named_in_its_place_and_kept(
    app: Flask, world: World, typed: dict[str, str], marked: str
) -> None:
    client = world.client(app, "marketer")
    was = {name: value for name, value in fields(client.get(PATH).text).items() if name in typed}
    reply = save(client, {**typed, "rules.2.points": "12"})
    assert reply.status_code == 422
    assert marked in reply.text
    kept = fields(reply.text)
    assert (kept["rules.2.points"], kept["base"]) == ("12", shipped_text())
    assert draft(world) is None
    assert save(client, {**was, "rules.0.points": "2"}, reply.text).status_code == 303
    assert {rule.code: rule for rule in saved(world).rules}["downloads_top"].points == 12


def test_a_rule_that_lacks_something_is_not_added_and_its_form_stays_open(app: Flask, world: World) -> None:
    reply = save(world.client(app, "marketer"), {**GREETS, "event_called_en": "", "then": "add_event"})
    assert reply.status_code == 422
    assert "قاعدهٔ own_rule_1، کلید title" in reply.text
    assert 'class="add-rule" open' in reply.text
    assert 'value="خبرنامه"' in reply.text
    assert draft(world) is None


def test_a_base_that_is_no_rulebook_is_refused(app: Flask, world: World) -> None:
    assert save(world.client(app, "marketer"), {"base": "rules = 3"}).status_code == 400


def test_the_second_of_two_people_is_told_and_keeps_what_they_typed(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    page = second.get(PATH).text
    save(first, {"rules.0.points": "3"})
    reply = save(second, {"rules.0.points": "4"}, page)
    assert reply.status_code == 409
    assert fields(reply.text)["rules.0.points"] == "4"
    assert "marketer" in reply.text, "whose draft it is"
    assert saved(world).rules[0].points == 3
    assert save(second, {}, reply.text).status_code == 303, "saving again puts it in the place of the other one"
    assert saved(world).rules[0].points == 4


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


def test_publishing_scores_the_leads_anew_and_going_back_gives_the_earlier_scores(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    before = score(world)
    save(
        client,
        {**GREETS, "event_event": "submission", "event_points": "33", "then": "add_event"},
    )
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
    save(client, {"rules.0.points": "3"})
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
