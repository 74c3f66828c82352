"""Who a submission belongs to and what it may write, through the whole pipeline, from the attacker's side too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.store import consents, leads
from tests.pipeline.conftest import World

SARA = {"email": "sara@example.com", "first_name": "Sara"}


def test_r4_an_accepted_submission_with_an_email_begins_a_lead(world: World) -> None:
    sent = world.send(SARA)
    lead = world.lead(sent.lead_id)
    assert sent.status == "accepted"
    assert {name: (fact.value, fact.strength, fact.origin) for name, fact in lead.facts.items()} == {
        "email": ("sara@example.com", "typed", sent.id),
        "first_name": ("Sara", "typed", sent.id),
    }


def test_r4_a_mobile_number_alone_begins_a_lead(world: World) -> None:
    assert world.send({"phone": "+989121234567"}).lead_id is not None


def test_r4_without_an_identifier_there_is_no_lead(world: World) -> None:
    sent = world.send({"first_name": "Sara"})
    assert sent.status == "accepted" and sent.lead_id is None and world.lead_count() == 0


def test_r4_held_and_rejected_submissions_make_no_lead_and_touch_none(world: World) -> None:
    lead = world.lead(world.send(SARA).lead_id)
    held = world.send({**SARA, "job_title": "CEO"}, facts={"honeypot": "x", "script": True, "fill_seconds": 30.0})
    replays = [world.send({**SARA, "first_name": f"S{n}"}, nonce="one ticket") for n in range(4)]
    assert (held.status, held.lead_id) == ("held", None)
    assert (replays[3].status, replays[3].lead_id) == ("rejected", None)
    assert set(world.lead(lead.id).facts) == {"email", "first_name"} and world.lead_count() == 1


def test_r4_a_second_identifier_in_a_browser_begins_a_second_lead(world: World) -> None:
    first = world.send(SARA, visitor_id="vis_1")
    second = world.send({"email": "reza@example.com"}, visitor_id="vis_2", previous_visitor_id="vis_1")
    assert second.lead_id != first.lead_id and world.lead_count() == 2
    assert world.lead(first.lead_id).facts["email"].value == "sara@example.com"


def test_r5_a_recognised_browser_goes_on_without_an_identifier(world: World) -> None:
    first = world.send(SARA, visitor_id="vis_1")
    second = world.send({"job_title": "CEO"}, visitor_id="vis_1")
    lead = world.lead(first.lead_id)
    assert second.lead_id == first.lead_id
    assert lead.facts["job_title"].strength == "browser" and lead.version == 2


def test_r5_a_browser_alone_fills_empty_facts_and_gives_no_consent(world: World) -> None:
    first = world.send({**SARA, "consent_marketing": False}, visitor_id="vis_1")
    world.send({"first_name": "Mallory", "consent_marketing": True}, visitor_id="vis_1")
    lead = world.lead(first.lead_id)
    assert lead.facts["first_name"].value == "Sara"
    with world.db.read() as conn:
        assert consents.of_lead(conn, lead.id) == []
        proposed = [fact.value for fact in leads.all_facts(conn, lead.id) if fact.state == "proposed"]
    assert proposed == ["Mallory"]


def test_r3_another_browser_that_types_the_address_overwrites_nothing(world: World) -> None:
    first = world.send({**SARA, "job_title": "CEO"}, visitor_id="vis_1")
    attack = world.send(
        {"email": "SARA@example.com", "job_title": "thief", "phone": "+989121234567"}, visitor_id="vis_9"
    )
    lead = world.lead(first.lead_id)
    assert attack.lead_id == lead.id  # linked, by the address alone
    assert lead.facts["job_title"].value == "CEO"
    assert lead.facts["phone"].value == "+989121234567" and lead.facts["phone"].origin == attack.id  # it was empty


def test_r3_an_attacker_who_types_it_twice_overwrites_nothing_either(world: World) -> None:
    first = world.send({**SARA, "job_title": "CEO"}, visitor_id="vis_1")
    for previous, now in (("vis_a", "vis_b"), ("vis_b", "vis_c")):
        world.send({**SARA, "job_title": "thief"}, visitor_id=now, previous_visitor_id=previous)
    assert world.lead(first.lead_id).facts["job_title"].value == "CEO"


def test_r3_the_same_browser_with_the_same_address_corrects_what_it_said(world: World) -> None:
    first = world.send({**SARA, "job_title": "CEO"}, visitor_id="vis_1")
    world.send({**SARA, "job_title": "CTO"}, visitor_id="vis_2", previous_visitor_id="vis_1")
    assert world.lead(first.lead_id).facts["job_title"].value == "CTO"


def test_r9_a_shared_phone_merges_nobody(world: World) -> None:
    first = world.send({**SARA, "phone": "+989121234567"})
    second = world.send({"email": "reza@example.com", "phone": "+989121234567"})
    third = world.send({"phone": "+989121234567"})
    assert len({first.lead_id, second.lead_id, third.lead_id}) == 3


def test_r09_two_who_leave_their_offices_landline_are_two_leads(world: World) -> None:
    sara = world.send({"first_name": "Sara", "phone": "+982188776655"}, visitor_id="vis_1")
    reza = world.send({"first_name": "Reza", "phone": "+982188776655"}, visitor_id="vis_2")
    again = {"visitor_id": "vis_3", "previous_visitor_id": "vis_1"}
    assert world.send({"first_name": "Sara", "phone": "+982188776655"}, **again).lead_id == sara.lead_id
    assert sara.lead_id != reza.lead_id
    assert world.lead(reza.lead_id).facts["first_name"].value == "Reza"


def test_r9_a_providers_other_spelling_is_the_same_mailbox(world: World) -> None:
    world.hosts["gmail.com"] = world.hosts["example.com"]
    first = world.send({"email": "sara.ahmadi@gmail.com"})
    assert world.send({"email": "saraahmadi+x@gmail.com"}).lead_id == first.lead_id


def test_r27_a_consent_over_a_typed_address_is_claimed_with_the_text_shown(world: World) -> None:
    sent = world.send({**SARA, "consent_marketing": True}, lang="fa")
    with world.db.read() as conn:
        (receipt,) = consents.of_lead(conn, sent.lead_id or "")
    assert (receipt.purpose, receipt.state, receipt.text, receipt.lang) == ("marketing", "claimed", "خبر بدهید", "fa")
    assert receipt.submission_id == sent.id


def test_r35_sites_are_walls(make_world: Callable[..., World]) -> None:
    one = make_world()
    other = make_world("other", intake_toml("other_form"))
    first, second = one.send(SARA, visitor_id="vis_1"), other.send(SARA, visitor_id="vis_1")
    assert first.lead_id != second.lead_id
    assert one.lead_count() == other.lead_count() == 1


def test_r38_a_marketers_test_reaches_no_real_lead(world: World) -> None:
    real = world.send(SARA, visitor_id="vis_1")
    test = world.send({**SARA, "job_title": "Tester"}, test=True)
    lead = world.lead(test.lead_id)
    assert test.lead_id != real.lead_id and lead.test
    assert (lead.score, lead.stage) == (0, None)
    assert "job_title" not in world.lead(real.lead_id).facts


def intake_toml(key: str) -> str:
    from tests.support import intake

    return intake.GUIDE.replace('key = "guide"', f'key = "{key}"')


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("sara@gmial.com", "sara@gmail.com", "accepted"),
        ("Sara@gmail.con", "sara@gmail.com", "accepted"),
        ("sara@gmial.com", "omid@gmail.com", "held"),
        ("sara@gmail.com", "sara@gmial.com", "held"),
        ("sara@gmail.com", "sara@yahoo.com", "held"),
    ],
)
def test_r11_who_goes_back_to_mend_a_mistyped_domain_is_the_same_person(
    world: World, first: str, second: str, status: str
) -> None:
    world.send({"email": first}, nonce="one ticket")
    assert world.send({"email": second}, nonce="one ticket").status == status
