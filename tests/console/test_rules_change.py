"""Each thing of the rulebook has a page: added, changed and removed by forms alone, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from forms.text import fold_digits
from gateway.scoring.model import EventCondition, FactCondition, Rulebook, StandingCondition
from gateway.scoring.rulebook import data_of, from_toml, shipped_text
from gateway.store import forms as form_rows
from gateway.store import rulebooks
from tests.scoring.building import EVERYTHING
from tests.support.console_side import World, post, read
from tests.support.sent_forms import changed, sent

CHANGE = "/console/rules/change"
TITLES = {"title.fa": "تازه", "title.en": "Brand new"}


def draft(world: World) -> Rulebook:
    with world.parts.db.read() as conn:
        found = rulebooks.draft(conn, world.shop.id)
    assert found, "nothing was kept"
    return from_toml(found.content)


def has_draft(world: World) -> bool:
    with world.parts.db.read() as conn:
        return rulebooks.draft(conn, world.shop.id) is not None


def form(client: FlaskClient, path: str) -> MultiDict[str, str]:
    reply = client.get(path)
    assert reply.status_code == 200, path
    return sent(reply.text, "thing")


def save(client: FlaskClient, path: str, changes: dict[str, Any], fields: Any = None) -> Any:
    """As somebody who opens the page, types this and saves. Names without the thing's own place get it."""
    found = fields if fields is not None else form(client, path)
    own = found["name"] + "." if found["name"] else ""
    whole = {name if name in {"then", "was"} else f"{own}{name}": said for name, said in changes.items()}
    typed = changed(found, {"then": "save", **whole})
    return post(client, path, typed.to_dict(flat=False))


def everything(world: World) -> None:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, EVERYTHING, world.parts.clock())


THINGS = [
    *(("rules", rule["code"]) for rule in data_of(EVERYTHING)["rules"]),
    *(("groups", one["key"]) for one in data_of(EVERYTHING)["groups"]),
    *(("profiles", one["key"]) for one in data_of(EVERYTHING)["profiles"]),
    *(("disqualify", str(n)) for n, _ in enumerate(data_of(EVERYTHING)["disqualify"])),
    *(
        ("entries", f"{stage['name']}:{n}")
        for stage in data_of(EVERYTHING)["stages"]
        for n, _ in enumerate(stage["entries"])
    ),
    *(("segments", one["key"]) for one in data_of(EVERYTHING)["segments"]),
    ("interest", ""),
    ("grades", ""),
]


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_page_sent_as_it_stands_changes_nothing(app: Flask, world: World, lang: str) -> None:
    everything(world)
    client = world.client(app, "marketer")
    post(client, "/console/language", {"lang": lang, "next": "/console/rules"})
    for part, of in THINGS:
        reply = save(client, f"{CHANGE}/{part}?of={of}", {})
        assert reply.status_code == 303, (part, of)
        assert not has_draft(world), (part, of)


DOWNLOADED = {"when.0.part": "event", "when.0.event": "download", "when.0.at_least": "۲", "when.0.within_days": "30"}
IN_TEHRAN = {"part": "fact", "field": "city", "any_of": "tehran\nتهران"}


def under(name: str, said: dict[str, str]) -> dict[str, str]:
    return {f"{name}.{key}": text for key, text in said.items()}


