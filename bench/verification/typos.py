"""How many slips the typo suggestion mends, and how often it bothers people whose domain is right.

    python -m bench.verification.typos [--tuning] [--show N]

The slips are made here, by a keyboard's geometry, from providers that an independent package calls common; the real
domains come from packages too. Each provider, slip and domain falls by its hash into the half that the table was tuned
on or into the one that is reported. Nothing here is read by the code that it judges.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from bench.verification.sources import Package, UnreachableError, reported
from verification.typos import suggest

PROVIDERS = Package("npm", "email-providers", "2.26.0")
UNIVERSITIES = Package("npm", "academic-email-verifier", "3.1.0")
TOP_SITES = Package("npm", "top-sites", "1.1.222")

# Whose users mistype: the biggest providers, Iran's among them, and the country variants with many users.
MISTYPED = """gmail.com yahoo.com hotmail.com outlook.com icloud.com live.com aol.com msn.com yandex.ru mail.ru
 proton.me protonmail.com gmx.de gmx.net gmx.com web.de ymail.com yahoo.co.uk yahoo.fr yahoo.de yahoo.ca hotmail.fr
 hotmail.co.uk outlook.fr outlook.de live.fr live.co.uk yahoo.com.tr hotmail.com.tr yahoo.co.in chmail.ir
 mihanmail.ir mailfa.com vatanmail.ir t-online.de orange.fr wanadoo.fr libero.it comcast.net verizon.net qq.com
 163.com naver.com zoho.com fastmail.com rediffmail.com seznam.cz""".split()  # noqa: SIM905  a table to read
WEIGHTS = {"gmail.com": 30, "yahoo.com": 12, "hotmail.com": 10, "outlook.com": 8, "icloud.com": 5, "chmail.ir": 4}

ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm,.")
OFFSETS = (0.0, 0.5, 0.75, 1.25)  # of each row, in keys
WRONG_ENDINGS = {
    ".com": (".con", ".cm", ".co", ".om", ".cpm", ".vom", ".xom", ".comm", ".coom", ".cmo", ".ocm", ".net")
}
PERSIAN = dict(zip("qwertyuiopasdfghjklzxcvbnm", "ضصثقفغعهخحشسیبلاتنمظطزرذدئ", strict=True))


@dataclass(frozen=True)
class Slip:
    kind: str
    typed: str
    meant: str


def keys_beside(key: str) -> list[str]:
    """The keys that touch this one, by their places on the board."""
    places = {char: (row, column + OFFSETS[row]) for row, keys in enumerate(ROWS) for column, char in enumerate(keys)}
    if key not in places:
        return []
    row, column = places[key]
    return [
        char
        for char, (other, place) in places.items()
        if char not in {key, ","} and abs(other - row) <= 1 and abs(place - column) <= 1
    ]


def slips(meant: str) -> Iterator[Slip]:
    """Every slip of each kind for one domain."""
    name, dot, ending = meant.partition(".")
    for place, char in enumerate(meant):
        for key in keys_beside(char):
            yield Slip("neighbour", meant[:place] + key + meant[place + 1 :], meant)
        yield Slip("left out" if char != "." else "dot left out", meant[:place] + meant[place + 1 :], meant)
        yield Slip("doubled" if char != "." else "dot doubled", meant[:place] + char + meant[place:], meant)
        if place and char != meant[place - 1]:
            yield Slip("exchanged", meant[: place - 1] + char + meant[place - 1] + meant[place + 1 :], meant)
    for wrong in WRONG_ENDINGS.get(dot + ending, ()):
        yield Slip("ending", name + wrong, meant)
    yield Slip("ending left out", name, meant)
    yield Slip("dot too many", f"{name[:2]}.{meant[2:]}", meant)
    yield Slip("dot at the end", f"{meant}.", meant)
    yield Slip("Persian keyboard", "".join(PERSIAN.get(char, char) for char in meant), meant)


def every_slip(real: set[str]) -> list[Slip]:
    """Without what is itself somebody's domain, or empty of a name."""
    found = {slip.typed: slip for meant in MISTYPED for slip in slips(meant)}
    fit = (slip for slip in found.values() if slip.typed not in real and len(slip.typed) > 3)
    return [slip for slip in fit if not slip.typed.startswith((".", "-"))]


def real_domains() -> dict[str, list[str]]:
    """Domains in use, by where they come from. Raises UnreachableError."""
    paths = (path.split("/") for path in UNIVERSITIES.names() if path.startswith("domains/") and path.endswith(".txt"))
    universities = [".".join([words[-1].removesuffix(".txt"), *reversed(words[1:-1])]) for words in paths]
    sites = [row["rootDomain"].removeprefix("www.") for row in json.loads(TOP_SITES.text("top-sites.json"))]
    return {
        f"universities: {UNIVERSITIES.label}": universities,
        f"mail providers: {PROVIDERS.label}": json.loads(PROVIDERS.text("all.json")),
        f"most linked sites: {TOP_SITES.label}": sites,
    }


def drawn(found: list[Slip], count: int = 10_000) -> list[Slip]:
    """As hands make them: the bigger the provider, the more often; always the same draw."""
    return random.Random(3).choices(found, weights=[WEIGHTS.get(slip.meant, 1) for slip in found], k=count)


def main(words: list[str]) -> int:
    tuning = "--tuning" in words
    show = int(words[words.index("--show") + 1]) if "--show" in words else 0
    try:
        real = real_domains()
    except UnreachableError as error:
        print(error)
        return 1
    known = {domain for domains in real.values() for domain in domains} | set(MISTYPED)
    chosen = set(reported((slip.typed for slip in every_slip(known)), tuning=tuning))
    found = [slip for slip in every_slip(known) if slip.typed in chosen]
    print(f"half: {'tuning' if tuning else 'reported'}")
    _report_slips("drawn by the providers' size", drawn(found), 0)
    _report_slips("each slip of each provider once", found, show)
    for kind in sorted({slip.kind for slip in found}):
        _report_slips(f"  {kind}", [slip for slip in found if slip.kind == kind], 0)
    everything: list[str] = []
    for source, domains in real.items():
        everything += _report_real(source, reported(domains, tuning=tuning), show)
    _report_real("all together", sorted(set(everything)), 0)
    return 0


def _report_slips(title: str, found: list[Slip], show: int) -> None:
    mended = [slip for slip in found if suggest(slip.typed) == slip.meant]
    print(f"{title}: {len(mended)} of {len(found)} slips mended, {100 * len(mended) / len(found):.1f} %")
    for slip in [slip for slip in found if suggest(slip.typed) != slip.meant][:show]:
        print(f"    {slip.kind}: {slip.typed} meant {slip.meant}, suggested {suggest(slip.typed)}")


def _report_real(title: str, domains: list[str], show: int) -> list[str]:
    needless = [(domain, found) for domain in domains if (found := suggest(domain))]
    print(f"{title}: {len(needless)} needless of {len(domains)}, {100 * len(needless) / len(domains):.2f} %")
    for domain, found in needless[:show]:
        print(f"    {domain}: suggested {found}")
    return domains


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
