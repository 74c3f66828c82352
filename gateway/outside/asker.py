"""The outside checks that are set up, with a short memory of what they said."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config import Config
from gateway.clock import Clock, utcnow
from gateway.http import Connector
from gateway.outside import OUTSIDE
from verification.evidence import OutsideAnswer

KEPT = timedelta(hours=1)  # an address's answer; a token's is the submission's alone
KEPT_ADDRESSES = 1000
SILENCE = timedelta(seconds=30)  # a service that did not answer is left alone so long: it must not stop every batch


class Asker:
    """For many threads."""

    def __init__(
        self, settings: Mapping[str, Any] | None = None, connector: Connector | None = None, clock: Clock = utcnow
    ) -> None:
        self._settings = dict(settings or {})
        self._connector = connector or Connector()
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses: OrderedDict[tuple[str, str], tuple[datetime, OutsideAnswer]] = OrderedDict()
        self._silent_until: dict[str, datetime] = {}

    @classmethod
    def of(cls, config: Config, connector: Connector, clock: Clock = utcnow) -> Asker:
        """With what the operator set up."""
        found = {name: kind.settings(config) for name, kind in OUTSIDE.items()}
        return cls({name: one for name, one in found.items() if one is not None}, connector, clock)

    def set_up(self, name: str) -> bool:
        return name in self._settings

    def sitekey(self, name: str) -> str | None:
        """What a captcha's widget is shown with; none where there is no such widget or it is not set up."""
        return getattr(self._settings.get(name), "sitekey", None)

    def ask(self, name: str, what: str) -> OutsideAnswer:
        """What the service says of a token or an address. Waits at most its time-out, raises nothing."""
        kind, now = OUTSIDE[name], self._clock()
        if not what:
            return "missing"
        if name not in self._settings:
            return "silent"
        if len(what) > kind.longest:
            return "bad"
        with self._lock:
            until, known = self._addresses.get((name, what), (now, None))
            silent = self._silent_until.get(name, now) > now
        if known is not None and now < until:
            return known
        if silent:
            return "silent"
        answer = kind.ask(what, self._settings[name], self._connector)
        self._remember(name, what, answer)
        return answer

    def _remember(self, name: str, what: str, answer: OutsideAnswer) -> None:
        now = self._clock()
        with self._lock:
            if answer == "silent":
                self._silent_until[name] = now + SILENCE
            elif OUTSIDE[name].widget is None:
                self._addresses[name, what] = (now + KEPT, answer)
                while len(self._addresses) > KEPT_ADDRESSES:
                    self._addresses.popitem(last=False)
