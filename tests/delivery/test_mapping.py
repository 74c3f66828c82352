"""What may be written into a CRM (rule 29), without any CRM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.delivery import crm, mapping
from gateway.delivery.mapping import Rule, Wanted
from gateway.delivery.settings import SettingsError
from tests.delivery.kinds import payload

LEAD: dict[str, Any] = json.loads(payload(organisation={"id": "org_1", "name": "Acme", "domain": "example.ir"}))["data"]


@pytest.mark.parametrize("write", ["empty", "always"])
def test_r29_a_property_named_in_another_case_holds_what_the_crm_says_it_holds(write: mapping.Write) -> None:
    wanted = [Wanted("company", "Ours", "empty"), Wanted("COMPANY2", "Ours", write)]
    changed = mapping.changes(wanted, {"Company": "Theirs", "Company2": "Ours"})
    assert changed == {}


def test_r29_an_owner_named_in_another_case_is_never_changed() -> None:
    (one,) = crm.guarded([Wanted("ownerid", "006", "always")], ("OwnerId",))
    assert one.write == "empty"


def test_one_property_in_two_cases_is_one_property() -> None:
    with pytest.raises(SettingsError) as raised:
        mapping.edited({"company": Rule("Company")}, {"map.email": "company"})
    assert raised.value.code == "twice"


@pytest.mark.parametrize("source", ["source.utm_source", "source.page", "lead.organisation"])
def test_r29_what_an_address_line_or_a_form_said_changes_nothing_that_stands(source: str) -> None:
    wanted = mapping.wanted(LEAD, {source: Rule("Theirs", "always")})
    assert [one.write for one in wanted] == ["empty"]
