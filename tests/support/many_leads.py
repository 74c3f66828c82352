"""Leads of every sort, drawn by a seed: for what has to do the same with many at once as with one after the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from gateway import merging, standing
from gateway.records import Site
from gateway.scoring.event_types import EVENT_TYPES
from gateway.store import leads, verdicts
from gateway.store import tables as t
from gateway.store.verdicts import VerdictRow

FACTS = {
    "email": ("a@acme.example", "b@gmail.com"), "job_title": ("CMO", "مدیر بازاریابی", "Student"),
    "size": ("9", "250"), "city": ("تهران", "Shiraz"), "company": ("Acme", "سپهر"),
}  # fmt: skip
PARAMS: tuple[dict[str, Any], ...] = (
    {}, {"level": "top"}, {"level": "bottom"}, {"field": "time_to_buy", "value": "0_3"},
    {"field": "time_to_buy", "value": "studying"}, {"band": "low", "share": 30, "points": 20},
)  # fmt: skip
TESTS = {f"lead_{number:03}" for number in range(0, 100, 9)}  # a marketer's, never merged with anybody
STAGES = (None, None, "IQL", "MQL", "SQL", "customer", "lost")
COMPARED = (t.leads, t.stage_moves, t.segment_members, t.ungrouped, t.deliveries, t.mails)
DRAWN = {"stage_moves": {"id"}, "deliveries": {"id"}, "mails": {"id"}}  # what no two runs share


class Drawing:
    """Adds leads to a site; `ids`, the oldest first."""

    def __init__(self, conn: Connection, site: Site, now: datetime, seed: int) -> None:
        self.conn, self.site, self.now, self.chance = conn, site, now, random.Random(seed)
        self.ids: list[str] = []

    def add(self, count: int) -> None:
        for number in range(count):
            lead_id = f"lead_{number:03}"
            self.conn.execute(t.leads.insert(), self._lead(lead_id))
            self.ids.append(lead_id)
            self.live(lead_id)

    def live(self, lead_id: str) -> None:
        """Things said, done and judged of this lead; half of them are counted already."""
        self._rows(t.facts, self._fact(lead_id), most=6)
        self._rows(t.events, self._event(lead_id), most=25)
        self._rows(t.consents, self._consent(lead_id), most=3)
        for kind in ("email", "phone", "phone", "crm"):
            if self.chance.random() < 0.5:
                value = f"{kind} {lead_id} {self.chance.random()}"
                leads.add_identifier(self.conn, (self.site.id, lead_id), kind, value, self._at(days=2))
        if self.chance.random() < 0.5:
            standing.refresh(self.conn, self.site.id, lead_id, self.now, tell="nobody")

    def judge(self, submission_ids: Sequence[str]) -> None:
        for one in submission_ids:
            if self.chance.random() < 0.5:
                verdicts.add(self.conn, VerdictRow(one, self.now, "hold", 50, (), "usr_x"))

    def entangle(self) -> None:
        """Some are merged, one of those with a third; some are counted as one, some erased, some marked."""
        (one, other, third, left, right, twin, other_twin), gone = self._some(7), self._some(2)
        for pair in ((one, other), (one, third), (left, right)):
            merging.merge(self.conn, self.site.id, pair, by=None, now=self.now)
        leads.set_columns(self.conn, other_twin, {"same_as": twin})
        for lead_id in gone:
            leads.set_columns(self.conn, lead_id, {"erased_at": self.now})
        for lead_id in self._some(6):
            leads.mark_for_scoring(self.conn, lead_id, self.now - self.chance.choice((1, -1)) * timedelta(days=1))

    def _some(self, count: int) -> list[str]:
        return self.chance.sample([one for one in self.ids if one not in TESTS], count)

    def _lead(self, lead_id: str) -> dict[str, Any]:
        flags = {name: self.chance.random() < 0.2 for name in ("contact_requested", "customer", "deal_open")}
        begun = self._at(days=100)
        stands = {"version": 1, "grade": "–", "interest": 4, "score": 0, "search": "", "segments": None}
        told = {"stage": self.chance.choice(STAGES), "waits": self.chance.choice((None, True))}
        flags["test"] = lead_id in TESTS
        return (
            {"id": lead_id, "site_id": self.site.id, "created_at": begun, "updated_at": begun} | flags | stands | told
        )

    def _fact(self, lead_id: str) -> Callable[[int], dict[str, Any]]:
        states: dict[str, str] = {}

        def draw(_number: int) -> dict[str, Any]:
            name = self.chance.choice(list(FACTS))
            state = self.chance.choice(("former", "proposed")) if name in states else "current"
            states[name] = state
            said = {"field": name, "value": self.chance.choice(FACTS[name]), "state": state, "origin": "sub_x"}
            return {"lead_id": lead_id, "strength": self.chance.choice(("typed", "staff")), "at": self._at(50)} | said

        return draw

    def _event(self, lead_id: str) -> Callable[[int], dict[str, Any]]:
        def draw(number: int) -> dict[str, Any]:
            kind, at = self.chance.choice(EVENT_TYPES), self._at(days=120)
            who = {"id": f"{lead_id}-{number}", "site_id": self.site.id, "lead_id": lead_id, "visitor_id": None}
            what = {"type": kind.name, "name": self.chance.choice(("", "a")), "url": "/p", "human": number % 7 != 0}
            source = self.chance.choice((*kind.sources, *kind.sources, "browser"))
            return who | what | {"at": at, "received_at": at, "source": source, "params": self.chance.choice(PARAMS)}

        return draw

    def _consent(self, lead_id: str) -> Callable[[int], dict[str, Any]]:
        def draw(number: int) -> dict[str, Any]:
            who = {"id": f"c-{lead_id}-{number}", "site_id": self.site.id, "lead_id": lead_id, "submission_id": None}
            told = {"purpose": self.chance.choice(("contact", "marketing")), "legal_basis": "consent", "text": "Yes"}
            state = self.chance.choice(("claimed", "confirmed", "withdrawn"))
            return who | told | {"lang": "en", "state": state, "at": self._at(9), "evidence": {}}

        return draw

    def _rows(self, table: Table, draw: Callable[[int], dict[str, Any]], *, most: int) -> None:
        if rows := [draw(number) for number in range(self.chance.randrange(most + 1))]:
            self.conn.execute(insert(table), rows)

    def _at(self, days: int) -> datetime:
        """Often at the same hour as another."""
        return self.now - timedelta(hours=12 * self.chance.randrange(2 * days))


def written(conn: Connection) -> dict[str, list[str]]:
    """All that scoring writes, but for numbers that are drawn."""
    return {
        table.name: sorted(
            repr([value for name, value in row.items() if name not in DRAWN.get(table.name, ())])
            for row in conn.execute(select(table)).mappings()
        )
        for table in COMPARED
    }
