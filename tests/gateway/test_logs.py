"""Log lines are JSON and hold nothing that was typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.set_up("info", stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def last(stream: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return line


@pytest.mark.parametrize(
    "text, kept",
    [
        ("to sara@example.ir", "to [e-mail]"),
        ("<سارا@نمونه.ایران>", "<[e-mail]>"),
        ("call 09121234567", "call [phone]"),
        ("call ۰۹۱۲۱۲۳۴۵۶۷", "call [phone]"),
        ("call +989121234567", "call [phone]"),
        ("from 10.20.30.40", "from [address]"),
        ("from 2001:db8::7", "from [address]"),
        ("GET /f/guide?email=a%40b.c", "GET /f/guide?…"),
        ("at 127.0.0.1:8000 since 2026-11-22T09:00:00Z", "at 127.0.0.1:8000 since 2026-11-22T09:00:00Z"),
        ("sub_06dw0123456789abcdefghijkl", "sub_06dw0123456789abcdefghijkl"),
    ],
)
def test_what_looks_like_a_person_is_taken_out(text: str, kept: str) -> None:
    assert logs.scrubbed({"deep": [text]}) == {"deep": [kept]}


def test_a_personal_key_is_hidden_whatever_it_holds(lines: io.StringIO) -> None:
    structlog.get_logger().info("stored", submission="sub_1", answers={"job": "nurse"}, first_name="سارا")
    assert last(lines)["answers"] == last(lines)["first_name"] == logs.HIDDEN
    assert last(lines)["submission"] == "sub_1"


def test_an_exception_leaves_its_place_and_not_its_message(lines: io.StringIO) -> None:
    try:
        raise ValueError("duplicate key (سارا احمدی)")
    except ValueError:
        structlog.get_logger().exception("submission_failed")
    assert last(lines)["exception"][0]["type"] == "ValueError"
    assert "احمدی" not in lines.getvalue()


def test_libraries_write_the_same_lines(lines: io.StringIO) -> None:
    logging.getLogger("granian").warning("refused %s", "sara@example.ir")
    assert last(lines)["event"] == "refused [e-mail]"
    assert last(lines)["logger"] == "granian"
