"""A visitor's id is replaced at merge (rule 8): what becomes known of a person then is not for whoever knows the id of
before. The browser that comes first with the old id gets the new one; the old one shows nothing from then on, however
often the person is merged again: then the new one is replaced in its turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.store import visitors
from gateway.web import visitor_ids
from gateway.web.serving import Served, parts

HANDED_FOR = timedelta(minutes=30)  # a visit: its other tabs, and a reply that was lost, get the same new id


@dataclass(frozen=True)
class Came:
    """Who asks for a form. named: the id that they brought; merge: one for which it has to be replaced."""

    served: Served
    named: str | None
    merge: str | None = None


def came(conn: Connection, served: Served, named: str | None) -> Came:
    return Came(served, named, visitors.merged_since(conn, served.site.id, named))


def visitor_of(asks: Came, now: datetime, *, remember: bool = True) -> str | None:
    """The id by which they go on: their own, a new one, or none for who brings one that was replaced a while ago: they
    are asked as strangers are, and get no other id, which would part them from what they said. So is who may not be
    remembered (remember), and so gets no new one."""
    if asks.named is None or asks.merge is None:
        return asks.named
    if not remember:
        return None
    site = asks.served.site
    fresh = visitor_ids.at_merge(parts().config.secret_key, site.key, asks.named)
    with parts().db.write() as conn:
        since = visitors.succeed(conn, visitors.Seen(site.id, fresh, now, previous=asks.named))
    return fresh if now - since < HANDED_FOR else None
