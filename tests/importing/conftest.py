"""A site with a form, and lists that are brought to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from gateway import matching
from gateway.importing import forwarding, running, undoing
from gateway.importing.beginning import Listed
from gateway.importing.previewing import Foreseen, Preview
from gateway.importing.running import Options, Run, Task
from gateway.importing.undoing import Undone
from gateway.records import Fact, Lead
from gateway.sheets import Sheet
from gateway.store import imports, leads, rulebooks
from gateway.store.imports import Done, Import
from tests.pipeline.conftest import World, make_world, world

__all__ = ["make_world", "world"]


@dataclass
class Lists:
    """What is done with lists at one site."""

    world: World

    def task(self, text: str, *, name: str = "list.csv", source: str = "crm", **named: str) -> Task:
        return Task(self.world.site, Sheet.of(name, text.encode()), Options(named, source))

    def start(self, task: Task) -> tuple[Import, Run]:
        db, clock = self.world.db, self.world.clock
        size = running.digest(task), sum(1 for _ in task.sheet.rows())
        with db.write() as conn:
            found = running.begin(conn, task, size, clock())
            listed = Listed(found, "en", rulebooks.in_force(conn, task.site.id))
            return found, Run(db, clock, listed, running.reader(conn, task, clock()))

    def bring(self, text: str, **how: Any) -> tuple[Import, list[Done]]:
        """Import a list and let the matcher weigh it; gives the journal."""
        task = self.task(text, **how)
        found, run = self.start(task)
        run.go(task.sheet, lambda _: None)
        matching.weigh_due(self.world.db, self.world.clock())
        return found, self.journal(found)

    def journal(self, found: Import) -> list[Done]:
        with self.world.db.read() as conn:
            return imports.rows(conn, found.id)

    def outcomes(self, text: str, **how: Any) -> list[str]:
        return [one.outcome for one in self.bring(text, **how)[1]]

    def preview(self, text: str, **how: Any) -> list[Foreseen]:
        task = self.task(text, **how)
        with self.world.db.read() as conn:
            reader = running.reader(conn, task, self.world.clock())
        look = Preview(self.world.db, self.world.clock, self.world.site.id, reader, 100)
        return list(look.rows(task.sheet))

    def undo(self, found: Import) -> Undone:
        return undoing.undo(self.world.db, self.world.clock, found)

    def forward(self, found: Import) -> int:
        return forwarding.forward(self.world.db, self.world.clock, found)

    def lead(self, email: str) -> Lead:
        with self.world.db.read() as conn:
            owners = leads.found_by(conn, self.world.site.id, "email", email)
            found = leads.get(conn, self.world.site.id, owners[0])
        assert found is not None
        return found

    def values(self, email: str) -> Mapping[str, Any]:
        return {name: fact.value for name, fact in self.lead(email).facts.items()}

    def facts(self, email: str) -> list[Fact]:
        with self.world.db.read() as conn:
            return leads.all_facts(conn, self.lead(email).id)

    def identifiers(self, email: str) -> Mapping[str, tuple[str, ...]]:
        with self.world.db.read() as conn:
            return leads.identifiers_of(conn, self.lead(email).id)


@pytest.fixture
def lists(make_world: Callable[..., World]) -> Lists:
    return Lists(make_world())
