"""GET /d/<token>: the file for whoever sent the form, for a week; one download counts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forms import tickets
from gateway.parts import Parts
from gateway.store.tables import events, submissions
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

PDF = b"%PDF-1.4 a guide"


@pytest.fixture
def link(client: FlaskClient, parts: Parts) -> str:
    """The path of a fresh link."""
    side.publish(parts, side.GUIDE)
    folder = parts.config.data_dir / "offers" / "shop"
    folder.mkdir(parents=True)
    (folder / "guide.pdf").write_bytes(PDF)
    spec = side.spec(client, "guide")
    body = {"email": "sara@example.ir", "consent_store": True, "_ticket": spec["ticket"]}
    url = side.send_json(client, "guide", body).json["next"]["download"]["url"]
    return urlsplit(url).path


def downloads(parts: Parts) -> int:
    with parts.db.read() as conn:
        return len(conn.execute(select(events).where(events.c.type == "download")).all())


def test_r34_file_comes_as_an_attachment(client: FlaskClient, parts: Parts, link: str):
    reply = client.get(link, buffered=True)
    assert (reply.status_code, reply.data) == (200, PDF)
    assert reply.headers["Content-Disposition"] == "attachment; filename=guide.pdf"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert downloads(parts) == 1


@pytest.mark.parametrize(
    ("method", "headers", "counted"),
    [
        ("GET", {}, 1),
        ("HEAD", {}, 0),
        ("GET", {"Range": "bytes=0-3"}, 0),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, 0),
        ("GET", {"Purpose": "prefetch"}, 0),
    ],
)
def test_r22_only_a_real_fetch_is_a_download(
    client: FlaskClient, parts: Parts, link: str, method: str, headers: dict[str, str], counted: int
):
    for _ in range(2):
        assert client.open(link, method=method, headers=headers, buffered=True).status_code in {200, 206}
    assert downloads(parts) == counted


def test_link_expires_and_says_what_to_do(client: FlaskClient, parts: Parts, link: str, clock: SettableClock):
    clock.advance(days=7, seconds=1)
    reply = client.get(link, headers={"Accept-Language": "en"})
    assert reply.status_code == 410
    assert "Send the form again" in reply.text
    assert downloads(parts) == 0


@pytest.mark.parametrize("token", ["x", "WyJhIl0.AAAA", "%00", "a" * 5000, "é"])
def test_forged_link_is_404(client: FlaskClient, parts: Parts, token: str):
    assert client.get(f"/d/{token}").status_code == 404


@pytest.mark.parametrize("payload", [["guide", "sub_none"], ["none", "sub_none"]])
def test_link_to_nothing_is_404(client: FlaskClient, parts: Parts, link: str, payload: list[str]):
    token = tickets.sign_token(parts.config.secret_key, "offer", payload)
    assert client.get(f"/d/{token}").status_code == 404


def test_erased_submission_gives_no_file(client: FlaskClient, parts: Parts, link: str):
    with parts.db.write() as conn:
        conn.execute(update(submissions).values(status="erased"))
    assert client.get(link).status_code == 404


def test_missing_file_is_no_fault_of_the_visitor(client: FlaskClient, parts: Parts, link: str):
    (parts.config.data_dir / "offers" / "shop" / "guide.pdf").unlink()
    assert client.get(link).status_code == 404
    assert downloads(parts) == 0
