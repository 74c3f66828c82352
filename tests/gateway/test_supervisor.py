"""`sarnakh run`: what it prints, what it refuses in one line, what it starts again, and that nothing stays behind."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import Config
from gateway import supervisor
from gateway.supervisor import START_SECONDS
from tests.support.installation import descendants
from tests.support.ports import free_port
from tests.support.receiver import Receiver
from tests.support.waiting import alive, until

SCRIPT = "import config, sys; from gateway import supervisor; sys.exit(supervisor.run(config.load()))"


class House:
    """A real `sarnakh run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.log = folder, free_port(), folder.parent / "house.log"
        self.environ = {
            **os.environ,
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "SARNAKH_DNS": "false",
            "SARNAKH_WEB_WORKERS": "1",
        }
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", SCRIPT],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self, text: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return text in self.log.read_text()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def parts(self, word: str) -> list[int]:
        """The pids of its children whose command holds `word`."""
        return [pid for pid, command in descendants(self.process.pid).items() if word in command]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    started = House(tmp_path / "data")
    yield started
    started.process.terminate()
    started.process.wait(120)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_whole_house_survives_kills_and_leaves_nothing(house: House) -> None:
    until(lambda: house.said("Sarnakh is running"), "the start", START_SECONDS)
    names = ("granian", "worker", "sweeper", "gateway.embedded")
    first = {house.parts(name)[0] for name in names}
    for pid in first:
        os.kill(pid, signal.SIGKILL)

    def again() -> list[int]:
        """A new process for each name; none while one is missing: it may end once more for want of another."""
        found = [pid for name in names for pid in house.parts(name)[:1]]
        return found if len(found) == len(names) and not first & {*found} else []

    until(again, "all are started again")
    until(house.answers, "the web server answers again", START_SECONDS)
    second = until(again, "all of them stand")
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(120) == 0
    assert not [pid for pid in second if alive(pid)]
    with pytest.raises(FileNotFoundError):
        (house.folder / "valkey" / "valkey.pid").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_killed_supervisor_takes_its_children_along_and_a_new_one_starts(house: House) -> None:
    until(lambda: house.said("Sarnakh is running"), "the start", START_SECONDS)
    children = [pid for name in ("granian", "worker", "sweeper") for pid in house.parts(name)]
    house.process.kill()
    house.process.wait()
    until(lambda: not [pid for pid in children if alive(pid)], "they end")
    house.log.write_text("")
    house.process = house.start()
    until(lambda: house.said("Sarnakh is running"), "the second start", START_SECONDS)


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    return lines[0]


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for sign, action in before.items():
        signal.signal(sign, action)


def test_a_taken_port_is_named_in_one_line(
    make_config: Callable[..., Config], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert supervisor.run(make_config(PORT=str(port))) == 1
    assert last_line(capsys).startswith(f"PORT={port}: cannot listen on 127.0.0.1")


def test_a_second_run_in_the_same_folder_is_refused_in_one_line(
    make_config: Callable[..., Config], capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(PORT=str(free_port()))
    with (config.data_dir / "run.lock").open("w") as lock:
        lock.write("process 17")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert supervisor.run(config) == 1
    assert last_line(capsys).endswith("works in it already, as process 17")


def test_a_database_that_does_not_answer_is_named_in_one_line(
    make_config: Callable[..., Config], capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql+psycopg://me:hush@127.0.0.1:{free_port()}/none"
    assert supervisor.run(make_config(PORT=str(free_port()), DATABASE_URL=url)) == 1
    line = last_line(capsys)
    assert line.startswith("DATABASE_URL:")
    assert "hush" not in line


def test_r32_a_proxy_of_the_environment_does_not_keep_it_from_its_own_web_server(
    make_config: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(supervisor, "START_SECONDS", 2.0)
    web = Receiver()
    try:
        supervisor._wait_for_web(make_config(PORT=str(web.port)), [], threading.Event())
    finally:
        web.close()
    assert [one.path for one in web.requests] == ["/healthz"]


def test_the_demo_inbox_is_the_only_private_place_it_adds(make_config: Callable[..., Config]) -> None:
    config = make_config(PORT="18290", SARNAKH_PRIVATE_DESTINATIONS="10.0.0.5:80")
    assert supervisor.with_demo(config).private_destinations == {"10.0.0.5:80", "localhost:18291"}


def test_r39_without_the_embedded_server_none_is_started(make_config: Callable[..., Config]) -> None:
    names = [child.name for child in supervisor.children(make_config(REDIS_URL="redis://10.0.0.1"), demo=False)]
    assert names == ["web", "worker", "sender", "sweeper"]


def test_the_four_addresses_are_shown(make_config: Callable[..., Config]) -> None:
    shown = supervisor.addresses(make_config(PORT="18290"), demo=True, sign_in="/console/link/abc")
    for address in (
        "http://localhost:18291/",
        "http://127.0.0.1:18290/f/guide",
        "http://127.0.0.1:18290/console/link/abc",
        "http://localhost:18291/inbox",
    ):
        assert address in shown.split()
