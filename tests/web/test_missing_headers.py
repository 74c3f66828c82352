"""What a browser always sends to a trustworthy address, and a client that borrows its name often does not."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from gateway.web import facts

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36"
)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1"
ALL = {"Sec-Fetch-Mode": "cors", "Accept-Language": "fa", "Origin": "null", "Sec-CH-UA": '"Chromium";v="142"'}
SECURE, LOCAL, PLAIN = "https://forms.example", "http://127.0.0.1:8080", "http://forms.example"


@pytest.mark.parametrize(
    "agent, at, sent, missing",
    [
        (CHROME, SECURE, ALL, []),
        (CHROME, SECURE, {}, ["fetch", "language", "origin", "hints"]),
        (CHROME, LOCAL, {}, ["fetch", "language", "origin", "hints"]),
        (CHROME, PLAIN, {}, []),
        (FIREFOX, SECURE, {}, ["fetch", "language", "origin"]),
        (SAFARI, SECURE, {**ALL, "Accept-Language": None}, ["language"]),
        (WEBVIEW, SECURE, {}, []),
        ("Mozilla/5.0 (X11) Firefox/60.0", SECURE, {}, []),
        ("Lynx/2.8.9rel.1", SECURE, {}, []),
        ("Chrome/" + "9" * 200, PLAIN, {}, []),
    ],
)
def test_r20_a_header_is_missed_only_where_people_s_browsers_send_it(agent, at, sent, missing):
    headers = {"User-Agent": agent, **{name: value for name, value in sent.items() if value}}
    request = Request(EnvironBuilder(method="POST", base_url=at, headers=headers).get_environ())
    assert facts.missing_headers(request) == missing
