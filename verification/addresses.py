"""E-mail addresses: the one spelling by which they are compared, and what their domain is."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from verification.data_files import entries
from verification.mail_providers import canonical_parts

MAX_DOMAIN = 253  # RFC 1035 2.3.4, less the length octets
_ASCII_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.A)


def canonical_email(address: str) -> str:
    """The spelling that is equal for one mailbox by its provider's published rule (rule 9), for comparing only:
    mail goes to what was typed. Text that is no address comes back folded, so that it equals only itself.

    Case is folded everywhere: RFC 5321 2.4 leaves it to the receiving host, and none in use tells cases apart.
    """
    local, at, domain = _folded(address).rpartition("@")
    ascii_domain = _ascii_domain(domain)
    if not at or not local or ascii_domain is None:
        return _folded(address)
    return "@".join(canonical_parts(local, ascii_domain))


def email_domain(address: str) -> str | None:
    """The domain in ASCII (IDNA 2008 after UTS 46) and lower case; None where it is none."""
    local, _, domain = _folded(address).rpartition("@")
    return _ascii_domain(domain) if local else None


def local_part(address: str) -> str:
    """What stands before the last `@`, folded; empty where there is none."""
    return _folded(address).rpartition("@")[0]


def parents(domain: str) -> list[str]:
    """The domain and those it stands under, nearest first, top level left out: a.b.c → a.b.c, b.c."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def is_free_mail(domain: str) -> bool:
    """A provider where anybody gets a mailbox; `domain` in ASCII and lower case."""
    return domain in entries("free_mail.txt")


def is_role_name(local: str) -> bool:
    """The name of a post rather than a person (RFC 2142 and its like); a plus suffix does not hide it."""
    return local.partition("+")[0] in entries("role_names.txt")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).lower()


def _ascii_domain(domain: str) -> str | None:
    if not domain.isascii():
        domain = _idna(domain)
    return domain if len(domain) <= MAX_DOMAIN and _ASCII_DOMAIN.fullmatch(domain) else None


@lru_cache(maxsize=1024)
def _idna(domain: str) -> str:
    """The A-labels; empty for what has none. Kept, since it costs ten times the rest of a look at an address."""
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        return ""
