"""1,200 leads to eleven places, ten of which fail in their own ways, while workers are killed twenty times and Valkey
is taken down, hung and flushed.

Two senders, woken by the doorbell, and a sweeper (`bench.delivery.worker`) race for every row; the clock of all of them
is moved on once the leads are in, so that retries of hours take seconds. What must hold is printed line by line; the
exit status is 1 where it does not.
Example: python -m bench.delivery.faults --leads 1200 --kills 20 --db sqlite
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from bench.delivery import faulty, worker
from bench.delivery.crew import Crew, Valkey
from bench.delivery.faulty import Faulty
from bench.delivery.judging import PASSED, check, judge, p95
from bench.delivery.scene import RATE, Scene, add_places, bring, bring_paced, due, open_scene, waits
from bench.delivery.speed import database
from gateway import jobs, logs
from gateway.delivery import ledger
from gateway.doorbell import DELIVERY
from gateway.store import deliveries_search

FAILING = ("slow", "crowded", "reset", "broken", "picky")
TROUBLES = ("flushed", "down", "hung")  # of Valkey, in turns
RACES = 30
RECOVERY = 180.0  # seconds in which what was stuck goes on
FAULTS = ("_fault", "_failed", "exception raised")  # in what workers write
NOT_OURS = ("InvalidJobOperation", "NoSuchJobError", "redis.exceptions")  # RQ misses a job, or its server, after it ran


def main() -> None:
    options = _options()
    logs.set_up("error")
    broken, picky = faulty.Broken(), faulty.Picky()
    with _scene(options, broken, picky) as scene:
        valkey = Valkey(scene.parts.config, scene.clock)
        crew = Crew(scene.folder)
        try:
            beside = _run(scene, options, crew, valkey)
            broken.well = True
            _settle(scene)
            picky.well = True
            _resend(scene)
            after = bring_paced(scene, range(4_000_000, 4_000_000 + options.leads // 6))
        finally:
            said = crew.end()
            valkey.stop()
        _judge(scene, crew, valkey)
        _judge_waits(beside, after)
        _judge_words(said)
    sys.exit(0 if all(PASSED) else 1)


@contextmanager
def _scene(options: argparse.Namespace, broken: faulty.Broken, picky: faulty.Picky) -> Iterator[Scene]:
    with database(options) as url, tempfile.TemporaryDirectory(prefix="sarnakh-faults-") as name:
        clock = worker.Moved(Path(name) / "clock")
        ways: Mapping[str, faulty.Way] = {
            "steady": faulty.steady, "slow": faulty.slow, "crowded": faulty.Crowded(clock), "reset": faulty.resetting,
            "broken": broken, "picky": picky, "trap": faulty.steady, "rebound": faulty.steady,
        }  # fmt: skip
        receiver, public = Faulty(ways, clock), Faulty({"rebound": faulty.steady}, clock)
        receiver.places["away"] = faulty.Place(faulty.elsewhere(receiver.url("trap")))
        scene = open_scene(Path(name), url, clock=clock, receiver=receiver, public=public)
        yield scene
        scene.parts.db.close()
        receiver.close()
        public.close()


def _run(scene: Scene, options: argparse.Namespace, crew: Crew, valkey: Valkey) -> tuple[list[float], list[float]]:
    """All leads come in. Returns how long each took to the steady place while all were well, and beside the failing."""
    share = options.leads // 6
    urls = {name: scene.receiver.url(name) for name in ("steady", *FAILING)}
    add_places(scene, **urls, rebound=f"http://{worker.REBOUND}:{scene.receiver.port}/rebound")
    bring_paced(scene, range(3_000_000, 3_000_020))  # until the workers have begun
    _race(scene)
    all_well = bring_paced(scene, range(share))
    scene.receiver.well = False
    add_places(
        scene,
        nowhere="http://nowhere.invalid/",
        silent=f"http://{worker.SILENT}/",
        home="http://169.254.169.254/latest",
        away=scene.receiver.url("away"),
    )
    beside = bring_paced(scene, range(share, 2 * share))
    _load(scene, crew, valkey, range(2 * share, options.leads), kills=options.kills)
    requests = sum(place.times.total() for place in scene.receiver.places.values())
    print(f"{options.leads} leads in, {crew.kills} kills; {requests} requests so far", flush=True)
    _calm(scene)
    _two_hours(scene)
    return all_well, beside


def _race(scene: Scene) -> None:
    """Two workers are woken for one row, and the sweeper's part is done here at the same moment."""
    before = set(scene.committed)
    for number in range(RACES):
        for _ in range(2):
            scene.parts.doorbell.clear(DELIVERY)
            scene.parts.doorbell.ring(DELIVERY)
        bring(scene, 5_000_000 + number)
        jobs.deliver_with(scene.parts)
    raced = scene.committed.keys() - before
    while not raced <= waits(scene).keys():
        time.sleep(0.1)
    came = Counter(scene.receiver.places["steady"].times[name] for name in raced)
    check(set(came) == {1}, f"{len(raced)} rows that two workers and the sweeper raced for came once each")


