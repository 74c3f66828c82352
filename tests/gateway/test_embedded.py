"""The embedded Valkey: one a DATA_DIR, durable, taken over from a killed owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import Config
from gateway import valkey
from gateway.embedded import Embedded, FolderError
from tests.support.waiting import alive, until


@pytest.fixture
def config(make_config: Callable[..., Config], tmp_path: Path) -> Iterator[Config]:
    made = make_config(DATA_DIR=str(tmp_path / "data"))
    yield made
    Embedded(made).stop()  # whatever a test left running


def started(config: Config) -> Embedded:
    embedded = Embedded(config)
    embedded.start()
    return embedded


def orphan(config: Config) -> int:
    """A server whose owner was killed; its pid."""
    environ = {**os.environ, "DATA_DIR": str(config.data_dir), "SARNAKH_DNS": "false"}
    with subprocess.Popen([sys.executable, "-m", "gateway.embedded"], env=environ) as owner:
        until(Embedded(config).answers, "Valkey answers")
        owner.send_signal(signal.SIGKILL)
    pid = Embedded(config).pid()
    assert pid is not None
    return pid


def test_what_was_written_outlives_a_stop(config: Config) -> None:
    first = started(config)
    first.client.set("kept", "yes")
    first.stop()
    second = started(config)
    assert second.client.get("kept") == b"yes"


def test_a_server_that_outlived_its_owner_is_reused_and_stopped(config: Config) -> None:
    pid = orphan(config)
    embedded = started(config)
    assert embedded.pid() == pid
    embedded.stop()
    assert not alive(pid)


def test_a_hung_server_is_ended_by_its_pid_and_replaced(config: Config) -> None:
    pid = orphan(config)
    os.kill(pid, signal.SIGSTOP)
    embedded = started(config)
    assert embedded.answers()
    assert embedded.pid() != pid
    assert not alive(pid)


def test_the_owner_ends_its_server_when_asked_to(config: Config) -> None:
    environ = {**os.environ, "DATA_DIR": str(config.data_dir), "SARNAKH_DNS": "false"}
    with subprocess.Popen([sys.executable, "-m", "gateway.embedded"], env=environ) as owner:
        until(Embedded(config).answers, "Valkey answers")
        pid = Embedded(config).pid()
        owner.terminate()
        assert owner.wait(20) == 0
    assert pid is not None
    assert not alive(pid)


def test_another_process_with_the_noted_pid_is_left_alone(config: Config) -> None:
    folder = valkey.home(config)
    folder.mkdir()
    (folder / "valkey.pid").write_text(str(os.getpid()))
    assert Embedded(config).pid() is None


@pytest.mark.parametrize("trap", ["link", "open to all"])
def test_a_trap_in_the_place_that_all_may_write_to_is_refused(
    trap: str, make_config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = tmp_path / "short"
    short.mkdir()
    monkeypatch.setattr(valkey, "SHORT", short)
    spaced = make_config(DATA_DIR=str(tmp_path / "with space"))
    folder = valkey.home(spaced)
    folder.parent.mkdir(mode=0o700)
    if trap == "link":
        folder.symlink_to(tmp_path)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(FolderError):
        Embedded(spaced).start()


def test_a_data_dir_that_lies_there_may_be_read_by_others(
    make_config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mkdir /tmp/data` makes it so."""
    monkeypatch.setattr(valkey, "SHORT", tmp_path)
    (tmp_path / "data").mkdir(mode=0o755)
    embedded = started(make_config(DATA_DIR=str(tmp_path / "data")))
    assert embedded.answers()
    embedded.stop()


def test_a_data_dir_with_a_space_has_a_server_too(make_config: Callable[..., Config], tmp_path: Path) -> None:
    embedded = started(make_config(DATA_DIR=str(tmp_path / "my projects")))
    assert embedded.answers()
    embedded.stop()
