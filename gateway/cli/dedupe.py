"""`sarnakh dedupe`: who is whom in a CSV file, with the reasons."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import click
from tqdm import tqdm

from gateway.deduping import NOBODY, Answer, Work
from gateway.files import csv_cell
from gateway.reasons import reasons
from gateway.sheets import Sheet, SheetError
from gateway.words import LANGUAGES
from verification.matching.headings import columns
from verification.matching.records import FIELDS, HOME
from verification.matching.splink_model import ModelError, read_model
from verification.matching.weights import Weights

ADDED = ("lead_id", "decision", "with_row", "weight", "why")
_ENDED = "one of its processes was ended, perhaps for want of memory; the same command goes on, fewer --jobs take less"
_OF_WEIGHTS = "A model that `sarnakh weights learn` wrote; as shipped without one."
map_option = click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
country_option = click.option(
    "--country", default=HOME, show_default=True, help="Of phone numbers written without one (ISO code)."
)


@click.command("dedupe")
@click.argument(
    "source", metavar="IN.csv", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.argument("target", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@map_option
@country_option
@click.option("--weights", "model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=_OF_WEIGHTS)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the reasons.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes; as many as cores.")
@click.option("--json", "as_json", is_flag=True, help="Print what came out as JSON.")
def dedupe(  # one parameter an option, by name
    *, source: Path, target: Path, mapped: tuple[str, ...], country: str, model: Path | None, as_json: bool,
    **how: Any,
) -> None:  # fmt: skip
    """Say for each row of IN.csv whose it is: the same rows with the columns lead_id (the number of that person's
    first row), decision (same, possible, new), with_row, weight and why.

    `-` reads standard input. A column that IN.csv has already stays; the new one is then called dedupe_lead_id or so.
    A killed run is gone on with by the same command. Example: sarnakh dedupe --map phone=Handy crm.csv people.csv
    """
    named = columns_named(mapped)
    with _on_disk(source, target) as held:
        sheet = Sheet.at(held, lenient=True)
        try:
            counts = _run(sheet, (held, target), named, country.upper(), model=model, **how)
        except SheetError as error:
            raise click.ClickException(str(error)) from error
        except BrokenProcessPool as error:
            raise click.ClickException(_ENDED) from error
    _tell(counts, as_json)


@contextmanager
def _on_disk(source: Path, target: Path) -> Iterator[Path]:
    """The input as a file, since it is read twice; of standard input a copy beside the output, gone at the end."""
    if str(source) != "-":
        yield source
        return
    held = target.with_name(target.name + ".in")
    try:
        with held.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield held
    finally:
        held.unlink(missing_ok=True)


def _run(
    sheet: Sheet, files: tuple[Path, Path], named: Mapping[str, str], country: str, *,
    lang: str, jobs: int, model: Path | None,
) -> Counter[str]:  # fmt: skip
    source, target = files
    weights = model_at(model) if model else None
    places = fields_of(sheet, source, named)
    held = source.stat()
    fingerprint = json.dumps(
        [held.st_size, held.st_mtime_ns, sorted(named.items()), country, crc32(repr(weights).encode())]
    )
    work = Work(target.with_name(target.name + ".work"), fingerprint, weights)
    if not work.is_read:
        with progress_bar("reading", None) as bar:
            work.read(rows_of(sheet, places), country, bar.update, jobs=jobs)
    with progress_bar("weighing", work.state.pairs) as bar:
        work.weigh(jobs, bar.update)
    with progress_bar("writing", work.state.rows) as bar:
        counts = _write(sheet, target, work.answers(partial(_cells, lang), jobs), bar)
    work.clear()
    return counts


def model_at(path: Path) -> Weights:
    """The weights in a model file. Raises ClickException."""
    try:
        return read_model(path.read_text("utf-8"))
    except (ModelError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path}: {error}") from error


def columns_named(mapped: tuple[str, ...]) -> dict[str, str]:
    """`--map` as field → column. Raises BadParameter."""
    named = {}
    for one in mapped:
        field, separator, column = one.partition("=")
        if not separator or field not in FIELDS:
            raise click.BadParameter(f"{one}: write FIELD=COLUMN; fields are {', '.join(FIELDS)}", param_hint="--map")
        named[field] = column
    return named


def fields_of(sheet: Sheet, source: Path, named: Mapping[str, str]) -> dict[str, int]:
    """Field → column. Raises ClickException where no column says who somebody is."""
    try:
        places = columns(sheet.header, named)
    except LookupError as error:
        raise click.ClickException(f"{source}: no column is called {error.args[0]}") from error
    if not places:
        known = ", ".join(FIELDS)
        raise click.ClickException(f"{source}: no column is known; name some by --map, such as email=…; {known}")
    return places


def rows_of(sheet: Sheet, places: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Each row as fields."""
    for row in sheet.lists():
        yield {field: row[place] for field, place in places.items() if place < len(row)}


def _write(sheet: Sheet, target: Path, answers: Iterator[Sequence[str]], bar: tqdm[Any]) -> Counter[str]:
    """The rows as they came, with what is said of each; the file appears once it is whole."""
    fresh, counts = target.with_name(target.name + ".new"), Counter[str]()
    with fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=sheet.separator)
        writer.writerow([*sheet.header, *_added(sheet.header)])
        for row, answer in zip(sheet.lists(), answers, strict=True):
            width = len(sheet.header)
            padded = row[:width] + [""] * (width - len(row))
            writer.writerow([*padded, *answer, *row[width:]])  # what no heading names stays behind our own cells
            counts[answer[ADDED.index("decision")]] += 1
            bar.update(1)
    fresh.replace(target)
    return counts


def _added(header: Sequence[str]) -> list[str]:
    """The new columns, called apart from those that are there."""
    taken = {heading.strip().lower() for heading in header}
    return [_apart(name, taken) for name in ADDED]


def _apart(name: str, taken: Set[str]) -> str:
    return _apart(f"dedupe_{name}", taken) if name in taken else name


def _cells(lang: str, answer: Answer) -> list[str]:
    """The cells of ADDED. Rows are counted from 1, the header apart."""
    other = "" if answer.other == NOBODY else str(answer.other + 1)
    weight = f"{answer.match.weight:.1f}" if answer.match else ""
    why = reasons(answer.match, lang) if answer.match else ""
    return [csv_cell(cell) for cell in (str(answer.person + 1), answer.decision, other, weight, why)]


def progress_bar(what: str, total: int | None) -> tqdm[Any]:
    return tqdm(desc=what, total=total, file=sys.stderr, disable=None)  # None: shown to a terminal alone


def _tell(counts: Counter[str], as_json: bool) -> None:
    found = {
        "rows": counts.total(),
        "people": counts.total() - counts["same"],
        "possible": counts["possible"],
    }
    said = "{rows} rows, {people} people, {possible} possible".format(**found)
    click.echo(json.dumps(found) if as_json else said)
