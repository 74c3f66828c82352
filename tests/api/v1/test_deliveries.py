"""Deliveries as other systems see them: one with its attempts, and parked ones owed again by a filter."""

from __future__ import annotations

import pytest

from gateway.store.tables import attempts, deliveries
from tests.support.api_side import SARA, Caller, Installation


@pytest.fixture
def parked(installation: Installation, api: Caller) -> list[str]:
    """Three parked ones, for one lead each."""
    installation.destination()
    for number in range(3):
        installation.lead(api, {**SARA, "email": f"p{number}@example.ir"})
    with installation.parts.db.write() as conn:
        conn.execute(deliveries.update().values(status="parked", reason="http_422", tries=1))
    return [line["id"] for line in api.get("/deliveries", status="parked")["deliveries"]]


def due(api: Caller) -> list[str]:
    return sorted(line["id"] for line in api.get("/deliveries", status="due")["deliveries"])


def test_one_tells_its_attempts(installation: Installation, api: Caller, parked: list[str]) -> None:
    with installation.parts.db.write() as conn:
        row = {"delivery_id": parked[0], "at": installation.parts.clock(), "ms": 12.4, "http_status": 422}
        conn.execute(attempts.insert().values(**row, error="http_422", reply='{"error": "email"}'))
    told = api.get(f"/deliveries/{parked[0]}")
    [attempt] = told["attempts"]
    assert (told["status"], attempt["ms"], attempt["http_status"], attempt["error"]) == ("parked", 12, 422, "http_422")
    assert attempt["reply"] == '{"error": "email"}'


def test_the_named_ones_are_owed_again_with_their_ids(api: Caller, parked: list[str]) -> None:
    answer = api.post("/deliveries/resend", {"ids": [parked[0], "dlv_foreign"]})
    assert (answer.status_code, answer.json) == (200, {"resent": 1})
    assert due(api) == [parked[0]]


@pytest.mark.parametrize(
    "body, resent",
    [({}, 3), ({"reason": "http_422"}, 3), ({"reason": "http_400"}, 0), ({"q": "p1@example.ir"}, 1),
     ({"destination": "dst_foreign"}, 0), ({"until": "2020-01-01T00:00:00Z"}, 0), ({"ids": []}, 0)],
)  # fmt: skip
def test_all_of_a_filter_are_owed_again(api: Caller, parked: list[str], body: dict[str, object], resent: int) -> None:
    assert api.post("/deliveries/resend", body).json == {"resent": resent}
    assert len(due(api)) == resent


@pytest.mark.parametrize(
    "body", [{"status": "due"}, {"ids": "dlv_1"}, {"ids": [1]}, {"reason": 5}, {"since": "yesterday"}]
)
def test_what_cannot_be_read_sends_nothing(api: Caller, parked: list[str], body: dict[str, object]) -> None:
    assert api.post("/deliveries/resend", body).status_code == 400
    assert due(api) == []


def test_the_list_is_narrowed_by_lead_reason_and_time(api: Caller, parked: list[str]) -> None:
    [line] = api.get("/deliveries", q="p2@example.ir")["deliveries"]
    assert api.get("/deliveries", lead=line["lead"])["deliveries"] == [line]
    assert api.get("/deliveries", reason="http_400")["deliveries"] == []
    assert len(api.get("/deliveries", since="2020-01-01T00:00:00Z")["deliveries"]) == 3
