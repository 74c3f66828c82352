"""What a round of deliveries reads of many leads at once is what is told of each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import merging, organising, standing
from gateway.delivery import payload, telling
from gateway.records import Event
from gateway.store import consents, events, leads, told
from tests.pipeline.conftest import World
from tests.support.plans import read_whole


def _told(world: World) -> list[str]:
    """Three people: one of two merged records, with events, consents, touches, a CRM's id and a company; one counted
    as the same; one with little."""
    campaign = {"page": {"url": "https://x.example/a", "utm": {"utm_source": "telegram"}}}
    ids = []
    for answers in (
        {"email": "sara@acme.example", "first_name": "سارا", "consent_marketing": True},
        {"email": "s.ahmadi@acme.example", "first_name": "Sara", "job_title": "CEO"},
        {"email": "reza@sepehr.example", "time_to_buy": "0_3"},
        {"email": "mina@kavir.example"},
    ):
        ids.append(str(world.send(answers, **(campaign if not ids else {})).lead_id))
        now = world.clock.advance(minutes=5)  # the older record survives
    world.send({"email": "sara@acme.example", "phone": "+989121234567"}, page={"url": "https://x.example/b"})
    with world.db.write() as conn:
        for number in range(2):
            event = Event(f"e{number}", "page_view", now + timedelta(seconds=number), "pricing", source="api")
            events.add(conn, world.site.id, ids[number], event, now + timedelta(minutes=1))
        leads.add_identifier(conn, (world.site.id, ids[1]), "crm", "hubspot:7", now)
        leads.set_columns(conn, ids[3], {"same_as": ids[2]})
        merging.merge(conn, world.site.id, (ids[0], ids[1]), by=None, now=now)
        row = consents.ConsentRow("contact", "consent", "Yes", "en", "confirmed", now, lead_id=ids[1])
        consents.add(conn, world.site.id, row)
    organising.regroup_due(world.db, now)
    return ids


def test_many_people_are_read_as_each_alone(world: World) -> None:
    ids = _told(world)
    with world.db.read() as conn:
        found = told.people(conn, world.site.id, [*ids, "lead_unknown"])
        assert found == {lead_id: leads.get(conn, world.site.id, lead_id) for lead_id in ids}
        assert told.people(conn, "site_other", ids) == {}
        people = [found[ids[0]], found[ids[2]], found[ids[3]]]
        assert people[0].earlier_ids == (ids[1],)
        for lead in people:
            assert told.consents_of(conn, people)[lead.id] == consents.in_force(conn, lead.id)
            assert told.events_of(conn, people)[lead.id] == events.of_lead(conn, world.site.id, lead.id)
        assert told.crm_of(conn, people) == {ids[0]: ["hubspot:7"], ids[2]: [], ids[3]: []}


def test_many_stories_and_scores_are_those_of_each_alone(world: World) -> None:
    ids = _told(world)
    with world.db.read() as conn:
        people = list({lead.id: lead for lead in told.people(conn, world.site.id, ids).values()}.values())
        scores = standing.explain_all(conn, world.site.id, people, world.clock())
        stories = telling.tell_all(conn, people, world.site.key, {name: one.lines for name, one in scores.items()})
        for lead in people:
            alone = standing.explain(conn, lead, world.clock())
            assert scores[lead.id] == alone
            expected = payload.tell(conn, lead, alone.lines)
            bare = replace(expected.verdict, evidence=None) if expected.verdict else None
            sent = told.Sent(expected.submission.form_key, expected.submission.form_version, expected.submission.page)
            assert payload.data(stories[lead.id]) == payload.data(expected)
            story = replace(stories[lead.id], same_as=list(stories[lead.id].same_as))
            assert story == replace(expected, verdict=bare, submission=sent)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_table_is_read_whole_for_it(world: World) -> None:
    ids = _told(world)
    tables = ("events", "submissions", "verdicts", "consents", "touches", "leads")
    with read_whole(world.db, *tables) as whole, world.db.read() as conn:
        people = list({lead.id: lead for lead in told.people(conn, world.site.id, ids).values()}.values())
        telling.tell_all(conn, people, world.site.key, {})
        told.events_of(conn, people)
    assert whole == []
