"""Forms: a draft that changes, versions that never do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, update

from forms.model import Form, FormError, from_toml
from forms.toml import Wrong
from gateway.ids import new_id
from gateway.outside import NAMES as OUTSIDE_NAMES
from gateway.store.tables import form_versions, forms
from verification.checks import CHECKS
from verification.verdict import Policy

CHECK_NAMES = tuple(check.__name__ for check in CHECKS)
# What each list of a form's `[policy]` may name.
POLICY_NAMES: Mapping[str, Collection[str]] = {
    "skip": CHECK_NAMES,
    "fail_closed": CHECK_NAMES,
    "outside": OUTSIDE_NAMES,
}


SENSITIVE_KEPT = 4096  # versions whose sensitive fields are remembered; a version never changes
_SENSITIVE: dict[tuple[str, int], frozenset[str]] = {}
_PUBLISHED = select(forms.c.id, forms.c.published_version).where(
    forms.c.site_id == bindparam("at_site"), forms.c.published_version.is_not(None)
)
_TYPES: dict[tuple[tuple[str, int], ...], Mapping[str, str]] = {}  # by a site's published versions


@dataclass(frozen=True)
class FormRow:
    id: str
    site_id: str
    key: str
    draft: str  # TOML
    published_version: int | None
    updated_at: datetime


@dataclass(frozen=True)
class Published:
    """A form as visitors get it."""

    form_id: str
    site_id: str
    key: str
    version: int
    form: Form


@dataclass(frozen=True)
class VersionRow:
    version: int
    content: str
    published_at: datetime
    published_by: str | None


def published(conn: Connection, key: str) -> Published | None:
    """The published version of the form with this key; none when unknown or never published."""
    latest = and_(form_versions.c.form_id == forms.c.id, form_versions.c.version == forms.c.published_version)
    return _published(conn, key, latest)


def published_version(conn: Connection, key: str, number: int) -> Published | None:
    """An earlier published version, for a ticket that was served with it."""
    earlier = and_(form_versions.c.form_id == forms.c.id, form_versions.c.version == number)
    return _published(conn, key, earlier)


def _published(conn: Connection, key: str, joined: ColumnElement[bool]) -> Published | None:
    columns = (forms.c.id, forms.c.site_id, form_versions.c.version, form_versions.c.content)
    query = select(*columns).join(form_versions, joined).where(forms.c.key == key)
    row = conn.execute(query).first()
    return Published(row.id, row.site_id, key, row.version, _parsed(row.content)) if row else None


def version(conn: Connection, form_id: str, number: int) -> Form:
    """One published version, parsed once a process. Raises LookupError."""
    query = select(form_versions.c.content).where(form_versions.c.form_id == form_id, form_versions.c.version == number)
    content = conn.execute(query).scalar()
    if content is None:
        raise LookupError(f"form {form_id} has no version {number}")
    return _parsed(content)


def sensitive(conn: Connection, form_id: str, number: int) -> frozenset[str]:
    """The names of the fields that this version marks as sensitive; read once a process. Raises LookupError."""
    found = _SENSITIVE.get((form_id, number))
    if found is None:
        found = frozenset(field.name for field in version(conn, form_id, number).fields if field.sensitive)
        if len(_SENSITIVE) >= SENSITIVE_KEPT:
            _SENSITIVE.clear()
        _SENSITIVE[form_id, number] = found
    return found


def of_site(conn: Connection, site_id: str) -> list[FormRow]:
    rows = conn.execute(select(forms).where(forms.c.site_id == site_id).order_by(forms.c.key))
    return [_row(row) for row in rows]


def published_of_site(conn: Connection, site_id: str) -> list[Form]:
    """As visitors see them now, by key."""
    rows = of_site(conn, site_id)
    return [version(conn, row.id, row.published_version) for row in rows if row.published_version]


def types_of_site(conn: Connection, site_id: str) -> Mapping[str, str]:
    """Question → its type on the site's published forms; empty where two of them disagree."""
    rows = conn.execute(_PUBLISHED, {"at_site": site_id})
    places = tuple(sorted((row.id, row.published_version) for row in rows))
    found = _TYPES.get(places)
    if found is None:
        asked = [(one.name, one.type) for place in places for one in version(conn, *place).fields]
        types = dict(asked)
        if len(_TYPES) >= SENSITIVE_KEPT:
            _TYPES.clear()
        _TYPES[places] = found = types | {name: "" for name, kind in asked if types[name] != kind}
    return found


