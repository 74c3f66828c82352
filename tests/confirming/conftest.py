"""A site whose held visitors are asked to confirm: the worker's half, and the page behind the link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from config import Config
from forms import tickets
from gateway import pipeline
from gateway.confirming import CODE, LINK, Ways
from gateway.lookups import MailHosts
from gateway.parts import Parts
from gateway.records import Lead, Site, Submission
from gateway.store import confirmations, leads, submissions
from gateway.store.confirmations import Confirmation
from gateway.store.db import Database
from gateway.store.tables import mails
from tests.support import intake, visitor_side
from tests.support.clock import SettableClock

SARA = {"email": "sara@example.com", "first_name": "Sara"}
BARE = {"script": False, "fill_seconds": 30.0, "honeypot": ""}  # no script ran: held, and confirming clears it
SPAM = {"script": True, "fill_seconds": 30.0, "honeypot": "http://spam.example"}  # nothing clears it
GOOD = MailHosts(hosts=("mx.example.com",), exists=True)
DEAD = MailHosts(hosts=(), exists=False)
SECRET = "for tests only"
# The score of no script is another file's business: here whatever weighs holds.
STRICT = intake.GUIDE + "\n[policy]\nhold_at = 10\n"
ALWAYS = intake.GUIDE + '\n[policy]\nconfirm = "always"\n'
BY_PHONE = """
key = "callback"
languages = ["fa", "en"]
title = { fa = "تماس", en = "Call me" }
submit_label = { fa = "بفرست", en = "Send" }

[policy]
hold_at = 10

[[fields]]
name = "phone"
type = "phone"
always = true
label = { fa = "موبایل", en = "Mobile" }

[[consents]]
purpose = "contact"
legal_basis = "consent"
text = { fa = "زنگ بزنید", en = "Call me" }
"""


@dataclass
class World:
    db: Database
    clock: SettableClock
    config: Config
    site: Site
    form_id: str
    ways: Ways = Ways(SECRET, email=True, phone=True)
    hosts: dict[str, MailHosts] = field(default_factory=dict)

    def receive(self, answers: Mapping[str, Any] = SARA, **more: Any) -> str:
        """One submission, by default of a browser without script; its id."""
        site, form_id = more.pop("site", self.site), more.pop("form_id", self.form_id)
        new = intake.submission(site, form_id, answers, self.clock(), **{"facts": BARE, "block_hash": "b1", **more})
        return self.db.grouped(submissions.receive_all, new).submission_id

    def process(self, ids: Sequence[str]) -> None:
        """As a worker does."""
        with self.db.write() as conn:
            for waiting in submissions.claim_due(conn, self.clock(), ids):
                pipeline.process(conn, waiting, self._hosts(), self.clock(), ways=self.ways)
                submissions.done(conn, waiting.id)

    def send(self, answers: Mapping[str, Any] = SARA, **more: Any) -> Submission:
        """Receive and process one; as it stands afterwards."""
        made = self.receive(answers, **more)
        self.process([made])
        return self.found(made, more.get("site", self.site))

    def _hosts(self) -> dict[str, MailHosts]:
        return {"example.com": GOOD, "example.ir": GOOD, "gmail.com": GOOD, **self.hosts}

    def site_with(self, key: str, toml: str) -> tuple[Site, str]:
        with self.db.write() as conn:
            site = intake.make_site(conn, self.clock(), key)
            return site, intake.make_form(conn, site, self.clock(), toml)

    def found(self, submission_id: str, site: Site | None = None) -> Submission:
        with self.db.read() as conn:
            found = submissions.get(conn, (site or self.site).id, submission_id)
        assert found is not None
        return found

    def lead(self, lead_id: str | None) -> Lead:
        assert lead_id is not None
        with self.db.read() as conn:
            found = leads.get(conn, self.site.id, lead_id)
        assert found is not None
        return found

    def asked(self, submission: Submission) -> list[Confirmation]:
        with self.db.read() as conn:
            return confirmations.of_submission(conn, submission.id)

    def kept_back(self, submission: Submission) -> str | None:
        """By which limit; None: it was let out."""
        return self.asked(submission)[-1].kept_back

    def mails(self) -> list[Any]:
        with self.db.read() as conn:
            return list(conn.execute(select(mails).order_by(mails.c.id)))

    def path(self, submission: Submission) -> str:
        """Of the mailed link."""
        return f"/confirm/{tickets.sign_token(SECRET, LINK, self.asked(submission)[-1].id)}"

    def code_path(self, submission: Submission) -> str:
        return f"/confirm/code/{tickets.sign_token(SECRET, CODE, submission.id)}"


@pytest.fixture
def make_world(db: Database, clock: SettableClock, config: Config) -> Callable[..., World]:
    def make(toml: str = STRICT) -> World:
        with db.write() as conn:
            site = intake.make_site(conn, clock(), "demo")
            form_id = intake.make_form(conn, site, clock(), toml)
        settings = replace(config, smtp_url="smtp://127.0.0.1:9", sms_url="https://sms.example/send")
        return World(db, clock, settings, site, form_id)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    """A browser that knows nothing of us."""
    app = visitor_side.make_app(world.config, world.clock)
    yield app.test_client()
    parts: Parts = app.extensions["sarnakh"]
    parts.db.close()
