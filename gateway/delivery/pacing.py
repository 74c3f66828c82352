"""How fast one destination may be asked: a rate budget, kept as one moment in its row, so that all workers share it.
Pure.

The generic cell rate algorithm (ITU-T I.371), a token bucket that needs no counting: the moment at which the next one
may go. Each one moves it by 1/rate; it lies at most a burst behind now.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from gateway.delivery.outgoing import Pace

RESENT = timedelta(seconds=0.2)  # between parked ones that are sent again, and between those that waited out a failure
RESUMED_AT_ONCE = 10  # of those that waited at a paused destination; the others take turns, as resent ones do
ALL_RESUMED = timedelta(seconds=170)  # by then the last has its turn, however many waited: within three minutes
BREAKS_AFTER = 5  # failures in a row, as Envoy's outlier detection (`consecutive_5xx`)
REST = timedelta(seconds=30)  # times how often it was found failing since, as Envoy's `base_ejection_time`
LONGEST_REST = timedelta(seconds=150)  # so that what is stuck moves within three minutes of the other side's recovery
CROWDED = timedelta(seconds=1)  # after a 429 without Retry-After, doubling: HubSpot blocks for ten of them in a second
LEAST_A_SECOND, MOST_A_SECOND = 0.001, 1000.0  # that staff may set: one in 17 minutes; nobody's limit
PATIENCE = timedelta(days=5)  # of failure alone, then the destination is paused and staff are told


def fits(per_second: float) -> bool:
    """Whether staff may set so many deliveries a second; 0: no limit. What is no number (nan) does not fit."""
    return per_second == 0 or LEAST_A_SECOND <= per_second <= MOST_A_SECOND


def pace_of(kind: Pace | None, per_second: float | None) -> Pace | None:
    """What staff have set (deliveries a second; 0: no limit) over what the kind brings."""
    if per_second is None:
        return kind
    return Pace(per_second, max(1, int(per_second))) if per_second > 0 else None


def resumed_apart(waiting: int) -> timedelta:
    """How far apart those go that waited, where a destination without a budget is resumed."""
    return min(RESENT, ALL_RESUMED / max(1, waiting))


def allowed(pace: Pace | None, paced_until: datetime | None, now: datetime, most: int) -> int:
    """How many may go now, at most `most`."""
    if pace is None:
        return most
    since = (now - max(paced_until, _earliest(pace, now))) if paced_until else (now - _earliest(pace, now))
    return max(0, min(most, pace.burst, math.floor(since / _apart(pace) + 1e-6) + 1))


def taken(pace: Pace | None, paced_until: datetime | None, now: datetime, count: int) -> datetime | None:
    """From when on the next one may go, after so many (fewer than none: given back) went now."""
    if pace is None:
        return None
    begun = max(paced_until, _earliest(pace, now)) if paced_until else _earliest(pace, now)
    return begun + _apart(pace) * count


def rest(failures: int, *, crowded: bool = False, asked: int | None = None) -> timedelta | None:
    """How long nothing is sent after so many failures in a row; none: the next one may be tried at once. crowded: it
    said that it is asked too often (429). asked: seconds, by Retry-After."""
    broken = REST * max(0, failures - BREAKS_AFTER + 1)
    slower = CROWDED * 2 ** min(failures - 1, BREAKS_AFTER) if crowded else timedelta()
    wait = max(timedelta(seconds=asked or 0), min(max(broken, slower), LONGEST_REST))
    return wait or None


def _apart(pace: Pace) -> timedelta:
    return timedelta(seconds=1 / pace.per_second)


def _earliest(pace: Pace, now: datetime) -> datetime:
    return now - _apart(pace) * (pace.burst - 1)
