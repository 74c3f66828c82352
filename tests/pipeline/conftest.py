"""A small world: one site, one form, submissions that go the whole way in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import matching, pipeline
from gateway.lookups import MailHosts
from gateway.records import Lead, Site, Submission
from gateway.store import leads, submissions
from gateway.store.db import Database
from tests.support import intake
from tests.support.clock import SettableClock

GOOD = MailHosts(hosts=("mx.example.com",), exists=True)


@dataclass
class World:
    db: Database
    clock: SettableClock
    site: Site
    form_id: str
    hosts: dict[str, MailHosts] = field(default_factory=lambda: {"example.com": GOOD, "example.ir": GOOD})

    @property
    def parts(self) -> Any:
        """What deciding needs of them."""
        return SimpleNamespace(db=self.db, clock=self.clock)

    def send(self, answers: Mapping[str, Any], **more: Any) -> Submission:
        """Receive and process one submission; as it stands afterwards."""
        new = intake.submission(self.site, more.pop("form_id", self.form_id), answers, self.clock(), **more)
        received = self.db.grouped(submissions.receive_all, new)
        self.process()
        return self.submission(received.submission_id)

    def process(self) -> None:
        with self.db.write() as conn:
            for waiting in submissions.due(conn, self.clock(), 100):
                pipeline.process(conn, waiting, self.hosts, self.clock())
                submissions.done(conn, waiting.id)
        matching.weigh_due(self.db, self.clock(), 1000)

    def submission(self, submission_id: str) -> Submission:
        with self.db.read() as conn:
            found = submissions.get(conn, self.site.id, submission_id)
        assert found is not None
        return found

    def lead(self, lead_id: str | None) -> Lead:
        assert lead_id is not None
        with self.db.read() as conn:
            found = leads.get(conn, self.site.id, lead_id)
        assert found is not None
        return found

    def lead_count(self) -> int:
        with self.db.read() as conn:
            return leads.count(conn, self.site.id)


@pytest.fixture
def make_world(db: Database, clock: SettableClock) -> Callable[..., World]:
    def make(key: str = "demo", toml: str = intake.GUIDE) -> World:
        with db.write() as conn:
            site = intake.make_site(conn, clock(), key)
            form_id = intake.make_form(conn, site, clock(), toml)
        return World(db, clock, site, form_id)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
