"""1,200 leads to seven places that fail in their own ways, while two workers are killed twenty times.

Two processes of `bench.delivery.worker` race for every row; the clock of all of them is moved on once the leads are in,
so that retries of hours take seconds. What must hold is printed line by line; the exit status is 1 where it does not.
Example: python -m bench.delivery.faults --leads 1200 --kills 20 --db sqlite
"""

from __future__ import annotations

import argparse
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from standardwebhooks import Webhook

from bench.delivery import faulty, worker
from bench.delivery.faulty import Faulty
from bench.delivery.speed import database
from gateway import pipeline
from gateway.delivery import ledger
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import deliveries_search, destinations, leads, submissions
from gateway.store.migrate import migrate
from gateway.store.tables import deliveries
from tests.support import intake

WORKERS = 2
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
CHANGED = 6  # each so manieth lead changes once more while it is on its way
RATE = 10  # leads a second
STEP = 30.0  # seconds of the moved clock
PASSED: list[bool] = []


def main() -> None:
    options = _options()
    broken, picky = faulty.Broken(), faulty.Picky()
    ways: Mapping[str, faulty.Way] = {
        "steady": faulty.steady, "slow": faulty.slow, "crowded": faulty.crowded, "reset": faulty.resetting,
        "broken": broken, "picky": picky, "trap": faulty.steady,
    }  # fmt: skip
    receiver = Faulty(ways)
    receiver.places["away"] = faulty.Place(faulty.elsewhere(receiver.url("trap")))
    with database(options) as url, tempfile.TemporaryDirectory(prefix="sarnakh-faults-") as folder:
        scene = _scene(Path(folder), url, receiver)
        crew, share = Crew(Path(folder)), options.leads // 6
        places = _add_places(scene, receiver)
        _paced(scene, range(3_000_000, 3_000_020))  # until the workers have begun
        all_well = _paced(scene, range(share))
        receiver.well = False
        _add_strays(scene, receiver, places)
        beside = _paced(scene, range(share, 2 * share))
        _load(scene, crew, range(2 * share, options.leads), options.kills)
        requests = sum(place.times.total() for place in receiver.places.values())
        print(f"{options.leads} leads in, {crew.kills} kills; {requests} requests so far", flush=True)
        _two_hours(scene)
        broken.well = True
        _settle(scene, places)
        picky.well = True
        _resend(scene, receiver, places["picky"])
        crew.end()
        _judge(scene, receiver, places, crew.kills)
        now, before = _p95(beside), _p95(all_well)
        told = f"{now * 1e3:.0f} ms beside those that fail, {before * 1e3:.0f} ms beside the same while they are well"
        _check(now <= before * 1.1, f"steady: from commit to arrival p95 {told}")
        scene.parts.db.close()
    receiver.close()
    sys.exit(0 if all(PASSED) else 1)


@dataclass
class Scene:
    parts: Parts
    clock: worker.Moved
    site: Site
    form_id: str
    receiver: Faulty
    folder: Path
    waited: dict[str, float] = field(default_factory=dict)  # steady's deliveries: when they were committed
    sent: list[str] = field(default_factory=list)  # submissions


