"""Destinations: the configured places for leads. Settings are sealed; only who asks with the key reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, delete, or_, select, update

from gateway.delivery import pacing
from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import SettingsError
from gateway.ids import new_id
from gateway.records import Destination
from gateway.routing.presets import Role
from gateway.secrets import SealError, seal, unseal
from gateway.store import crm_records, routes
from gateway.store import deliveries as ledger_rows
from gateway.store.db import lock_names
from gateway.store.tables import deliveries, destinations, inbound_keys

_BY_ID = select(destinations).where(destinations.c.id == bindparam("this"))
OVERLAP = timedelta(hours=24)  # how long an old signing secret counts beside the new one
REMOVED = "removed"  # the reason of a disabled one that nobody sees any more; its deliveries remain as history


@dataclass(frozen=True)
class NewDestination:
    site_id: str
    kind: str
    name: str
    settings: Mapping[str, str] = field(repr=False)  # as entered; the kind checks them and makes its secret
    sends: Literal["all", "rules"] = "rules"
    purpose: str | None = None  # the consent it needs (rule 27)
    role: Role | None = None  # ready-made rules for it; a site's first one gets those of sales


def add(conn: Connection, secret_key: str, new: NewDestination, now: datetime) -> Destination:
    """A new destination with its settings readable, the made secret among them. A site's first one brings the
    shipped routes. Raises SettingsError."""
    kind = DESTINATIONS.get(new.kind)
    if kind is None:
        raise SettingsError("kind", "unknown_kind")
    settings = kind.read(new.settings)
    first = not of_site(conn, new.site_id)
    destination_id = new_id("dst", now)
    conn.execute(
        destinations.insert().values(
            id=destination_id,
            site_id=new.site_id,
            kind=new.kind,
            name=new.name,
            settings=seal(secret_key, settings),
            sends=new.sends,
            purpose=new.purpose,
            status="active",
            refusals=0,
            created_at=now,
        )
    )
    if role := new.role or ("sales" if first else None):
        routes.ship(conn, new.site_id, destination_id, role, now=now)
    added = get(conn, new.site_id, destination_id, secret_key)
    assert added is not None
    return added


def of_site(conn: Connection, site_id: str, secret_key: str | None = None) -> list[Destination]:
    """The site's destinations, oldest first. Settings are empty unless the key is handed in; under another key they
    are empty too, and the destination is `unreadable`."""
    query = select(destinations).where(destinations.c.site_id == site_id, there())
    rows = conn.execute(query.order_by(destinations.c.created_at, destinations.c.id))
    return [_destination(row, secret_key) for row in rows]


def get(conn: Connection, site_id: str, destination_id: str, secret_key: str | None = None) -> Destination | None:
    """One destination; settings as in `of_site`. A removed one is not found."""
    mine = (destinations.c.id == destination_id) & (destinations.c.site_id == site_id) & there()
    row = conn.execute(select(destinations).where(mine)).first()
    return _destination(row, secret_key) if row else None


def names(conn: Connection, destination_ids: Collection[str]) -> dict[str, str]:
    """Id → name, of removed ones too."""
    query = select(destinations.c.id, destinations.c.name).where(destinations.c.id.in_(destination_ids))
    return {row.id: row.name for row in conn.execute(query)}


def opened(conn: Connection, destination_id: str, secret_key: str) -> Destination:
    """One destination of whatever site, opened: for who claims its deliveries. Raises LookupError."""
    row = conn.execute(_BY_ID, {"this": destination_id}).first()
    if row is None:
        raise LookupError(f"no destination {destination_id}")
    return _destination(row, secret_key)


def change(conn: Connection, site_id: str, destination_id: str, columns: Mapping[str, Any]) -> None:
    """Set name, sends, purpose or pace."""
    mine = (destinations.c.id == destination_id) & (destinations.c.site_id == site_id) & there()
    conn.execute(update(destinations).where(mine).values(**columns))


def change_settings(
    conn: Connection, secret_key: str, destination: Destination, given: Mapping[str, str]
) -> Destination:
    """Put entered settings over the present ones (`destination` opened with the key). One that is unreadable gets a
    new secret. Raises SettingsError."""
    kind = DESTINATIONS[destination.kind]
    settings = kind.read(given, destination.settings)
    change(conn, destination.site_id, destination.id, {"settings": seal(secret_key, settings)})
    changed = get(conn, destination.site_id, destination.id, secret_key)
    assert changed is not None
    return changed


def rotate(conn: Connection, secret_key: str, destination: Destination, until: datetime) -> Destination:
    """A new signing secret beside the present one, which signs as well until then (`destination` opened with the
    key). Raises SettingsError: this kind signs nothing."""
    kind = DESTINATIONS[destination.kind]
    if kind.rotate is None:
        raise SettingsError("kind", "no_rotation")
    rotated = kind.rotate(kind.opened(destination.settings), until)
    settings = {**destination.settings, **asdict(rotated)}
    change(conn, destination.site_id, destination.id, {"settings": seal(secret_key, settings)})
    changed = get(conn, destination.site_id, destination.id, secret_key)
    assert changed is not None
    return changed


@dataclass(frozen=True)
class Stopped:
    """A destination that stopped by itself, when and why (a reason code)."""

    id: str
    site_id: str
    name: str
    reason: str
    at: datetime


def stopped_by_themselves(conn: Connection) -> list[Stopped]:
    """Those that were paused or disabled by their own answers, over all sites; removed ones left out."""
    query = select(destinations).where(
        destinations.c.paused_at.is_not(None), destinations.c.status != "active", there()
    )
    return [Stopped(row.id, row.site_id, row.name, row.paused_reason, row.paused_at) for row in conn.execute(query)]


# --- active, paused, disabled ---------------------------------------------------------------------------------------


def pause(conn: Connection, site_id: str, destination_id: str, reason: str = "by_hand") -> None:
    """Send nothing for now; what is due waits."""
    change(conn, site_id, destination_id, {"status": "paused", "paused_reason": reason, "paused_at": None})


def resume(conn: Connection, site_id: str, destination_id: str, now: datetime) -> None:
    """Send again, and what waited at once, its schedule begun anew: whoever resumes has mended what was wrong. Where
    neither staff nor the kind limit the pace, hundreds that waited take turns, as resent ones do. What is under way
    stays as it is.

    Whoever has written to the destination's row before it calls this holds `lane:<id>` since before then: senders
    lock that name first and the row second."""
    lock_names(conn, f"lane:{destination_id}")  # nobody claims of it meanwhile: both touch the same rows
    mended = {"refusals": 0, "failures": 0, "failing_since": None, "rests_until": None}
    change(conn, site_id, destination_id, {"status": "active", "paused_reason": None, "paused_at": None, **mended})
    waiting = (deliveries.c.destination_id == destination_id) & ledger_rows.idle(deliveries, now)
    asked = case((deliveries.c.not_before > now, deliveries.c.not_before), else_=now)  # office hours stay
    conn.execute(update(deliveries).where(waiting, deliveries.c.due_at > now).values(due_at=asked))
    conn.execute(update(deliveries).where(waiting, deliveries.c.tries > 0).values(tries=0))
    row = conn.execute(_BY_ID, {"this": destination_id}).one()
    kind = DESTINATIONS[row.kind]
    if kind.waits is None and pacing.pace_of(kind.pace, row.per_second) is None:  # mails that wait go together
        ledger_rows.take_turns(conn, destination_id, now, at_once=pacing.RESUMED_AT_ONCE, apart=pacing.resumed_apart)


def disable(conn: Connection, site_id: str, destination_id: str, *, reason: str, now: datetime) -> None:
    """Send nothing any more; what is due is parked with the reason, and can be resent after `resume`."""
    change(conn, site_id, destination_id, {"status": "disabled", "paused_reason": reason, "paused_at": now})
    waiting = (deliveries.c.destination_id == destination_id) & (deliveries.c.status == "due")
    parked = {"status": "parked", "reason": "destination_disabled", "finished_at": now, "claim": None}
    conn.execute(update(deliveries).where(waiting).values(**parked, claimed_until=None))


def remove(conn: Connection, site_id: str, destination_id: str, now: datetime) -> None:
    """Take it away with its routes and secrets; its deliveries remain as history."""
    routes.forget_destination(conn, site_id, destination_id)
    disable(conn, site_id, destination_id, reason=REMOVED, now=now)
    crm_records.forget_destination(conn, destination_id)
    conn.execute(delete(inbound_keys).where(inbound_keys.c.destination_id == destination_id))
    conn.execute(update(destinations).where(destinations.c.id == destination_id).values(settings=""))


# --- rows -----------------------------------------------------------------------------------------------------------


def there() -> ColumnElement[bool]:
    """Not removed: of all rows, those that people still see."""
    return or_(destinations.c.paused_reason.is_(None), destinations.c.paused_reason != REMOVED)


def _opened(sealed: str, secret_key: str | None) -> dict[str, Any] | None:
    """None: sealed under another key."""
    try:
        return unseal(secret_key, sealed) if secret_key else {}
    except SealError:
        return None


def _destination(row: Row[Any], secret_key: str | None) -> Destination:
    settings = _opened(row.settings, secret_key)
    return Destination(
        id=row.id,
        site_id=row.site_id,
        kind=row.kind,
        name=row.name,
        settings=settings or {},
        sends=row.sends,
        purpose=row.purpose,
        status=row.status,
        paused_reason=row.paused_reason,
        failing_since=row.failing_since,
        failures=row.failures,
        rests_until=row.rests_until,
        paced_until=row.paced_until,
        per_second=row.per_second,
        unreadable=settings is None,
    )
