"""A site's own weights: in force at once, for that site alone, and gone without a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway import matching
from gateway.matching.weights import weights_for
from gateway.store import lead_keys, site_weights, unweighed
from tests.pipeline.conftest import World
from tests.support.people_forms import WHO
from verification.matching.blocking import KEYS_VERSION
from verification.matching.splink_model import read_model
from verification.matching.weights import shipped_weights

MODEL = (Path(__file__).parents[1] / "matching/data/splink/model.json").read_text("utf-8")


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world("demo", WHO)


def put(world: World, model: str | None) -> None:
    world.clock.advance(minutes=1)
    with world.db.write() as conn:
        site_weights.put(conn, world.site.id, model, world.clock())


def test_a_site_is_weighed_by_its_own_weights_until_they_are_taken_back(world: World) -> None:
    put(world, MODEL)
    with world.db.read() as conn:
        assert matching.context(conn, world.site.id, world.clock()).weights == read_model(MODEL)
        assert weights_for(conn, "site_other") == shipped_weights()  # rule 35: learning is per site
    put(world, None)
    with world.db.read() as conn:
        assert matching.context(conn, world.site.id, world.clock()).weights == shipped_weights()


def test_other_weights_take_the_place_of_those_in_force(world: World) -> None:
    put(world, MODEL)
    with world.db.read() as conn:
        before = weights_for(conn, world.site.id)
    model = json.loads(MODEL)
    del model["comparisons"][0]
    put(world, json.dumps(model))
    with world.db.read() as conn:
        assert weights_for(conn, world.site.id) == read_model(json.dumps(model)) != before


def test_a_model_of_another_version_counts_as_none_and_is_logged(world: World) -> None:
    put(world, MODEL.replace("'nickname'", "'pet name'"))
    with world.db.read() as conn, capture_logs() as logged:
        assert weights_for(conn, world.site.id) == shipped_weights()
        assert weights_for(conn, world.site.id) == shipped_weights()
    assert [(line["event"], line["site"]) for line in logged] == [("site_weights_unreadable", world.site.id)]
    assert "first_name" in logged[0]["why"]


def test_other_weights_let_all_leads_of_the_site_be_weighed_anew(world: World) -> None:
    world.send({"email": "sara@example.ir"})
    with world.db.write() as conn:
        lead_keys.set_version(conn, world.site.id, KEYS_VERSION)
    matching.keep_keys_new(world.db, world.clock())
    put(world, MODEL)
    matching.keep_keys_new(world.db, world.clock())
    with world.db.read() as conn:
        assert [waiting.site_id for waiting in unweighed.due(conn, world.clock(), 10)] == [world.site.id]