def get(conn: Connection, site_id: str, key: str) -> FormRow | None:
    query = select(forms).where(forms.c.site_id == site_id, forms.c.key == key)
    row = conn.execute(query).first()
    return _row(row) if row else None


def versions(conn: Connection, form_id: str) -> list[VersionRow]:
    """Every published version, the newest first."""
    query = select(form_versions).where(form_versions.c.form_id == form_id)
    rows = conn.execute(query.order_by(form_versions.c.version.desc()))
    return [VersionRow(row.version, row.content, row.published_at, row.published_by) for row in rows]


def save_draft(conn: Connection, site_id: str, toml: str, now: datetime) -> FormRow:
    """Keep a draft; a new key makes a new form. Raises FormError for TOML that is no form or whose policy names a
    check that there is not, and ValueError when the key belongs to another site (rule 35)."""
    form = read(toml)
    existing = conn.execute(select(forms).where(forms.c.key == form.key)).first()
    if existing is None:
        values = {"id": new_id("form", now), "site_id": site_id, "key": form.key, "created_at": now}
        conn.execute(forms.insert().values(draft=toml, updated_at=now, **values))
    elif existing.site_id != site_id:
        raise ValueError(f"the key {form.key!r} is taken in this installation")
    else:
        conn.execute(update(forms).where(forms.c.id == existing.id).values(draft=toml, updated_at=now))
    kept = get(conn, site_id, form.key)
    assert kept is not None
    return kept


def read(toml: str) -> Form:
    """The form that a draft is. Raises FormError, also for a policy that the worker could not judge by: forms know no
    checks, so their names are looked at here."""
    form = from_toml(toml)
    problems = [
        Wrong((("form", form.key), ("policy", ""), ("key", key)), "check_unknown", _unknown(form, key, known))
        for key, known in POLICY_NAMES.items()
        if set(form.policy.get(key, ())) - set(known)
    ]
    if problems:
        raise FormError(problems)
    Policy.from_mapping(form.policy)
    return form


def _unknown(form: Form, key: str, known: Collection[str]) -> dict[str, str]:
    names = sorted(set(form.policy[key]) - set(known))
    return {"names": ", ".join(names), "known": ", ".join(sorted(known))}


def publish(conn: Connection, site_id: str, key: str, now: datetime, *, by: str | None = None) -> int:
    """Make the draft the next version, unless it equals the one in force; returns the version's number.

    Raises LookupError for an unknown form, FormError for a draft that is none.
    """
    row = get(conn, site_id, key)
    if row is None:
        raise LookupError(f"no form {key!r}")
    read(row.draft)
    if row.published_version is not None:
        latest = versions(conn, row.id)[0]
        if latest.content == row.draft and latest.version == row.published_version:
            return row.published_version
    number = max((old.version for old in versions(conn, row.id)), default=0) + 1
    conn.execute(
        form_versions.insert().values(
            form_id=row.id, version=number, content=row.draft, published_at=now, published_by=by
        )
    )
    conn.execute(update(forms).where(forms.c.id == row.id).values(published_version=number, updated_at=now))
    return number


@lru_cache(maxsize=512)
def _parsed(content: str) -> Form:
    return from_toml(content)


def _row(row: Row[Any]) -> FormRow:
    return FormRow(row.id, row.site_id, row.key, row.draft, row.published_version, row.updated_at)
