"""What somebody tries who wants mail sent, a foreign address confirmed, or a page that tells on somebody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select

from forms import tickets
from forms.model import Form
from gateway import answering, pipeline
from gateway.answering import Answer
from gateway.records import Event, Submission
from gateway.store import consents, events, forms, leads, submissions
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


def test_r02_a_code_confirms_no_mailbox_beside_its_number(world: World, client: FlaskClient) -> None:
    """Where no mail can be sent, Mallory types Sara's address beside her own number and confirms that: it makes her
    Sara neither in what is known, nor in what is written, nor in what this browser may see (rules 1, 3, 6, 27)."""
    world.ways = replace(world.ways, email=False)
    real = {"script": True, "fill_seconds": 30.0}
    sara = world.send({**SARA, "phone": "+989127360481"}, facts=real, visitor_id="vis_sara")
    _visit(world, "vis_bad")
    claimed = {**SARA, "first_name": "Mallory", "phone": "+989358812034", "consent_marketing": True}
    held = world.send(claimed, visitor_id="vis_bad")
    with world.db.write() as conn:
        [asked] = world.asked(held)
        answering.confirm(conn, asked.id, Answer(world.clock(), visitor_id="vis_bad"))
    assert world.found(held.id).lead_id == sara.lead_id
    found = {name: (fact.value, fact.strength) for name, fact in world.lead(sara.lead_id).facts.items()}
    assert found == {
        "email": ("sara@example.com", "typed"),
        "first_name": ("Sara", "typed"),
        "phone": ("+989127360481", "typed"),
    }
    assert _visits(world, sara.lead_id) == 0
    again = world.send({**claimed, "first_name": "Malory"}, facts=real, visitor_id="vis_bad")
    with world.db.read() as conn:
        assert leads.link_of_submission(conn, again.id).strength == "typed"  # type: ignore[union-attr]
        assert {row.state for row in consents.of_lead(conn, str(sara.lead_id))} <= {"claimed"}


def test_r02_a_code_that_comes_late_raises_no_link_by_mail(world: World, client: FlaskClient) -> None:
    world.ways = replace(world.ways, email=False)
    held = world.send({**SARA, "phone": "+989358812034"})
    with world.db.write() as conn:
        submissions.set_status(conn, held, "accepted", world.clock())
        pipeline.admit(conn, replace(held, status="accepted"), _form(conn, held), world.clock())
        answering.confirm(conn, world.asked(held)[0].id, Answer(world.clock()))
    assert {fact.strength for fact in world.lead(world.found(held.id).lead_id).facts.values()} == {"typed"}


def test_r03_a_confirmed_mailbox_overwrites_no_number(world: World, client: FlaskClient) -> None:
    """Sara presses a link that Mallory brought about: the number to call stays hers."""
    real = {"script": True, "fill_seconds": 30.0}
    sara = world.send({**SARA, "phone": "+989127360481"}, facts=real, visitor_id="vis_sara")
    client.post(world.path(world.send({**SARA, "phone": "+989358812034"}, visitor_id="vis_bad")))
    phone = world.lead(sara.lead_id).facts["phone"]
    assert (phone.value, phone.strength) == ("+989127360481", "typed")


def test_r03_whoever_answers_means_what_they_sent_themselves(world: World) -> None:
    """Mallory types Sara's address first, so that Sara's own mail is kept back; Sara presses the one that came."""
    bad = world.send({**SARA, "first_name": "Mallory", "job_title": "Evil"}, visitor_id="vis_bad")
    mine = world.send({**SARA, "job_title": "CEO"}, visitor_id="vis_sara")
    assert world.kept_back(mine) == "day"
    with world.db.write() as conn:
        answering.confirm(conn, world.asked(bad)[0].id, Answer(world.clock(), visitor_id="vis_sara"))
    assert world.found(mine.id).status == "accepted"
    found = world.lead(world.found(mine.id).lead_id).facts
    assert {found[name].value for name in ("first_name", "job_title")} == {"Sara", "CEO"}


@pytest.mark.parametrize(
    "spelling", ["sara+1@example.com", "Sara+two@EXAMPLE.com", "SARA@example.com", "sara+@example.com"]
)
def test_r18_a_mailbox_is_not_filled_by_its_spellings(world: World, spelling: str) -> None:
    world.send()
    assert world.kept_back(world.send({**SARA, "email": spelling})) == "day"
    assert len(world.mails()) == 1


def _form(conn: Connection, submission: Submission) -> Form:
    return forms.version(conn, submission.form_id, submission.form_version)
