"""Links in free text, as they are written by people and by those who hide them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from verification.data_files import entries

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,253}")
_SCHEME = re.compile(r"\b(?:https?|ftp)://([^\s/<>\"'\])]{1,253})[^\s<>\"'\])]*")
_WWW = re.compile(r"\bwww\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.A)
# A bare domain counts only at a top level that people write: node.js, asp.net and readme.md are no links.
_BARE = re.compile(
    r"(?<![\w@./-])[a-z0-9][a-z0-9-]{1,62}(?:\.[a-z0-9-]{1,63}){0,2}"
    r"\.(?:com|org|ir|info|biz|ru|xyz|top|online|site|shop|store|club|click|link|live|pro|casino|bet|win|loan|vip|icu)\b",
    re.A,
)
_BBCODE = re.compile(r"\[url\b|\[link=")
_HTML = re.compile(r"<a\s+href|</a>|href\s?=\s?[\"']")
_HIDDEN = re.compile(r"\bhxxps?\b|\bh\s?t\s?t\s?p\s?s?\s?:\s?/\s")
_SAID = re.compile(
    r"[\[(]\s?(?:dot|\.)\s?[\])]|\s(?:dot|d0t)\s(?:com|net|org|ir|info|ru|xyz)\b|(?:دات|نقطه)\s(?:کام|آی\s?آر|نت)\b",
)
_CHANNEL = re.compile(r"\b(?:t\.me|telegram\.me|wa\.me|chat\.whatsapp\.com|joinchat)\b/?")
_CHEAP = re.compile(r"\.(?:xyz|top|click|icu|bet|casino|loan|win|vip|club|live|buzz|cyou|rest|monster|sbs|cfd|quest)$")


@dataclass(frozen=True)
class Links:
    """count: different places linked to. The others name what was seen, from our lists; empty: not there."""

    count: int = 0
    shortener: str = ""
    cheap_place: str = ""
    channel: str = ""
    bbcode: str = ""
    html: str = ""
    obfuscated: str = ""


@lru_cache(maxsize=256)  # the scorer and the check ask of the same text
def find_links(text: str) -> Links:
    """The links of a text; e-mail addresses are none."""
    bare = (_EMAIL.sub(" ", text) if "@" in text else text).lower()
    hosts = _hosts(bare)
    shortener = next((host for host in hosts if host in entries("shorteners.txt")), "")
    cheap = next((found[0] for host in hosts if (found := _CHEAP.search(host))), "")
    return Links(
        count=len(hosts),
        shortener=shortener,
        cheap_place=cheap,
        channel=_first(_CHANNEL, bare),
        bbcode=_first(_BBCODE, bare) if "[" in bare else "",
        html=_first(_HTML, bare) if "href" in bare or "</a>" in bare else "",
        obfuscated=_first(_HIDDEN, bare) or ("… dot com" if _SAID.search(bare) else ""),
    )


def _hosts(text: str) -> list[str]:
    """Different places, in the order of the text; a path tells two links to one shortener apart no further."""
    patterns = (pattern for sign, pattern in ((":/", _SCHEME), ("www.", _WWW), (".", _BARE)) if sign in text)
    found = (_host(link) for pattern in patterns for link in pattern.findall(text))
    return list(dict.fromkeys(host for host in found if host))


def _host(link: str) -> str:
    return link.partition(":")[0].strip(".-").removeprefix("www.")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0].strip() if found else ""
