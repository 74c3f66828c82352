"""Lists are renewed at run time: checked, kept in versions, in force everywhere, and never worse than before."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from config import Config
from gateway import renewing
from gateway.cli.lists import lists as command
from gateway.parts import Parts, make_parts
from gateway.store import list_versions
from tests.support.clock import SettableClock
from tests.support.list_index import FILES, GATHERED, REVIEWED, ListIndex, wheel
from verification import lists
from verification.lists import disposable_source

MANY = sorted(lists.REVIEWED.read())
MORE = sorted(lists.GATHERED.read())
NEWER, NEWEST = "0.0.994", "0.0.995"


@pytest.fixture
def index() -> Iterator[ListIndex]:
    server = ListIndex()
    server.put(REVIEWED, NEWER, [*MANY[5:], "brandnew.example"])
    server.put(GATHERED, "6.0.21", MORE)
    yield server
    server.close()
    lists.use(None)


@pytest.fixture
def make(make_config: Callable[..., Config], database_url: str, index: ListIndex, clock: SettableClock) -> Iterator:
    made: list[Parts] = []

    def make(**environ: str) -> Parts:
        mirror = {"SARNAKH_LISTS_INDEX": f"http://{index.host_port}", "SARNAKH_PRIVATE_DESTINATIONS": index.host_port}
        made.append(make_parts(make_config(DATABASE_URL=database_url, **mirror, **environ), clock))
        return made[-1]

    yield make
    for parts in made:
        parts.db.close()


def judged(parts: Parts, domain: str) -> str | None:
    """As a process says that begins now."""
    renewing._looked = (None, 0.0)
    renewing.pick_up_from(parts.db)
    return disposable_source(domain)


def update(parts: Parts, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["update", *words], obj=lambda: parts)
    return result.exit_code, result.output


def test_an_update_is_in_force_at_once_and_says_what_changed(make: Callable[..., Parts]) -> None:
    parts = make()
    assert judged(parts, "brandnew.example") is None
    code, said = update(parts, "--show")
    assert code == 0
    assert f"-> {NEWER}: " in said and "1 added, 5 removed" in said
    assert "+ brandnew.example" in said and f"- {MANY[0]}" in said
    assert f"{GATHERED} 6.0.21: the newest already" in said
    assert judged(parts, "sub.brandnew.example") == f"{REVIEWED} {NEWER}"
    assert lists.version() == f"{REVIEWED} {NEWER}, {GATHERED} 6.0.21"


def test_an_update_may_be_repeated_and_then_changes_nothing(make: Callable[..., Parts], index: ListIndex) -> None:
    parts = make()
    update(parts)
    asked = len(index.requests)
    code, said = update(parts, "--json")
    assert code == 0
    assert [(row["before"] == row["after"], row["added"], row["removed"]) for row in json.loads(said)] == [
        (True, [], []),
        (True, [], []),
    ]
    assert len(index.requests) == asked + 2  # what is the newest; no file again


def test_the_allow_list_and_suffixes_stand_above_a_new_version(make: Callable[..., Parts], index: ListIndex) -> None:
    wrong = ["google.com", "gmail.com", "duck.com", "com.ar", "ac.ir", "co.uk", "za.com"]
    index.put(REVIEWED, NEWEST, [*MANY, *wrong])
    parts = make()
    assert update(parts)[0] == 0
    found = [judged(parts, domain) for domain in ("gmail.com", "duck.com", "shop.com.ar", "ut.ac.ir", "x.co.uk")]
    assert found == [None] * 5


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"digests": {"sha256": "0" * 64}}, "not the one that the index describes"),
        ({"digests": {"sha256": "none"}}, "names no wheel"),
        ({"url": "https://evil.example/x.whl"}, "points to another host, evil.example"),
        ({"url": "http://files.pythonhosted.org/x.whl"}, "points to another host"),
        ({"url": "/gone.whl"}, "answers 404"),
        ({"packagetype": "sdist"}, "names no wheel"),
        ({"yanked": True}, "names no wheel"),
        ({"upload_time_iso_8601": "yesterday"}, "names no wheel"),
        ({"upload_time_iso_8601": "0001-01-01T00:00:00+14:00"}, "names no wheel"),
        ({"url": "http://[x"}, "names no wheel"),
        ({"url": "file:///etc/passwd"}, "points to another host"),
    ],
)
def test_a_faulty_answer_leaves_the_old_list_and_is_one_line(
    changed: dict, said: str, make: Callable[..., Parts], index: ListIndex
) -> None:
    index.spoil(REVIEWED, **changed)
    parts = make()
    code, output = update(parts)
    errors = [line for line in output.splitlines() if line.startswith("Error")]
    assert code == 1
    assert len(errors) == 1 and said in errors[0]
    assert judged(parts, MANY[0]) == lists.REVIEWED.installed().source


def _encrypted(good: bytes) -> bytes:
    place = good.find(b"PK\1\2")
    return good[:6] + b"\1" + good[7 : place + 8] + b"\1" + good[place + 9 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good[:80] + bytes(byte ^ 255 for byte in good[80:140]) + good[140:],
        lambda good: good[:60] + good[200:],
        _encrypted,
        lambda _good: wheel(FILES[REVIEWED], "x" * 100, zipfile.ZIP_LZMA),
        lambda _good: wheel(FILES[REVIEWED], "\0" * (renewing.TEXT_LIMIT + 1)),
        lambda _good: wheel(f"../{FILES[REVIEWED]}", "x"),
        lambda _good: b"",
    ],
    ids=["garbled", "cut", "encrypted", "odd packing", "bomb", "another path", "empty"],
)
def test_a_hostile_archive_is_one_line_and_spares_the_other_list(
    spoil: Callable[[bytes], bytes], make: Callable[..., Parts], index: ListIndex
) -> None:
    [good] = [body for path, body in index.wheels.items() if REVIEWED in path]
    index.spoil_wheel(REVIEWED, spoil(good))
    index.put(GATHERED, "6.0.99", [*MORE, "brandnew.example"])
    parts = make()
    code, output = update(parts)
    assert code == 1
    assert "holds no such list" in output
    assert judged(parts, "brandnew.example") == "mailchecker 6.0.99"


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[" + b"9" * 5000 + b"]", b'{"info": null, "urls": [null]}', b""])
def test_a_hostile_answer_of_the_index_is_one_line(body: bytes, make: Callable[..., Parts], index: ListIndex) -> None:
    index.wheels[f"/pypi/{REVIEWED}/json"] = body
    code, output = update(make())
    assert code == 1
    assert "names no wheel" in output


@pytest.mark.parametrize(
    "names, file, said",
    [
        (MANY[:900], "", "at least 1000 expected"),
        (MANY[: len(MANY) // 2], "", "kept the old one"),
        (MANY, "other.py", "holds no such list"),
    ],
)
def test_a_list_that_shrank_or_changed_its_shape_is_not_taken(
    names: list[str], file: str, said: str, make: Callable[..., Parts], index: ListIndex
) -> None:
    index.put(REVIEWED, NEWEST, names, file=file)
    code, output = update(make())
    assert code == 1 and said in output


def test_a_smaller_list_is_taken_by_force(make: Callable[..., Parts], index: ListIndex) -> None:
    index.put(REVIEWED, NEWEST, MANY[: len(MANY) // 2])
    parts = make()
    assert update(parts, "--force")[0] == 0
    assert judged(parts, MANY[0]) == f"{REVIEWED} {NEWEST}"


def test_an_index_that_is_away_is_one_line(make: Callable[..., Parts], index: ListIndex) -> None:
    index.said.clear()
    code, output = update(make())
    assert code == 1 and output.count("Error") == 1 and "answers 404" in output


def test_r32_a_private_index_is_asked_only_where_it_is_listed(
    make_config: Callable[..., Config], index: ListIndex
) -> None:
    parts = make_parts(make_config(SARNAKH_LISTS_INDEX=f"http://{index.host_port}"))
    with pytest.raises(renewing.RenewError, match="refused_private"):
        renewing._newest(parts.connector, parts.config.lists_index, REVIEWED)
    assert index.requests == []
    parts.db.close()


def test_five_versions_are_kept(make: Callable[..., Parts], index: ListIndex, clock: SettableClock) -> None:
    parts = make()
    for number in range(7):
        clock.advance(days=1)
        index.put(REVIEWED, f"0.1.{number}", MANY)
        assert update(parts)[0] == 0
    with parts.db.read() as conn:
        held = [bool(list_versions.names(conn, REVIEWED, f"0.1.{number}")) for number in range(7)]
        assert list_versions.latest(conn)[REVIEWED].version == "0.1.6"
    assert held == [False, False, True, True, True, True, True]


def test_a_list_is_old_a_week_after_it_was_last_known_to_be_the_newest(
    make: Callable[..., Parts], clock: SettableClock
) -> None:
    parts = make()

    def old() -> list[bool]:
        with parts.db.read() as conn:
            return [age.old(clock()) for age in renewing.ages(conn)]

    assert old() == [True, True]  # as they came with this version: 13 days and months ago
    update(parts)
    assert old() == [False, False]
    clock.advance(days=8)
    assert old() == [True, True]
    update(parts)
    assert old() == [False, False]


def test_the_sweeper_renews_once_a_day_where_it_may(
    make: Callable[..., Parts], index: ListIndex, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(renewing, "_renew_all", lambda _parts, due: asked.append([one.package for one in due]))
    monkeypatch.setattr(threading.Thread, "start", lambda self: self._target(*self._args))
    renewing.renew_in_background(make())
    assert asked == []
    parts = make(SARNAKH_LISTS_RENEW="true")
    renewing.renew_in_background(parts)
    assert asked == [[REVIEWED, GATHERED]]
    update(parts)
    renewing.renew_in_background(parts)
    assert len(asked) == 1
    clock.advance(days=1, seconds=1)
    renewing.renew_in_background(parts)
    assert len(asked) == 2


def test_what_the_sweeper_cannot_renew_is_a_warning(make: Callable[..., Parts], index: ListIndex) -> None:
    parts = make()
    index.said.clear()
    renewing._renew_all(parts, list(renewing.LISTS))
    assert judged(parts, MANY[0]) == lists.REVIEWED.installed().source


def test_a_newer_version_that_comes_with_an_update_of_the_product_wins(
    make: Callable[..., Parts], index: ListIndex
) -> None:
    parts = make()
    index.put(REVIEWED, "0.0.5", [*MANY, "brandnew.example"])
    update(parts)
    assert judged(parts, "brandnew.example") is None


def test_the_locked_versions_dates_are_known() -> None:
    for packaged in renewing.LISTS:
        assert f"{packaged.package} {packaged.installed_version()}" in lists.PUBLISHED


def test_the_database_is_asked_once_a_minute(make: Callable[..., Parts], monkeypatch: pytest.MonkeyPatch) -> None:
    parts = make()
    asked: list[int] = []
    latest = list_versions.latest
    monkeypatch.setattr(list_versions, "latest", lambda conn: asked.append(1) or latest(conn))
    renewing._looked = (None, 0.0)
    for _ in range(3):
        renewing.pick_up_from(parts.db)
    assert len(asked) == 1
