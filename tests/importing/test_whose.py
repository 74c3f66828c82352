"""Whose each row is, and what it brings: by the rules that forms follow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.store import consents, leads
from gateway.store.consents import ConsentRow
from tests.importing.conftest import Lists

# Rows of one list → what becomes of each: the words of the journal.
LISTS = {
    "three people": ("email,phone\na@acme.ir,\nb@acme.ir,\n,09121234567", ["new", "new", "new"]),
    "one address, twice": ("email\na@acme.ir\nA@ACME.ir", ["new", "email"]),
    "one mailbox by its provider": ("email\nsara.k@gmail.com\nsarak+x@gmail.com", ["new", "email"]),
    "one phone, one name": ("name,phone\nSara Karimi,09121234567\nSara Karimi,+98 912 123 4567", ["new", "phone"]),
    "r9, one phone, two names": ("name,phone\nSara Karimi,09121234567\nAli Karimi,09121234567", ["new", "new"]),
    "r9, one landline, one name": ("name,phone\nSara Karimi,02188776655\nSara Karimi,02188776655", ["new", "phone"]),
    "r9, one landline, two names": ("name,phone\nSara Karimi,02188776655\nReza Zand,02188776655", ["new", "new"]),
    "an unknown address at a known phone": ("email,phone\n,09121234567\na@acme.ir,09121234567", ["new", "new"]),
    "one id, another address": ("email,Record ID\na@acme.ir,7\nb@acme.ir,7", ["new", "crm"]),
    "one address, another id": ("email,Record ID\na@acme.ir,7\na@acme.ir,8", ["new", "email"]),
    "an id alone, known": ("email,Record ID,City\na@acme.ir,7,\n,7,Tehran", ["new", "crm"]),
    "an id alone, unknown": ("email,Record ID\n,7", ["rejected"]),
    "what cannot be used": ("email,phone\n,\na@,\n,12\na@acme.ir,", ["rejected", "rejected", "new"]),
}


@pytest.mark.parametrize("text, outcomes", LISTS.values(), ids=LISTS)
def test_rows_find_their_leads(lists: Lists, text: str, outcomes: list[str]) -> None:
    assert lists.outcomes(text) == outcomes


@pytest.mark.parametrize("text, outcomes", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_preview_foresees_what_the_import_does(lists: Lists, text: str, outcomes: list[str]) -> None:
    foreseen = [one.outcome for one in lists.preview(text)]
    assert ["new" if one in {"same", "possible"} else one for one in foreseen] == outcomes
    assert lists.world.lead_count() == 0  # and it wrote nothing


def test_two_crms_ids_never_meet(lists: Lists) -> None:
    lists.bring("email,id\na@acme.ir,7", source="hubspot")
    assert lists.outcomes("email,id\nb@acme.ir,7", source="salesforce") == ["new"]
    assert lists.identifiers("a@acme.ir")["crm"] == ("hubspot:7",)


def test_r3_a_list_fills_outdoes_what_was_typed_and_proposes_the_rest(lists: Lists) -> None:
    sent = lists.world.send({"email": "a@acme.ir", "first_name": "Sarah"})
    with lists.world.db.write() as conn:
        lead_id = str(sent.lead_id)
        staff = leads.all_facts(conn, lead_id)[0].__class__("company", "Acme", "staff", "staff:usr_1", sent.received_at)
        leads.add_fact(conn, lead_id, staff)
    _, (done,) = lists.bring("email,First Name,Company,City\na@acme.ir,Sara,Apex,Tehran")
    assert (done.outcome, done.lead_id, done.changed) == ("email", lead_id, True)
    values = lists.values("a@acme.ir")
    assert (values["first_name"], values["company"], values["city"]) == ("Sara", "Acme", "Tehran")
    offered = [(fact.field, fact.value) for fact in lists.facts("a@acme.ir") if fact.state == "proposed"]
    assert offered == [("company", "Apex")]


def test_r2_what_a_list_says_has_the_strength_of_an_import(lists: Lists) -> None:
    found, _ = lists.bring("email,City\na@acme.ir,Tehran")
    fact = lists.lead("a@acme.ir").facts["city"]
    assert (fact.strength, fact.origin) == ("import", f"import:{found.id}")


def test_the_same_source_may_say_a_value_anew_of_its_own_id(lists: Lists) -> None:
    lists.bring("email,id,City\na@acme.ir,7,Tehran", source="hubspot")
    lists.bring("email,id,City\na@acme.ir,7,Shiraz", source="hubspot")
    assert lists.values("a@acme.ir")["city"] == "Shiraz"
    lists.bring("email,id,City\na@acme.ir,9,Yazd", source="zoho")  # another CRM's word is as good as theirs
    assert lists.values("a@acme.ir")["city"] == "Shiraz"


def test_an_older_list_of_the_same_source_takes_nothing_back(lists: Lists) -> None:
    row = "email,id,City,Last Modified\na@acme.ir,7,"
    lists.bring(f"{row}Shiraz,2026-05-01")
    lists.bring(f"{row}Tehran,2025-05-01")
    assert lists.values("a@acme.ir")["city"] == "Shiraz"


def test_an_address_that_another_lead_has_is_only_proposed(lists: Lists) -> None:
    lists.bring("email,id\na@acme.ir,7\nb@acme.ir,8")
    _, (done,) = lists.bring("email,id\nb@acme.ir,7")
    assert (done.outcome, done.lead_id, done.notes) == ("crm", lists.lead("a@acme.ir").id, ["elsewhere"])
    assert lists.values("a@acme.ir")["email"] == "a@acme.ir"


def test_owner_stage_and_customer_come_along_and_undo_nothing(lists: Lists) -> None:
    text = "email,Owner,Life,Kunde\na@acme.ir,{},{},{}"
    lists.bring(text.format("Ali", "mql", "no"), stage="Life", customer="Kunde")
    lists.bring(text.format("Reza", "IQL", "yes"), stage="Life", customer="Kunde")
    lead = lists.lead("a@acme.ir")
    assert (lead.owner, lead.stage, lead.customer) == ("Ali", "customer", True)


def test_a_lead_is_as_old_as_its_list_says(lists: Lists) -> None:
    lists.bring("email,Create Date\na@acme.ir,2021-05-03T10:00:00Z\nb@acme.ir,2031-01-01")
    assert lists.lead("a@acme.ir").created_at == datetime(2021, 5, 3, 10, tzinfo=UTC)
    assert lists.lead("b@acme.ir").created_at == lists.world.clock()


def test_r27_consents_are_claims_and_a_withdrawal_stands(lists: Lists) -> None:
    header = "email,Newsletter,Consent date,Unsubscribed"
    text = f"{header}\na@acme.ir,yes,2024-05-01T00:00:00Z,\nb@acme.ir,yes,,yes\nc@acme.ir,,,"
    found, _ = lists.bring(text)
    with lists.world.db.read() as conn:
        force = {name: consents.in_force(conn, lists.lead(f"{name}@acme.ir").id) for name in "abc"}
    given = force["a"]["marketing"]
    assert (given.state, given.at, given.text) == ("claimed", datetime(2024, 5, 1, tzinfo=UTC), "Newsletter: yes")
    assert given.evidence == {"import": found.id, "row": 1, "source": "crm"}
    assert force["b"]["marketing"].state == "withdrawn" and force["c"] == {}


@pytest.mark.parametrize("unsubscribed_at", ["", "2026-01-01T00:00:00Z"])
def test_r27_an_unsubscribed_of_a_list_outdoes_a_consent_that_was_confirmed_before(
    lists: Lists, unsubscribed_at: str
) -> None:
    """Though the list says since when it knows the person, which is years before."""
    lists.bring("email\nsara@acme.ir")
    lead, world = lists.lead("sara@acme.ir"), lists.world
    agreed = datetime(2025, 1, 1, tzinfo=UTC)
    with world.db.write() as conn:
        consents.add(
            conn, world.site.id, ConsentRow("marketing", "consent", "News", "en", "confirmed", agreed, lead.id)
        )
    header = "email,Create Date,Unsubscribed,Unsubscribed at"
    lists.bring(f"{header}\nsara@acme.ir,2019-05-01T00:00:00Z,yes,{unsubscribed_at}")
    with world.db.read() as conn:
        assert consents.in_force(conn, lead.id)["marketing"].state == "withdrawn"


def test_the_same_by_all_we_know_are_linked_and_stay_two_records(lists: Lists) -> None:
    lists.bring("First Name,Last Name,Email,Mobile,Company\nSara,Karimi,sara@acme.ir,09121234567,Acme")
    text = "First Name,Last Name,Email,Mobile,Company\nSara,Karimi,sara.k@gmail.com,09121234567,Acme"
    (foreseen,) = lists.preview(text)
    assert (foreseen.outcome, foreseen.lead_id) == ("same", lists.lead("sara@acme.ir").id)
    assert foreseen.match is not None and foreseen.match.weight > 5
    assert lists.outcomes(text) == ["new"]
    assert lists.world.lead_count() == 2


def test_alike_rows_of_one_list_are_foreseen(lists: Lists) -> None:
    row = "Sara,Karimi,{},09121234567,Acme"
    text = "\n".join(["First Name,Last Name,Email,Mobile,Company", row.format("s@acme.ir"), row.format("s@gmail.com")])
    first, second = lists.preview(text)
    assert (first.outcome, second.outcome, second.with_row) == ("new", "same", 1)
