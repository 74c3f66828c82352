"""Who is whom in a file too large for memory: folded rows, pairs and findings lie in a folder beside the output.

Reading begins anew after a kill, weighing goes on where it was. What stays in memory grows by
less than a kilobyte a row (measured from 10,000 to 100,000 rows).
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from verification.matching.bulk import BlockIndex, Edge, Row, join, sample, weigh
from verification.matching.fitting import fit
from verification.matching.frequencies import Counts
from verification.matching.judge import Context, Match, judge
from verification.matching.records import Record, pack, prepare, unpack
from verification.matching.weights import FILE as MODEL
from verification.matching.weights import Weights, shipped_weights

CHUNK = 20_000  # pairs weighed and written together: what a kill costs
KEPT = 20_000  # unfolded records at hand
_EDGE = Struct("<dII?")  # weight, left, right, same
NOBODY = -1
Progress = Callable[[int], object]


@dataclass
class State:
    """How far it is: kept whole at each step, so that a killed run is gone on with."""

    fingerprint: str
    rows: int = 0
    pairs: int = 0
    weighed: int = 0  # pairs
    edges: int = 0  # bytes of the file that count


class Answer(NamedTuple):
    """What is said of a row: its person by the number of their first row, and with which row it was compared."""

    person: int
    decision: str  # same, possible, new
    other: int  # NOBODY where there is none
    match: Match | None


class Records(Sequence[Record]):
    """The folded rows on disk, by number; those asked for last are at hand."""

    def __init__(self, folder: Path) -> None:
        self._starts = _read_array(folder / "starts")
        with (folder / "records").open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if len(self) else b""
        self._kept = lru_cache(KEPT)(self._read)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, row: int) -> Record:  # type: ignore[override]  # by number alone
        return self._kept(row)

    def _read(self, row: int) -> Record:
        return unpack(self._bytes[self._starts[row] : self._starts[row + 1]].decode("utf-8", "surrogatepass"))


class Work:
    """One run over one file. `fingerprint`: of input and options; another one's leavings are cleared away. `weights`:
    else the shipped ones, fitted to the file."""

    def __init__(self, folder: Path, fingerprint: str, weights: Weights | None = None) -> None:
        self.folder = folder
        self._state_file = folder / "state.json"
        self.fingerprint = f"{fingerprint} {zlib.crc32(MODEL.read_bytes())}"
        self.weights = weights
        self.state = self._left_over() or self._begin()
        self._opened = False

    @property
    def is_read(self) -> bool:
        return (self.folder / "pairs").exists() and self.state.rows > 0

    def read(self, rows: Iterable[Row], region: str, progress: Progress) -> None:
        """Fold every row and find the pairs worth weighing."""
        index, starts, count = BlockIndex(), array("Q", [0]), 0
        with (self.folder / "records").open("wb") as out:
            for count, row in enumerate(rows, start=1):
                record = prepare(row, region)
                index.add(count - 1, record)
                starts.append(starts[-1] + out.write(pack(record).encode("utf-8", "surrogatepass")))
                progress(1)
        _write_array(self.folder / "starts", starts)
        pairs = index.pairs()
        _write_array(self.folder / "pairs", pairs)
        (self.folder / "edges").write_bytes(b"")
        self.state = State(self.fingerprint, count, len(pairs))
        self._save()

    def weigh(self, jobs: int, progress: Progress) -> None:
        """Weigh the pairs that no run has weighed yet, in order; `jobs` processes."""
        progress(self.state.weighed)
        if self.state.weighed >= self.state.pairs:
            return
        self._open()
        starts = range(self.state.weighed, self.state.pairs, CHUNK)
        with (self.folder / "edges").open("r+b") as out:
            out.truncate(self.state.edges)
            out.seek(self.state.edges)
            for edges in _in_processes(starts, jobs):
                out.write(edges)
                out.flush()
                weighed = min(self.state.weighed + CHUNK, self.state.pairs)
                progress(weighed - self.state.weighed)
                self.state.weighed, self.state.edges = weighed, self.state.edges + len(edges)
                self._save()

    def answers(self) -> Iterator[Answer]:
        """What is said of each row, in order."""
        self._open()
        records, context = _Weighing.records, _Weighing.context
        people = join(len(records), (edge for edge in self._edges() if edge.same), records)
        linked, possible = self._best(people)
        for row, person in enumerate(people):
            other = linked[row] if person != row else possible[row]
            decision = "same" if person != row else "new" if other == NOBODY else "possible"
            match = None if other == NOBODY else judge(records[row], records[other], context)
            yield Answer(person, decision, other, match)

    def clear(self) -> None:
        shutil.rmtree(self.folder)

    def _open(self) -> None:
        """What is weighed, once a run."""
        if not self._opened:
            _Weighing.open(self.folder, self.weights)
            self._opened = True

    def _best(self, people: Sequence[int]) -> tuple[array[int], array[int]]:
        """For each row the one that fits best of the same person, and of other ones."""
        best = [array("q", [NOBODY]) * len(people) for _ in range(2)]
        weights = [array("d", [0.0]) * len(people) for _ in range(2)]
        for edge in self._edges():
            which = int(people[edge.left] != people[edge.right])
            for row, other in ((edge.left, edge.right), (edge.right, edge.left)):
                if best[which][row] == NOBODY or edge.weight > weights[which][row]:
                    best[which][row], weights[which][row] = other, edge.weight
        return best[0], best[1]

    def _edges(self) -> Iterator[Edge]:
        with (self.folder / "edges").open("rb") as file:
            while block := file.read(_EDGE.size * CHUNK):
                yield from (Edge(*values) for values in _EDGE.iter_unpack(block))

    def _left_over(self) -> State | None:
        if not self._state_file.exists():
            return None
        state = State(**json.loads(self._state_file.read_text("utf-8")))
        return state if state.fingerprint == self.fingerprint else None

    def _begin(self) -> State:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("state.json", "records", "starts", "pairs", "edges"):
            (self.folder / name).unlink(missing_ok=True)
        return State(self.fingerprint)

    def _save(self) -> None:
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self.state)), "utf-8")
        fresh.replace(self._state_file)


class _Weighing:
    """What the processes that weigh share: opened before they part."""

    records: Records
    pairs: array[int]
    context: Context

    @classmethod
    def open(cls, folder: Path, weights: Weights | None) -> None:
        cls.records, cls.pairs = Records(folder), _read_array(folder / "pairs")
        counts = Counts(len(cls.records))
        for record in cls.records:
            counts.add(record.counted())
        cls.context = Context(counts, weights or shipped_weights())
        if weights is None:
            cls.context = Context(counts, fit(sample(cls.pairs), cls.records, cls.context))


def _weigh_from(start: int) -> bytes:
    found = weigh(_Weighing.pairs[start : start + CHUNK], _Weighing.records, _Weighing.context)
    return b"".join(_EDGE.pack(*edge) for edge in found)


def _in_processes(starts: Iterable[int], jobs: int) -> Iterator[bytes]:
    """Chunk after chunk, in order. Processes are forked, so that they share what was read."""
    if jobs < 2:
        yield from map(_weigh_from, starts)
        return
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(_weigh_from, starts)


def _write_array(path: Path, values: array[int]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        values.tofile(out)
    fresh.replace(path)


def _read_array(path: Path) -> array[int]:
    values = array("Q")
    with path.open("rb") as file:
        values.fromfile(file, os.fstat(file.fileno()).st_size // values.itemsize)
    return values