class Crew:
    """Workers that are killed and begun anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills = 0
        self.alive = [self._begin() for _ in range(WORKERS)]

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "bench.delivery.worker", str(self.folder)])

    def kill_one(self) -> None:
        place = secrets.randbelow(len(self.alive))
        self.alive[place].send_signal(signal.SIGKILL)
        self.alive[place].wait()
        self.alive[place] = self._begin()
        self.kills += 1

    def end(self) -> None:
        for one in self.alive:
            one.kill()
            one.wait()


def _scene(folder: Path, url: str, receiver: Faulty) -> Scene:
    environ = {
        "DATA_DIR": str(folder), "DATABASE_URL": url, "SECRET_KEY": "bench", "SARNAKH_DNS": "false",
        "SARNAKH_PRIVATE_DESTINATIONS": receiver.host, "REDIS_URL": "unix:///nowhere", "SARNAKH_LOG_LEVEL": "error",
    }  # fmt: skip
    (folder / "environ").write_text("".join(f"{name}={value}\n" for name, value in environ.items()), "utf-8")
    migrate(url)
    clock = worker.Moved(folder / "clock")
    parts = worker.parts_of(folder, clock)
    with parts.db.write() as conn:
        site = intake.make_site(conn, clock())
        form_id = intake.make_form(conn, site, clock(), intake.GUIDE + intake.ONE_ADDRESS)
        _place(conn, parts, site, "steady", receiver.url("steady"), clock())
    return Scene(parts, clock, site, form_id, receiver, folder)


def _place(conn: Any, parts: Parts, site: Site, name: str, url: str, now: datetime) -> str:  # noqa: PLR0917
    new = destinations.NewDestination(site.id, "webhook", name, {"url": url, "secret": SECRET}, sends="all")
    return destinations.add(conn, parts.config.secret_key, new, now).id


def _add_places(scene: Scene, receiver: Faulty) -> dict[str, str]:
    """Those that will fail, by name."""
    with scene.parts.db.write() as conn:
        for name in ("slow", "crowded", "reset", "broken", "picky"):
            _place(conn, scene.parts, scene.site, name, receiver.url(name), scene.clock())
        return {one.name: one.id for one in destinations.of_site(conn, scene.site.id)}


def _add_strays(scene: Scene, receiver: Faulty, places: dict[str, str]) -> None:
    """A name that leads nowhere, an address that nobody may open, and a place that redirects to the trap."""
    strays = {
        "nowhere": "http://nowhere.invalid/",
        "home": "http://169.254.169.254/latest",
        "away": receiver.url("away"),
    }
    with scene.parts.db.write() as conn:
        for name, url in strays.items():
            places[name] = _place(conn, scene.parts, scene.site, name, url, scene.clock())


def _bring(scene: Scene, number: int) -> None:
    """A lead of a real submission, owed to every place."""
    now = scene.clock()
    with scene.parts.db.write() as conn:
        answers = {"email": f"person{number}@firm.example", "first_name": "سارا", "time_to_buy": "0_3"}
        new = intake.submission(scene.site, scene.form_id, answers, now)
        submissions.receive(conn, new)
        found = submissions.get(conn, scene.site.id, new.id)
        assert found is not None
        pipeline.process(conn, found, {}, now)
        submissions.done(conn, new.id)
        scene.sent.append(new.id)
        if number % CHANGED == 0:
            _change(conn, scene, scene.sent[-min(len(scene.sent), CHANGED)], now)


def _change(conn: Any, scene: Scene, submission_id: str, now: datetime) -> None:
    """The version of an earlier lead rises while it is on its way."""
    found = submissions.get(conn, scene.site.id, submission_id)
    assert found is not None
    assert found.lead_id is not None
    lead = leads.get(conn, scene.site.id, found.lead_id)
    assert lead is not None
    leads.set_columns(conn, lead.id, {"version": lead.version + 1})
    risen = leads.get(conn, scene.site.id, lead.id)
    assert risen is not None
    ledger.queue(conn, risen, now)


def _paced(scene: Scene, numbers: Sequence[int]) -> list[float]:
    """Ten leads a second; how long each took from its commit to the steady place."""
    scene.waited.clear()
    for number in numbers:
        began = time.monotonic()
        _bring(scene, number)
        with scene.parts.db.read() as conn:
            steady = select(deliveries.c.id).order_by(deliveries.c.created_at.desc()).limit(12)
            newest = conn.execute(steady).scalars().all()
        committed = time.monotonic()
        scene.waited |= {name: committed for name in newest if name not in scene.waited}
        time.sleep(max(0.0, 1 / RATE - (time.monotonic() - began)))
    time.sleep(2)
    return _waits(scene)


def _waits(scene: Scene) -> list[float]:
    at = scene.receiver.places["steady"].at
    return [max(0.0, at[name] - committed) for name, committed in scene.waited.items() if name in at]


def _load(scene: Scene, crew: Crew, numbers: Sequence[int], kills: int) -> None:
    """The leads come in while workers are killed, at even distances."""
    over = threading.Event()

    def kill() -> None:
        while crew.kills < kills and not over.wait(len(numbers) / RATE / (kills + 1)):
            crew.kill_one()

    thread = threading.Thread(target=kill)
    thread.start()
    _paced(scene, numbers)
    over.set()
    thread.join()
    while crew.kills < kills:
        crew.kill_one()
        time.sleep(0.2)


def _two_hours(scene: Scene) -> None:
    """The broken place stays so for two hours of the moved clock."""
    for _ in range(40):
        scene.clock.advance(180)
        time.sleep(0.25)


def _settle(scene: Scene, places: Mapping[str, str]) -> None:
    """How long the broken place's take once it is well; then move the clock on until nothing is due that could go."""
    began, waiting = scene.clock(), _due(scene, [places["broken"]])
    _bring(scene, 2_000_000)  # whoever comes next finds out that it is well again
    while _due(scene, [places["broken"]]):
        time.sleep(0.5)
        scene.clock.advance(4.5)
    took = (scene.clock() - began).total_seconds()
    _check(
        took <= 180 + waiting / 5,
        f"broken: {waiting} that waited went within {took:.0f} s of its recovery, five a second",
    )
    stuck = [places[name] for name in ("steady", "slow", "crowded", "reset")]
    while _due(scene, stuck):
        time.sleep(1.0)
        scene.clock.advance(STEP - 1)


