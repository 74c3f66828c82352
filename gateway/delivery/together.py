"""Deliveries that wait for others and go out as one message, such as a daily mail. Each row stays a duty of its own:
claimed, frozen and recorded by itself, with the one answer that all of them got.

A crash between sending and recording sends the message again, as it does one of a single delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.delivery.attempting import Lane, Tried, ask
from gateway.delivery.outgoing import Outgoing
from gateway.parts import Parts
from gateway.records import Delivery


def until(lane: Lane, delivery: Delivery) -> datetime | None:
    """When this one's turn is; None: the destination takes each by itself, or cannot be opened."""
    if lane.kind.waits is None or lane.settings is None:
        return None
    return lane.kind.waits(lane.settings, delivery.created_at or delivery.due_at, lane.site.timezone)


def several(lane: Lane, now: datetime) -> bool:
    """Does this destination take what is due in one message?"""
    if lane.kind.waits is None or lane.settings is None:
        return False
    return lane.kind.waits(lane.settings, now, lane.site.timezone) is not None


def attempt_all(lane: Lane, outgoings: Sequence[Outgoing], parts: Parts) -> Tried:
    """One try for all of them, outside any transaction."""
    send_all = lane.kind.send_all
    assert send_all is not None
    return ask(lane, parts, outgoings[0].at, lambda ways: send_all(outgoings, lane.settings, ways))
