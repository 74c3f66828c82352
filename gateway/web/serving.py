"""What a form shows to whom: the published version, this visit's questions, and both as page and JSON.

Page and spec are rendered once a (version, language, set of fields, …) and kept; the ticket is spliced in.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

from flask import current_app
from sqlalchemy import Connection

from forms import tickets
from forms.assessing import numbered
from forms.field_types import FIELD_TYPES
from forms.model import Field, Form, Option, Text
from forms.profiling import Plan
from forms.tickets import Ticket
from gateway import next_questions
from gateway.parts import Parts
from gateway.records import Channel, Site
from gateway.store import forms, sites
from gateway.store.db import Database
from gateway.store.forms import Published
from gateway.web import captchas, own_hosts
from gateway.web.replies import Refused
from gateway.words import say

V = TypeVar("V")

FRESH_SECONDS = 1.0  # how long a post may act on an older setting of its site or form
RENDERED_KEPT = 512  # pages and specs, each a few KB
RADIOS = 6  # options that stand open; more become a list
TEST_FOR = timedelta(hours=12)
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
RIGHT_TO_LEFT = ("fa",)
LEFT_TO_RIGHT_FIELDS = ("email", "phone", "number", "date")
THEME = ("accent", "on_accent", "ink", "field", "line", "radius")
PLAIN_CSS = re.compile(r"[#\w\s.,%()-]{1,60}")  # colours and lengths: no url(), no way out of a declaration
WORDS = ("optional", "choose", "known", "someone_else", "sending", "check", "offline", "busy", "trap")


@dataclass(frozen=True)
class Served:
    site: Site
    published: Published

    @property
    def form(self) -> Form:
        return self.published.form

    @property
    def cookies(self) -> str:
        """`free`, `ask`, or `none` on shared devices (rule 8)."""
        return "none" if self.form.kiosk or self.site.settings.get("kiosk") else self.site.cookies


class Kept(Generic[V]):
    """The most recently used values, at most `size`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


class Memory:
    """What one process keeps between requests."""

    def __init__(self) -> None:
        self.rendered: Kept[str] = Kept(RENDERED_KEPT)
        self.versions: Kept[Published] = Kept(RENDERED_KEPT)
        self.latest: dict[str, tuple[float, Served]] = {}
        self.there: set[tuple[str, str]] = set()  # (form or site, key): those that limits are counted by
        self.yardsticks = next_questions.Yardsticks()
        self.mark = secrets.token_hex(16)  # stands where the ticket goes; no form can hold it


def parts() -> Parts:
    found: Parts = current_app.extensions["sarnakh"]
    return found


def memory() -> Memory:
    found: Memory = current_app.extensions["sarnakh.public"]
    return found


def find(conn: Connection, form_key: str) -> Served:
    """The form as it is published now. Raises Refused (404)."""
    published = forms.published(conn, form_key) if KEY.fullmatch(form_key) else None
    if published is None:
        raise Refused(404, "no_form")
    return _here(Served(sites.get(conn, published.site_id), published))


def is_form(db: Database, key: str) -> bool:
    """Whether there is a published form of this key. Once known it is not asked again."""
    return _is_there(db, ("form", key), forms.published)


def is_site(db: Database, key: str) -> bool:
    """The same of a site."""
    return _is_there(db, ("site", key), sites.by_key)


def _is_there(db: Database, thing: tuple[str, str], find_it: Callable[[Connection, str], object]) -> bool:
    known, key = memory().there, thing[1]
    if thing not in known and len(key) <= 60 and key.isascii() and key.isprintable():
        with db.read() as conn:
            if find_it(conn, key) is not None:
                known.add(thing)
    return thing in known


def find_recent(db: Database, form_key: str) -> Served:
    """The same, at most a second old: for posts, which then need no read. Raises Refused (404)."""
    latest = memory().latest
    until, served = latest.get(form_key, (0.0, None))
    now = time.monotonic()
    if served is None or now > until:
        with db.read() as conn:
            served = find(conn, form_key)
        latest[form_key] = (now + FRESH_SECONDS, served)
    return _here(served)


def _here(served: Served) -> Served:
    """A site's own host shows its forms alone. Raises Refused (404)."""
    if own_hosts.walled_off(served.site):
        raise Refused(404, "no_form")
    return served


def of_version(db: Database, served: Served, number: int) -> Served:
    """The form in the version that a ticket was served with; it never changes. Raises Refused (404)."""
    key = served.published.key
    if number == served.published.version:
        return served

    def read() -> Published:
        with db.read() as conn:
            found = forms.published_version(conn, key, number)
        if found is None:
            raise Refused(404, "no_form")
        return found

    return Served(served.site, memory().versions.get((key, number), read))


def plan(conn: Connection, served: Served, visitor: str | None, now: datetime) -> Plan:
    """What this visit asks (rule 1)."""
    return next_questions.plan(conn, served.form, served.site.id, visitor, now=now, kept=memory().yardsticks)


def new_ticket(served: Served, plan: Plan, lang: str, *, channel: Channel, test: str, now: datetime) -> Ticket:
    """test: the signed note of `test_token`, or anything else."""
    secret = parts().config.secret_key
    return Ticket(
        site=served.site.key,
        form=served.form.key,
        version=served.published.version,
        nonce=secrets.token_urlsafe(12),
        asked=plan.names,
        lang=lang,
        served_at=now,
        first_served_at=now,
        recognised=plan.recognised,
        test=is_test(secret, served.form.key, test, now=now),
        channel=channel,
    )


