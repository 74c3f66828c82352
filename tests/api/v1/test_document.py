"""docs/api/openapi.json says what the code does. That its shapes are the answers' is checked on every call of the
other tests here (tests/support/openapi.py)."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway import happened, reported
from gateway.scoring.event_types import SENDERS
from gateway.store import organisations_search
from gateway.store.api_tokens import SCOPES
from gateway.web import api, api_deliveries, api_door, api_intake, api_lists
from tests.support.api_side import Installation
from tests.support.openapi import DOCUMENT

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCHEMAS = DOCUMENT["components"]["schemas"]


def documented() -> dict[tuple[str, str], dict[str, object]]:
    return {
        (method.upper(), path): operation
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }


def test_the_document_is_openapi_and_served_without_a_token(installation: Installation):
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    reply = installation.app.test_client().get("/api/v1/openapi.json")
    assert (reply.status_code, reply.json) == (200, DOCUMENT)


def test_every_route_stands_in_the_document_and_nothing_else(installation: Installation):
    routes = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1"))
        for rule in installation.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.nothing_here"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == set(documented())
    assert DOCUMENT["servers"] == [{"url": "/api/v1"}]


def test_the_document_names_the_scope_of_each_call(installation: Installation):
    for (method, path), operation in documented().items():
        reply = installation.caller(scopes=["metrics"])(method, re.sub(r"\{\w+\}", "x", path), {})
        wanted = [{"token": [reply.json["scope"]]}] if reply.status_code == 403 else []
        assert operation["security"] == wanted, path


def test_closed_lists_are_those_of_the_code(database_url: str):
    assert SCHEMAS["new_event"]["properties"]["type"]["enum"] == sorted(
        name for name, sources in SENDERS.items() if "api" in sources
    )
    assert SCHEMAS["new_outcome"]["properties"]["outcome"]["enum"] == list(reported.OUTCOMES)
    assert SCHEMAS["new_outcome"]["properties"]["reason"]["enum"] == list(reported.REASONS)
    assert SCHEMAS["new_outcome"]["properties"]["purpose"]["enum"] == list(happened.WRITES)
    assert SCHEMAS["submission_line"]["properties"]["status"]["enum"] == list(api.STATUSES)
    assert SCHEMAS["delivery_line"]["properties"]["status"]["enum"] == list(api_deliveries.STATUSES)
    assert SCHEMAS["lead_line"]["properties"]["stage"]["enum"] == [*api.STAGES, None]
    sorts = next(one for one in DOCUMENT["paths"]["/organisations"]["get"]["parameters"] if one.get("name") == "sort")
    assert sorts["schema"]["enum"] == list(organisations_search.SORTS)
    told = DOCUMENT["components"]["securitySchemes"]["token"]["description"]
    assert all(scope in told for scope in SCOPES if scope != "metrics")


def test_limits_are_those_of_the_code(database_url: str):
    responses, parameters = DOCUMENT["components"]["responses"], DOCUMENT["components"]["parameters"]
    assert SCHEMAS["new_events"]["properties"]["events"]["maxItems"] == api_intake.MAX_EVENTS
    assert SCHEMAS["new_event"]["properties"]["id"]["maxLength"] == api_intake.MAX_EVENT_ID
    assert parameters["limit"]["schema"]["maximum"] == api_lists.MAX_PAGE
    key = DOCUMENT["paths"]["/leads"]["post"]["parameters"][0]
    assert key["schema"]["maxLength"] == api_intake.MAX_KEY
    assert f"{api_door.MAX_BODY // 1024} KB" in responses["too_large"]["description"]
    assert api_door.LIMIT.replace("/", " calls in a ").replace("3000", "3,000") in responses["too_many"]["description"]
