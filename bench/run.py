"""`make bench`: what the whole POST costs beside a bare one, interleaved in one run.

Prints a table and the same as JSON. Nothing else should run on the machine; load goes to loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.load import Result, send_all
from config import load
from forms.tickets import Ticket, issue
from gateway.clock import utcnow
from gateway.embedded import Embedded
from gateway.parts import make_parts
from gateway.store import forms, sites
from gateway.store.migrate import migrate

HERE = Path(__file__).parent
ANSWERS = {
    "email": "sara.ahmadi{n}@example.com",
    "first_name": "سارا",
    "company": "Example Trading",
    "job_title": "Head of marketing",
    "company_size": "11_50",
    "time_to_buy": "0_3",
    "phone": "+989121234567",
    "benefits": "time",
}


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="sarnakh-bench-", dir="/tmp") as folder:
        environ = _environ(Path(folder), options)
        config = load(environ)
        migrate(config.database_url)
        _seed(environ)
        valkey = Embedded(config)
        valkey.start()
        server = _serve(environ, options.port)
        try:
            rounds = [_round(config.secret_key, server.pid, options) for _ in range(options.rounds)]
        finally:
            server.terminate()
            server.wait(20)
            valkey.stop()
    _report(rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="of each kind in a round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2, help="server processes")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--port", type=int, default=18970)
    parser.add_argument("--database-url", default="", help="default: SQLite in a fresh folder")
    return parser.parse_args()


def _environ(folder: Path, options: argparse.Namespace) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": options.database_url or f"sqlite:///{folder / 'bench.db'}",
        "SECRET_KEY": "bench",
        "PORT": str(options.port),
        "SARNAKH_DNS": "false",
        "SARNAKH_LOG_LEVEL": "warning",
        "SARNAKH_POST_LIMIT": "1000000/minute",
        "PATH": os.environ["PATH"],
    }


def _seed(environ: Mapping[str, str]) -> None:
    parts = make_parts(load(environ))
    with parts.db.write() as conn:
        site = sites.by_key(conn, "bench") or sites.add(conn, "bench", "Bench", utcnow())
        forms.save_draft(conn, site.id, (HERE / "bench.toml").read_text("utf-8"), utcnow())
        forms.publish(conn, site.id, "bench", utcnow())
    parts.db.close()


def _serve(environ: Mapping[str, str], port: int) -> subprocess.Popen[bytes]:
    options = _options()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(options.workers)]
    command += ["--blocking-threads", str(options.threads), "--port", str(port), "--no-access-log"]
    command += ["--log-level", "error", "bench.bare:app"]
    server = subprocess.Popen(command, env=dict(environ), cwd=HERE.parent)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return server
    server.kill()
    raise SystemExit("the server did not start")


def _round(secret: str, pid: int, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    found = {}
    for kind in ("bare", "whole"):
        requests = [_request(kind, secret, number) for number in range(options.requests)]
        before = _cpu(pid)
        result = send_all(options.port, requests, options.connections)
        found[kind] = _summary(result, _cpu(pid) - before)
    return found


def _request(kind: str, secret: str, number: int) -> bytes:
    fields = {name: value.format(n=f"{number}.{secrets.token_hex(4)}") for name, value in ANSWERS.items()}
    path = "/bare"
    if kind == "whole":
        now = utcnow()
        ticket = Ticket(
            site="bench", form="bench", version=1, nonce=secrets.token_urlsafe(12), asked=tuple(ANSWERS),
            lang="en", served_at=now, first_served_at=now, recognised=False, test=False, channel="hosted",
        )  # fmt: skip
        fields |= {"_ticket": issue(secret, ticket), "consent_marketing": "1"}
        path = "/f/bench"
    body = urlencode(fields).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\nAccept: text/html\r\n\r\n".encode() + body


def _cpu(pid: int) -> float:
    """Seconds of CPU of the process and its children so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_ticks(int(found)) for found in (pid, *map(int, children))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _summary(result: Result, cpu: float) -> dict[str, Any]:
    return {
        "rate": result.rate,
        "cpu_ms": cpu / len(result.milliseconds) * 1000,
        "p50_ms": result.percentile(0.5),
        "p99_ms": result.percentile(0.99),
        "errors": sum(count for status, count in result.statuses.items() if status >= 500),
        "statuses": dict(result.statuses),
    }


def _report(rounds: list[dict[str, dict[str, Any]]], options: argparse.Namespace) -> None:
    shares = [one["whole"]["rate"] / one["bare"]["rate"] for one in rounds]
    cpus = [one["whole"]["cpu_ms"] / one["bare"]["cpu_ms"] for one in rounds]
    print(f"{datetime.now(UTC):%Y-%m-%d}  {platform.machine()}, {os.cpu_count()} cores, {options}")
    for kind in ("bare", "whole"):
        for name in ("rate", "cpu_ms", "p50_ms", "p99_ms"):
            values = [one[kind][name] for one in rounds]
            spread = f"({min(values):.2f} – {max(values):.2f})"
            print(f"{kind:6} {name:7} {statistics.median(values):9.2f} {spread}")
        print(f"{kind:6} errors  {sum(one[kind]['errors'] for one in rounds)}  {rounds[0][kind]['statuses']}")
    print(f"rate, whole / bare: {statistics.median(shares):.2f} ({min(shares):.2f} – {max(shares):.2f}); aim ≥ 0.45")
    print(f"CPU, whole / bare:  {statistics.median(cpus):.2f} ({min(cpus):.2f} – {max(cpus):.2f}); aim ≤ 2")
    print(json.dumps(rounds))


if __name__ == "__main__":
    main()
