"""Lists that were fetched while running, in versions: the one that its index named last is in force."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from gateway.store.conflicts import insert_if_absent
from gateway.store.tables import list_versions

KEPT = 5  # versions of each list, to look back at what a verdict was judged by
MOST_BYTES = 64 * 1024 * 1024  # of one list's names, unpacked


@dataclass(frozen=True)
class ListVersion:
    """A version without its names. fetched_at: when its index last said that this is the newest."""

    name: str
    version: str
    sha256: str
    source: str
    published_at: datetime
    fetched_at: datetime
    entries: int = 0


def latest(conn: Connection) -> dict[str, ListVersion]:
    """The version in force of each list, by the list's name."""
    columns = [column for column in list_versions.c if column.name != "content"]
    query = select(*columns).order_by(list_versions.c.fetched_at, list_versions.c.published_at)
    return {row["name"]: ListVersion(**row) for row in conn.execute(query).mappings()}  # the last of a name stays


def names(conn: Connection, name: str, version: str) -> frozenset[str]:
    """The names that this version holds; none where it was dropped meanwhile."""
    query = select(list_versions.c.content).where(list_versions.c.name == name, list_versions.c.version == version)
    packed = conn.execute(query).scalar()
    return frozenset(zlib.decompressobj().decompress(packed, MOST_BYTES).decode().split()) if packed else frozenset()


def keep(conn: Connection, new: ListVersion, found: Collection[str]) -> None:
    """Put a version in force; all but the last five of its list go. One that is there is only confirmed."""
    same = (list_versions.c.name == new.name) & (list_versions.c.version == new.version)
    known = conn.execute(update(list_versions).where(same).values(fetched_at=new.fetched_at)).rowcount
    if not known:
        content = zlib.compress("\n".join(sorted(found)).encode(), 6)
        values = {**vars(new), "entries": len(found), "content": content}
        insert_if_absent(conn, list_versions, values)  # another process may fetch the same one
    _drop_old(conn, new.name)


def _drop_old(conn: Connection, name: str) -> None:
    query = select(list_versions.c.version).where(list_versions.c.name == name)
    kept = query.order_by(list_versions.c.fetched_at.desc(), list_versions.c.version.desc()).limit(KEPT)
    versions = conn.execute(kept).scalars().all()
    conn.execute(delete(list_versions).where(list_versions.c.name == name, list_versions.c.version.not_in(versions)))
