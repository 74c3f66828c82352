"""Points learnt from outcomes in the console: asked for, shown, taken over, taken back, and never by accident."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from gateway import calibrating, rescoring
from gateway.scoring.rulebook import from_published, from_toml, shipped, shipped_text
from gateway.store import calibrations, rulebooks
from gateway.store.tables import audit
from gateway.store.tables import calibrations as rows
from gateway.store.tables import rulebooks as books
from tests.support import ended
from tests.support.console_side import World, post, read
from tests.support.ended import Telling
from tests.support.everybody import everybody

PATH = "/console/rules/outcomes"
TELLING: Telling = {"download:bottom": (0.5, 0), "download:top": (0.5, 35), "answer:time_to_buy:0_3": (0.4, 0)}
PAIR = {
    "rule": "downloads_bottom & time_to_buy:0_3", "in_force": 0, "points": -9, "leads": 70, "won": 30, "lost": 40,
    "error": 3.0, "note": "", "both": ["downloads_bottom", "time_to_buy:0_3"], "times": 1.0,
}  # fmt: skip


@pytest.fixture
def learnt(world: World) -> World:
    """180 leads with an outcome; what the shipped rules like best says nothing of it."""
    with world.parts.db.write() as conn:
        ended.many(conn, world.shop.id, world.parts.clock(), TELLING, count=180, base=-1.0)
    learn(world)
    return world


def learn(world: World) -> calibrations.Asked:
    with world.parts.db.write() as conn:
        calibrations.ask(conn, world.shop.id, world.parts.clock(), by=None)
    calibrating.Worker(world.parts.db, world.parts.clock).one()
    return latest(world)


def latest(world: World) -> calibrations.Asked:
    with world.parts.db.read() as conn:
        found = calibrations.latest(conn, world.shop.id)
    assert found is not None
    return found


def change(world: World, **result: Any) -> None:
    """What was learnt, otherwise: parts of the calibration, or `pairs`."""
    found = latest(world)
    assert found.result is not None
    pairs = result.pop("pairs", [])
    kept = {**found.result, "pairs": pairs, "calibration": {**found.result["calibration"], **result}}
    with world.parts.db.write() as conn:
        conn.execute(rows.update().where(rows.c.id == found.id).values(result=kept))


def do(app: Flask, world: World, what: str, who: str = "marketer", **more: str) -> str:
    """The page after this was pressed."""
    fields = {"calibration": latest(world).id, **more}
    return post(world.client(app, who), f"{PATH}/{what}", fields, follow_redirects=True).text


def in_force(world: World) -> Any:
    with world.parts.db.read() as conn:
        return rulebooks.in_force(conn, world.shop.id)


def publish(world: World, text: str) -> None:
    with world.parts.db.write() as conn:
        rulebooks.publish(conn, world.shop.id, text, world.parts.clock())


def scores(world: World) -> dict[str, int]:
    while rescoring.rescore_due(world.parts.db, world.parts.clock):
        pass
    with world.parts.db.read() as conn:
        return {lead.id: lead.score for lead in everybody(conn, world.shop.id)}


def test_asking_queues_one_and_the_page_tells_how_far_it_is(app: Flask, world: World) -> None:
    assert "هنوز چیزی آموخته نشده است" in read(app, world, PATH)
    client = world.client(app, "marketer")
    for _ in range(2):
        assert post(client, PATH).status_code == 303
    with world.parts.db.write() as conn:
        held = calibrations.take(conn, world.parts.clock())
        assert held is not None
        calibrations.keep_at(conn, held, world.parts.clock(), done=50, total=180)
    page = read(app, world, PATH)
    assert "۵۰ سرنخ از ۱۸۰ سرنخ" in page and 'hx-trigger="every 2s"' in page and "btn-primary" not in page
    calibrating.Worker(world.parts.db, world.parts.clock)._work(held)
    assert client.get(PATH, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "هنوز هیچ‌کدام از این سرنخ‌ها مشتری نشده‌اند" in read(app, world, PATH)


def test_a_viewer_sees_and_changes_nothing(app: Flask, learnt: World) -> None:
    page = read(app, learnt, PATH, "viewer")
    assert "بله، بهترند" in page and f'action="{PATH}' not in page
    client = learnt.client(app, "viewer")
    assert {post(client, f"{PATH}{what}").status_code for what in ("", "/adopt", "/undo", "/pair")} == {403}
    assert in_force(learnt) == shipped()


def test_the_page_tells_points_counts_and_curves_in_words_and_tables(app: Flask, learnt: World) -> None:
    page = read(app, learnt, PATH)
    found = latest(learnt)
    assert found.result is not None
    rule = next(one for one in found.result["calibration"]["rules"] if one["rule"] == "downloads_bottom")
    assert "فهرست قیمت یا راهنمای خرید" in page and "زمان خرید: تا سه ماه آینده" in page
    assert rule["in_force"] == 30 and "+۳۰" in page and rule["points"] < 15
    assert page.count('role="img"') == 2 and page.count("به شکل جدول") == 2, "each curve is a table too"
    assert "هیچ‌کدام را آزمایشی به فروش نسپرده‌اید" in page and 'href="/console/routes"' in page
    assert "۱ سرنخ به فروش سپرده شده ولی هنوز نتیجه‌ای ندارد" in page, "the world's own lead is open, not lost"


def test_the_picture_is_mirrored_right_to_left(app: Flask, learnt: World) -> None:
    def first(page: str) -> float:
        return float(re.findall(r'class="line-learnt" points="([0-9.]+),', page)[0])

    persian = first(read(app, learnt, PATH))
    with learnt.parts.db.write() as conn:
        conn.exec_driver_sql("UPDATE users SET lang = 'en'")
    assert first(read(app, learnt, PATH)) == 320 - persian


def test_a_leak_is_named_above_everything(app: Flask, learnt: World) -> None:
    leak = {"code": "leak", "params": {"percent": 98.1, "rule": "downloads_top", "alone": 97.0}}
    change(learnt, warnings=[leak])
    page = read(app, learnt, PATH)
    told = page.index("بیش از آن خوب است که باورکردنی باشد")
    assert "«راهنما یا مقاله‌ای دانلود کرد»" in page[told:] and told < page.index('id="verdict"')


def test_taken_over_all_leads_are_scored_anew_and_taken_back_they_stand_as_before(app: Flask, learnt: World) -> None:
    publish(learnt, shipped_text())
    learn(learnt)
    before, points = (
        scores(learnt),
        {one["rule"]: one["points"] for one in latest(learnt).result["calibration"]["rules"]},
    )  # type: ignore[index]
    page = do(app, learnt, "adopt")
    assert "نسخهٔ ۲ با امتیازهای آموخته برقرار شد" in page
    found = {rule.code: rule.points for rule in in_force(learnt).rules if hasattr(rule, "points")}
    assert found["downloads_bottom"] == points["downloads_bottom"] != 30
    assert latest(learnt).version == 2 and scores(learnt) != before
    assert f'action="{PATH}/undo"' in page and f'action="{PATH}/adopt"' not in page
    assert "نسخهٔ ۳ همان امتیازهای قبلی را دارد" in do(app, learnt, "undo")
    assert in_force(learnt) == shipped() and scores(learnt) == before and latest(learnt).undone == 3
    with learnt.parts.db.read() as conn:
        told = [row.action for row in conn.execute(audit.select().order_by(audit.c.id)) if "learnt" in row.action]
    assert told == ["rules_learnt", "rules_learnt_undone"]


def test_undoing_the_first_version_of_all_goes_back_to_the_shipped_rules(app: Flask, learnt: World) -> None:
    do(app, learnt, "adopt")
    assert in_force(learnt) != shipped()
    do(app, learnt, "undo")
    assert in_force(learnt) == shipped()


def test_nothing_is_taken_over_once_the_rules_have_changed(app: Flask, learnt: World) -> None:
    publish(learnt, shipped_text().replace("points = 40", "points = 41"))
    page = read(app, learnt, PATH)
    assert "قاعده‌ها عوض شده‌اند" in page and f'action="{PATH}/adopt"' not in page
    assert "چیزی عوض نشد" in do(app, learnt, "adopt") and latest(learnt).version is None


def test_points_that_are_not_better_are_not_taken_over(app: Flask, learnt: World) -> None:
    change(learnt, adopt=False, why={"code": "unchanged", "params": {}})
    page = read(app, learnt, PATH)
    assert "نه، با این سرنخ‌ها نه" in page and f'action="{PATH}/adopt"' not in page
    do(app, learnt, "adopt")
    assert in_force(learnt) == shipped()


def test_it_is_taken_over_once(app: Flask, learnt: World) -> None:
    do(app, learnt, "adopt")
    assert "چیزی عوض نشد" in do(app, learnt, "adopt")
    assert latest(learnt).version == 1


def test_with_a_later_version_in_force_nothing_is_undone(app: Flask, learnt: World) -> None:
    do(app, learnt, "adopt")
    publish(learnt, shipped_text().replace("points = 40", "points = 41"))
    assert f'action="{PATH}/undo"' not in read(app, learnt, PATH)
    assert "نسخهٔ تازه‌تری برقرار است" in do(app, learnt, "undo") and latest(learnt).undone is None


def test_rules_that_todays_checks_refuse_are_neither_taken_over_nor_gone_back_to(app: Flask, learnt: World) -> None:
    wordless = shipped_text() + '[[rules]]\ncode = "hand_over_line"\nevent = "submission"\npoints = 7\n'
    publish(learnt, shipped_text())
    with learnt.parts.db.write() as conn:
        conn.execute(books.update().values(content=wordless))
        conn.execute(rows.update().values(digest=from_published(wordless).digest))
    assert "با بررسی‌های امروز ایراد دارند" in do(app, learnt, "adopt") and latest(learnt).version is None
    assert "با امتیازهای آموخته" in read(app, learnt, f"{PATH}/try?days=90")
    with learnt.parts.db.write() as conn:
        rulebooks.publish(conn, learnt.shop.id, shipped_text(), learnt.parts.clock())
        conn.execute(rows.update().values(version=2))
    assert "با بررسی‌های امروز ایراد دارند" in do(app, learnt, "undo") and latest(learnt).undone is None


def test_a_draft_that_waits_stays_and_is_called_older(app: Flask, learnt: World) -> None:
    draft = shipped_text().replace("points = 40", "points = 41")
    with learnt.parts.db.write() as conn:
        rulebooks.save_draft(conn, learnt.shop.id, draft, learnt.parts.clock(), revision=0, by=None)
    assert "پیش‌نویس شما دست نمی‌خورد" in read(app, learnt, PATH)
    assert "پیش‌نویس شما از امتیازهای آموخته قدیمی‌تر است: از قاعده‌های اولیه" in do(app, learnt, "adopt")
    with learnt.parts.db.read() as conn:
        kept = rulebooks.draft(conn, learnt.shop.id)
    assert kept is not None and kept.content == draft


def test_what_would_change_is_tried_with_the_learnt_points(app: Flask, learnt: World) -> None:
    page = read(app, learnt, f"{PATH}/try?days=90")
    assert "با امتیازهای آموخته، از ۱۸۱ سرنخ" in page and 'id="changes"' in page
    with learnt.parts.db.read() as conn:
        assert rulebooks.draft(conn, learnt.shop.id) is None and rulebooks.versions(conn, learnt.shop.id) == []


def test_a_found_pair_goes_into_the_draft_as_a_rule(app: Flask, learnt: World) -> None:
    change(learnt, pairs=[PAIR])
    assert "با هم ۹ امتیاز کمتر از جمعشان می‌ارزند" in read(app, learnt, PATH)
    assert "در پیش‌نویس نشست" in do(app, learnt, "pair", pair=str(PAIR["rule"]))
    with learnt.parts.db.read() as conn:
        draft = rulebooks.draft(conn, learnt.shop.id)
    assert draft is not None
    added = from_toml(draft.content).rules[-1]
    assert (added.event, added.level, added.points, added.times) == ("download", "bottom", -9, 1)  # type: ignore[union-attr]
    assert added.when[0].field == "time_to_buy" and added.title["fa"] and added.title["en"]  # type: ignore[union-attr]
    assert in_force(learnt) == shipped()


def test_a_pair_that_is_sent_twice_counts_once(app: Flask, learnt: World) -> None:
    change(learnt, pairs=[PAIR])
    do(app, learnt, "pair", pair=str(PAIR["rule"]))
    with learnt.parts.db.read() as conn:
        draft = rulebooks.draft(conn, learnt.shop.id)
    assert "از قبل قاعده‌ای هست" in do(app, learnt, "pair", pair=str(PAIR["rule"]))
    with learnt.parts.db.read() as conn:
        assert rulebooks.draft(conn, learnt.shop.id) == draft


def test_a_pair_that_was_not_found_is_no_page(app: Flask, learnt: World) -> None:
    fields = {"calibration": latest(learnt).id, "pair": "1"}
    assert post(learnt.client(app, "marketer"), f"{PATH}/pair", fields).status_code == 404


def test_another_site_s_calibration_is_none(app: Flask, learnt: World) -> None:
    client = learnt.client(app, "stranger")
    assert post(client, f"{PATH}/adopt", {"calibration": latest(learnt).id}).status_code == 404
    assert "Nothing has been learnt yet" in read(app, learnt, PATH, "stranger")


def test_a_fault_of_ours_is_told(app: Flask, learnt: World) -> None:
    with learnt.parts.db.write() as conn:
        conn.execute(rows.update().values(status="failed", result=None, problem="x"))
    assert "به خاطر ایرادی از ما" in read(app, learnt, PATH)
