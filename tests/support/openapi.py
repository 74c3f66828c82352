"""Whether an answer of the API is one that its document tells of."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

PATH = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_text("utf-8"))


def check(method: str, path: str, reply: TestResponse) -> None:
    """Raises AssertionError for a status, type or shape that the document does not know. Addresses and methods that
    stand nowhere in it are another test's."""
    operation = _operation(method, path.partition("?")[0])
    if operation is None:
        return
    told = operation["responses"].get(str(reply.status_code))
    assert told is not None, f"{method} {path}: {reply.status_code} is not documented: {reply.text}"
    told = _resolved(told)
    (kind,) = told["content"]
    assert reply.mimetype == kind
    faults = [
        fault.message for fault in _validator(json.dumps(told["content"][kind]["schema"])).iter_errors(reply.json)
    ]
    assert faults == [], f"{method} {path}: {faults}"
    for name in told.get("headers", {}):
        assert name in reply.headers


def _operation(method: str, path: str) -> dict[str, Any] | None:
    templates = sorted(DOCUMENT["paths"], key=lambda template: template.count("{"))
    for template in templates:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = DOCUMENT["paths"][template].get(method.lower())
            return found
    return None


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    found = DOCUMENT
    for name in node.get("$ref", "").removeprefix("#/").split("/") if "$ref" in node else []:
        found = found[name]
    return found if "$ref" in node else node


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]})
