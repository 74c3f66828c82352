"""A person who asked to be forgotten is: nothing that was known of them stands anywhere, and whoever has them hears."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import make_url, select

from config import Config
from gateway import correcting, erasing, merging, organising, relinking, standing
from gateway.cli.why import _stories
from gateway.delivery import ledger, payload
from gateway.doorbell import Doorbell
from gateway.erasing import Loss
from gateway.http import Connector
from gateway.lookups import Lookups
from gateway.parts import Parts
from gateway.records import Event, Fact
from gateway.store import (
    by_person,
    consents,
    counted,
    destinations,
    duplicates,
    erased,
    events,
    leads,
    submissions,
)
from gateway.store.by_person import Period
from gateway.store.destinations import NewDestination
from gateway.store.duplicates import Weighed
from gateway.store.tables import metadata
from tests.delivery.conftest import WHSEC
from tests.importing.conftest import Lists
from tests.pipeline.conftest import World
from tests.support import intake
from tests.support.receiver import Receiver

SARA = {
    "email": "Sara.Zand@example.com",
    "first_name": "Sarvenaz",
    "phone": "+989121234567",
    "job_title": "Cartographer",
}
WORK = {"email": "szandvakili@example.ir", "first_name": "Sarvenaz", "consent_marketing": True}
PAGE = {
    "url": "https://www.example.com/offer",
    "utm": {"utm_source": "to-sara.zand@example.com", "utm_campaign": "spring"},
}
TRAPPED = {"honeypot": "x", "script": True, "fill_seconds": 30.0}
LIST = "Email,Company,Owner,ID\nsara.zand@example.com,Zandvakili Maps,owner@firm.example,crm-4711\n"
# What would tell who she was, anywhere.
TELLING = ("sara.zand", "szandvakili", "sarvenaz", "9121234567", "cartographer", "zandvakili", "crm-4711", "owner@firm",
           "vis_sara", "198.51.100")  # fmt: skip


def dump(world: World) -> str:
    """Every row of every table, and of SQLite the file's own bytes."""
    with world.db.read() as conn:
        rows = [str(row) for table in metadata.sorted_tables for row in conn.execute(select(table))]
    text = "\n".join(rows)
    url = make_url(str(world.db.engine.url))
    if url.get_backend_name() == "sqlite" and url.database:
        with world.db.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        text += Path(url.database).read_bytes().decode("latin-1")
    return text.casefold()


def told(text: str) -> set[str]:
    return {name for name in TELLING if name in text}


@pytest.fixture
def parts(make_config: Callable[..., Config], database_url: str, world: World, receiver: Receiver) -> Parts:
    """What sends, to one CRM that takes everything."""
    config = make_config(DATABASE_URL=database_url)
    made = Parts(
        config, world.db, world.clock, cast(Doorbell, None), cast(Lookups, None),
        Connector(frozenset({receiver.host_port})),
    )  # fmt: skip
    new = NewDestination(world.site.id, "webhook", "CRM", {"url": receiver.url, "secret": WHSEC}, sends="all")
    with world.db.write() as conn:
        destinations.add(conn, config.secret_key, new, world.clock())
    return made


def sent(parts: Parts) -> None:
    while ledger.send_due(parts, 10, standing.explain_all):
        pass


def lived(world: World, parts: Parts) -> str:
    """Somebody of whom there is something in every corner. Returns the lead's id."""
    facts = {"script": True, "fill_seconds": 30.0, "user_agent": "Mozilla/5.0", "block": "198.51.100.0/24"}
    lead = world.lead(world.send(SARA, visitor_id="vis_sara", page=PAGE, facts=facts).lead_id)
    sent(parts)
    world.clock.advance(hours=1)
    younger = world.lead(world.send(WORK, visitor_id="vis_sara_2", page=PAGE, facts=facts).lead_id)
    Lists(world).bring(LIST)
    with world.db.write() as conn:
        found = leads.get(conn, world.site.id, lead.id)
        assert found is not None
        correcting.write(conn, found, ("first_name", "text", "Sarvenaz Z."), by="usr_1", now=world.clock())
        event = Event("ev_1", "visit", world.clock(), "Sarvenaz's page", params={"of": "Sarvenaz"})
        events.add(conn, world.site.id, lead.id, event, world.clock())
    sent(parts)
    with world.db.write() as conn:
        merging.merge(conn, world.site.id, (lead.id, younger.id), by="usr_1", now=world.clock())
    sent(parts)
    world.send({**SARA, "email": "sara.zand@example.com"}, facts=TRAPPED, page=PAGE)  # held, in her name
    organising.regroup_due(world.db, world.clock())
    return lead.id


