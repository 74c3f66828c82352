"""Rows of one site by one more column, so that SQLite goes by both. It has no statistics: for `site_id = … AND
visitor_id IN …` it may as well take another index that begins with the site and read all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Select, func, tuple_


def at_site(column: Column[str], site_id: str, values: Iterable[str]) -> ColumnElement[bool]:
    """That the row is of this site and its `column` one of these."""
    return among(column, [(site_id, value) for value in values])


def within(column: Column[str]) -> ColumnElement[str]:
    """A site's column where rows are found by their own ids and have to be of the site as well: SQLite would rather go
    by the site, and read all of it."""
    return func.coalesce(column, "")


def among(
    column: Column[str], found: list[tuple[str, str]] | Select[tuple[str, str]] | BindParameter[Any]
) -> ColumnElement[bool]:
    """That the row's site and `column` are one of these pairs; of a statement that is put together once, an expanding
    parameter."""
    return tuple_(column.table.c.site_id, column).in_(found)
