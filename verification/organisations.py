"""Which organisation somebody belongs to, by what they say: the domain of their mailbox where it is their own, and the
company's name. A note for looking at people together, never a reason to take two of them for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from forms.text import fold
from verification.addresses import email_domain, is_free_mail, parents
from verification.data_files import entries
from verification.lists import disposable_source
from verification.matching.companies import folded_company
from verification.public_suffixes import registrable

SEVERAL = 3  # people of a domain who must call it by the same name before that name alone leads there …
SEVERAL_FIRM = 2  # … or so many whose address is confirmed: whoever types addresses can make up people
LONGEST = 200  # characters of a name that are compared


@dataclass(frozen=True)
class Said:
    """What one person of a domain says. name: folded; firm: their address is confirmed or better."""

    name: str
    firm: bool = False


def own_domain(email: str, *, allow: Collection[str] = (), deny: Collection[str] = ()) -> str | None:
    """The registered domain behind an address, where one organisation has it: no free mail, forwarding alias,
    throw-away or public suffix. None otherwise. `allow`, `deny`: the site's own lists of domains."""
    domain = email_domain(email)
    own = registrable(domain) if domain else None
    if domain is None or own is None:
        return None
    below = [name for name in parents(domain) if name.endswith(own)]
    if any(is_free_mail(name) or name in entries("shared_mail.txt") for name in below):
        return None
    return None if disposable_source(domain, allow=allow, deny=deny) else own


def company_key(name: str) -> str | None:
    """A company's name as it is compared, without legal forms; None for what is none: «شخصی», `n/a`, a number."""
    key = folded_company(name[:LONGEST])[:LONGEST]
    if len(key) < 2 or not any(letter.isalpha() for letter in key):
        return None
    return None if key in _no_company() or fold(name) in _no_company() else key


def agreed_name(said: Iterable[Said]) -> str | None:
    """What an organisation is called by the people of its domain: the name that several of them say, and more than
    half of those who say one. So one submission moves nobody else, and a wrong join takes a majority."""
    voices = list(said)
    counted = Counter(voice.name for voice in voices).most_common(1)
    if not counted:
        return None
    name, number = counted[0]
    firm = sum(voice.firm for voice in voices if voice.name == name)
    enough = number >= SEVERAL or firm >= SEVERAL_FIRM
    return name if enough and 2 * number > len(voices) else None


@cache
def _no_company() -> frozenset[str]:
    return frozenset(fold(entry) for entry in entries("no_company.txt"))
