"""`make bench-verification`: bots and people through the real product, and what of them reached the CRM's inbox.

Runs in the bots' environment. Prints a table, and keeps the same as JSON in the scratch folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.verification import confirming, identities, report, texts
from bench.verification.product import Product
from bench.verification.table import CLIENTS, Client
from bench.verification.target import CHANNELS, Target
from bench.verification.world import World

ROOT = Path(__file__).parents[2]
FIRST_DISPLAY = 170


class Bench:
    """The runs of one evening: who went where with which address, and what they said."""

    def __init__(self, world: World, options: argparse.Namespace, scratch: Path) -> None:
        self.world, self.options, self.scratch = world, options, scratch
        self.runs: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._displays = list(range(FIRST_DISPLAY, FIRST_DISPLAY + 30))
        self._people = identities.people(options.seed)

    def visit(self, client: Client, channel: str, number: int) -> None:
        with self._lock:
            display = self._displays.pop(0)
        target = self._target(client, channel, display)
        began = time.time()
        remark = self._start(client, target)
        with self._lock:
            self._displays.append(display)
            self.runs.append(
                {"client": client.name, "kind": client.kind, "channel": channel, "number": number, "remark": remark,
                 "email": target.answers["email"], "wanted": client.posts, "seconds": round(time.time() - began, 1)}
            )  # fmt: skip
        print(f"{client.name:24} {channel:7} {number + 1}  {remark}", flush=True)

    def _target(self, client: Client, channel: str, display: int) -> Target:
        answers = next(self._people)(client.lang, client.message)
        extra = dict(client.extra)
        if client.posts > 1:
            extra |= {"times": client.posts, "messages": identities.messages(client.posts)}
        if extra.pop("genuine", False):
            extra |= self._genuine(channel)
        return Target(
            client.name, channel, f"http://127.0.{CLIENTS.index(client) + 3}.1:{self.world.proxy}",
            f"http://localhost:{self.world.landing}", "talk", client.lang, answers, str(self.scratch), display, extra,
        )  # fmt: skip

    def _genuine(self, channel: str) -> dict[str, Any]:
        """The last post of the plainest person through this channel."""
        plain = next(one for one in CLIENTS if one.name == "mouse_and_keys")
        run = next(run for run in reversed(self.runs) if (run["client"], run["channel"]) == (plain.name, channel))
        posts = self.world.posts[str(CLIENTS.index(plain) + 3)]
        name = run["email"].partition("@")[0]
        return {
            "post": next(post for post in posts if name in post["body"] and post["path"] == "/f/talk"),
            "genuine_email": run["email"],
        }

    def _start(self, client: Client, target: Target) -> str:
        environ = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.scratch)}
        command = [sys.executable, "-m", f"bench.verification.{client.module}", target.to_json()]
        if client.screen:
            command = ["xvfb-run", "-n", str(target.display), "-s", "-screen 0 1366x900x24", *command]
        try:
            done = subprocess.run(
                command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=client.patience
            )
        except subprocess.TimeoutExpired:
            return "FAILED: took too long"
        if done.returncode:
            return f"FAILED: {(done.stderr.strip().splitlines() or ['no word'])[-1][:160]}"
        return str(json.loads(done.stdout.strip().splitlines()[-1])["remark"])


def main() -> None:
    options = _options()
    random.seed(options.seed)
    scratch = Path(options.scratch) / time.strftime("%H%M%S")
    scratch.mkdir(parents=True)
    world = World(options.port)
    world.start()
    product = Product(world, scratch, Path(options.python), Path(options.checkout))
    product.start()
    bench = Bench(world, options, scratch)
    try:
        _everybody(bench, options)
        print("…", flush=True)
        product.settle()
        confirming.confirm(world, [run for run in bench.runs if run["client"] == "no_script"])
        measured = texts.measure(product) if options.texts else None
        product.settle()
        unclaimed = report.found(bench.runs, list(product.submissions()), world.received, world.mails)
    finally:
        product.stop()
        world.stop()
    result = {"at": time.strftime("%Y-%m-%d %H:%M"), "commit": _commit(options.checkout), "load": os.getloadavg(),
              "options": vars(options), "unclaimed": unclaimed, "runs": bench.runs, "texts": measured}  # fmt: skip
    (scratch / "result.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))
    for line in report.show(bench.runs, measured):
        print(line)
    print(f"commit {result['commit']}, load {result['load']}, posts of no known run: {unclaimed}")
    print(scratch / "result.json")


def _everybody(bench: Bench, options: argparse.Namespace) -> None:
    """People and bots in turns, a few at once; whoever needs another's recording comes last."""
    wanted = [one for one in CLIENTS if not options.only or one.name in options.only.split(",")]
    channels = options.channels.split(",")
    visits = [
        (one, channel, n) for n in range(options.repeats) for channel in channels for one in wanted if n < one.most
    ]
    patient = [visit for visit in visits if visit[0].patient]
    first = [visit for visit in visits if not visit[0].late and not visit[0].patient]
    with ThreadPoolExecutor(options.at_once + len(patient)) as pool:
        for visit in patient:
            pool.submit(bench.visit, *visit)
        if patient:
            time.sleep(60)  # they type for a while and are then away for ten minutes
        with ThreadPoolExecutor(options.at_once) as hands:
            list(hands.map(lambda visit: bench.visit(*visit), first))
        for visit in visits:
            if visit[0].late:
                bench.visit(*visit)


def _commit(checkout: str) -> str:
    """What was measured; marked where the files differ from the commit."""
    words = ["git", "-C", checkout, "describe", "--always", "--dirty"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="of each client in each channel")
    parser.add_argument("--channels", default=",".join(CHANNELS))
    parser.add_argument("--only", default="", help="names of clients, with commas")
    parser.add_argument("--at-once", type=int, default=2, help="clients at a time")
    parser.add_argument("--port", type=int, default=18700, help="the first of a hundred")
    parser.add_argument("--scratch", default="/tmp/sarnakh-bench-verification")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"), help="the product's own Python")
    parser.add_argument("--checkout", default=str(ROOT), help="the product to measure")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--texts", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
