"""`sarnakh run`: one process that owns everything this machine needs, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import structlog
from sqlalchemy.exc import OperationalError

from config import Config
from gateway import logs, valkey
from gateway.doorbell import DELIVERY, INTAKE
from gateway.parts import Parts, make_parts
from gateway.processes import Child, Running, start_all, stop_all
from gateway.store.migrate import MigrationError, migrate

LOOK_SECONDS = 0.1
START_SECONDS = 180.0  # a slow and busy machine's first start: 49 s were seen on two cores shared by many
VALKEY_SECONDS = 10.0
WORKER_PATIENCE = 60.0  # seconds for the batch or the deliveries under way
Seed = Callable[[Parts], str]

log = structlog.get_logger()


class RunError(Exception):
    """What the operator must mend, in one line."""


def run(config: Config, demo: bool = False, seed: Seed | None = None) -> int:
    """Start everything, print where it is, and stay until SIGINT or SIGTERM. The exit code.

    `seed` fills the demo and returns the path of a one-time sign-in link.
    """
    logs.set_up(config.log_level)
    stop, hurry = threading.Event(), threading.Event()
    _listen_to_signals(stop, hurry)
    if demo:
        config = with_demo(config)
    try:
        with _alone(config.data_dir):
            _check_ports(config, demo)
            _migrate(config)
            _serve(config, demo, seed, stop=stop, hurry=hurry)
    except RunError as error:
        click.echo(str(error), err=True)
        return 1
    return 0


def with_demo(config: Config) -> Config:
    """The same settings, with the demo's own inbox among the private places that rule 32 lets through."""
    inbox = f"localhost:{config.demo_port}"
    return replace(config, private_destinations=config.private_destinations | {inbox})


def web_command(config: Config) -> list[str]:
    """The web server's command line; its first word is a path."""
    return _granian("wsgi:app", config.host, config.port, workers=config.web_workers, threads=config.web_threads)


def demo_command(config: Config) -> list[str]:
    """The demo's landing page and CRM inbox; its first word is a path."""
    return _granian("gateway.demo.wsgi:app", "127.0.0.1", config.demo_port, workers=1, threads=8)


def children(config: Config, demo: bool) -> tuple[Child, ...]:
    """The table, in the order of stopping: what takes leads in first, what the others stand on last."""
    table = (
        (True, Child("web", tuple(web_command(config)))),
        (demo, Child("demo", tuple(demo_command(config)), stop_seconds=3)),
        # One each: a CRM that takes its time must not keep submissions waiting.
        (True, Child("worker", _sarnakh("worker", "--only", INTAKE), stop_seconds=WORKER_PATIENCE)),
        (True, Child("sender", _sarnakh("worker", "--only", DELIVERY), stop_seconds=WORKER_PATIENCE)),
        (True, Child("sweeper", _sarnakh("sweeper"), stop_seconds=3)),
        (config.embedded_valkey, Child("valkey", (sys.executable, "-m", "gateway.embedded"))),
    )
    return tuple(child for wanted, child in table if wanted)


def _granian(app: str, host: str, port: int, *, workers: int, threads: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--blocking-threads": threads,
        "--backlog": 2048,
        "--backpressure": 1024,  # counts idle connections too: a low one lets kept-alive browsers shut others out
        "--respawn-interval": 0.2,
        "--workers-kill-timeout": 8,
        "--log-level": "error",  # it warns of more threads than cores; ours wait for the disk
    }
    pairs = [text for name, value in options.items() for text in (name, str(value))]
    flags = ["--no-ws", "--respawn-failed-workers", "--no-access-log"]  # a query may hold what somebody typed
    return [sys.executable, "-m", "granian", *pairs, *flags, app]


def _sarnakh(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "gateway.cli", *words)


def _serve(config: Config, demo: bool, seed: Seed | None, *, stop: threading.Event, hurry: threading.Event) -> None:
    running: list[Running] = []
    table, environ = children(config, demo), _environ(config)
    try:
        # Valkey first, so that the others find it; without an answer they work too, only slower.
        running += start_all([child for child in table if child.name == "valkey"], environ)
        _wait_for_valkey(config, stop)
        sign_in = _seeded(config, seed)
        running[:0] = start_all([child for child in table if child.name != "valkey"], environ)
        _wait_for_web(config, running, stop)
        click.echo(addresses(config, demo, sign_in))
        while not stop.wait(LOOK_SECONDS):
            _look(running)
    finally:
        stop_all(running, hurry)


def _look(running: list[Running]) -> None:
    for one in running:
        one.check(time.monotonic())


def _wait_for_valkey(config: Config, stop: threading.Event) -> None:
    client = valkey.client(config)
    deadline = time.monotonic() + VALKEY_SECONDS
    while not stop.wait(0.05):
        try:
            client.ping()
        except valkey.SILENT:
            if time.monotonic() > deadline:
                log.warning("valkey_silent", waited=VALKEY_SECONDS)
                return
        else:
            return


def _seeded(config: Config, seed: Seed | None) -> str | None:
    if seed is None:
        return None
    parts = make_parts(config)
    try:
        return seed(parts)
    finally:
        parts.db.close()


def _wait_for_web(config: Config, running: list[Running], stop: threading.Event) -> None:
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::"} else config.host  # noqa: S104  compared, not bound
    address = f"http://{f'[{host}]' if ':' in host else host}:{config.port}/healthz"
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # rule 32: no proxy variables
    deadline = time.monotonic() + START_SECONDS
    while not stop.wait(LOOK_SECONDS):
        _look(running)
        try:
            with straight.open(address, timeout=2):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise RunError(f"The web server does not answer at {address}: the lines above say why") from error


def addresses(config: Config, demo: bool, sign_in: str | None) -> str:
    """What the operator reads once everything answers."""
    landing = f"http://localhost:{config.demo_port}"
    lines = [
        ("Landing page", f"{landing}/", demo),
        ("Hosted form", f"{config.base_url}/f/guide", demo),
        ("Console", f"{config.base_url}{sign_in or '/console/'}", True),
        ("CRM inbox", f"{landing}/inbox", demo),
    ]
    shown = [f"  {name:<14}{address}" for name, address, wanted in lines if wanted]
    note = ["  (the console's link signs you in, once)"] if sign_in else []
    return "\n".join(["Sarnakh is running; Ctrl-C stops it.", *shown, *note])


def _environ(config: Config) -> dict[str, str]:
    listed = ",".join(sorted(config.private_destinations))
    return {**os.environ, "SARNAKH_PRIVATE_DESTINATIONS": listed}


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One `sarnakh run` a DATA_DIR. The lock goes with the process, however it ends."""
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise RunError(f"DATA_DIR={data_dir}: `sarnakh run` works in it already, as {lock.read()}") from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


def _check_ports(config: Config, demo: bool) -> None:
    wanted = [("PORT", config.host, config.port)]
    if demo:
        wanted.append(("SARNAKH_DEMO_PORT", "127.0.0.1", config.demo_port))
    for name, host, port in wanted:
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            raise RunError(f"{name}={port}: cannot listen on {host} ({error.strerror}); set another") from error


def _migrate(config: Config) -> None:
    try:
        migrate(config.database_url)
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        raise RunError(f"DATABASE_URL: the database cannot be used ({said})") from error
    except MigrationError as error:
        raise RunError(f"DATABASE_URL: {error}") from error


def _listen_to_signals(stop: threading.Event, hurry: threading.Event) -> None:
    """The first asks for an orderly stop, the second for one at once."""

    def heard(_sign: int, _frame: object) -> None:
        (hurry if stop.is_set() else stop).set()

    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, heard)
