"""A package index on loopback that carries the two lists, in any version and as broken as a test wants it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from tests.support.receiver import Answer, Received, Receiver

REVIEWED, GATHERED = "disposable-email-domains", "mailchecker"
FILES = {REVIEWED: "disposable_email_domains/__init__.py", GATHERED: "MailChecker.py"}
PUBLISHED = "2026-11-21T13:03:48Z"


class ListIndex(Receiver):
    """`put` publishes a version; `spoil` changes what the index says of a package's wheel."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, dict[str, Any]] = {}
        self.wheels: dict[str, bytes] = {}

    def put(self, package: str, version: str, names: Iterable[str], *, file: str = "") -> None:
        made = wheel(file or FILES[package], _module(package, names))
        path = f"/files/{package}-{version}.whl"
        self.wheels[path] = made
        self.said[package] = {
            "info": {"version": version},
            "urls": [{
                "packagetype": "bdist_wheel",
                "yanked": False,
                "url": f"http://{self.host_port}{path}",
                "digests": {"sha256": hashlib.sha256(made).hexdigest()},
                "upload_time_iso_8601": PUBLISHED,
            }],
        }  # fmt: skip

    def spoil(self, package: str, **changed: Any) -> None:
        self.said[package]["urls"][0].update(changed)

    def spoil_wheel(self, package: str, spoiled: bytes) -> None:
        """Serve this in the place of a package's wheel, and say its right digest."""
        [found] = self.said[package]["urls"]
        path = found["url"].removeprefix(f"http://{self.host_port}")
        self.wheels[path] = spoiled
        self.spoil(package, digests={"sha256": hashlib.sha256(spoiled).hexdigest()})

    def take(self, request: Received) -> Answer:
        with self._lock:
            self.requests.append(request)
        if request.path in self.wheels:
            return Answer(body=self.wheels[request.path])
        found = self.said.get(request.path.removeprefix("/pypi/").removesuffix("/json"))
        return Answer(body=json.dumps(found).encode()) if found else Answer(404, b"")


def _module(package: str, names: Iterable[str]) -> str:
    if package == REVIEWED:
        return "blocklist = {\n" + "".join(f"    '{name}',\n" for name in names) + "}\nraise SystemExit('never run')\n"
    return "blacklist = {" + ",".join(f'"{name}"' for name in names) + "}\nraise SystemExit('never run')\n"


def wheel(file: str, text: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(file, text)
    return packed.getvalue()