def _resend(scene: Scene, receiver: Faulty, place: str) -> None:
    """What the picky place refused, all at once; it must not come faster than five a second."""
    before = receiver.places["picky"].times.total()
    began = scene.clock()
    count = ledger.resend_all(scene.parts, scene.site.id, deliveries_search.Filter(destination_id=place), by=None)
    while _due(scene, [place]) and (scene.clock() - began).total_seconds() < 3600:
        time.sleep(1.0)
        scene.clock.advance(9)
    seconds = (scene.clock() - began).total_seconds()
    came = receiver.places["picky"].times.total() - before
    _check(
        came >= count >= 1 and came / seconds <= 6, f"{count} parked ones resent in {seconds:.0f} s, {came} requests"
    )


def _due(scene: Scene, places: Sequence[str]) -> int:
    with scene.parts.db.read() as conn:
        mine = deliveries.c.destination_id.in_(places) & (deliveries.c.status == "due")
        return len(conn.execute(select(deliveries.c.id).where(mine)).scalars().all())


# --- what must hold -------------------------------------------------------------------------------------------------


def _judge(scene: Scene, receiver: Faulty, places: Mapping[str, str], kills: int) -> None:
    with scene.parts.db.read() as conn:
        rows = conn.execute(
            select(deliveries.c.id, deliveries.c.destination_id, deliveries.c.lead_id, deliveries.c.version,
                   deliveries.c.status, deliveries.c.reason)
        ).all()  # fmt: skip
    for name, place_id in places.items():
        mine = [row for row in rows if row.destination_id == place_id]
        counts = {
            status: sum(row.status == status for row in mine) for status in ("delivered", "parked", "superseded", "due")
        }
        unsaid = [row.id for row in mine if row.status == "parked" and not row.reason]
        _check(sum(counts.values()) == len(mine) and not unsaid, f"{name}: {len(mine)} owed, {counts}")
        last = {lead: max(row.version for row in rows_) for lead, rows_ in _by_lead(mine).items()}
        gone = [
            row.lead_id
            for row in mine
            if row.version == last[row.lead_id] and row.status not in {"delivered", "parked", "due"}
        ]
        _check(not gone, f"{name}: every lead's last version is delivered, parked or due ({len(gone)} are not)")
        if name in receiver.places:
            _judge_place(name, receiver.places[name], [row.id for row in mine if row.status == "delivered"], kills)
    _check(receiver.places["trap"].times.total() == 0, "nobody reached a private address")


def _judge_place(name: str, place: faulty.Place, delivered: Sequence[str], kills: int) -> None:
    _check(set(delivered) <= place.taken.keys(), f"{name}: what counts as delivered arrived: {len(delivered)}")
    repeats = sum(number - 1 for number in place.taken.values())
    _check(repeats <= kills + place.broken, f"{name}: {repeats} repeats; {kills} kills, {place.broken} broken answers")
    _check(all(len(found) == 1 for found in place.bodies.values()), f"{name}: each id with the same bytes on every try")
    latest: dict[str, int] = {}
    overtaken = 0
    for lead, version in place.order:
        overtaken += version < latest.get(lead, 0)
        latest[lead] = max(latest.get(lead, 0), version)
    _check(overtaken == 0, f"{name}: {overtaken} versions came after a newer one")
    wrong = sum(not _fits(one) for one in place.signed)
    _check(wrong == 0, f"{name}: {len(place.signed)} signatures, {wrong} wrong")


def _fits(one: tuple[str, str, str, bytes]) -> bool:
    """By the reference implementation; its own clock is not the moved one, so the time is taken as it was signed."""
    delivery_id, stamp, signature, body = one
    return Webhook(SECRET).sign(delivery_id, datetime.fromtimestamp(int(stamp), UTC), body.decode()) == signature


def _by_lead(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.lead_id, []).append(row)
    return found


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _check(held: bool, what: str) -> None:
    PASSED.append(held)
    print(f"{'holds' if held else 'FAILS'}  {what}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default=1200, type=int)
    parser.add_argument("--kills", default=20, type=int)
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--into", default=tempfile.gettempdir(), help="a folder on the disk that counts")
    return parser.parse_args()


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.1f}")
    main()
