"""The product as an operator runs it: its own commands to set it up, `sarnakh run`, its API to read what it decided."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.verification.world import PROXY_ADDRESS, World

FORM = Path(__file__).parent / "form.toml"
NAMED = ("http://localhost:{p}", "http://shop.test:{p}")  # where the landing pages stand, to a browser


class Product:
    def __init__(self, world: World, folder: Path, python: Path, checkout: Path) -> None:
        self._checkout = checkout
        self._command = [str(python), "-m", "gateway.cli"]
        self._api = f"http://127.0.0.1:{world.product}/api/v1"
        self._world = world
        self._log = folder / "product.log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(folder / "data"),
            "PORT": str(world.product),
            "BASE_URL": f"http://127.0.0.1:{world.proxy}",
            "TRUSTED_PROXIES": PROXY_ADDRESS,
            "SMTP_URL": f"smtp://127.0.0.1:{world.smtp}",
            "SARNAKH_PRIVATE_DESTINATIONS": f"127.0.0.1:{world.hook}",
            "SARNAKH_DNS": "false",  # the machine of the benchmark reaches no DNS
        }

    def start(self) -> None:
        """Set up a site, a form, a destination and a token, and start everything."""
        origins = [part for named in NAMED for part in ("--origin", named.format(p=self._world.landing))]
        self._say("migrate")
        self._say("sites", "add", "bench", "--name", "Parsian Tools", "--lang", "en", *origins)
        self._say("forms", "import", str(FORM), "--publish")
        hook = f"url=http://127.0.0.1:{self._world.hook}/hook"
        self._say("destinations", "add", "webhook", "--set", hook, "--when", "all")
        scopes = [part for scope in ("leads:read", "leads:write") for part in ("--scope", scope)]
        self._token = self._say("tokens", "create", "--name", "bench", *scopes).strip()
        with self._log.open("wb") as log:
            self._running = subprocess.Popen(
                [*self._command, "run"], env=self._environ, cwd=self._checkout, stdout=log, stderr=log
            )
        try:
            self._wait_for(f"http://127.0.0.1:{self._world.product}/readyz")
        except SystemExit:
            self.stop()
            raise

    def stop(self) -> None:
        self._running.send_signal(signal.SIGINT)
        self._running.wait(60)

    def bring(self, fields: dict[str, str]) -> str:
        """Bring a lead by the API, where nothing but its content is looked at; gives the submission's id."""
        return str(self._call("POST", "/leads", {"form": "talk", "fields": fields})["submission"])

    def submissions(self) -> Iterator[dict[str, Any]]:
        """Every submission with its status and findings, the newest first."""
        cursor = ""
        while True:
            page = self._call("GET", f"/submissions?limit=100{cursor}")
            yield from page["submissions"]
            if not page["next"]:
                return
            cursor = f"&cursor={page['next']}"

    def settle(self, seconds: float = 90) -> None:
        """Wait until nothing is pending, and a little for the deliveries."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self._call("GET", "/submissions?status=pending&limit=1")["submissions"]:
                break
            time.sleep(1)
        time.sleep(5)

    def _say(self, *words: str) -> str:
        done = subprocess.run(
            [*self._command, *words], env=self._environ, cwd=self._checkout, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"sarnakh {' '.join(words)}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self._api + path,
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        for _ in range(60):
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise
                time.sleep(int(error.headers.get("Retry-After") or 1))
        raise SystemExit(f"{method} {path}: refused for too long")

    def _wait_for(self, url: str) -> None:
        for _ in range(120):
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise SystemExit(f"the product did not start: {self._log.read_text()[-1500:]}")
