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
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from struct import Struct
from typing import Literal, NamedTuple, TypeVar

from verification.matching.bulk import BlockIndex, Edge, Row, join, sample, weigh
from verification.matching.fitting import fit
from verification.matching.frequencies import Counts, Tally
from verification.matching.judge import Context, Match, judge
from verification.matching.records import Record, pack, prepare, unpack
from verification.matching.weights import FILE as MODEL
from verification.matching.weights import Weights, shipped_weights

LAYOUT = 2  # of the folder: raised where it holds other files, so that what an older release left is not read
CHUNK = 20_000  # pairs weighed and written together: what a kill costs
ROWS = 2_000  # rows folded, or answered, together
AHEAD = 2  # pieces of work begun for each process before they are asked for
KEPT = 20_000  # unfolded records at hand
_EDGE = Struct("<dII?")  # weight, left, right, joins
NOBODY = -1
Progress = Callable[[int], object]
Piece = TypeVar("Piece")
Done = TypeVar("Done")
Said = TypeVar("Said")


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


class Folded(NamedTuple):
    """Some rows that were folded: their lines, where each ends, and what is found by them."""

    lines: bytes
    ends: array[int]
    blocks: BlockIndex
    tally: Tally


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
        self.fingerprint = f"{LAYOUT} {fingerprint} {zlib.crc32(MODEL.read_bytes())}"
        self.weights = weights
        self.state = self._left_over() or self._begin()
        self._opened = False

    @property
    def is_read(self) -> bool:
        return (self.folder / "pairs").exists() and self.state.rows > 0

    def read(self, rows: Iterable[Row], region: str, progress: Progress, *, jobs: int = 1) -> None:
        """Fold every row and find the pairs worth weighing."""
        index, tally, starts = BlockIndex(), Tally(), array("Q", [0])
        with (self.folder / "records").open("wb") as out:
            for folded in _in_processes(partial(_fold, region), _numbered(rows), jobs):
                out.write(folded.lines)
                starts.extend([starts[-1] + end for end in folded.ends])
                index.take(folded.blocks)
                tally.take(folded.tally)
                progress(len(folded.ends))
        _write_array(self.folder / "starts", starts)
        _write_tally(self.folder, tally)
        pairs = index.pairs()
        _write_array(self.folder / "pairs", pairs)
        (self.folder / "edges").write_bytes(b"")
        self.state = State(self.fingerprint, len(starts) - 1, len(pairs))
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
            for edges in _in_processes(_weigh_from, starts, jobs):
                out.write(edges)
                out.flush()
                weighed = min(self.state.weighed + CHUNK, self.state.pairs)
                progress(weighed - self.state.weighed)
                self.state.weighed, self.state.edges = weighed, self.state.edges + len(edges)
                self._save()

    def answers(self, said: Callable[[Answer], Said], jobs: int = 1) -> Iterator[Said]:
        """What `said` makes of each row's answer, in order. Processes are handed `said`: a function of a module."""
        self._open()
        records = _Weighing.records
        people = array(
            "q", join(len(records), (edge for edge in self._edges() if edge.joins), records, _Weighing.context)
        )
        _Weighing.people, (_Weighing.linked, _Weighing.possible) = people, self._best(people)
        for some in _in_processes(partial(_answer_from, said), range(0, len(people), ROWS), jobs):
            yield from some

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
        for name in ("state.json", "records", "starts", "tally.json", "checksums", "pairs", "edges"):
            (self.folder / name).unlink(missing_ok=True)
        return State(self.fingerprint)

    def _save(self) -> None:
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self.state)), "utf-8")
        fresh.replace(self._state_file)


class _Weighing:
    """What the processes that weigh and answer share: filled before they part."""

    records: Records
    pairs: array[int]
    context: Context
    people: array[int]  # by row, as `linked` and `possible`: the row that fits best of the same person, of other ones
    linked: array[int]
    possible: array[int]

    @classmethod
    def open(cls, folder: Path, weights: Weights | None) -> None:
        cls.records, cls.pairs = Records(folder), _read_array(folder / "pairs")
        counts = Counts.of(_read_tally(folder))
        cls.context = Context(counts, weights or shipped_weights())
        if weights is None:
            cls.context = Context(counts, fit(sample(cls.pairs), cls.records, cls.context, len(cls.pairs)))


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Some rows at a time, with the number of their first one."""
    rows, first = iter(rows), 0
    while some := list(islice(rows, ROWS)):
        yield first, some
        first += len(some)


def _fold(region: str, numbered: tuple[int, Sequence[Row]]) -> Folded:
    first, rows = numbered
    folded, lines = Folded(b"", array("Q"), BlockIndex(), Tally()), bytearray()
    for number, row in enumerate(rows, start=first):
        record = prepare(row, region)
        folded.blocks.add(number, record)
        folded.tally.add(record.counted())
        lines += pack(record).encode("utf-8", "surrogatepass")
        folded.ends.append(len(lines))
    return folded._replace(lines=bytes(lines))


def _weigh_from(start: int) -> bytes:
    found = weigh(_Weighing.pairs[start : start + CHUNK], _Weighing.records, _Weighing.context)
    return b"".join(_EDGE.pack(*edge) for edge in found)


def _answer_from(said: Callable[[Answer], Said], start: int) -> list[Said]:
    return [said(_answer(row)) for row in range(start, min(start + ROWS, len(_Weighing.people)))]


def _answer(row: int) -> Answer:
    records, person = _Weighing.records, _Weighing.people[row]
    other = _Weighing.linked[row] if person != row else _Weighing.possible[row]
    decision = "same" if person != row else "new" if other == NOBODY else "possible"
    match = None if other == NOBODY else judge(records[row], records[other], _Weighing.context)
    return Answer(person, decision, other, match)


def _in_processes(work: Callable[[Piece], Done], pieces: Iterable[Piece], jobs: int) -> Iterator[Done]:
    """Piece after piece, in order; few are begun before they are asked for, so that nothing heaps up in memory.

    Processes are forked, so that they share what was read. Raises BrokenProcessPool where one was ended from outside.
    """
    if jobs < 2:
        yield from map(work, pieces)
        return
    pool, begun = ProcessPoolExecutor(jobs, get_context("fork")), deque[Future[Done]]()
    try:
        for piece in pieces:
            begun.append(pool.submit(work, piece))
            if len(begun) > jobs * AHEAD:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _write_tally(folder: Path, tally: Tally) -> None:
    _write_array(folder / "checksums", tally.checksums)
    (folder / "tally.json").write_text(json.dumps([tally.leads, tally.few]), "utf-8")


def _read_tally(folder: Path) -> Tally:
    tally = Tally()
    tally.leads, tally.few = json.loads((folder / "tally.json").read_text("utf-8"))
    tally.checksums = _read_array(folder / "checksums", "I")
    return tally


def _write_array(path: Path, values: array[int]) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        values.tofile(out)
    fresh.replace(path)


def _read_array(path: Path, code: Literal["I", "Q"] = "Q") -> array[int]:
    values = array(code)
    with path.open("rb") as file:
        values.fromfile(file, os.fstat(file.fileno()).st_size // values.itemsize)
    return values