@pytest.mark.parametrize(
    "part, query, typed, found",
    [
        ("rules", "kind=event", {"event": "newsletter", "points": "−۷", "per_day": "2", **TITLES, **DOWNLOADED},
         lambda book: (book.rules[-1].event, book.rules[-1].points, book.rules[-1].per_day, book.rules[-1].when)
         == ("newsletter", -7, 2, (EventCondition(event="download", at_least=2, within_days=30),))),
        ("rules", "kind=answer", {"field": "company", "answers.0.values": "آکمه", "answers.0.points": "7",
                                "answers.0.title.fa": "آکمه‌ای", "answers.0.title.en": "Of Acme"},
         lambda book: (book.rules[-1].field, book.rules[-1].answers[0].points) == ("company", 7)),
        ("rules", "kind=attribute", {"points": "7", **TITLES, **under("when.0", IN_TEHRAN)},
         lambda book: book.rules[-1].when == (FactCondition("city", frozenset({"tehran", "تهران"})),)),
        ("groups", "", {"most": "30", "half_life_days": "", **TITLES},
         lambda book: (book.groups[-1].key, book.groups[-1].most) == ("brand_new", 30)),
        ("profiles", "", {**TITLES, **under("facts.0", {**IN_TEHRAN, "weight": "10", "negated": "1"})},
         lambda book: (book.profiles[-1].weight, book.profiles[-1].facts[0].condition.negated) == (10, True)),
        ("disqualify", "", {"code": "unwanted", "field": "email", "test": "domains", "email_domains": "spam.example"},
         lambda book: book.disqualifiers[-1].condition.email_domains == {"spam.example"}),
        ("entries", "of=SQL:", {**TITLES, "events": ["webinar", "assessment"], "interest": "3", "grades": ["A"],
                                "reopens": "1", "back_from": ["PQL"], **DOWNLOADED},
         lambda book: (book.stages[2].entries[-1].events, book.stages[2].entries[-1].interest,
                       book.stages[2].entries[-1].back_from) == (("webinar", "assessment"), 3, ("PQL",))),
        ("segments", "", {**TITLES, **under("when.0", IN_TEHRAN), **under("when.1", {
            "part": "standing", "cells": ["A1", "–2"], "score_min": "25", "contact_requested": "no"})},
         lambda book: (book.segments[-1].key, book.segments[-1].when[1])
         == ("brand_new", StandingCondition(("A1", "–2"), low=25, contact_requested=False))),
        ("interest", "", {"cutoffs.interest_1": "80", "decay.points": "0", "timezone": "Europe/Berlin"},
         lambda book: (book.cutoffs.interest[0], book.decay.points, book.timezone) == (80, 0, "Europe/Berlin")),
        ("grades", "", {"cutoffs.grade_d": "۱۰", "cutoffs.coverage": "50"},
         lambda book: (book.cutoffs.grade[3], book.cutoffs.coverage) == (10, 50)),
    ],
    ids=["event", "answer", "attribute", "group", "profile", "kept out", "way", "segment", "interest", "grades"],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_each_thing_is_added_by_its_form(
    app: Flask, world: World, lang: str, part: str, query: str, typed: dict[str, Any], found: Any
) -> None:
    client = world.client(app, "marketer")
    post(client, "/console/language", {"lang": lang, "next": "/console/rules"})
    reply = save(client, f"{CHANGE}/{part}?{query}", typed)
    assert reply.status_code == 303, reply.text
    assert found(draft(world))
    assert client.get(reply.location).status_code == 200


@pytest.mark.parametrize(
    "part, of, typed, found",
    [
        ("rules", "downloads_top", {"points": "12", "per_day": "", "lasts_days": "90"},
         {"per_day": ""}),
        ("segments", "", {**TITLES, "when.0.part": "fact", "when.0.field": ""}, {"when.0.field": ""}),
        ("profiles", "marketing_buyer", {"facts.1.weight": "much"}, {"facts.1.weight": "much"}),
        ("rules", "visits_site", {"when.0.part": "event", "when.0.event": "won", "when.0.within_days": "soon"},
         {"when.0.within_days": "soon"}),
        ("interest", "", {"cutoffs.interest_2": "90"}, {"cutoffs.interest_1": "75"}),
        ("groups", "", {"title.fa": "گروه", "title.en": "", "most": "900"}, {"most": "900", "title.fa": "گروه"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_stands_beside_its_field_and_stays(
    app: Flask, world: World, part: str, of: str, typed: dict[str, str], found: dict[str, str]
) -> None:
    client = world.client(app, "marketer")
    reply = save(client, f"{CHANGE}/{part}?of={of}", typed)
    assert reply.status_code == 422
    assert not has_draft(world)
    assert 'role="alert"' in reply.text
    fields = sent(reply.text, "thing")
    name = fields["name"] + "." if fields["name"] else ""
    assert any(f'id="bad-{name}{key}"' in reply.text for key in found), [*found]
    kept = {key: fold_digits(fields[f"{name}{key}"]) for key in typed if f"{name}{key}" in fields}
    assert kept == typed, "as typed, in the page's digits"


@pytest.mark.parametrize(
    "part, of, then, lines",
    [
        ("rules", "visits_site", "add rules.0.when fact", ["rules.0.when.0.field"]),
        ("rules", "time_to_buy", "drop rules.9.answers 0", ["rules.9.answers.2.values"]),
        ("profiles", "marketing_buyer", "add profiles.0.facts fact", ["profiles.0.facts.5.weight"]),
        ("segments", "", "add segments.0.when standing", ["segments.0.when.1.cells", "segments.0.when.1.score_min"]),
        ("entries", "SQL:0", "add stages.2.entries.0.when event", ["stages.2.entries.0.when.0.event"]),
    ],
)
def test_lines_are_added_and_taken_away_without_script_and_nothing_typed_is_lost(
    app: Flask, world: World, part: str, of: str, then: str, lines: list[str]
) -> None:
    client = world.client(app, "marketer")
    typed = {"title.fa": "نیمه‌کاره"} if part != "rules" or of != "time_to_buy" else {}
    reply = save(client, f"{CHANGE}/{part}?of={of}", {**typed, "then": then})
    assert reply.status_code == 200
    assert [line for line in lines if f'name="{line}"' not in reply.text] == []
    assert 'name="rules.9.answers.3.values"' not in reply.text
    fields = sent(reply.text, "thing")
    assert not typed or fields[f"{fields['name']}.title.fa"] == "نیمه‌کاره"
    assert not has_draft(world)


def test_an_answer_that_moves_keeps_its_words(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    path = f"{CHANGE}/rules?of=time_to_buy"
    reply = save(client, path, {"then": "up rules.9.answers 1"})
    reply = save(client, path, {"then": "drop rules.9.answers 1"}, sent(reply.text, "thing"))
    assert save(client, path, {"answers.0.points": "20"}, sent(reply.text, "thing")).status_code == 303
    rule = next(one for one in draft(world).rules if one.code == "time_to_buy")
    assert [(one.points, one.code, one.params) for one in rule.answers][:2] == [
        (20, "time_to_buy", {"within_months": 6}),
        (0, "time_to_buy_later", {}),
    ]


ASKS = """
key = "asks"
title = { fa = "پرسش", en = "Asks" }
submit_label = { fa = "بفرست", en = "Send" }
[[fields]]
name = "email"
type = "email"
label = { fa = "ایمیل", en = "E-mail" }
[[fields]]
name = "topic"
type = "choice"
label = { fa = "موضوع", en = "Topic" }
options = [
  { value = "sales", label = { fa = "فروش", en = "Sales" } },
  { value = "help", label = { fa = "کمک", en = "Help" } },
]
"""


def asking(world: World) -> None:
    with world.parts.db.write() as conn:
        key = form_rows.save_draft(conn, world.shop.id, ASKS, world.parts.clock()).key
        form_rows.publish(conn, world.shop.id, key, world.parts.clock())


@pytest.mark.parametrize(
    "field, which, told", [("email", "these", True), ("email", "any", False), ("topic", "these", False)]
)
def test_an_answer_of_ones_own_words_is_told_to_count_whatever_it_says(
    app: Flask, world: World, field: str, which: str, told: bool
) -> None:
    asking(world)
    typed = {"field": field, "answers.0.which": which, "then": "show"}
    page = save(world.client(app, "marketer"), f"{CHANGE}/rules?kind=answer", typed).text
    assert ("به زبان خودشان" in page) == told


def test_a_question_with_options_shows_them_to_tick(app: Flask, world: World) -> None:
    asking(world)
    client = world.client(app, "marketer")
    reply = save(client, f"{CHANGE}/segments", {"when.0.field": "topic", "then": "show"})
    box = 'type="checkbox" class="form-check-input" name="segments.0.when.0.any_of" value="sales"'
    assert box in reply.text
    typed = {**TITLES, "when.0.any_of": ["sales", "help\nother"]}
    assert save(client, f"{CHANGE}/segments", typed, sent(reply.text, "thing")).status_code == 303
    assert draft(world).segments[0].when == (FactCondition("topic", frozenset({"sales", "help", "other"})),)
    page = client.get(f"{CHANGE}/segments?of=brand_new").text
    assert f"{box} checked" in page
    assert sent(page, "thing").getlist("segments.0.when.0.any_of") == ["sales", "help", "other"]


def test_two_people_change_different_things_and_both_stay(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    mine = form(second, f"{CHANGE}/rules?of=clicks_email")
    save(first, f"{CHANGE}/rules?of=visits_site", {"points": "3"})
    post(first, "/console/rules", {"then": "drop downloads_top", "list": listed(first)})
    assert save(second, f"{CHANGE}/rules?of=clicks_email", {"points": "9"}, mine).status_code == 303
    by_code = {rule.code: rule for rule in draft(world).rules}
    assert (by_code["visits_site"].points, by_code["clicks_email"].points) == (3, 9)
    assert "downloads_top" not in by_code


def test_the_second_of_two_who_change_the_same_is_told_and_keeps_what_they_typed(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    path = f"{CHANGE}/rules?of=clicks_email"
    mine = form(second, path)
    save(first, path, {"points": "3"})
    reply = save(second, path, {"points": "9"}, mine)
    assert reply.status_code == 409
    assert "marketer" in reply.text, "who it was"
    again = sent(reply.text, "thing")
    assert again["rules.1.points"] == "9"
    assert draft(world).rules[1].points == 3
    assert save(second, path, {}, again).status_code == 303
    assert draft(world).rules[1].points == 9


def test_what_somebody_else_has_removed_meanwhile_can_be_put_back(app: Flask, world: World) -> None:
    first, second = world.client(app, "marketer"), world.client(app, "admin")
    path = f"{CHANGE}/rules?of=clicks_email"
    mine = form(second, path)
    post(first, "/console/rules", {"then": "drop clicks_email", "list": listed(first)})
    reply = save(second, path, {"title.fa": "کلیک", "title.en": "Click"}, mine)
    assert reply.status_code == 409
    assert save(second, path, {}, sent(reply.text, "thing")).status_code == 303
    assert (draft(world).rules[-1].event, draft(world).rules[-1].code) == ("email_click", "own_rule_1")


def listed(client: FlaskClient, page: str = "/console/rules", name: str = "rules") -> str:
    return sent(client.get(page).text, name)["list"]


@pytest.mark.parametrize(
    "part, page, then, left",
    [
        ("groups", "rules", "drop own_group_2", ["content"]),
        ("profiles", "rules/customers", "up second", ["second", "clinic"]),
        ("disqualify", "rules/customers", "drop 0", ["unwanted"]),
        ("disqualify", "rules/customers", "down 0", ["unwanted", "competitor"]),
        ("entries", "rules/stages", "drop SQL:0", []),
        ("segments", "rules/segments", "drop warm", []),
    ],
)
def test_things_are_moved_and_removed(app: Flask, world: World, part: str, page: str, then: str, left: Any) -> None:
    more = '\n[[groups]]\nkey = "own_group_2"\ntitle = { fa = "دو", en = "Two" }\n[[profiles]]\nkey = "second"\n'
    more += 'title = { fa = "دوم", en = "Second" }\n[[profiles.facts]]\nfield = "city"\nweight = 1\nany_of = ["x"]\n'
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, EVERYTHING + more, world.parts.clock())
    client = world.client(app, "marketer")
    order = listed(client, f"/console/{page}", f"arrange-{part}")
    assert post(client, f"/console/rules/arrange/{part}", {"then": then, "list": order}).status_code == 303
    book = draft(world)
    sql = next(stage for stage in book.stages if stage.name == "SQL").entries
    found = {
        "groups": [one.key for one in book.groups],
        "profiles": [one.key for one in book.profiles],
        "disqualify": [one.code for one in book.disqualifiers],
        "entries": [one.code for one in sql],
        "segments": [one.key for one in book.segments],
    }
    assert found[part] == left


def test_what_others_need_is_not_removed_and_the_page_says_why(app: Flask, world: World) -> None:
    everything(world)
    client = world.client(app, "marketer")
    order = listed(client, "/console/rules", "arrange-groups")
    reply = post(
        client, "/console/rules/arrange/groups", {"then": "drop content", "list": order}, follow_redirects=True
    )
    assert "content" in reply.text
    assert not has_draft(world)


def test_a_list_that_was_changed_meanwhile_is_not_rearranged_by_places(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    post(client, "/console/rules/arrange/disqualify", {"then": "drop 0", "list": "another"})
    assert not has_draft(world)


def test_a_segment_says_how_many_leads_it_would_have(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    said = {"when.0.field": "company", "when.0.any_of": "آکمه", "then": "count"}
    assert "۱ از ۱ سرنخ" in save(client, f"{CHANGE}/segments", said).text
    never = {"when.0.part": "event", "when.0.event": "won", "then": "count"}
    assert "۰ از ۱ سرنخ" in save(client, f"{CHANGE}/segments", never).text
    assert 'id="bad-segments.0.when.0.field"' in save(client, f"{CHANGE}/segments", {"then": "count"}).text
    assert not has_draft(world)


def test_a_segment_is_counted_whatever_the_keys_of_the_others_are(app: Flask, world: World) -> None:
    client = world.client(app, "marketer")
    own = '[[segments]]\nkey = "own_segment"\ntitle = { fa = "من", en = "Own" }\n[[segments.when]]\nscore_min = 1\n'
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, shipped_text() + own, world.parts.clock())
    said = {"when.0.field": "company", "when.0.any_of": "آکمه", "then": "count"}
    assert "۱ از ۱ سرنخ" in save(client, f"{CHANGE}/segments", said).text


@pytest.mark.parametrize(
    "path", ["nonsense", "rules?of=none", "entries?of=lost:", "entries?of=SQL:9", "disqualify?of=99"]
)
def test_things_that_are_not_there_have_no_page(app: Flask, world: World, path: str) -> None:
    assert world.client(app, "marketer").get(f"{CHANGE}/{path}").status_code == 404


def test_a_draft_with_mistakes_is_changed_as_text_alone(app: Flask, world: World) -> None:
    with world.parts.db.write() as conn:
        rulebooks.save_draft(conn, world.shop.id, "rules = 3", world.parts.clock(), revision=0, by=None)
    client = world.client(app, "marketer")
    assert client.get(f"{CHANGE}/segments").location == "/console/rules/text"
    for page in ("", "/customers", "/stages", "/segments"):
        assert "/console/rules/change" not in read(app, world, f"/console/rules{page}")


def test_the_shipped_rulebook_needs_no_text(app: Flask, world: World) -> None:
    """Each of its things opens as a form, and as it stands changes nothing."""
    client = world.client(app, "marketer")
    data = data_of(shipped_text())
    for part, of in [("rules", one["code"]) for one in data["rules"]] + [("profiles", "marketing_buyer")]:
        assert save(client, f"{CHANGE}/{part}?of={of}", {}).status_code == 303
    assert not has_draft(world)


@pytest.mark.parametrize("given, shown", [("title.fa", "en"), ("title.en", "fa")])
def test_a_name_in_one_language_will_do(app: Flask, world: World, given: str, shown: str) -> None:
    client = world.client(app, "marketer")
    post(client, "/console/language", {"lang": shown, "next": "/console/rules"})
    page = f"{CHANGE}/rules?kind=event"
    typed = {"event": "webinar", "points": "7"}
    assert save(client, page, typed).status_code == 422
    assert save(client, page, {**typed, given: "Зов"}).status_code == 303
    assert "Зов" in client.get("/console/rules").text
    rule = draft(world).rules[-1]
    assert 'placeholder="Зов"' in client.get(f"{CHANGE}/rules?of={rule.code}").text
