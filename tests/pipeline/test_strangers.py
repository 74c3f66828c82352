"""What a stranger learns or moves who knows a victim's address, or sits at the victim's browser: nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from config import Config
from gateway import jobs, standing
from gateway.records import Event
from gateway.store import beacons, consents
from gateway.store.beacons import Beacon
from tests.pipeline.conftest import World
from tests.support import api_side
from tests.support import visitor_side as side
from tests.support.api_side import Installation
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.com", "first_name": "Sara", "phone": "+989121234567"}


def test_r05_attack_whoever_sits_at_the_victims_browser_speaks_for_nobody(world: World) -> None:
    """ "Continue", with a consent, other words for what is known, and an address of one's own."""
    sara = world.send(SARA, visitor_id="vis_s").lead_id
    there: dict[str, Any] = {"visitor_id": "vis_s", "facts": {"script": True, "fill_seconds": 30.0, "continued": True}}
    world.send({"first_name": "Mallory", "consent_marketing": True}, **there)
    world.send({"phone": "+989351112233", "consent_marketing": True}, **there)
    own = world.send({"email": "mallory@example.com"}, **{**there, "visitor_id": "vis_m"}, previous_visitor_id="vis_s")
    lead = world.lead(sara)
    assert (lead.facts["first_name"].value, lead.facts["phone"].value) == ("Sara", SARA["phone"])
    assert own.lead_id not in {None, sara}
    with world.db.read() as conn:
        assert consents.in_force(conn, lead.id) == {}


def test_r06_attack_a_browser_that_typed_somebodys_address_makes_no_customer_of_them(world: World) -> None:
    """What it did before stays its own; what it does from then on counts, and reaches neither interest 1 nor sales."""
    sara = world.send(SARA, visitor_id="vis_s").lead_id
    before = world.lead(sara)

    def watch(visitor_id: str, first: int) -> None:
        """Forty pages of prices and forms of payment, a day each."""
        for number in range(first, first + 40):
            at = world.clock.advance(days=1)
            kind = "payment_view" if number % 2 else "content_view"
            event = Event(f"b:{number}", kind, at, "Prices", params={"level": "bottom"}, visitor_id=visitor_id)
            with world.db.write() as conn:
                beacons.keep_all(conn, [Beacon(world.site.id, visitor_id, at, [event], [])])

    watch("vis_m", 0)
    world.send({"email": SARA["email"]}, visitor_id="vis_m2", previous_visitor_id="vis_m")
    assert sara is not None
    assert world.lead(sara).score <= before.score
    watch("vis_m2", 100)
    with world.db.write() as conn:
        standing.refresh(conn, world.site.id, sara, world.clock())
    lead = world.lead(sara)
    assert (lead.interest > 1, lead.score < 50, lead.stage == "SQL") == (True, True, False)


@pytest.fixture
def installation(config: Config, clock: SettableClock) -> Iterator[Installation]:
    made = api_side.make(config, clock)
    yield made
    made.parts.db.close()


CHANGING = re.compile(r"[A-Za-z0-9_.\-]{20,}|vis_\w+|\d+")  # tickets, ids, notes: of this visit alone


def visit(made: Installation, browser: FlaskClient, email: str) -> list[tuple[int, str]]:
    """All that a stranger sees who types this address: reply, thanks, the next questions, before and after the worker;
    and with what the visit brought to the embed."""
    page = browser.get("/f/guide?lang=en").text
    made.clock.advance(seconds=30)
    sent = {"_ticket": side.ticket_in(page), "email": email, "first_name": "X", "consent_store": "yes"}
    reply = browser.post("/f/guide", data=sent)
    seen = [reply, browser.get(reply.headers["Location"]), browser.get("/f/guide?lang=en")]
    cookie = browser.get_cookie("sarnakh_v_shop")
    assert cookie is not None
    made.work()
    jobs.sweep(made.parts)
    asks = {"_visitor": cookie.value, "lang": "en"}
    seen += [browser.get("/f/guide?lang=en"), browser.post("/f/guide/spec", json=asks, content_type="text/plain")]
    seen += [browser.get(f"/f/guide{rest}") for rest in ("/frame", "/thanks", "/when.css", "/theme.css")]
    return [(one.status_code, CHANGING.sub("#", one.text)) for one in seen]


def test_r13_r01_attack_nothing_public_tells_whether_an_address_is_known(installation: Installation) -> None:
    """Sara is known well: by a form, a list and a call for her; the stranger compares what she gives and what an
    address gives that nobody ever used."""
    known = {**api_side.SARA, "phone": "09121234567", "job_title": "CEO", "company": "Acme", "time_to_buy": "0_3"}
    fields = {name: known[name] for name in known if name in {*api_side.SARA, "job_title", "time_to_buy"}}
    lead_id = installation.lead(installation.caller(), fields)
    installation.caller().post("/outcomes", {"id": "1", "lead": lead_id, "outcome": "won"})
    jobs.sweep(installation.parts)
    found = [
        visit(installation, installation.app.test_client(), email)
        for email in (api_side.SARA["email"], "nobody@example.ir")  # as long as hers
    ]
    assert len(str(api_side.SARA["email"])) == len("sara@example.ir")
    for known_one, unknown_one in zip(*found, strict=True):
        assert known_one == unknown_one


def test_r08_attack_a_stolen_id_shows_nothing_and_a_made_up_one_is_nobody(installation: Installation) -> None:
    """The id of Sara's browser in a stranger's hands: questions, never an answer; none without our seal."""
    victim, thief = installation.app.test_client(), installation.app.test_client()
    seen = visit(installation, victim, "zandvakili@example.ir")
    cookie = victim.get_cookie("sarnakh_v_shop")
    assert seen and cookie is not None
    stolen = thief.post("/f/guide/spec", json={"_visitor": cookie.value, "lang": "en"}, content_type="text/plain")
    thief.set_cookie("sarnakh_v_shop", cookie.value)
    for shown in (stolen.text, thief.get("/f/guide?lang=en").text, thief.get("/f/guide/frame").text):
        assert not re.search("zandvakili|0912|\\bX\\b", shown)
    forged = cookie.value[:-2] + ("AA" if cookie.value[-2:] != "AA" else "BB")
    made_up = thief.post("/f/guide/spec", json={"_visitor": forged, "lang": "en"}, content_type="text/plain")
    assert made_up.json["recognised"] is False
