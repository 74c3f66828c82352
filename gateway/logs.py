"""JSON lines on standard error, without personal data: whatever a caller hands in, addresses and answers stay out.

Ids, codes and counts tell an operator enough; the database holds the rest behind a sign-in.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
# Keys whose values are about a person, whatever they look like.
PERSONAL = frozenset({
    "address", "answers", "body", "cookie", "email", "first_name", "ip", "last_name", "name", "password",
    "payload", "phone", "recipient", "remote_addr", "secret", "settings", "ticket", "token", "typed", "user_agent",
})  # fmt: skip
QUIET = ("alembic", "rq", "werkzeug")  # they tell every step; warnings are enough
FRAMES = 12  # of a traceback: enough to find the place

_PATTERNS = (
    (re.compile(r"[^\s\"'<>=(,;:]+@[^\s\"'<>),;:]+"), "[e-mail]"),
    (re.compile(r"(?<![\w-])(?:\+|[0۰٠]{2}|(?=[0۰٠][9۹٩]))\d{9,14}(?!\w)"), "[phone]"),
    (re.compile(r"(?<![\d.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), "[address]"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])", re.IGNORECASE), "[address]"),
    (re.compile(r"(?<![\w:])(?!::1\b)(?=[0-9a-f:]*::)[0-9a-f:]{3,39}(?![\w:])", re.IGNORECASE), "[address]"),
    (re.compile(r"\?[^\s\"'<>]*=[^\s\"'<>]*"), "?…"),  # a query may hold anything that was typed
)


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send our own log and the libraries' to `stream` (standard error). Safe to call again."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else "WARNING")


def scrubbed(value: Any) -> Any:
    """The same value with everything that looks like an address, a phone or a query taken out, at any depth."""
    if isinstance(value, str):
        for pattern, instead in _PATTERNS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {key: HIDDEN if str(key).lower() in PERSONAL else scrubbed(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else scrubbed(str(value))


def _formatter() -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _place_of_error,
    ]
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    kept = {key: event.pop(key) for key in ("at", "level", "logger") if key in event}
    return {**kept, **scrubbed(event)}


def _place_of_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception's types and places, never its message: a database's quotes the values of the row."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = _chain(error)
    return event


def _chain(error: BaseException) -> list[dict[str, Any]]:
    """The error, then what caused it; at most five, since a chain may be circular."""
    links: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(links) < 5:
        links.append({"type": type(current).__qualname__, "at": _frames(current.__traceback__)})
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return links


def _frames(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found]
