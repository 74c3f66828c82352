"""What people of one site, and their terminals, are kept from."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import event, select

from gateway.cli.sites import sites
from gateway.store.tables import mails
from gateway.terminal import plain
from gateway.web.console.formats import Formats
from gateway.web.console.wording import lead_name
from tests.support.console_side import World, post

ROOT = Path(__file__).parents[2]


def test_r35_attack_nobody_takes_an_address_that_another_site_will_invite(app: Flask, world: World) -> None:
    """With the link shown, an administrator could enter as boss@…, choose the password, and wait until another
    site lets boss@… in. Where mail goes out, only the mailbox gets it."""
    assert world.parts.config.smtp_url is not None
    answer = post(world.client(app, "admin"), "/console/people", {"email": "boss@other.example", "role": "viewer"})
    assert answer.status_code in {200, 303}
    assert "/console/link/" not in answer.text


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\x1b]0;gone\x07", "\ufffd]0;gone\ufffd"),
        ("\x9b31mred", "\ufffd31mred"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("one\ntwo", "one\ufffdtwo"),
    ],
)
def test_r34_attack_an_answer_steers_no_terminal(answer: str, shown: str) -> None:
    assert plain(answer) == shown


@pytest.mark.parametrize("typed, shown", [("\u202enizraF", "\ufffdnizraF"), ("می\u200cخواهم", "می\u200cخواهم")])
def test_r34_attack_no_name_is_shown_backwards(typed: str, shown: str) -> None:
    """Else two strangers read alike where staff say whether they are one person."""
    assert lead_name({"first_name": typed}) == shown
    assert shown in Formats("fa", ZoneInfo("UTC"), datetime(2026, 11, 22, tzinfo=UTC)).value([typed])


def test_r12_the_command_takes_origins_only(world: World) -> None:
    words = ["add", "x", "--name", "X", "--origin", "https://a; script-src-elem *"]
    result = CliRunner().invoke(sites, words, obj=lambda: world.parts)
    assert result.exit_code == 1 and "--origin" in result.output


def test_r37_what_lies_in_an_open_data_dir_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    environ = {**os.environ, "DATA_DIR": str(folder), "SARNAKH_DNS": "false"}
    subprocess.run([sys.executable, "-m", "gateway.cli", "migrate"], cwd=ROOT, env=environ, check=True)
    made = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.iterdir()}
    assert {"sarnakh.db", "secret_key"} <= set(made)
    assert set(made.values()) == {0}


@pytest.mark.parametrize("email", ["admin@shop.example", "nobody@shop.example"])
def test_r13_attack_a_forgotten_password_writes_for_known_and_unknown_alike(
    app: Flask, world: World, email: str
) -> None:
    """The disk's flush is what time would tell; only the known one's mail remains."""
    written: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT INTO mails"):
            written.append(statement)

    event.listen(world.parts.db.engine, "after_cursor_execute", note)
    client = app.test_client()
    answer = post(client, "/console/forgot", {"email": email})
    assert answer.status_code == 200
    assert len(written) == 1
    with world.parts.db.read() as conn:
        kept = list(conn.execute(select(mails.c.recipient)).scalars())
    assert kept == ([email] if email.startswith("admin") else [])
