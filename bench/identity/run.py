"""`make bench-identity`: all peers and ours side by side on made-up leads and on public data.

Prints Markdown, and keeps every count as JSON in the scratch folder.
Example: python -m bench.identity.run --sizes 10000 --damage mild,middling,heavy --lang en,fa --seed 31
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.identity import known, leads, report
from bench.identity.answer import Answer
from bench.identity.damage import LEVELS
from bench.identity.seeds import REPORT_SEEDS
from bench.identity.solving import NOT_THERE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Peer:
    """`module` under bench/identity; `ours` runs in the product's environment, `needs` a column."""

    name: str
    module: str
    needs: str = "first_name"


PEERS = (
    Peer("exact e-mail", "peers.exact_email", needs="email"),
    Peer("e-mail or phone", "peers.email_or_phone", needs="email"),
    Peer("recordlinkage", "peers.recipe"),
    Peer("Splink", "peers.splink_em"),
    Peer("Sarnakh", "ours"),
)


def main() -> None:
    options = _options()
    scratch = Path(options.scratch) / time.strftime("%Y%m%d-%H%M%S")
    lines: list[report.Line] = []
    skipped: dict[str, str] = {}
    for data, path in _data(options, scratch):
        for peer in _wanted(options):
            if not any(row.get(peer.needs) for row in data.rows):
                continue
            answer = _solved(peer, path, options, skipped)
            if answer is not None:
                lines += report.lines(data, peer.name, answer)
                print(f"{data.name}: {peer.name}, {answer.seconds:.1f} s", file=sys.stderr, flush=True)
        _keep(lines, skipped, options, scratch)
    print(*report.table(lines), "", *report.kinds(lines), sep="\n")
    for name, why in skipped.items():
        print(f"\n{name} was skipped: {why}")
    print(f"\n{scratch / 'result.json'}")


def _data(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[leads.Dataset, Path]]:
    """The data sets asked for, each written under `scratch`, made as they are reached."""
    for size in [int(one) for one in _split(options.sizes)]:
        for lang in _split(options.lang):
            for level in _split(options.damage):
                data = leads.make(lang, size, level, options.seed)
                yield data, leads.write(data, scratch / data.name)
    for name in _split(options.known):
        path = scratch / name
        more = [options.fake_1000] if name == known.FAKE_1000 else []
        if more == [""]:
            print(f"{name} needs --fake-1000 PATH", file=sys.stderr)
            continue
        _python(options.bench_python, "known", name, str(path), *more).check_returncode()
        yield _read(name, path), path / "leads.csv"


def _read(name: str, path: Path) -> leads.Dataset:
    truth = [int(line) for line in (path / "truth.csv").read_text().split()[1:]]
    with (path / "leads.csv").open(encoding="utf-8", newline="") as rows:
        return leads.Dataset(name, list(csv.DictReader(rows)), truth)


def _solved(peer: Peer, path: Path, options: argparse.Namespace, skipped: dict[str, str]) -> Answer | None:
    """The answer of a process of its own; None, with the reason in `skipped`, where there is nobody to ask."""
    if peer.name in skipped:
        return None
    python = options.python if peer.module == "ours" else options.bench_python
    answer = path.with_name("answer.json")
    done = _python(python, "solving", peer.module, str(path), str(answer), patience=options.patience)
    if done.returncode == NOT_THERE:
        skipped[peer.name] = done.stderr.strip()
        return None
    if done.returncode:
        raise SystemExit(f"{peer.name} failed on {path}:\n{done.stderr[-2000:]}")
    return Answer.read(answer)


def _python(python: str, module: str, *words: str, patience: float | None = None) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", f"bench.identity.{module}", *words]
    environ = os.environ | {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=patience)


def _wanted(options: argparse.Namespace) -> list[Peer]:
    only = _split(options.only)
    return [peer for peer in PEERS if not only or peer.module.rpartition(".")[2] in only]


def _keep(lines: list[report.Line], skipped: dict[str, str], options: argparse.Namespace, scratch: Path) -> None:
    """After each data set, so that a run that is broken off is not lost."""
    numbers = [one.numbers() for one in lines]
    result = {"options": vars(options), "load": os.getloadavg(), "skipped": skipped, "lines": numbers}
    (scratch / "result.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))


def _split(words: str) -> list[str]:
    return [word for word in words.split(",") if word]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000", help="numbers of leads, with commas; empty for none")
    parser.add_argument("--damage", default=",".join(LEVELS))
    parser.add_argument("--lang", default="en,fa")
    parser.add_argument("--seed", type=int, default=REPORT_SEEDS[0], help="see seeds.py: one is for tuning")
    parser.add_argument("--known", default="", help=f"{', '.join((*known.FEBRL, known.FAKE_1000))}, with commas")
    parser.add_argument("--fake-1000", default="", help="where fake_1000.csv lies, see known.py")
    parser.add_argument("--only", default="", help="modules of peers, with commas, such as splink_em,ours")
    parser.add_argument("--patience", type=float, default=3600, help="seconds a peer and data set")
    parser.add_argument("--scratch", default="/tmp/sarnakh-bench-identity")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"), help="the product's own Python")
    parser.add_argument("--bench-python", default=str(ROOT / ".venv/identity/bin/python"), help="the peers' Python")
    return parser.parse_args()


if __name__ == "__main__":
    main()
