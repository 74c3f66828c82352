"""Cursors of lists: where the last page ended, as text that a link carries. A page later stays a page later
while rows come and go, which an offset does not."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, or_

MAX_LENGTH = 400  # characters; ours are a time and an id


Found = tuple[Sequence[Row[Any]], str | None]


class CursorError(ValueError):
    """The text is no cursor of this list."""


def encode(values: Sequence[Any]) -> str:
    """The sort values of the last row shown, times as ISO text."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(text: str, kinds: Sequence[type]) -> list[Any]:
    """The values again, each of its kind (str, int, datetime). Raises CursorError for anything else."""
    if len(text) > MAX_LENGTH:
        raise CursorError("longer than any cursor")
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(found, list) or len(found) != len(kinds):
            raise CursorError(text)
        return [_typed(value, kind) for value, kind in zip(found, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError) as error:
        raise CursorError("not a cursor of this list") from error


@dataclass(frozen=True)
class Order:
    """By what a list is sorted, downwards, and by which id where that is equal; both are columns of its query. kind:
    float, int, str or datetime."""

    sort: Column[Any]
    kind: type
    key: Column[Any]


def page(conn: Connection, query: Select[Any], order: Order, *, cursor: str, limit: int) -> Found:
    """The rows of one page, and the cursor of the next; None at the end. Raises CursorError."""
    sort, key = order.sort, order.key
    if cursor:
        query = after(query, sort, key, decode(cursor, (order.kind, str)))
    rows = conn.execute(query.order_by(sort.desc(), key.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    last = [getattr(shown[-1], column.name) for column in (sort, key)] if len(rows) > limit else None
    return shown, encode(last) if last else None


def after(query: Select[Any], sort: Column[Any], key: Column[Any], place: Sequence[Any]) -> Select[Any]:
    """The rows behind this place, where both columns sort downwards."""
    value, last = place
    behind: ColumnElement[bool] = or_(sort < value, and_(sort == value, key < last))
    return query.where(behind)


def _typed(value: Any, kind: type) -> Any:
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at.astimezone(UTC)
    if type(value) is not kind:
        raise ValueError(f"not {kind.__name__}")
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        raise ValueError("no id")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("too large")
    return value
