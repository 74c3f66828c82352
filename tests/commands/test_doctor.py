"""What `sarnakh doctor` says of an installation as it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import redis
from click.testing import CliRunner

from config import Config
from gateway import create_app
from gateway.cli.doctor import CHECKS, doctor
from gateway.parts import Parts, make_parts
from gateway.store import destinations
from gateway.store.destinations import NewDestination
from tests.support import intake

MakeConfig = Callable[..., Config]


@pytest.fixture
def make(make_config: MakeConfig, database_url: str) -> Iterator[Callable[..., Parts]]:
    """The parts under these settings, over the test's database."""
    made: list[Parts] = []

    def make(**environ: str) -> Parts:
        made.append(make_parts(make_config(DATABASE_URL=database_url, **environ)))
        return made[-1]

    yield make
    for parts in made:
        parts.db.close()


def said(parts: Parts) -> dict[str, tuple[str, str]]:
    result = CliRunner().invoke(doctor, ["--json"], obj=lambda: parts)
    return {row["check"]: (row["state"], row["says"]) for row in json.loads(result.stdout)}


def test_a_valkey_that_is_away_is_a_warning_and_everything_else_is_looked_at(make: Callable[..., Parts]) -> None:
    found = said(make())
    assert (found["database"][0], found["valkey"][0], found["queue"][0]) == ("ok", "warn", "ok")
    assert len(found) == len(CHECKS)


@pytest.mark.parametrize(
    "trusted, headers, state",
    [
        ("", {"X-Forwarded-For": "203.0.113.7"}, "warn"),
        ("", {}, "ok"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, "ok"),
    ],
)
def test_forwarded_headers_that_nobody_reads_are_told(
    trusted: str, headers: dict[str, str], state: str, make: Callable[..., Parts], valkey: redis.Redis, valkey_url: str
) -> None:
    parts = make(REDIS_URL=valkey_url, TRUSTED_PROXIES=trusted)
    assert create_app(parts).test_client().get("/healthz", headers=headers).status_code == 200
    assert said(parts)["settings"][0] == state


def test_a_form_whose_file_is_missing_is_a_fault(make: Callable[..., Parts]) -> None:
    parts = make()
    with parts.db.write() as conn:
        site = intake.make_site(conn, parts.clock())
        intake.make_form(conn, site, parts.clock())
    state, says = said(parts)["offers"]
    assert state == "fault" and "demo/guide.pdf" in says
    file = parts.config.data_dir / "offers" / "demo" / "guide.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"%PDF")
    assert said(parts)["offers"][0] == "ok"


def test_an_outside_check_that_is_named_and_not_set_up_is_told(make: Callable[..., Parts]) -> None:
    parts = make()
    with parts.db.write() as conn:
        site = intake.make_site(conn, parts.clock())
        intake.make_form(conn, site, parts.clock(), f'{intake.GUIDE}\n[policy]\noutside = ["reacher"]\n')
    state, says = said(parts)["outside"]
    assert state == "warn" and "guide names reacher" in says
    assert said(make(SARNAKH_REACHER_URL="https://reacher.example/v1/check_email"))["outside"][0] == "ok"


def test_r34_a_destinations_name_moves_nothing_on_a_terminal(make: Callable[..., Parts]) -> None:
    parts = make()
    with parts.db.write() as conn:
        site = intake.make_site(conn, parts.clock())
        new = NewDestination(site.id, "smtp", "Sales\x1b[2J\nok", {"to": "sales@example.ir"}, sends="all")
        destinations.add(conn, parts.config.secret_key, new, parts.clock())
    shown = CliRunner().invoke(doctor, obj=lambda: parts).stdout
    assert "Sales\ufffd[2J\ufffdok should send leads" in shown
    assert len(shown.splitlines()) == len(CHECKS)
