"""Imports follow the house; each rule is shown to bite on a made-up tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.layers import faults, unplaced

ROOT = Path(__file__).parents[1]


def test_the_house_keeps_its_layers() -> None:
    assert faults(ROOT) == []


def test_every_module_of_the_gateway_has_its_floor() -> None:
    assert unplaced(ROOT) == []


# file, its content, and a part of the only fault that is found
BREACHES = [
    ("forms/model.py", "import gateway.ids", "forms may not import gateway.ids"),
    ("forms/model.py", "import config", "forms may not import config"),
    ("forms/model.py", "from flask import request", "forms.model is pure"),
    ("forms/model.py", "from verification import addresses", "forms may not import verification"),
    ("forms/model.py", "def f():\n    import sqlite3", "forms.model is pure"),
    ("verification/checks/email.py", "from forms.model import Form", "verification may not import forms.model"),
    ("verification/checks/email.py", "import dns.resolver", "is pure and may not import dns.resolver"),
    ("verification/checks/email.py", "from . import address", "relative import"),
    ("gateway/scoring/score.py", "from gateway.store import leads", "gateway.scoring may not import"),
    ("gateway/store/leads.py", "from gateway import pipeline", "may not import gateway.pipeline"),
    ("gateway/store/leads.py", "from gateway.delivery import ledger", "may not import gateway.delivery"),
    ("gateway/http.py", "from gateway.store import leads", "(floor 2) may not import"),
    ("gateway/pipeline.py", "from gateway.web import public", "the edge gateway.web"),
    ("gateway/pipeline.py", "import gateway.jobs", "the edge gateway.jobs"),
    ("gateway/jobs.py", "from gateway.web.public import blueprint", "the edge gateway.web"),
    ("gateway/web/public.py", "from gateway.cli import main", "the edge gateway.cli"),
    ("gateway/delivery/destinations/sheet.py", "from gateway.store import leads", "gateway.delivery.destinations"),
    ("gateway/delivery/ledger.py", "from sqlalchemy import select", "SQL is written in gateway.store only"),
    ("gateway/cli/why.py", "import sqlalchemy as sa", "SQL is written in gateway.store only"),
    ("gateway/pipeline.py", "from flask import current_app", "flask.current_app is for gateway.web only"),
    ("gateway/pipeline.py", "import flask\nflask.request", "flask.request is for gateway.web only"),
    ("gateway/pipeline.py", "print('x')", "print is for"),
    ("gateway/pipeline.py", "say = print", "print is for"),
]

ALLOWED = [
    ("verification/addresses.py", "from forms.text import fold"),
    ("gateway/web/public.py", "from flask import current_app, request\nfrom gateway import pipeline"),
    ("gateway/delivery/destinations/webhook.py", "from gateway.http import Connector"),
    ("gateway/delivery/ledger.py", "from sqlalchemy import Connection\nfrom sqlalchemy.exc import IntegrityError"),
    ("gateway/store/leads.py", "from sqlalchemy import select\nfrom gateway.records import Lead"),
    ("gateway/cli/serve.py", "from gateway import jobs, supervisor\nprint('x')"),
    ("gateway/__init__.py", "from gateway.web import public"),
    ("wsgi.py", "from gateway import create_app"),
]


def tree(root: Path, path: str, content: str) -> Path:
    """A small house in which every module that the cases name exists, and one of them holds `content`."""
    for name in [case[0] for case in BREACHES + [(*case, "") for case in ALLOWED]]:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    (root / path).write_text(content)
    return root


@pytest.mark.parametrize("path, content, fault", BREACHES)
def test_a_breach_is_found(path: str, content: str, fault: str, tmp_path: Path) -> None:
    found = faults(tree(tmp_path, path, content))
    assert found
    assert all(line.startswith(f"{path}:") for line in found)
    assert any(fault in line for line in found), found


@pytest.mark.parametrize("path, content", ALLOWED)
def test_what_the_house_allows_passes(path: str, content: str, tmp_path: Path) -> None:
    assert faults(tree(tmp_path, path, content)) == []


def test_a_module_without_a_floor_is_found(tmp_path: Path) -> None:
    assert unplaced(tree(tmp_path, "gateway/utils.py", "")) == ["gateway.utils"]
