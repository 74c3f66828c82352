"""Disposable domains: two lists read as data, less what they wrongly hold, under a site's own lists.

A name counts with all that stands below it. The most trusted list that speaks wins: the site's own lists, then the
shipped allow list, then the two. They come as packages; a newer version that was fetched at run time is put in force
with `use` (gateway/renewing.py). Read once a process and version: 62,000 names, about 0.1 s and 10 MB.
No DNS here: mail hosts come in as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

from verification.addresses import parents
from verification.data_files import entries

LEAST_ENTRIES = 1000  # fewer means that the package's file has changed its shape: better to stop than to let all pass
# Names under which a whole nation registers, as some lists hold them by mistake: com.ar, co.uk, ac.ir.
NATIONAL = re.compile(r"(?:com|co|net|org|edu|ac|gov|gouv|go|mil|or|ne|sch|nom)\.[a-z]{2}")
# When the versions that the lock files name were published (PyPI's upload times); others: when they were installed.
PUBLISHED = {
    "disposable-email-domains 0.0.293": datetime(2026, 11, 9, 13, 3, tzinfo=UTC),
    "mailchecker 6.0.21": datetime(2026, 7, 19, 7, 40, tzinfo=UTC),
}


class ListError(Exception):
    """A list could not be read."""


@dataclass(frozen=True)
class NamedList:
    """The names of one version of one list. published: when its version came out, as far as known."""

    package: str
    version: str
    published: datetime
    names: frozenset[str]

    @property
    def source(self) -> str:
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class PackagedList:
    """A list that comes as a Python package; its file is read, never imported or run."""

    package: str  # as PyPI names it
    file: str  # within the package
    entry: re.Pattern[str]

    def parse(self, text: str) -> frozenset[str]:
        """The names in the package's file. Raises ListError where there are too few to be the list."""
        found = frozenset(self.entry.findall(text))
        if len(found) < LEAST_ENTRIES:
            raise ListError(f"{self.package}: {len(found)} entries in {self.file}, at least {LEAST_ENTRIES} expected")
        return found

    def read(self) -> frozenset[str]:
        return self.parse(self._path().read_text(encoding="utf-8"))

    def installed(self) -> NamedList:
        """The version that came with the installation."""
        return NamedList(self.package, self.installed_version(), self.installed_published(), self.read())

    def installed_version(self) -> str:
        return distribution(self.package).version

    def installed_published(self) -> datetime:
        put_there = datetime.fromtimestamp(self._path().stat().st_mtime, UTC)
        return PUBLISHED.get(f"{self.package} {self.installed_version()}", put_there)

    def _path(self) -> Path:
        return Path(str(distribution(self.package).locate_file(self.file)))


_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]*[a-z0-9]"
# Each entry of it was looked at by a person, so its names count as mail hosts too.
REVIEWED = PackagedList(
    "disposable-email-domains", "disposable_email_domains/__init__.py", re.compile(rf"^ +'({_NAME})',$", re.M)
)
GATHERED = PackagedList("mailchecker", "MailChecker.py", re.compile(rf'"({_NAME})"'))


@dataclass(frozen=True)
class InForce:
    """The two lists that judge now."""

    reviewed: NamedList
    gathered: NamedList

    def source_of(self, name: str) -> str | None:
        if name in self.reviewed.names:
            found = self.reviewed
        elif name in self.gathered.names:
            found = self.gathered
        else:
            return None
        return None if name in entries("suffixes.txt") or NATIONAL.fullmatch(name) else found.source

    @property
    def version(self) -> str:
        return f"{self.reviewed.source}, {self.gathered.source}"


_used: InForce | None = None


def use(lists: InForce | None) -> None:
    """Judge by these from now on, in this process; None: by the installed ones again."""
    global _used  # noqa: PLW0603  one set of lists a process: a second copy would cost 10 MB and could disagree
    _used = lists


def in_force() -> InForce:
    """The lists that judge now; the installed ones until others were put in force."""
    if _used is None:
        use(InForce(REVIEWED.installed(), GATHERED.installed()))
    assert _used is not None
    return _used


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
    lists = in_force()
    listed = next((source for name in names if (source := lists.source_of(name))), None)
    return listed or next((source for host in mail_hosts if (source := _host_source(host, lists))), None)


def version() -> str:
    """The lists in force, for the verdict's trail."""
    return in_force().version


def _allowed(domain: str) -> bool:
    """On the shipped allow list or a known provider's; the top level too: `edu` is on it."""
    names = [*parents(domain), domain.rpartition(".")[2]]
    return any(name in entries("allow.txt") or name in entries("free_mail.txt") for name in names)


def _host_source(host: str, lists: InForce) -> str | None:
    host = host.rstrip(".").lower()
    if _allowed(host):
        return None
    for name in parents(host):
        if name in entries("disposable_mx.txt"):
            return f"disposable_mx.txt (mail host {name})"
        if name in lists.reviewed.names and lists.source_of(name):
            return f"{lists.reviewed.source} (mail host {name})"
    return None