def _load(scene: Scene, crew: Crew, valkey: Valkey, numbers: range, *, kills: int) -> None:
    """The leads come in while workers are killed and Valkey fails, at even distances."""
    over, seconds = threading.Event(), len(numbers) / RATE
    troubles = list(islice(cycle(TROUBLES), max(len(TROUBLES), int(seconds / 15))))

    def kill() -> None:
        while crew.kills < kills:
            over.wait(seconds / (kills + 1))
            crew.kill_one()

    def trouble() -> None:
        for what in troubles:
            over.wait(2)
            valkey.trouble(what)

    def rebind() -> None:
        over.wait(seconds / 2)
        (scene.folder / worker.REBOUND).touch()

    threads = [threading.Thread(target=one) for one in (kill, trouble, rebind)]
    for one in threads:
        one.start()
    bring_paced(scene, numbers)
    over.set()
    for one in threads:
        one.join()


def _calm(scene: Scene) -> None:
    """Until the steady place has all: what killed workers held, too. Two minutes take twelve seconds."""
    while due(scene, "steady"):
        time.sleep(0.5)
        scene.clock.advance(4.5)
    longest = max(waits(scene).values())
    check(longest <= RECOVERY, f"steady: of {len(waits(scene))} deliveries the slowest came after {longest:.0f} s")


def _two_hours(scene: Scene) -> None:
    """The broken place stays so for two hours of the moved clock."""
    for _ in range(40):
        scene.clock.advance(180)
        time.sleep(0.25)


def _settle(scene: Scene) -> None:
    """How long the broken place's take once it is well; then move the clock on until nothing is due that could go."""
    began, waiting = scene.clock(), due(scene, "broken")
    bring(scene, 2_000_000)  # whoever comes next finds out that it is well again
    while due(scene, "broken"):
        time.sleep(0.5)
        scene.clock.advance(4.5)
    took = (scene.clock() - began).total_seconds()
    told = f"broken: {waiting} that waited went within {took:.0f} s of its recovery, five a second"
    check(took <= RECOVERY + waiting / 5, told)
    while due(scene, "steady", "slow", "crowded", "reset"):
        time.sleep(1.0)
        scene.clock.advance(29)


def _resend(scene: Scene) -> None:
    """What the picky place refused, all at once; it must not come faster than five a second."""
    before, began = scene.receiver.places["picky"].times.total(), scene.clock()
    wanted = deliveries_search.Filter(destination_id=scene.places["picky"])
    count = ledger.resend_all(scene.parts, scene.site.id, wanted, by=None)
    while due(scene, "picky") and (scene.clock() - began).total_seconds() < 3600:
        time.sleep(1.0)
        scene.clock.advance(9)
    seconds = (scene.clock() - began).total_seconds()
    came = scene.receiver.places["picky"].times.total() - before
    told = f"{count} parked ones resent in {seconds:.0f} s, {came} requests"
    check(came >= count >= 1 and came / seconds <= 6, told)


def _judge(scene: Scene, crew: Crew, valkey: Valkey) -> None:
    heard = {**scene.receiver.places, "rebound": scene.public.places["rebound"]}
    judge(scene.parts.db, scene.places, heard, crew.kills)
    private = [scene.receiver.places[name].times.total() for name in ("trap", "rebound")]
    check(not any(private), "nobody reached a private address, by a redirect or by a name that came to lead there")
    for what, began, ended in valkey.away:
        meanwhile = [name for name, at in scene.committed.items() if began <= at <= ended]
        longest = max(waits(scene, meanwhile).values(), default=0.0)
        told = f"Valkey {what}: {len(meanwhile)} owed meanwhile, the slowest came after {longest:.1f} s"
        check(longest <= RECOVERY, told)
    print(f"{crew.ended} workers ended by themselves and were begun anew", flush=True)


def _judge_waits(run: tuple[list[float], list[float]], after: list[float]) -> None:
    """Well before and after, so that a machine that grows busier is not taken for a place that costs."""
    before, beside = run
    well, failing = p95([*before, *after]), p95(beside)
    told = f"{failing * 1e3:.0f} ms beside those that fail, {well * 1e3:.0f} ms beside the same while they are well"
    each = f"{p95(before) * 1e3:.0f} before, {p95(after) * 1e3:.0f} after; load {os.getloadavg()[0]:.1f}"
    check(failing <= well * 1.1, f"steady: from commit to arrival p95 {told} ({each})")


def _judge_words(said: str) -> None:
    faults = [line for line in said.splitlines() if any(one in line for one in FAULTS)]
    bugs = [line for line in faults if not any(one in line for one in NOT_OURS)]
    check(not bugs, f"workers wrote {len(said.splitlines())} lines, {len(bugs)} of them of a fault of ours")
    for line in bugs[:5]:
        print(f"       {line[:300]} … {line[-1500:]}")


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
