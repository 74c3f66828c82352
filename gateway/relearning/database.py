"""Splink and DuckDB, opened when asked, with the rows of a file as tables of a database on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from verification.matching.blocking import CAPS
from verification.matching.bulk import Row
from verification.matching.frequencies import Counts
from verification.matching.records import COUNTED, prepare
from verification.matching.splink_model import FUNCTION, column
from verification.matching.splink_rows import caps, key_numbers, level, row

FEWEST_ROWS = 1_000
BATCH = 10_000  # rows
# Rows that share these kinds' values are learnt from together. The name stands in CAPS: what more rows share than that
# is no person's.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "phone": ("phone",),
    "national_id": ("national_id",),
    "names": ("first", "last"),
}
_OWN = ("email", "phone", "national_id")  # kinds of which rows of two people seldom share a value
Progress = Callable[[int], object]


class LearnError(Exception):
    """Nothing can be learnt, in one line that says why."""


class Splink(NamedTuple):
    """Splink on one DuckDB database."""

    con: Any
    api: Any
    linker: Callable[..., Any]

    def open(self, table: str, model: Mapping[str, Any] | str) -> Any:
        """A linker over a table, by settings or a model file; it takes `load`'s shares instead of counting its own."""
        linker = self.linker(self.api.register(table), model, log_level=None)
        for kind in COUNTED:
            linker.table_management.register_term_frequency_lookup(self.api.register(f"tf_{kind}"), column(kind))
        return linker


@contextmanager
def splink(folder: Path | None = None) -> Iterator[Splink]:
    """Splink on a database in a new folder under `folder` (else the system's own), which goes again. Raises
    LearnError where it is not installed."""
    try:
        import duckdb
        import numpy  # noqa: F401  DuckDB wants it where it calls back
        import splink as found
    except ImportError as error:
        raise LearnError(f"{error.name} is not installed: pip install 'sarnakh[learn]'") from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    with TemporaryDirectory(prefix="sarnakh-learn-", dir=folder) as place:
        con = duckdb.connect(str(Path(place) / "rows.duckdb"), config={"temp_directory": place})
        try:
            teach(con)
            yield Splink(con, found.DuckDBAPI(con), found.Linker)
        finally:
            con.close()


def teach(con: Any) -> None:
    """Give a DuckDB connection the function by which a model asks how two records agree."""
    import pyarrow

    def levels(asked: Any, left: Any, right: Any) -> Any:
        several = zip(asked.to_pylist(), left.to_pylist(), right.to_pylist(), strict=True)
        return pyarrow.array([level(*one) for one in several], pyarrow.string())

    con.create_function(FUNCTION, levels, ["VARCHAR"] * 3, "VARCHAR", type="arrow", null_handling="special")


def load(con: Any, rows: Iterable[Row], region: str, progress: Progress) -> Counts:
    """The rows as tables: `people`, a row each with its keys; `strangers`, those of them that share nothing of their
    own; `tf_<kind>`, the share of each value. Raises LearnError where there are too few."""
    names = ["record", *map(column, COUNTED)]
    con.execute(f"CREATE TABLE bare (row BIGINT, {', '.join(f'{name} VARCHAR' for name in names)}, keys BIGINT[])")
    counts, held = Counts(), enumerate(rows)
    while batch := list(islice(held, BATCH)):
        _append(con, batch, region, counts)
        progress(len(batch))
    if counts.leads < FEWEST_ROWS:
        raise LearnError(f"{counts.leads:,} rows are too few to learn from: {FEWEST_ROWS:,} are needed")
    _keep_keys(con)
    for kind in COUNTED:
        _frequencies(con, kind, counts)
    return counts


def _append(con: Any, batch: list[tuple[int, Row]], region: str, counts: Counts) -> None:
    import pyarrow

    found = []
    for number, cells in batch:
        record = prepare(cells, region)
        counts.add(record.counted())
        found.append({"row": number, **row(record), "keys": key_numbers(record)})
    con.register("batch", pyarrow.Table.from_pylist(found))
    con.execute("INSERT INTO bare BY NAME FROM batch")
    con.unregister("batch")


def _keep_keys(con: Any) -> None:
    """Keys that more rows share than their cap go; whether few share a row's values of a group is noted."""
    con.execute("CREATE TABLE caps (kind BIGINT, most BIGINT)")
    con.executemany("INSERT INTO caps VALUES (?, ?)", caps())
    few = (f"{_shared(kinds)} <= {CAPS[name]} AND {_known(kinds)} AS few_{name}" for name, kinds in GROUPS.items())
    con.execute(f"""
        CREATE TABLE people AS
        WITH entries AS (SELECT row, unnest(keys) AS key FROM bare),
        kept AS (SELECT key FROM entries JOIN caps ON kind = key >> 32 GROUP BY key, most HAVING count(*) <= most),
        held AS (SELECT row, list(key) AS keys FROM entries SEMI JOIN kept USING (key) GROUP BY row)
        SELECT bare.* EXCLUDE (keys), held.keys, {", ".join(few)} FROM bare LEFT JOIN held USING (row)
    """)
    con.execute("DROP TABLE bare")
    first = (f"(NOT {_known([kind])} OR row = min(row) OVER (PARTITION BY {column(kind)}))" for kind in _OWN)
    con.execute(f"CREATE TABLE strangers AS SELECT * FROM people QUALIFY {' AND '.join(first)}")


def _shared(kinds: Iterable[str]) -> str:
    return f"count(*) OVER (PARTITION BY {', '.join(map(column, kinds))})"


def _known(kinds: Iterable[str]) -> str:
    return " AND ".join(f"{column(kind)} IS NOT NULL" for kind in kinds)


def _frequencies(con: Any, kind: str, counts: Counts) -> None:
    """The table of shares by which Splink weighs a kind's values: ours, so that both count alike."""
    import pyarrow

    name = column(kind)
    values = [
        value for (value,) in con.execute(f"SELECT DISTINCT {name} FROM people WHERE {_known([kind])}").fetchall()
    ]
    shares = [2.0 ** -counts.rarity(kind, value) for value in values]
    columns = {name: pyarrow.array(values, pyarrow.string()), f"tf_{name}": pyarrow.array(shares, pyarrow.float64())}
    con.register("found", pyarrow.table(columns))
    con.execute(f"CREATE TABLE tf_{kind} AS FROM found")
    con.unregister("found")