def erase(world: World, what: str) -> Loss:
    with world.db.write() as conn:
        lost = erasing.erase(conn, world.site.id, what, by="usr_1", now=world.clock.advance(minutes=1))
    organising.regroup_due(world.db, world.clock())
    return lost


def test_r27_nothing_that_tells_who_she_was_stands_anywhere(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    assert told(dump(world)) == set(TELLING)
    erase(world, lead_id)
    assert told(dump(world)) == set()


def test_r31_whoever_has_the_lead_hears_of_its_erasure_once(world: World, parts: Parts, receiver: Receiver) -> None:
    lead_id = lived(world, parts)
    younger = world.lead(lead_id).earlier_ids
    before = len(receiver.bodies)
    lost = erase(world, "szandvakili@example.ir")
    sent(parts)
    erase(world, lead_id)  # safe to run twice
    sent(parts)
    heard = receiver.bodies[before:]
    assert lost.told == ("CRM",)
    assert [body["type"] for body in heard] == ["lead.erased"]
    assert heard[0]["data"]["id"] == lead_id and heard[0]["data"]["earlier_ids"] == list(younger)
    assert told(json.dumps(heard).casefold()) == set()
    assert told(dump(world)) == set()


def test_a_sender_that_holds_it_sends_nothing_of_hers_any_more(
    world: World, parts: Parts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was claimed, and its bytes were put together, when she asked; they were not kept yet."""
    lead_id = lived(world, parts)
    with world.db.write() as conn:
        leads.add_fact(conn, lead_id, Fact("job_title", "Cartographer in chief", "staff", "usr_1", world.clock()))
        standing.refresh(conn, world.site.id, lead_id, world.clock())
    before = len(receiver.bodies)
    build = payload.build

    def slow(*given: Any, **how: Any) -> str:
        monkeypatch.undo()
        body = build(*given, **how)
        erase(world, lead_id)
        return body

    monkeypatch.setattr(payload, "build", slow)
    sent(parts)
    assert [body["type"] for body in receiver.bodies[before:]] == ["lead.erased"]
    assert told(dump(world)) == set()


def test_why_tells_that_she_was_erased_and_her_address_names_nobody(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    erase(world, lead_id)
    with world.db.read() as conn:
        (story,) = _stories(conn, lead_id, None, world.clock())
        assert list(_stories(conn, SARA["email"], None, world.clock())) == []
    assert story["lead"]["erased_at"] and story["lead"]["fields"] == {}
    assert {one["status"] for one in story["submissions"]} == {"erased"}
    assert story["duplicates"] == [] and story["score"]["lines"] == []


def test_r27_the_receipt_stays_and_does_not_tell_whose_it_was(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    erase(world, lead_id)
    with world.db.read() as conn:
        (receipt,) = consents.of_lead(conn, lead_id)
    assert (receipt.purpose, receipt.text, receipt.state) == ("marketing", "Keep me posted", "claimed")
    assert receipt.evidence == {"form": "guide", "version": 1}


def test_what_was_counted_stays_counted(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    period = Period(world.clock() - timedelta(days=1), world.clock() + timedelta(days=1))
    with world.db.read() as conn:
        before = by_person.report(conn, world.site.id, period, "campaign", touch="converting")
    erase(world, lead_id)
    with world.db.read() as conn:
        assert by_person.report(conn, world.site.id, period, "campaign", touch="converting") == before
        assert leads.count(conn, world.site.id) == 0


def test_who_is_only_counted_as_the_same_person_stays(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    world.clock.advance(hours=1)
    other = world.lead(world.send({"email": "other@example.com", "first_name": "Omid"}).lead_id)
    with world.db.write() as conn:
        duplicates.keep(
            conn, world.site.id, Weighed(lead_id, other.id, "same", 9.0, [("phone", "same", 9.0)]), world.clock()
        )
        counted.recount(conn, world.site.id, [lead_id, other.id])
    assert erase(world, lead_id).same_as == (other.id,)
    found = world.lead(other.id)
    assert found.erased_at is None and found.facts["first_name"].value == "Omid"
    with world.db.read() as conn:
        assert duplicates.of_lead(conn, [other.id]) == [] and duplicates.same_as(conn, other.id) == []


def test_what_comes_after_begins_anew(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    erase(world, lead_id)
    again = world.send(SARA, visitor_id="vis_sara")
    assert again.lead_id not in (None, lead_id)
    assert set(world.lead(again.lead_id).facts) == set(SARA)


def test_nothing_of_her_is_merged_moved_or_taken_back(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    with world.db.read() as conn:
        (merge,) = conn.execute(select(metadata.tables["merges"].c.id)).scalars()
        (form, *_) = submissions.of_lead(conn, world.site.id, lead_id)
    erase(world, lead_id)
    with world.db.write() as conn, pytest.raises(LookupError):
        merging.undo(conn, world.site.id, merge, by=None, now=world.clock())
    with world.db.write() as conn, pytest.raises(relinking.RelinkError):
        relinking.relink(conn, form.id, None, relinking.Mover(world.site.id, None, world.clock()))


def test_r9_a_number_that_others_have_too_takes_no_form_of_theirs(world: World, parts: Parts) -> None:
    lead_id = lived(world, parts)
    world.clock.advance(hours=1)
    family = {"email": "omid@example.com", "first_name": "Omid", "phone": SARA["phone"]}
    world.send(family)
    only = world.send({"first_name": "Omid", "phone": SARA["phone"]}, facts=TRAPPED)
    erase(world, lead_id)
    assert world.submission(only.id).status == "held"


def test_who_never_became_a_lead_is_forgotten_by_their_address(world: World) -> None:
    held = world.send(SARA, facts=TRAPPED, email_domain="example.com")
    assert erase(world, "sara.zand@EXAMPLE.com").counts["submissions"] == 1
    assert world.submission(held.id).status == "erased"
    with world.db.write() as conn, pytest.raises(LookupError):
        erasing.erase(conn, world.site.id, "nobody@example.com", by=None, now=world.clock())


def test_r38_a_test_with_an_address_is_forgotten_by_it_after_the_real_lead(world: World) -> None:
    real, test = world.send(SARA).lead_id, world.send(SARA, test=True).lead_id
    erase(world, SARA["email"])
    assert world.lead(real).erased_at is not None and world.lead(test).erased_at is None
    erase(world, SARA["email"])
    gone = world.lead(test)
    assert gone.erased_at is not None and gone.facts == {}


def test_r35_another_site_s_lead_is_named_by_nobody_here(make_world: Callable[..., World]) -> None:
    here, there = make_world("one"), make_world("two", intake.GUIDE.replace('"guide"', '"guide2"'))
    lead_id = there.send(SARA).lead_id
    for what in (lead_id or "", SARA["email"]):
        with here.db.write() as conn, pytest.raises(LookupError):
            erasing.erase(conn, here.site.id, what, by=None, now=here.clock())
    assert there.lead(lead_id).erased_at is None


def test_every_table_that_names_a_person_is_decided_on() -> None:
    """A new table with a lead, a submission or a browser in it is emptied, or says why it stays."""
    naming = {
        table.name
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name in {"lead_id", "submission_id", "visitor_id", "recipient"}
        or any(key.column.table.name == "leads" for key in column.foreign_keys)
    }
    source = Path(erased.__file__).read_text("utf-8")
    handled = {name for name in naming if f"({name})" in source or f"{name}.c." in source}
    handled |= {"submissions", "deliveries", "confirmations", "lessons", "verdicts", "lead_keys"}  # by their own files
    assert naming - handled == set(erased.STAY) & (naming - handled)
    assert naming <= handled | set(erased.STAY)


def test_who_has_the_lead_and_does_not_hear_of_its_erasure_is_named(world: World, parts: Parts) -> None:
    lived(world, parts)
    with world.db.write() as conn:
        [place] = [one for one in destinations.of_site(conn, world.site.id) if one.name == "CRM"]
        destinations.disable(conn, world.site.id, place.id, reason="http_410", now=world.clock())
    lost = erase(world, "szandvakili@example.ir")
    assert (lost.told, lost.unheard) == ((), ("CRM",))
