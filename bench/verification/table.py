"""Who takes part: a row a client. Bots under clients/, people under people/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Client:
    """`module` under bench/verification; `posts` one visit sends; `most` visits a channel; `screen` needs one made."""

    name: str
    kind: str  # bot, person, or series: many posts of one client, counted by posts
    module: str
    posts: int = 1
    most: int = 99
    lang: str = "en"
    message: str = "ham"  # which half of the texts it writes
    screen: bool = False
    patience: int = 180  # seconds
    patient: bool = False  # so slow that the others go on meanwhile
    late: bool = False  # needs another's recording, or would crowd the others
    extra: dict[str, Any] = field(default_factory=dict)


def _bot(name: str, module: str, **more: Any) -> Client:
    return Client(name, "bot", f"clients.{module}", **more)


def _series(name: str, module: str, posts: int, **more: Any) -> Client:
    return Client(name, "series", f"clients.{module}", posts=posts, late=True, most=2, patience=600, **more)


def _person(name: str, **more: Any) -> Client:
    return Client(name, "person", f"people.{more.pop('module', name)}", **more)


CLIENTS = (
    _bot("requests", "requests_browser"),
    _bot("curl_cffi", "curl_impersonate"),
    _bot("scrapy", "scrapy_spider"),
    _bot("mechanize", "mechanize_browser"),
    _bot("playwright_instant", "playwright_instant"),
    _bot("playwright_human", "playwright_human"),
    _bot("playwright_stealth", "playwright_stealthy"),
    _bot("patchright", "patchright_headed", screen=True),
    _bot("nodriver", "nodriver_headed", screen=True),
    _bot("undetected_chromedriver", "undetected", screen=True),
    _bot("selenium", "selenium_plain"),
    _bot("proof_solver", "proof_solver", late=True, extra={"genuine": True}),
    _bot("spam_pasted", "spam_pasted", message="spam"),
    _person("mouse_and_keys"),
    _person("keyboard_only"),
    _person("paste"),
    _person("autofill"),
    _person("mobile_touch"),
    _person("no_cookies"),
    _person("no_script"),
    _person("old_browser"),
    _person("screen_reader"),
    _person("switch_user"),
    _person("back_button"),
    _person("back_button_email", module="back_button", extra={"slip": "email"}),
    _person("firefox"),
    _person("persian", lang="fa"),
    _person("slow_typist", most=1, patience=1200, patient=True),
    _series("replay", "replayed_body", 100, extra={"genuine": True, "edited": False}),
    _series("replay_edited", "replayed_body", 100, extra={"genuine": True, "edited": True}),
    _series("forged_headers", "forged_headers", 12),
    _series("burst_plain", "burst", 40),
    _series("burst_solver", "burst", 40, extra={"genuine": True}),
)
