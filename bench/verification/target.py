"""What a client of the benchmark is told, and what it reports back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

CHANNELS = ("hosted", "embed", "frame")
FIELDS = ("email", "first_name", "company", "message")


@dataclass(frozen=True)
class Target:
    """One client's errand: which door, which form, and what to write into it.

    `gateway` is a loopback address of this client's own, so that the proxy in front tells it apart from the others.
    """

    client: str
    channel: str
    gateway: str
    landing: str
    form: str
    lang: str
    answers: dict[str, str]
    scratch: str
    display: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """The address that a visitor of this channel opens."""
        if self.channel == "hosted":
            return f"{self.gateway}/f/{self.form}?lang={self.lang}"
        return f"{self.landing}/{self.channel}?gw={self.gateway}&lang={self.lang}"

    @property
    def origin(self) -> str:
        """The origin that a browser would name when it posts through this channel."""
        return self.landing if self.channel == "embed" else self.gateway

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def run(visit: Callable[[Target], str | None]) -> None:
    """Run one client's file: its errand is the first argument, its remark the last line of what it prints."""
    remark = visit(Target(**json.loads(sys.argv[1])))
    print(json.dumps({"remark": remark or ""}, ensure_ascii=False))
