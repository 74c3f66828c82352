"""Routes: a site's routing as data, in the order of their position."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from gateway.delivery.routing import Route, shipped
from gateway.store.tables import routes


def of_site(conn: Connection, site_id: str) -> list[Route]:
    """By position."""
    query = select(routes).where(routes.c.site_id == site_id).order_by(routes.c.position)
    return [
        Route(
            row.position,
            row.kind,
            row.destination_id,
            tuple(row.cells),
            tuple(row.stages),
            tuple(row.segments or ()),
        )
        for row in conn.execute(query)
    ]


def replace_all(conn: Connection, site_id: str, new: Sequence[Route]) -> None:
    """The site's routing from now on; positions are counted anew from 1, in the order given."""
    conn.execute(delete(routes).where(routes.c.site_id == site_id))
    for position, route in enumerate(new, 1):
        conn.execute(
            routes.insert().values(
                site_id=site_id,
                position=position,
                kind=route.kind,
                cells=list(route.cells),
                stages=list(route.stages),
                segments=list(route.segments),
                destination_id=route.destination_id,
            )
        )


def ship(conn: Connection, site_id: str, destination_id: str) -> None:
    """The shipped routing, leading to this destination; nothing where the site has routes."""
    if not of_site(conn, site_id):
        replace_all(conn, site_id, shipped(destination_id))


def forget_destination(conn: Connection, site_id: str, destination_id: str) -> None:
    """Take its routes away; the others keep their order."""
    replace_all(conn, site_id, [route for route in of_site(conn, site_id) if route.destination_id != destination_id])
