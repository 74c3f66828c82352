"""A site, its places, and leads that come in: what a long run is made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from bench.delivery import worker
from bench.delivery.faulty import Faulty
from bench.delivery.judging import SECRET
from gateway import pipeline
from gateway.delivery import ledger
from gateway.doorbell import DELIVERY
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import destinations, leads, submissions
from gateway.store.migrate import migrate
from gateway.store.tables import deliveries
from tests.support import intake

CHANGED = 6  # each so manieth lead changes once more while it is on its way
RATE = 10  # leads a second


@dataclass
class Scene:
    """receiver: every place on this machine. public: what stands for a host of the open Internet. places: destination
    ids by name. committed: deliveries to the steady place, and when they were owed, by the moved clock."""

    parts: Parts
    clock: worker.Moved
    site: Site
    form_id: str
    receiver: Faulty
    public: Faulty
    folder: Path
    places: dict[str, str] = field(default_factory=dict)
    committed: dict[str, float] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)  # submissions


def open_scene(folder: Path, url: str, *, clock: worker.Moved, receiver: Faulty, public: Faulty) -> Scene:
    environ = {
        "DATA_DIR": str(folder), "DATABASE_URL": url, "SECRET_KEY": "bench", "SARNAKH_DNS": "false",
        "SARNAKH_PRIVATE_DESTINATIONS": receiver.host, "SARNAKH_LOG_LEVEL": "warning", "STAND_IN": str(public.port),
    }  # fmt: skip
    (folder / "environ").write_text("".join(f"{name}={value}\n" for name, value in environ.items()), "utf-8")
    migrate(url)
    parts = worker.parts_of(folder, clock)
    with parts.db.write() as conn:
        site = intake.make_site(conn, clock())
        form_id = intake.make_form(conn, site, clock(), intake.GUIDE + intake.ONE_ADDRESS)
    return Scene(parts, clock, site, form_id, receiver, public, folder)


def add_places(scene: Scene, **urls: str) -> None:
    with scene.parts.db.write() as conn:
        for name, url in urls.items():
            new = destinations.NewDestination(
                scene.site.id, "webhook", name, {"url": url, "secret": SECRET}, sends="all"
            )
            scene.places[name] = destinations.add(conn, scene.parts.config.secret_key, new, scene.clock()).id


def bring(scene: Scene, number: int) -> None:
    """A lead of a real submission, owed to every place; then the bell is rung, as the drain does it."""
    now = scene.clock()
    with scene.parts.db.write() as conn:
        answers = {"email": f"person{number}@firm{number % 200}.example", "first_name": "سارا", "time_to_buy": "0_3"}
        new = intake.submission(scene.site, scene.form_id, answers, now)
        submissions.receive(conn, new)
        found = submissions.get(conn, scene.site.id, new.id)
        assert found is not None
        pipeline.process(conn, found, {}, now)
        submissions.done(conn, new.id)
        scene.sent.append(new.id)
        if number % CHANGED == 0:
            _change(conn, scene, scene.sent[-min(len(scene.sent), CHANGED)], now)
    scene.parts.doorbell.ring(DELIVERY)
    _note(scene, now)


def _change(conn: Connection, scene: Scene, submission_id: str, now: datetime) -> None:
    """The version of an earlier lead rises while it is on its way."""
    found = submissions.get(conn, scene.site.id, submission_id)
    assert found is not None
    assert found.lead_id is not None
    lead = leads.get(conn, scene.site.id, found.lead_id)
    assert lead is not None
    leads.set_columns(conn, lead.id, {"version": lead.version + 1})
    ledger.queue(conn, replace(lead, version=lead.version + 1), now)


def _note(scene: Scene, since: datetime) -> None:
    newest = select(deliveries.c.id).where(
        deliveries.c.destination_id == scene.places["steady"], deliveries.c.created_at >= since
    )
    with scene.parts.db.read() as conn:
        scene.committed |= dict.fromkeys(conn.execute(newest).scalars(), scene.clock().timestamp())


def bring_paced(scene: Scene, numbers: Sequence[int]) -> list[float]:
    """Ten leads a second; seconds from the commit of each to its arrival at the steady place."""
    before = set(scene.committed)
    for number in numbers:
        began = time.monotonic()
        bring(scene, number)
        time.sleep(max(0.0, 1 / RATE - (time.monotonic() - began)))
    time.sleep(2)
    return list(waits(scene, scene.committed.keys() - before).values())


def waits(scene: Scene, wanted: Any = None) -> dict[str, float]:
    """Seconds from commit to arrival, of what has arrived at the steady place. wanted: of these alone."""
    at, asked = scene.receiver.places["steady"].at, scene.committed if wanted is None else wanted
    return {name: max(0.0, at[name] - scene.committed[name]) for name in asked if name in at}


def due(scene: Scene, *names: str) -> int:
    with scene.parts.db.read() as conn:
        mine = deliveries.c.destination_id.in_([scene.places[name] for name in names])
        return len(conn.execute(select(deliveries.c.id).where(mine, deliveries.c.status == "due")).scalars().all())
