"""What holds for every command: help with an example, and one clear line with a non-zero exit when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import cli


def _all(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _all(below, (*path, name))


@pytest.mark.parametrize("path, command", [pytest.param(*row, id=" ".join(row[0])) for row in _all(cli, ("sarnakh",))])
def test_help_has_an_example_and_a_line_for_each_option(path: tuple[str, ...], command: click.Command) -> None:
    assert "Example: " in (command.help or ""), path
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


UNREACHABLE = {"DATABASE_URL": "postgresql+psycopg://me@127.0.0.1:1/leads", "REDIS_URL": "redis://127.0.0.1:1"}
FAILURES = [
    (("sites", "list"), {}, "run sarnakh migrate"),
    (("sites", "list"), UNREACHABLE, "check DATABASE_URL"),
    (("migrate",), UNREACHABLE, "check DATABASE_URL"),
    (("worker",), UNREACHABLE, "check REDIS_URL"),
    (("run",), {"PORT": "none"}, "PORT='none'"),
    (("run",), {"SARNAKH_HOST": "192.0.2.1"}, "cannot listen on 192.0.2.1"),
]


@pytest.mark.parametrize("words, environ, said", FAILURES)
def test_a_failure_is_one_line_and_no_traceback(
    words: tuple[str, ...], environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    settings = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "SARNAKH_DNS": "false", **environ}
    command = [sys.executable, "-m", "gateway.cli", *words]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and said in done.stderr
