"""Results of several runs, laid beside the aims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.identity import aims, ours


def line(who: str, f1: float, **more: Any) -> dict[str, Any]:
    come = {"returning": 200, "right": 199, "wrong": 1, "first": 100, "first_wrong": 0}
    return {
        "data": "d", "who": who, "f1": f1, "precision": 0.99, "lookalikes": {"a": [1, 10], "b": [0, 10]},
        "arrivals": come, **more,
    }  # fmt: skip


def test_our_error_is_a_share_of_splinks_at_its_best_threshold(tmp_path: Path) -> None:
    peers, mine = tmp_path / "peers.json", tmp_path / "ours.json"
    peers.write_text(json.dumps({"lines": [line("Splink 0.95", 0.9), line("Splink, best: 2^4", 0.96)]}))
    mine.write_text(json.dumps({"lines": [line("Sarnakh", 0.99)]}))
    head, told = list(aims.table(aims.read([peers, mine])))
    assert told == "| d | 0.9900 | 0.9900 | 0.9600 | 0.25 | 5.0 % | 99.50 % | 0.50 % | 0.00 % |"
    assert head.splitlines()[0].count("|") == told.count("|")


def test_data_without_ours_look_alikes_or_times_is_told_as_such(tmp_path: Path) -> None:
    both = tmp_path / "both.json"
    alone = line("Sarnakh", 0.9, lookalikes={}, arrivals=None)
    both.write_text(json.dumps({"lines": [alone, {**line("Splink 0.95", 0.9), "data": "theirs"}]}))
    assert list(aims.table(aims.read([both])))[1:] == ["| d | 0.9000 | 0.9900 | – | – | – | – | – | – |"]


def test_febrls_street_is_one_address_and_its_number_an_identity() -> None:
    row = {"street_number": "5", "address_1": "high st", "address_2": "", "soc_sec_id": "123", "first_name": "a"}
    named = ours._named(row)
    assert (named["address"], named["national_id"]) == ("5 high st", "123")
    assert ours._named({"first_name": "a"}) == {"first_name": "a"}
