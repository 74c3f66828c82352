"""Under which keys the matcher finds a lead (verification/matching/blocking.py), as numbers. Never by scan: each key
is read up to its cap and no further, so that a value that thousands share costs no more than one that few do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, delete, select, text, update

from gateway.store.conflicts import insert_absent
from gateway.store.tables import lead_keys, sites

_KEYS = select(lead_keys.c.key).where(lead_keys.c.lead_id == bindparam("whose"))
_COUNT = select(sites.c.leads_keyed).where(sites.c.id == bindparam("this"))
_COUNT_ON = (
    update(sites).where(sites.c.id == bindparam("this")).values(leads_keyed=sites.c.leads_keyed + bindparam("step"))
)


def replace(conn: Connection, site_id: str, lead_id: str, numbers: Collection[int]) -> None:
    """Let the lead stand under these keys and no others; under none: nobody finds it any more."""
    before = set(conn.execute(_KEYS, {"whose": lead_id}).scalars())
    wanted = set(numbers)
    if gone := before - wanted:
        mine = (lead_keys.c.site_id == site_id) & (lead_keys.c.lead_id == lead_id) & lead_keys.c.key.in_(gone)
        conn.execute(delete(lead_keys).where(mine))
    rows = [{"site_id": site_id, "key": number, "lead_id": lead_id} for number in sorted(wanted - before)]
    insert_absent(conn, lead_keys, rows)
    if bool(before) != bool(wanted):
        step = 1 if wanted else -1
        conn.execute(_COUNT_ON, {"this": site_id, "step": step})


def count(conn: Connection, site_id: str) -> int:
    """How many leads of the site stand under keys: kept beside the site, so that nobody counts them."""
    found: int = conn.execute(_COUNT, {"this": site_id}).scalar_one()
    return found


def older_than(conn: Connection, version: int) -> list[str]:
    """The sites whose keys were made in another way than this version's."""
    return list(conn.execute(select(sites.c.id).where(sites.c.keys_version != version)).scalars())


def set_version(conn: Connection, site_id: str, version: int) -> None:
    conn.execute(update(sites).where(sites.c.id == site_id).values(keys_version=version))


def sharing(conn: Connection, site_id: str, most: Mapping[int, int]) -> dict[int, list[str]]:
    """Key → the leads under it, for each key of `most`, which says how many are read of it at most."""
    if not most:
        return {}
    params: dict[str, Any] = {"site": site_id}
    for place, (number, limit) in enumerate(most.items()):
        params |= {f"k{place}": number, f"m{place}": limit}
    found: dict[int, list[str]] = {number: [] for number in most}
    for row in conn.execute(_sharing(len(most)), params):
        found[row.key].append(row.lead_id)
    return found


@cache
def _sharing(keys: int) -> TextClause:
    """One statement for so many keys, written once: putting it together anew costs more than running it."""
    one = "SELECT * FROM (SELECT key, lead_id FROM lead_keys WHERE site_id = :site AND key = :k{0} LIMIT :m{0}) AS s{0}"
    return text(" UNION ALL ".join(one.format(place) for place in range(keys)))
