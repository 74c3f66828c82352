"""The demo's landing page and its CRM inbox."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from gateway.demo.site import PAGES, create_site

SECRET = "whsec_" + "c2VjcmV0IGZvciB0ZXN0cyBvbmx5ISE="
ROOT = Path(__file__).parents[2]
GATEWAY = "http://127.0.0.1:8000"


@pytest.fixture
def demo(tmp_path: Path) -> FlaskClient:
    (tmp_path / "webhook_secret").write_text(SECRET)
    return create_site(GATEWAY, tmp_path).test_client()


def hook(demo: FlaskClient, number: int, secret: str = SECRET, **data: Any) -> int:
    lead = {
        "id": "lead_1",
        "version": number,
        "earlier_ids": [],
        "fields": {},
        "score": 10,
        "cell": "B3",
        "stage": "MQL",
    }
    kind = "lead.qualified" if number == 1 else "lead.updated"
    body = json.dumps({"type": kind, "timestamp": "2026-11-22T09:00:00Z", "data": {**lead, **data}})
    now = datetime.now(UTC)  # the library compares it with the clock of this machine
    headers = {
        "webhook-id": f"dlv_{data.get('id', 'lead_1')}_{number}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(f"dlv_{data.get('id', 'lead_1')}_{number}", now, body),
    }
    return demo.post("/hook", data=body, headers=headers).status_code


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_cached_and_strict(demo: FlaskClient, path: str):
    reply = demo.get(path)
    assert reply.status_code == 200
    assert "public" in reply.headers["Cache-Control"]
    assert "unsafe-inline" not in reply.headers["Content-Security-Policy"]
    assert "<style" not in reply.text
    assert " style=" not in reply.text
    assert f'src="{GATEWAY}/embed.js"' in reply.text
    assert demo.get(path, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304


FORMS = [*ROOT.glob("gateway/demo/forms/*.toml"), *ROOT.glob("gateway/web/console/starters/*.toml")]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_form_of_ours_promises_a_mail(path: Path):
    """An offer is downloaded; nothing is mailed."""
    assert not re.search(
        "[Ww]e (will )?send|Send me the|on its way|می‌فرستیم|بفرستیم|در راه است", path.read_text("utf-8")
    )


def test_inbox_shows_one_lead_with_its_versions(demo: FlaskClient):
    assert hook(demo, 1) == 204
    assert hook(demo, 1) == 204  # at least once means: sometimes twice
    assert hook(demo, 2, fields={"email": {"value": "<b>sara@example.ir"}}) == 204
    page = demo.get("/inbox?lang=en").text
    assert "1 lead, once" in page
    assert "Version 1" in page
    assert "Version 2" in page
    assert "&lt;b&gt;sara@example.ir" in page
    assert len(demo.get("/inbox.json").json) == 2


def test_merged_lead_is_shown_once(demo: FlaskClient):
    hook(demo, 1, id="lead_1")
    hook(demo, 1, id="lead_2")
    hook(demo, 2, id="lead_2", earlier_ids=["lead_1"])
    assert "1 lead, once" in demo.get("/inbox?lang=en").text


def test_inbox_takes_nothing_unsigned(demo: FlaskClient):
    assert hook(demo, 1, secret="whsec_" + "b3RoZXIgc2VjcmV0IGZvciB0ZXN0cyE=") == 401
    assert demo.post("/hook", data="{}").status_code == 401
    assert demo.get("/inbox.json").json == []


def test_inbox_can_be_emptied(demo: FlaskClient):
    hook(demo, 1)
    assert demo.post("/inbox/clear").status_code == 303
    assert "هنوز سرنخی نرسیده است" in demo.get("/inbox").text
