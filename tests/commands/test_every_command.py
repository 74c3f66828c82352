"""What holds for every command: help with an example, and one clear line with a non-zero exit when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import cli, main


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


SERVE = {"run", "web", "worker", "sweeper", "demo-site"}  # they go on until they are stopped, and have no result


@pytest.mark.parametrize("path, command", [pytest.param(*row, id=" ".join(row[0])) for row in _all(cli, ("sarnakh",))])
def test_whatever_has_a_result_says_it_as_json_too(path: tuple[str, ...], command: click.Command) -> None:
    options = {name for one in command.params for name in one.opts}
    assert isinstance(command, click.Group) or path[-1] in SERVE or "--json" in options, path


MISUSED = [
    (("nonsense",), "No such command 'nonsense'."),
    (("why", "--what"), "No such option '--what'."),
    (("tokens", "create"), "Missing option '--scope'. Choose from: leads:read, leads:write,"),
    (("check-emails", "missing.csv", "out.jsonl"), "'missing.csv': No such file or directory"),
]


@pytest.mark.parametrize("words, said", MISUSED)
def test_words_that_no_command_takes_are_one_line_too(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sarnakh", *words])
    monkeypatch.setattr(os, "umask", int)  # it would stay for the tests that follow
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2 and told.out == ""
    assert len(told.err.splitlines()) == 1 and said in told.err and "--help)" in told.err


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


def test_a_command_that_has_said_what_is_wrong_ends_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def failing() -> None:
        raise click.exceptions.Exit(3)

    monkeypatch.setattr("gateway.cli.cli", failing)
    monkeypatch.setattr(os, "umask", int)
    monkeypatch.setattr(sys, "argv", ["sarnakh"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
