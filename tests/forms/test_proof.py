"""Challenges and their solutions: what passes, what is forged, what grew old, and how much work a crowd means."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from forms import proof
from tests.support.proofs import fresh, solved

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET, HOME = "for tests only", "shop/guide"


def challenge(**changes):
    return {**proof.issue(SECRET, HOME, NOW, maxnumber=20), **changes}


def packed(**found) -> str:
    return base64.b64encode(json.dumps(found).encode()).decode()


def changed(text: str, **changes) -> str:
    return packed(**{**json.loads(base64.b64decode(text)), **changes})


def state(text: str, *, home: str = HOME, secret: str = SECRET, later: timedelta = timedelta()) -> str:
    return proof.read(secret, home, text, NOW + later).state


def test_r21_a_solution_counts_for_ten_minutes_and_for_its_form_alone():
    text = fresh(SECRET, HOME, NOW)
    assert state(text) == "solved"
    assert state(text, later=timedelta(minutes=9, seconds=59)) == "solved"
    assert state(text, later=timedelta(minutes=10)) == "expired"
    assert state(text, home="shop/contact") == "wrong"
    assert state(text, home="other/guide") == "wrong"
    assert state(text, secret="another") == "wrong"


def test_a_solved_one_is_known_by_its_salt_and_others_by_nothing():
    found = proof.read(SECRET, HOME, solved(made := challenge()), NOW)
    assert found == proof.Solution("solved", made["salt"])
    assert len(made["salt"]) <= 40  # the column
    assert proof.read(SECRET, HOME, "slow", NOW) == proof.Solution("slow")


@pytest.mark.parametrize("text", ["x", "{}", "W10=", "e30=", "é", "\ud800", "A" * 700, packed(salt=[], number="1")])
def test_what_is_no_solution_is_wrong_and_raises_nothing(text):
    assert state(text) == "wrong"


def test_nothing_is_missing_and_giving_up_is_slow():
    assert (state(""), state("slow")) == ("missing", "slow")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 21}, {"number": True}, {"number": "7"}, {"number": 7.0}, {"number": -1}, {"number": 10**300},
        {"signature": "0" * 64}, {"signature": "é"}, {"signature": None},
        {"salt": "0" * 20 + "?expires=9999999999&"}, {"salt": "short"},
        {"salt": "\ud800" * 20 + "?expires=9999999999&"},
    ],
)  # fmt: skip
def test_a_changed_solution_is_wrong(changes):
    assert state(changed(fresh(SECRET, HOME, NOW), **changes)) == "wrong"


def test_digits_cannot_move_from_the_number_into_the_expiry():
    """Salt and number are hashed as one text, so the salt must say where it ends."""
    made = proof.issue(SECRET, HOME, NOW, maxnumber=20_000)
    number = json.loads(base64.b64decode(solved(made)))["number"]
    moved = made["salt"].removesuffix("&") + str(number)[0] + "&"
    assert state(packed(salt=moved, number=int(str(number)[1:] or 0), signature=made["signature"])) == "wrong"
    assert state(packed(salt=made["salt"] + str(number)[0], number=1, signature=made["signature"])) == "wrong"


def test_the_protocol_is_altchas():
    made = challenge()
    number = json.loads(base64.b64decode(solved(made)))["number"]
    assert made["algorithm"] == "SHA-256"
    assert hashlib.sha256(f"{made['salt']}{number}".encode()).hexdigest() == made["challenge"]
    assert 10 < number <= 20  # the effort is much the same for everybody


@pytest.mark.parametrize(
    "submitted, unused, expected",
    [(0, 0, proof.BASE), (19, 0, proof.BASE), (20, 0, 50_000), (0, 199, proof.BASE), (0, 200, 50_000),
     (100, 0, 60_000), (10**6, 10**6, proof.HARDEST)],
)  # fmt: skip
def test_r19_a_crowd_works_harder_and_never_much(submitted, unused, expected):
    assert proof.effort(submitted, unused) == expected


def test_reading_costs_a_fifth_of_a_millisecond_at_most():
    text = fresh(SECRET, HOME, NOW)
    started = time.process_time()
    for _ in range(200):
        state(text)
    assert (time.process_time() - started) / 200 < 0.0002