def test_token(secret: str, form_key: str, now: datetime) -> str:
    """For `?test=`: marks what a marketer sends as hers (rule 38)."""
    return tickets.sign_token(secret, "test", form_key, expires_at=now + TEST_FOR)


def is_test(secret: str, form_key: str, text: str, *, now: datetime) -> bool:
    try:
        return bool(text) and tickets.read_token(secret, "test", text, now=now) == form_key
    except tickets.TokenError:
        return False  # an old link: an ordinary visit


def spec_json(served: Served, plan: Plan, lang: str, splices: Mapping[str, Any]) -> str:
    """The contract's spec; splices: what is of this visit alone (ticket, new visitor id, challenge)."""
    marks = {name: f"{name}{memory().mark}" for name in splices}
    text = memory().rendered.get(
        _key("spec", served, plan, lang),
        lambda: json.dumps({**describe(served, plan, lang), **marks}, ensure_ascii=False),
    )
    for name, value in splices.items():
        text = text.replace(f'"{marks[name]}"', json.dumps(value))
    return text


def rendered(what: str, served: Served, plan: Plan, lang: str, render: Callable[[], str]) -> str:  # noqa: PLR0917
    """A page as `render` makes it, kept; the caller splices."""
    return memory().rendered.get(_key(what, served, plan, lang), render)


def words(form: Form, text: Text, lang: str) -> str:
    """One text of the form in this language, else in the form's first."""
    return text.get(lang) or text.get(form.languages[0]) or ""


def direction(lang: str) -> str:
    return "rtl" if lang in RIGHT_TO_LEFT else "ltr"


def describe(served: Served, plan: Plan, lang: str) -> dict[str, Any]:
    """Everything that page and embed show, in words of one language; without what is of one visit alone."""
    form = served.form
    steps = numbered(plan.fields)

    def said(text: Text) -> str:
        return words(form, text, lang)

    def field(asked: Field) -> dict[str, Any]:
        number = steps.get(asked.name)
        step = {"step": say(lang, "public.step", number=number, of=len(steps))} if number else {}
        return {**_field(asked, lang, said), **step}

    return {
        "form": form.key,
        "site": served.site.key,
        "version": served.published.version,
        "lang": lang,
        "dir": direction(lang),
        "recognised": plan.recognised,
        "title": said(form.title),
        "intro": said(form.intro),
        "incentive": said(form.incentive),
        "steps": [{"fields": [field(asked) for asked in plan.fields]}],
        "consents": [
            {"purpose": one.purpose, "text": said(one.text), "required": one.required} for one in plan.consents
        ],
        "submit_label": said(form.submit_label),
        "quotes": [{"text": said(quote.text), "by": said(quote.by)} for quote in form.quotes],
        "theme": theme(form),
        "cookies": served.cookies,
        "views": bool(served.site.settings.get("views") or served.site.settings.get("pages")),
        "trap": trap(form),
        "words": {code: say(lang, f"public.{code}") for code in WORDS},
        **({"css": conditions(served)} if any(field.when for field in plan.fields) else {}),
        **({"outside": widgets} if (widgets := captchas.shown(parts().asker, form)) else {}),
    }


def conditions(served: Served) -> str:
    """Where the stylesheet stands that hides conditional questions, below our base; empty where there are none."""
    form, version = served.form, served.published.version
    return f"f/{form.key}/when.css?v={version}" if any(field.when for field in form.fields) else ""


def theme(form: Form) -> dict[str, str]:
    """The form's own values for the six variables, where they are plain colours and lengths."""
    kept = ((name, str(form.theme[name])) for name in THEME if name in form.theme)
    return {name: value for name, value in kept if PLAIN_CSS.fullmatch(value) and "url" not in value}


def trap(form: Form) -> str:
    """The honeypot's name: one that bots like and browsers' autofill does not know."""
    return "homepage_url" if form.field_named("homepage_url") is None else "homepage_url_2"


def _field(asked: Field, lang: str, said: Callable[[Text], str]) -> dict[str, Any]:
    kind = FIELD_TYPES[asked.type]
    control = _control(kind.html, asked.options)
    help_text = said(asked.help)
    if asked.type == "date" and not help_text:
        help_text = say(lang, "public.date_help")
    return {
        "name": asked.name,
        "type": asked.type,
        "label": said(asked.label),
        "help": help_text,
        "required": asked.required,
        **({"when": {"field": asked.when.field, "is": asked.when.values}} if asked.when else {}),
        "options": [{"value": option.value, "label": said(option.label)} for option in asked.options],
        "autocomplete": asked.autocomplete or kind.autocomplete,
        "inputmode": kind.inputmode if control == "input" else "",
        "control": control,
        "input": kind.html if control == "input" else "",
        "dir": "ltr" if asked.type in LEFT_TO_RIGHT_FIELDS else "",
    }


def _control(html_type: str, options: tuple[Option, ...]) -> str:
    if html_type == "radio":
        return "radio" if len(options) <= RADIOS else "select"
    return html_type if html_type in {"checkbox", "textarea"} else "input"


def _key(what: str, served: Served, plan: Plan, lang: str) -> Hashable:
    site = served.site
    settings = (site.origins, served.cookies, bool(site.settings.get("views") or site.settings.get("pages")))
    return (what, served.published.form_id, served.published.version, lang, plan.names, plan.recognised, settings)
