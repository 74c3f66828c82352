"""Deliveries that wait for others and go out as one message, such as a daily mail. Each row stays a duty of its own:
claimed, frozen and recorded by itself, with the one answer that all of them got.

A crash between sending and recording sends the message again, as it does one of a single delivery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from gateway.delivery import sending
from gateway.records import Delivery
from gateway.store import deliveries

if TYPE_CHECKING:
    from gateway.delivery.outgoing import Outgoing
    from gateway.delivery.sending import Lane, Round, Tried
    from gateway.parts import Parts

log = structlog.get_logger()


def until(lane: Lane, delivery: Delivery) -> datetime | None:
    """When this one's turn is; None: the destination takes each by itself, or cannot be opened."""
    if lane.kind.waits is None or lane.settings is None:
        return None
    return lane.kind.waits(lane.settings, delivery.created_at or delivery.due_at, lane.site.timezone)


def attempt_all(lane: Lane, outgoings: Sequence[Outgoing], parts: Parts) -> Tried:
    """One try for all of them, outside any transaction."""
    send_all = lane.kind.send_all
    assert send_all is not None
    return sending.ask(lane, parts, outgoings[0].at, lambda ways: send_all(outgoings, lane.settings, ways))


def turns(lane: Lane, claimed: Sequence[Delivery]) -> Mapping[str, datetime]:
    """When the turn of each is; empty where the destination takes each by itself, or cannot be opened."""
    return {one.id: at for one in claimed if (at := until(lane, one)) is not None}


def send(round_: Round, claimed: Sequence[Delivery], at: Mapping[str, datetime]) -> None:
    """Put back those whose turn comes later, with no try counted; send the others as one message. Where a bug of ours
    keeps them from going together, each goes by itself, so that none is held up by its neighbour."""
    now = round_.parts.clock()
    early = [one for one in claimed if at[one.id] > now]
    with round_.parts.db.write() as conn:
        for one in early:
            deliveries.put_back(conn, one, round_.owner, due_at=at[one.id], tries=one.tries)
    due = [one for one in claimed if at[one.id] <= now]
    ready: list[Delivery] = []
    try:
        ready += (frozen for one in due if (frozen := round_.frozen(one)))
        if ready:
            tried = attempt_all(round_.lane, [round_.outgoing(one) for one in ready], round_.parts)
    except Exception as bug:
        log.exception("digest_fault", destination=round_.lane.destination.id, error=type(bug).__name__)
        frozen_ones = {one.id: one for one in ready}
        for one in due:
            round_.one(frozen_ones.get(one.id, one))
        return
    for one in ready:
        round_.record(one, tried)
