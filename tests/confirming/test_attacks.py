"""What somebody tries who wants mail sent, a foreign address confirmed, or a page that tells on somebody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forms import tickets
from gateway import answering
from gateway.answering import Answer
from gateway.records import Event
from gateway.store import events, leads
from gateway.store.tables import facts, identity_links, verdicts
from gateway.store.tables import leads as lead_table
from tests.confirming.conftest import SARA, SECRET, World


@pytest.mark.parametrize("purpose", ["offer", "thanks", "code", "test"])
def test_a_token_for_something_else_opens_nothing(world: World, client: FlaskClient, purpose: str) -> None:
    held = world.send()
    path = f"/confirm/{tickets.sign_token(SECRET, purpose, world.asked(held)[0].id)}"
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert world.found(held.id).status == "held"


@pytest.mark.parametrize("spoil", [lambda path: path[:-3] + "abc", lambda path: path + "x", lambda path: path.lower()])
def test_a_tampered_token_opens_nothing(world: World, client: FlaskClient, spoil: object) -> None:
    held = world.send()
    assert client.post(spoil(world.path(held))).status_code == 404  # type: ignore[operator]
    assert world.found(held.id).status == "held"


def test_a_token_of_another_secret_opens_nothing(world: World, client: FlaskClient) -> None:
    held = world.send()
    token = tickets.sign_token("another secret", "confirm", world.asked(held)[0].id)
    assert client.post(f"/confirm/{token}").status_code == 404


def test_many_presses_at_once_make_one_lead(world: World) -> None:
    held = world.send(SARA)
    confirmation_id = world.asked(held)[0].id

    def press(_n: int) -> None:
        with world.db.write() as conn:
            answering.confirm(conn, confirmation_id, Answer(world.clock()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(8)))
    with world.db.read() as conn:
        for table, number in ((lead_table, 1), (identity_links, 1), (facts, 2), (verdicts, 2)):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == number, table.name


def test_two_workers_send_one_mail_to_one_mailbox(world: World) -> None:
    waiting = [world.receive({**SARA, "job_title": f"CEO {n}"}) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: world.process([one]), waiting))
    kept = [world.kept_back(world.found(one)) for one in waiting]
    assert sorted(map(str, kept)) == ["None", "day", "day", "day"]
    assert len(world.mails()) == 1


def test_a_foreign_page_learns_and_plants_nothing(world: World, client: FlaskClient) -> None:
    """Whoever has the link may press the button, from where they like; whoever has not, cannot guess it. No browser is
    remembered as the one that confirmed unless its own cookie says so."""
    held = world.send(visitor_id="vis_1")
    client.post(world.path(held), headers={"Origin": "https://evil.example"})
    assert world.asked(held)[0].confirmed_at is not None
    assert world.asked(held)[0].visitor_id is None


def test_r06_an_older_lead_gets_past_events_only_once_confirmed(world: World, client: FlaskClient) -> None:
    """Mallory types Sara's address in a browser full of visits; Sara's lead must not inherit them."""
    real = {"script": True, "fill_seconds": 30.0}
    sara = world.send(SARA, facts=real, visitor_id="vis_sara")
    _visit(world, "vis_bad")
    held = world.send({**SARA, "first_name": "Mallory"}, visitor_id="vis_bad")
    assert _visits(world, sara.lead_id) == 0
    client.post(world.path(held))
    assert world.found(held.id).lead_id == sara.lead_id
    assert _visits(world, sara.lead_id) == 1


def test_r03_what_was_confirmed_is_not_overwritten_by_a_claim(world: World, client: FlaskClient) -> None:
    held = world.send(SARA)
    client.post(world.path(held))
    lead_id = world.found(held.id).lead_id
    world.send({**SARA, "first_name": "Mallory"}, facts={"script": True, "fill_seconds": 30.0})
    assert world.lead(lead_id).facts["first_name"].value == "Sara"


def test_r09_confirming_a_mailbox_proves_no_phone(world: World, client: FlaskClient) -> None:
    """Mallory confirms her own mailbox and types Reza's number beside it; his own request is his own."""
    mine = {**SARA, "phone": "+989127360481"}
    client.post(world.path(world.send(mine)))
    world.clock.advance(days=2)
    claimed = world.send({**SARA, "phone": "+989358812034"})
    client.post(world.path(claimed))
    with world.db.read() as conn:
        assert leads.found_by(conn, world.site.id, "phone", "+989358812034") == []


def test_r18_nothing_that_was_typed_stands_in_the_mail_or_on_the_page(world: World, client: FlaskClient) -> None:
    held = world.send({**SARA, "first_name": "Zubaida", "job_title": "Astronomer"})
    [mail] = world.mails()
    for words in (str(mail.params), client.get(world.path(held)).text):
        assert not {"Zubaida", "Astronomer", "sara"} & set(words.replace('"', " ").split())
    assert set(mail.params) == {"site", "form", "token", "days"}


def _visit(world: World, visitor_id: str) -> None:
    event = Event("e1", "visit", world.clock(), "page", visitor_id=visitor_id)
    with world.db.write() as conn:
        events.add_from_browser(conn, world.site.id, visitor_id, [event], world.clock())


def _visits(world: World, lead_id: str | None) -> int:
    with world.db.read() as conn:
        return sum(one.type == "visit" for one in events.of_lead(conn, world.site.id, str(lead_id)))
