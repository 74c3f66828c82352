"""A lead in words, for people who read it in a mail or a channel. Pure; each sink escapes for itself (rule 34)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.delivery import mapping
from gateway.delivery.outgoing import Asked, Outgoing, Said
from gateway.words import catalogue, say

FIRST = ("first_name", "last_name", "full_name", "name", "email", "phone", "company", "job_title", "message")
SURE = ("confirmed", "crm", "staff")
MAX_ROWS = 40
UPDATES = Asked(
    "updates",
    Said("تغییرهای بعدی", "Later changes"),
    Said("پاک شدن و پس گرفتن رضایت همیشه گفته می‌شود.", "Erasures and withdrawn consents are told in any case."),
    required=False,
    choices={
        "all": Said("هر تغییر مهم را بگو", "Tell every change that counts"),
        "none": Said("فقط سرنخ تازه", "New leads only"),
    },
    default="all",
)
ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"  # +98… keeps its plus in front


@dataclass(frozen=True)
class Summary:
    """headline: one line, such as “New lead: Sara Zand · B2 · SQL”. rows: (label, value). note: a sentence where there
    is nothing to tell of the lead itself. link: its page in the console; none where there is nothing to see."""

    headline: str
    rows: tuple[tuple[str, str], ...] = ()
    note: str = ""
    link: str = ""
    email: str = ""


def tell(outgoing: Outgoing, base_url: str) -> Summary:
    """What this delivery says, in the site's language."""
    data, lang = outgoing.data, outgoing.lang
    link = f"{base_url}/console/leads/{data['id']}"
    if outgoing.type == "lead.erased":
        every = ", ".join([data["id"], *data["earlier_ids"]])
        return Summary(_say(lang, "erased", what=data["id"]), note=_say(lang, "erased_note", what=every))
    if "withheld" in data:
        headline = _say(lang, "withheld", what=data["id"])
        return Summary(headline, note=_say(lang, "withheld_note", what=data["id"]), link=link)
    code = "new" if outgoing.type == "lead.qualified" else "changed"
    return Summary(
        _say(lang, code, what=_called(data, lang)),
        tuple(_rows(data, lang))[:MAX_ROWS],
        link=link,
        email=mapping.told(data, "email")[0],
    )


def _called(data: Mapping[str, Any], lang: str) -> str:
    """Sara Zand · B2 · SQL."""
    told = (mapping.told(data, source)[0] for source in ("lead.name", "email", "phone"))
    named = next((one for one in told if one), data["id"])
    marks = [data["cell"], data["stage"], _say(lang, "test") if data["test"] else None]
    return " · ".join(str(one) for one in (named, *marks) if one)


def _rows(data: Mapping[str, Any], lang: str) -> Iterator[tuple[str, str]]:
    names = [name for name in FIRST if name in data["fields"]]
    for name in [*names, *(name for name in sorted(data["fields"]) if name not in FIRST)]:
        value, strength = mapping.told(data, name)
        sure = name in {"email", "phone"} and strength in SURE
        yield _label(lang, name), f"{ISOLATE}{value}{END} ({_say(lang, 'sure')})" if sure else value
    for name in ("score", "interest", "grade"):
        yield _say(lang, name), mapping.told(data, f"lead.{name}")[0]
    for name in ("organisation",):
        if value := mapping.told(data, f"lead.{name}")[0]:
            yield _say(lang, name), value
    for name in ("page", "utm_source", "utm_campaign"):
        if value := mapping.told(data, f"source.{name}")[0]:
            yield _say(lang, name), value


def _label(lang: str, name: str) -> str:
    """Well-known fields by the words of the console, a form's own by its name."""
    return catalogue(lang).get(f"console.field_{name}") or name.replace("_", " ")


def _say(lang: str, code: str, **params: Any) -> str:
    return say(lang, f"delivery.summary.{code}", **params)


def count(number: int, lang: str) -> str:
    """Over several leads."""
    return _say(lang, "digest", count=number)


def open_words(lang: str) -> str:
    """On the way to the lead's page."""
    return _say(lang, "open")
