"""What must hold after a long run, for each place: printed line by line."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from standardwebhooks import Webhook

from bench.delivery.faulty import Place
from gateway.store.db import Database
from gateway.store.tables import deliveries

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
STATUSES = ("delivered", "parked", "superseded", "due")
PASSED: list[bool] = []


def check(held: bool, what: str) -> None:
    PASSED.append(held)
    print(f"{'holds' if held else 'FAILS'}  {what}", flush=True)


def judge(db: Database, places: Mapping[str, str], heard: Mapping[str, Place], kills: int) -> None:
    """places: destination ids by name. heard: what each place was sent, for those that there are."""
    with db.read() as conn:
        columns = (deliveries.c.id, deliveries.c.destination_id, deliveries.c.lead_id, deliveries.c.version)
        rows = conn.execute(select(*columns, deliveries.c.status, deliveries.c.reason)).all()
    for name, place_id in places.items():
        mine = [row for row in rows if row.destination_id == place_id]
        last = {row.lead_id: row for row in sorted(mine, key=lambda row: int(row.version))}
        _judge_books(name, mine, last)
        if name in heard:
            _judge_arrivals(name, heard[name], mine, last)
            _judge_repeats(name, heard[name], kills)
            _judge_words(name, heard[name])


def _judge_books(name: str, mine: Sequence[Any], last: Mapping[str, Any]) -> None:
    counts = {status: sum(row.status == status for row in mine) for status in STATUSES}
    unsaid = [row.id for row in mine if row.status == "parked" and not row.reason]
    check(sum(counts.values()) == len(mine) and not unsaid, f"{name}: {len(mine)} owed, {counts}")
    gone = [row.lead_id for row in last.values() if row.status == "superseded"]
    check(not gone, f"{name}: the last version of {len(last)} leads is delivered, parked or due ({len(gone)} are not)")


def _judge_arrivals(name: str, place: Place, mine: Sequence[Any], last: Mapping[str, Any]) -> None:
    delivered = {row.id for row in mine if row.status == "delivered"}
    check(delivered <= place.taken.keys(), f"{name}: what counts as delivered arrived: {len(delivered)}")
    strangers = place.times.keys() - {row.id for row in mine}
    came = {row.id for row in last.values() if row.status == "delivered"} & place.taken.keys()
    due = sum(row.status != "delivered" for row in last.values())
    told = f"{name}: {len(came)} distinct ids for the last versions of {len(last)} leads, {due} of them parked or due"
    check(len(came) + due == len(last) and not strangers, told)


def _judge_repeats(name: str, place: Place, kills: int) -> None:
    repeats = sum(number - 1 for number in place.taken.values())
    check(repeats <= kills + place.broken, f"{name}: {repeats} repeats; {kills} kills, {place.broken} broken answers")
    check(all(len(found) == 1 for found in place.bodies.values()), f"{name}: each id with the same bytes on every try")


def _judge_words(name: str, place: Place) -> None:
    latest: dict[str, int] = defaultdict(int)
    overtaken = 0
    for lead, version in place.order:
        overtaken += version < latest[lead]
        latest[lead] = max(latest[lead], version)
    check(overtaken == 0, f"{name}: {overtaken} versions came after a newer one")
    wrong = sum(not _fits(one) for one in place.signed)
    check(wrong == 0, f"{name}: {len(place.signed)} signatures, {wrong} wrong")


def _fits(one: tuple[str, str, str, bytes]) -> bool:
    """By the reference implementation; its own clock is not the moved one, so the time is taken as it was signed."""
    delivery_id, stamp, signature, body = one
    return Webhook(SECRET).sign(delivery_id, datetime.fromtimestamp(int(stamp), UTC), body.decode()) == signature


def p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]
