"""When to try again, and what an answer means (rule 30, Standard Webhooks "Deliverability"). Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from gateway.delivery.outgoing import Answer, DeliveryError, Sent
from gateway.http import ConnectError

MINUTE, HOUR = 60, 3600
# Seconds to wait after the first, second … failed try; ten tries over about 75 hours.
DELAYS = (5, 5 * MINUTE, 30 * MINUTE, *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24)))
TRIES = len(DELAYS) + 1
JITTER = 0.1  # of the delay, either way: those that failed together do not come back together
LONGEST_WAIT = 24 * HOUR  # Retry-After is obeyed up to here
FAULT_TRIES = 5  # of our own bugs, then the delivery is parked as `fault` (house, "Errors")

ANSWERS: Mapping[int, Answer] = {
    401: "refuse",
    403: "refuse",
    404: "refuse",
    408: "retry",
    410: "disable",
    425: "retry",
    429: "retry",
}
# Asking the same place again may help (retry), or somebody has to mend the settings (refuse).
UNREACHED: Mapping[str, Answer] = {"bad_url": "refuse", "bad_header": "refuse", "refused_private": "refuse"}


def judge(status: int, overrides: Mapping[int, Answer]) -> Answer:
    """What this HTTP status means; `overrides` are the kind's own.

    A redirect is a wrong address for every lead alike, most often http for https: it pauses, as 404 does.
    """
    special = overrides.get(status) or ANSWERS.get(status)
    if special:
        return special
    by_class: Mapping[int, Answer] = {2: "ok", 3: "refuse", 5: "retry"}
    return by_class.get(status // 100, "park")


def check(sent: Sent, now: datetime, overrides: Mapping[int, Answer]) -> None:
    """Raises DeliveryError unless the answer is a success. What the kind read in it counts before its status."""
    answer = sent.answer or ("ok" if sent.status is None else judge(sent.status, overrides))
    if answer != "ok":
        wait = retry_after(sent.retry_after, now)
        raise DeliveryError(sent.reason or f"http_{sent.status}", answer == "park", wait, answer)


def unreached(error: ConnectError) -> DeliveryError:
    """No answer at all, as a DeliveryError."""
    return DeliveryError(error.code, answer=UNREACHED.get(error.code, "retry"))


def next_try(
    delivery_id: str, tries: int, now: datetime, retry_after: int | None, *, refused: bool = False
) -> datetime | None:
    """When to try again after `tries` failed ones; None when it was the last. Never sooner than was asked for.
    refused: the destination turned us away as a whole, which parks nobody (rule 30), so there is no last one.

    The jitter is read off the id, so that the same delivery gets the same times.
    """
    tries = min(tries, len(DELAYS)) if refused else tries
    if tries >= TRIES:
        return None
    digest = hashlib.sha256(f"{delivery_id}:{tries}".encode()).digest()
    spread = int.from_bytes(digest[:4]) / 2**32 * 2 - 1  # -1 to 1
    delay = DELAYS[tries - 1] * (1 + JITTER * spread)
    return now + timedelta(seconds=max(delay, retry_after or 0))


def retry_after(text: str | None, now: datetime) -> int | None:
    """The seconds that a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date), at most 24 hours; None
    without one, or for nonsense."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0, math.ceil((moment - now).total_seconds())), LONGEST_WAIT)


def reason_key(reason: str) -> tuple[str, dict[str, Any]]:
    """The catalogue's key of a stored reason, with its params: "http_503" → ("delivery.reason.http", status 503),
    "crm_field:age" → ("delivery.reason.crm_field", name "age")."""
    status = reason.removeprefix("http_")
    if status != reason and status.isdigit():
        return "delivery.reason.http", {"status": int(status)}
    code, colon, name = reason.partition(":")
    return f"delivery.reason.{code}", {"name": name} if colon else {}
