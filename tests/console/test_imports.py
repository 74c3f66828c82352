"""A list that is uploaded: looked at, imported, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config import Config
from gateway import jobs
from gateway.importing import uploading, working
from gateway.parts import Parts, make_parts
from gateway.store import imports, leads
from gateway.store.imports import Import
from gateway.store.tables import imports as table
from tests.support.clock import SettableClock
from tests.support.console_side import World, post, read

LIST = """Record ID,First Name,E-mail,Mobile,Deal size,Note
1,Mina,mina@firm.example,09121234567,4000,=1+1
2,سارا,sara@acme.example,,,
3,Reza,reza@,,,"=cmd|' /C calc'!A0"
"""


@pytest.fixture
def parts(make_config: Callable[..., Config], database_url: str, clock: SettableClock) -> Iterator[Parts]:
    made = make_parts(make_config(DATABASE_URL=database_url), clock)
    yield made
    made.db.close()


def send(client: FlaskClient, content: str | bytes, name: str = "contacts.csv") -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    return post(client, "/console/imports", {"file": (BytesIO(raw), name)}, content_type="multipart/form-data")


def work(world: World) -> None:
    while jobs.lists_with(world.parts):
        pass


def uploaded(app: Flask, world: World, content: str | bytes = LIST) -> str:
    """The page of a list that was looked at."""
    response = send(world.client(app, "marketer"), content)
    assert response.status_code == 303, response.text
    work(world)
    return response.location


def press(app: Flask, world: World, path: str, button: str, **said: str) -> str:
    response = post(world.client(app, "marketer"), f"{path}/{button}", said)
    assert response.status_code == 303, response.text
    work(world)
    return read(app, world, path)


def row(world: World, path: str) -> Import:
    with world.parts.db.read() as conn:
        found = imports.get(conn, world.shop.id, path.rpartition("/")[2])
    assert found is not None
    return found


def count(world: World) -> int:
    with world.parts.db.read() as conn:
        return leads.count(conn, world.shop.id)


def blobs(world: World) -> list[Any]:
    with world.parts.db.read() as conn:
        return list(conn.execute(select(table.c.content, table.c.foreseen, table.c.rejected)).one())


def test_a_list_is_looked_at_imported_and_taken_back(app: Flask, world: World) -> None:
    before = count(world)
    path = uploaded(app, world)
    page = read(app, world, path)
    for words in ("۱ سرنخ تازه", "با ایمیل می‌پیوندد", "Deal size", "mina@firm.example", f"/console/leads/{world.lead}"):
        assert words in page, words
    assert count(world) == before  # nothing was written
    assert "وارد شد" in press(app, world, path, "begin")
    assert count(world) == before + 1
    assert row(world, path).status == "done"
    assert "۱ سرنخ برداشته شد" in press(app, world, path, "undo")
    assert (count(world), row(world, path).status) == (before, "undone")


def test_no_file_stays_once_it_is_imported(app: Flask, world: World) -> None:
    path = uploaded(app, world)
    assert blobs(world)[0] and blobs(world)[1]
    press(app, world, path, "begin")
    content, foreseen, rejected = blobs(world)
    assert (content, foreseen) == (None, None)
    _, rows = uploading.unpack_rejected(rejected)
    assert [(number, why, cells[1]) for number, why, cells in rows] == [(3, "email", "Reza")]  # to be mended
    with world.parts.db.write() as conn:
        assert imports.forget(conn, world.parts.clock() + timedelta(minutes=1)) == 1
    assert blobs(world) == [None, None, None]
    assert world.client(app, "marketer").get(f"{path}/rejected.csv").status_code == 404
    assert "دیگر نیست" in read(app, world, path)


def test_an_upload_that_is_not_imported_goes_within_a_day(app: Flask, world: World, clock: SettableClock) -> None:
    path = uploaded(app, world)
    clock.advance(hours=22)
    jobs.clean_up(world.parts)
    assert row(world, path)
    clock.advance(hours=2)
    jobs.clean_up(world.parts)
    assert world.client(app, "marketer").get(path).status_code == 404


def test_columns_are_said_anew(app: Flask, world: World) -> None:
    path = uploaded(app, world, "Kontakt,Deal size,City\nmina@firm.example,4000,Shiraz\n")
    assert row(world, path).status == "failed"
    assert "--map" not in read(app, world, path)
    chosen = {"column_0": "email", "column_1": "deal_size", "column_2": "", "source": "hubspot", "country": "DE"}
    assert "آمادهٔ ورود" in press(app, world, path, "columns", **chosen)
    press(app, world, path, "begin")
    with world.parts.db.read() as conn:
        owner = leads.found_by(conn, world.shop.id, "email", "mina@firm.example")[0]
        found = leads.get(conn, world.shop.id, owner)
    assert found is not None
    assert {name: fact.value for name, fact in found.facts.items()} == {
        "email": "mina@firm.example",
        "deal_size": "4000",
    }


@pytest.mark.parametrize(
    "said",
    [
        {"column_0": "email", "column_1": "email"},
        {"column_0": "email", "column_1": "Nö"},
        {"column_0": "email", "source": "a b"},
        {"column_0": "email", "country": "XX"},
    ],
)
def test_columns_that_cannot_be_are_told(app: Flask, world: World, said: dict[str, str]) -> None:
    path = uploaded(app, world, "Kontakt,Other\nmina@firm.example,2\n")
    client = world.client(app, "marketer")
    assert post(client, f"{path}/columns", said).status_code == 303
    assert 'class="note note-danger"' in client.get(path).text
    assert row(world, path).status == "failed"


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "هیچ ردیفی"),
        (b"email\n", "هیچ ردیفی"),
        (b"PK\3\4 a spreadsheet", "CSV UTF-8"),
        (b"\x89PNG\0\0", "CSV UTF-8"),
        ("email,نام\na@b.ir,سارا".encode("cp1256", "replace"), "CSV UTF-8"),
        (b'[{"email": "a@b.ir"}]', "کروشه"),
        (b'{"email": "a@b.ir"\n', "JSON"),
        ("email\n" + "a@b.ir\n" * (uploading.MOST_ROWS + 1), "leads import"),
    ],
)
def test_what_is_no_list_is_told(app: Flask, world: World, content: str | bytes, words: str) -> None:
    client = world.client(app, "marketer")
    response = send(client, content, "list.csv")
    assert response.status_code == 303
    page = client.get(response.location).text
    assert words in page
    assert "hidden" not in re.findall(r'id="larger"[^>]*', page)[0] or "note-danger" in page
    with world.parts.db.read() as conn:
        assert imports.of_site(conn, world.shop.id, 1) == []


def test_what_is_too_large_is_shown_the_command(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "LARGEST", 1000)  # the test client leaves large bodies open
    client = world.client(app, "marketer")
    page = client.get(send(client, "email\n" + "x" * 1000).location).text
    assert "sarnakh leads import contacts.csv --site shop --preview" in page
    assert "hidden" not in re.findall(r'id="larger"[^>]*', page)[0]


def test_what_is_far_too_large_is_not_even_read(app: Flask, world: World) -> None:
    said = {"CONTENT_LENGTH": str(uploading.LARGEST + 200_000)}
    response = world.client(app, "marketer").post("/console/imports", environ_overrides=said)
    assert response.location == "/console/imports?too_large=1"
    response = world.client(app, None).post("/console/imports", environ_overrides=said)
    assert response.status_code == 413  # a stranger may send no more than any page takes


@pytest.mark.parametrize("name", ["people.pdf", "<b>.csv", "../../etc/passwd", "\u202evsc.exe"])
def test_a_file_is_what_its_content_says(app: Flask, world: World, name: str) -> None:
    client = world.client(app, "marketer")
    send(client, '{"email": "mina@firm.example"}\n', name)
    work(world)
    with world.parts.db.read() as conn:
        found = imports.of_site(conn, world.shop.id, 1)[0]
    assert (found.status, found.total) == ("previewed", 1)
    assert "/" not in found.name and found.name.isprintable()
    assert "<b>" not in client.get("/console/imports").text


def test_r34_files_run_nothing(app: Flask, world: World) -> None:
    path = uploaded(app, world)
    client = world.client(app, "marketer")
    assert client.get(f"{path}/preview.csv").headers["X-Content-Type-Options"] == "nosniff"
    press(app, world, path, "begin")
    response = client.get(f"{path}/rejected.csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "\"'=cmd|' /C calc'!A0\"" in response.text or "'=cmd|' /C calc'!A0" in response.text


def test_the_same_file_again_leads_to_its_import(app: Flask, world: World) -> None:
    path = uploaded(app, world)
    press(app, world, path, "begin")
    assert send(world.client(app, "marketer"), LIST, "renamed.csv").location == path


def test_a_stopped_worker_is_followed_by_another(
    app: Flask, world: World, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = send(world.client(app, "marketer"), LIST).location

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for button, status in (("", "previewed"), ("begin", "done"), ("undo", "undone")):
        if button:
            post(world.client(app, "marketer"), f"{path}/{button}")
        with monkeypatch.context() as patched:
            patched.setattr(working, "STEPS", dict.fromkeys(working.STEPS, die))
            with pytest.raises(KeyboardInterrupt):
                jobs.lists_with(world.parts)
        assert not jobs.lists_with(world.parts)  # it may be at it yet
        clock.advance(minutes=2)
        work(world)
        assert row(world, path).status == status


def test_a_fault_of_ours_is_told_and_logs_no_row(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = send(world.client(app, "marketer"), LIST).location

    def fail(*_: object) -> None:
        raise ValueError("mina@firm.example")

    monkeypatch.setattr(working, "STEPS", dict.fromkeys(working.STEPS, fail))
    assert not jobs.lists_with(world.parts)
    assert "خطایی از سمت ما" in read(app, world, path)
    said = capsys.readouterr()
    assert "mina@" not in said.out + said.err


def test_an_upload_is_deleted_by_one_press(app: Flask, world: World) -> None:
    path = uploaded(app, world)
    assert post(world.client(app, "marketer"), f"{path}/drop").status_code == 303
    assert world.client(app, "marketer").get(path).status_code == 404


def test_rows_are_shown_by_outcome_and_page(app: Flask, world: World) -> None:
    people = "".join(f"p{n}@firm{n}.example,Name{n}\n" for n in range(60))
    path = uploaded(app, world, "E-mail,First name\n" + people + "wrong@,X\n")
    page = read(app, world, path)
    assert "p0@firm0.example" in page and "p59@firm59.example" not in page
    following = re.search(r'href="([^"]*after=[^"]*)"', page)
    assert following and "p59@firm59.example" in read(app, world, following[1])
    only = read(app, world, f"{path}?outcome=rejected")
    assert "wrong@" in only and "p1@firm1.example" not in only


def test_r35_another_sites_lists_are_not_there(app: Flask, world: World) -> None:
    path = uploaded(app, world)
    stranger = world.client(app, "stranger")
    for end in ("", "/preview.csv", "/rejected.csv"):
        assert stranger.get(path + end).status_code == 404
    for end in ("/begin", "/undo", "/columns", "/drop"):
        assert post(stranger, path + end).status_code == 404
    assert row(world, path).status == "previewed"


def test_viewers_bring_nothing(app: Flask, world: World) -> None:
    viewer = world.client(app, "viewer")
    assert viewer.get("/console/imports").status_code == 403
    assert send(viewer, LIST).status_code == 403
    assert "/console/imports" not in viewer.get("/console/leads").text
