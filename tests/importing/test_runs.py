"""A list can be stopped, brought again, and taken back as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.importing import running
from gateway.importing.running import TakenError
from gateway.store import imports, leads
from gateway.store.tables import metadata
from tests.importing.conftest import Lists
from tests.support.plans import read_whole

TEXT = "email,phone,First Name,id\n" + "\n".join(f"p{n}@acme.ir,0912123{n:04},Sara,{n}" for n in range(30))


def everything(conn: Connection, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of these tables, or of all that tell of leads."""
    tables = names or ("leads", "facts", "identifiers", "consents", "stage_moves", "duplicates", "lead_keys")
    found = {name: conn.execute(select(metadata.tables[name])).all() for name in tables}
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


def stopped(lists: Lists, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies after so many rows."""
    monkeypatch.setattr(running, "NEW_AT_ONCE", 5)
    task = lists.task(TEXT)
    _, run = lists.start(task)
    done = 0

    def die(count: int) -> None:
        nonlocal done
        done += count
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.go(task.sheet, die)


def test_a_stopped_run_is_gone_on_with(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(lists, 10, monkeypatch)
    assert lists.world.lead_count() == 10
    found, done = lists.bring(TEXT)
    assert [one.outcome for one in done] == ["new"] * 30
    assert lists.world.lead_count() == 30 and found.status == "running"  # as it was found
    with lists.world.db.read() as conn:
        again = imports.get(conn, lists.world.site.id, found.id)
    assert again is not None and (again.status, again.position) == ("done", 30)


def test_the_same_file_again_changes_nothing(lists: Lists) -> None:
    found, _ = lists.bring(TEXT)
    with lists.world.db.read() as conn:
        before = everything(conn)
    lists.world.clock.advance(hours=1)
    again, _ = lists.start(lists.task(TEXT, name="renamed.csv"))
    assert (again.id, again.status) == (found.id, "done")
    _, done = lists.bring(TEXT + "\n")  # other bytes, the same rows
    assert [(one.outcome, one.changed) for one in done] == [("crm", False)] * 30
    with lists.world.db.read() as conn:
        assert everything(conn) == before


def test_two_processes_do_not_import_one_list(lists: Lists) -> None:
    task = lists.task(TEXT)
    _, one = lists.start(task)
    _, other = lists.start(task)
    assert one.go(task.sheet, lambda _: None)
    with pytest.raises(TakenError):
        other.go(task.sheet, lambda _: None)
    assert lists.world.lead_count() == 30


def test_an_import_that_is_taken_back_leaves_no_trace(lists: Lists) -> None:
    lists.world.send({"email": "p1@acme.ir", "first_name": "Zahra"})
    lists.bring("email,City\np2@acme.ir,Tehran")
    with lists.world.db.read() as conn:
        before = everything(conn, "facts", "identifiers", "consents", "stage_moves")
    text = "email,First Name,City,Owner,Newsletter,id,Life\np1@acme.ir,Sara,Shiraz,Ali,yes,1,MQL\n"
    text += "p2@acme.ir,Sara,Yazd,Ali,yes,2,MQL\np3@acme.ir,Sara,Yazd,Ali,yes,3,MQL"
    found, done = lists.bring(text, source="hubspot", stage="Life")
    assert [one.outcome for one in done] == ["email", "email", "new"]
    told = lists.undo(found)
    assert (told.leads, told.restored, dict(told.kept)) == (1, 2, {})
    with lists.world.db.read() as conn:
        after = everything(conn, "facts", "identifiers", "consents")
    assert after == {name: before[name] for name in after}
    lead = lists.lead("p2@acme.ir")
    assert (lead.owner, lead.stage) == (None, None)
    assert lists.world.lead_count() == 2


TOUCHED = ["submission", "facts", "imported"]


@pytest.mark.parametrize("why", TOUCHED)
def test_a_lead_that_somebody_touched_since_is_kept_and_told(lists: Lists, why: str) -> None:
    found, _ = lists.bring("email,First Name\na@acme.ir,Sara\nb@acme.ir,Ali")
    lead = lists.lead("a@acme.ir")
    if why == "submission":
        lists.world.send({"email": "a@acme.ir"})
    elif why == "imported":
        lists.bring("email,First Name\na@acme.ir,Sara", source="zoho")
    else:
        with lists.world.db.write() as conn:
            fact = lead.facts["first_name"].__class__("city", "Tehran", "staff", "staff:usr_1", lists.world.clock())
            leads.add_fact(conn, lead.id, fact)
    told = lists.undo(found)
    assert (told.leads, dict(told.kept)) == (1, {why: 1})
    assert lists.values("a@acme.ir")["first_name"] == "Sara"


def test_what_was_written_over_since_stays_when_an_import_is_taken_back(lists: Lists) -> None:
    lists.world.send({"email": "a@acme.ir", "first_name": "Zahra"})
    found, _ = lists.bring("email,First Name\na@acme.ir,Sara")
    lead = lists.lead("a@acme.ir")
    with lists.world.db.write() as conn:
        fact = lead.facts["first_name"].__class__("first_name", "Maryam", "staff", "staff:u", lists.world.clock())
        leads.add_fact(conn, lead.id, fact)
    lists.undo(found)
    assert lists.values("a@acme.ir")["first_name"] == "Maryam"
    assert [fact.value for fact in lists.facts("a@acme.ir") if fact.field == "first_name"] == ["Zahra", "Maryam"]


def test_what_was_taken_back_can_be_imported_again(lists: Lists) -> None:
    found, _ = lists.bring(TEXT)
    lists.undo(found)
    again, done = lists.bring(TEXT)
    assert again.id != found.id and [one.outcome for one in done] == ["new"] * 30


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_rows_find_their_leads_by_index(lists: Lists) -> None:
    lists.bring(TEXT)
    task = lists.task(TEXT + "\np99@acme.ir,,Ali,99")
    found, run = lists.start(task)
    with read_whole(lists.world.db, "leads", "facts", "identifiers", "consents", "events", "import_rows") as whole:
        run.go(task.sheet, lambda _: None)
        lists.undo(found)
    assert whole == []
