"""User agents that say themselves that no person is there: a list read as data, and HTTP clients that it lacks.

Read once a process at its first use (85 ms); each user agent is looked at once (1.4 ms) and remembered.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

PACKAGE = "crawler-user-agents"
FILE = "crawleruseragents/crawler-user-agents.json"
# What the list's kinds mean here: programs that post forms, and crawlers, which only read pages. Some patterns of the
# latter are names of people's apps and browsers too, so they never decide alone.
TOOLS = frozenset({"http-library", "browser-automation", "scanner"})
UNLISTED = (  # HTTP clients and automation that the list (1.67) does not name; each by its documented user agent
    r"^Java\/", r"^Ruby", r"^Faraday", r"GuzzleHttp\/", r"^PostmanRuntime\/", r"^insomnia\/", r"^undici", r"^node$",
    r"Commons-HttpClient", r"^Dart\/", r"^reqwest", r"^python\/", r"^python-urllib3", r"Playwright\/", r"^Deno\/",
)  # fmt: skip
MOST = 4096  # remembered user agents

Kind = Literal["tool", "crawler"]


@lru_cache(maxsize=MOST)
def declared(user_agent: str) -> Kind | None:
    """What a user agent says that it is; none for browsers, and for whatever nobody knows."""
    found = _pattern().search(user_agent)
    if found is None:
        return None
    return "tool" if found["tool"] is not None else "crawler"


@cache
def source() -> str:
    return f"{PACKAGE} {distribution(PACKAGE).version}"


@cache
def _pattern() -> re.Pattern[str]:
    path = Path(str(distribution(PACKAGE).locate_file(FILE)))
    entries = json.loads(path.read_text(encoding="utf-8"))
    tools = [entry["pattern"] for entry in entries if TOOLS & set(entry.get("tags", ()))]
    crawlers = [entry["pattern"] for entry in entries if not TOOLS & set(entry.get("tags", ()))]
    return re.compile(f"(?P<tool>{'|'.join([*tools, *UNLISTED])})|(?P<crawler>{'|'.join(crawlers)})")
