"""Trials: other rules, another policy, a segment, held against what is there while somebody waits for the page.

They cost seconds of processor time, so each person and each site has so much of it a minute. Who has used it up is told
when to come again; the rest of the page works as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Response, g
from flask_limiter.errors import RateLimitExceeded

from gateway.web import limits
from gateway.web.console.access import seat
from gateway.web.limits import limiter

T = TypeVar("T")

# Thousandths of a second of processor time. A trial takes three seconds at most, most a tenth of one.
PERSON = "12000/minute"
SITE = "24000/minute"
AT_ONCE = "6/5 seconds"  # of one person: whoever opens many pages together has spent nothing yet


@dataclass(frozen=True)
class Later:
    """Too much was tried lately."""

    seconds: int  # until there is time again


def tried(trial: Callable[[], T]) -> T | Later:
    """What the trial says, if there is time for one."""
    try:
        _begin()
    except RateLimitExceeded:
        return Later(limits.retry_after())
    began = time.thread_time()
    try:
        return trial()
    finally:
        g.tried = _spent() + int(1000 * (time.thread_time() - began))


def _spent() -> int:
    """By this request so far, in thousandths of a second."""
    return int(g.get("tried", 0))


def _any_spent(_response: Response) -> bool:
    return "tried" in g


def _cost() -> int:
    return max(_spent(), 1)


def _person() -> str:
    return seat().user.id


def _site() -> str:
    return seat().site.id


@limiter.shared_limit(AT_ONCE, scope="trials at once", key_func=_person)
@limiter.shared_limit(PERSON, scope="trials", key_func=_person, cost=_cost, deduct_when=_any_spent)
@limiter.shared_limit(SITE, scope="trials", key_func=_site, cost=_cost, deduct_when=_any_spent)
def _begin() -> None:
    """Raises RateLimitExceeded. What was spent is deducted once the answer is made."""
