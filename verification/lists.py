"""Disposable domains: two packaged lists read as data, less what they wrongly hold, under a site's own lists.

A name counts with all that stands below it. The most trusted list that speaks wins: the site's own lists, then the
shipped allow list, then the packages. Loaded once a process, when first asked: 62,000 names, about 0.1 s and 10 MB.
No DNS here: mail hosts come in as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from verification.addresses import parents
from verification.data_files import entries

LEAST_ENTRIES = 1000  # fewer means that the package's file has changed its shape: better to stop than to let all pass


class ListError(Exception):
    """A packaged list could not be read."""


@dataclass(frozen=True)
class PackagedList:
    """A list that comes as a Python package; its file is read, never imported or run."""

    package: str  # as PyPI names it
    file: str
    entry: re.Pattern[str]

    def read(self) -> frozenset[str]:
        text = Path(str(distribution(self.package).locate_file(self.file))).read_text(encoding="utf-8")
        found = frozenset(self.entry.findall(text))
        if len(found) < LEAST_ENTRIES:
            raise ListError(f"{self.package}: {len(found)} entries in {self.file}, at least {LEAST_ENTRIES} expected")
        return found

    def source(self) -> str:
        return f"{self.package} {distribution(self.package).version}"


_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]*[a-z0-9]"
# Each entry of it was looked at by a person, so its names count as mail hosts too.
REVIEWED = PackagedList(
    "disposable-email-domains", "disposable_email_domains/__init__.py", re.compile(rf"^ +'({_NAME})',$", re.M)
)
GATHERED = PackagedList("mailchecker", "MailChecker.py", re.compile(rf'"({_NAME})"'))


@dataclass(frozen=True)
class _Loaded:
    """The packages' names in force, each with its source."""

    reviewed: frozenset[str]
    gathered: frozenset[str]
    reviewed_source: str
    gathered_source: str

    def source_of(self, name: str) -> str | None:
        if name in self.reviewed:
            return self.reviewed_source
        return self.gathered_source if name in self.gathered else None


def disposable_source(
    domain: str, mail_hosts: Iterable[str] = (), *, allow: Collection[str] = (), deny: Collection[str] = ()
) -> str | None:
    """Which list calls this domain or one of its mail hosts disposable, with its version; None if none does.

    `domain` in ASCII and lower case; `mail_hosts` as DNS gave them; `allow` and `deny` are the site's own lists.
    """
    names = parents(domain)
    for name in names:  # the nearest name decides where both of a site's lists speak
        if name in deny:
            return "site deny list"
        if name in allow:
            return None
    if _allowed(domain):
        return None
    lists = _load()
    listed = next((source for name in names if (source := lists.source_of(name))), None)
    return listed or next((source for host in mail_hosts if (source := _host_source(host, lists))), None)


def version() -> str:
    """The lists in force, for the verdict's trail."""
    lists = _load()
    return f"{lists.reviewed_source}, {lists.gathered_source}"


def installed_at() -> datetime:
    """When the reviewed list came onto this machine; its content is at least as old."""
    file = Path(str(distribution(REVIEWED.package).locate_file(REVIEWED.file)))
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _allowed(domain: str) -> bool:
    """On the shipped allow list or a known provider's; the top level too: `edu` is on it."""
    names = [*parents(domain), domain.rpartition(".")[2]]
    return any(name in entries("allow.txt") or name in entries("free_mail.txt") for name in names)


def _host_source(host: str, lists: _Loaded) -> str | None:
    host = host.rstrip(".").lower()
    if _allowed(host):
        return None
    for name in parents(host):
        if name in entries("disposable_mx.txt"):
            return f"disposable_mx.txt (mail host {name})"
        if name in lists.reviewed:
            return f"{lists.reviewed_source} (mail host {name})"
    return None


@cache
def _load() -> _Loaded:
    reviewed = REVIEWED.read() - entries("suffixes.txt")
    gathered = GATHERED.read() - entries("suffixes.txt") - reviewed
    return _Loaded(reviewed, gathered, REVIEWED.source(), GATHERED.source())
