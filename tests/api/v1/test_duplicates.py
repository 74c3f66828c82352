"""Pairs of leads that may be one person, for other systems: listed with reasons, decided, and taken back."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from gateway.cli.why import why
from tests.support import pairs
from tests.support.api_side import Caller, Installation


def made(installation: Installation, kind: str = "HOUSEHOLD") -> tuple[str, str, str]:
    return pairs.pair(installation.parts, installation.shop.id, getattr(pairs, kind))


def test_pairs_are_listed_by_where_they_stand(installation: Installation, api: Caller) -> None:
    older, younger, pair_id = made(installation)
    *_, same = made(installation, "SARA")
    (waits,) = api.get("/duplicates")["duplicates"]
    assert (waits["id"], waits["older"], waits["younger"], waits["answer"]) == (pair_id, older, younger, None)
    assert {"field": "first_name", "level": "different", "weight": -7.0} in waits["reasons"]
    assert waits["weight"] == pytest.approx(sum(one["weight"] for one in waits["reasons"]), abs=0.1)
    assert [one["id"] for one in api.get("/duplicates", status="same")["duplicates"]] == [same]
    assert api("GET", "/duplicates?status=none").status_code == 400
    assert "رضایی" not in str(waits)


@pytest.mark.parametrize("saying, answer", [("merge", "merged"), ("apart", "apart")])
def test_what_a_system_says_stands_and_is_taken_back(
    installation: Installation, api: Caller, saying: str, answer: str
) -> None:
    older, younger, pair_id = made(installation)
    said = api.post(f"/duplicates/{pair_id}/{saying}")
    assert (said.status_code, said.json) == (200, {"duplicate": pair_id, "answer": answer})
    assert api.get(f"/leads/{younger}")["id"] == (older if saying == "merge" else younger)
    (line,) = api.get("/duplicates", status="answered")["duplicates"]
    assert (line["id"], line["answer"]) == (pair_id, answer)
    assert api.post(f"/duplicates/{pair_id}/{saying}").status_code == 409
    assert api.post(f"/duplicates/{pair_id}/undo").json["answer"] is None
    assert api.get(f"/leads/{younger}")["id"] == younger


def test_r35_scope_and_site_are_asked(installation: Installation, stranger: Caller) -> None:
    *_, pair_id = made(installation)
    assert stranger.get("/duplicates")["duplicates"] == []
    assert stranger.post(f"/duplicates/{pair_id}/merge").status_code == 404
    reader = installation.caller(scopes=["leads:read"])
    assert reader.post(f"/duplicates/{pair_id}/merge").status_code == 403


def test_why_tells_the_pairs_and_the_lead_whom_it_is_the_same_as(installation: Installation, api: Caller) -> None:
    older, younger, _ = made(installation, "SARA")
    story = api.get(f"/leads/{younger}/why")
    assert [(pair["decision"], pair["older"]) for pair in story["duplicates"]] == [("same", older)]
    told = CliRunner().invoke(why, [younger], obj=lambda: installation.parts).output
    assert f"same  {older}" in told and "last name: sounds the same" in told
