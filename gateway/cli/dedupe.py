"""`sarnakh dedupe`: who is whom in a CSV file, with the reasons."""

from __future__ import annotations

import codecs
import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from gateway.cli.check_emails import MOST_CELL
from gateway.deduping import NOBODY, Answer, Work
from gateway.files import csv_cell
from gateway.words import LANGUAGES, say
from verification.matching.headings import columns
from verification.matching.judge import Match
from verification.matching.records import FIELDS, HOME

ADDED = ("lead_id", "decision", "with_row", "weight", "why")
_SEPARATORS = (",", ";", "\t", "|")


@click.command("dedupe")
@click.argument("source", metavar="IN.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--country", default=HOME, show_default=True, help="Of phone numbers written without one (ISO code).")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the reasons.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes; as many as cores.")
@click.option("--json", "as_json", is_flag=True, help="Print what came out as JSON.")
def dedupe(  # one parameter an option, by name
    *, source: Path, target: Path, mapped: tuple[str, ...], country: str, lang: str, jobs: int, as_json: bool
) -> None:
    """Say for each row of IN.csv whose it is: the same rows with the columns lead_id (the number of that person's
    first row), decision (same, possible, new), with_row, weight and why.

    A killed run is gone on with by the same command. Example: sarnakh dedupe --map phone=Handy crm.csv people.csv
    """
    named = _named(mapped)
    places = _places(source, named)
    held = source.stat()
    fingerprint = json.dumps([held.st_size, held.st_mtime_ns, sorted(named.items()), country.upper()])
    work = Work(target.with_name(target.name + ".work"), fingerprint)
    if not work.is_read:
        with _bar("reading", None) as bar:
            work.read(_rows(source, places), country.upper(), bar.update)
    with _bar("weighing", work.state.pairs) as bar:
        work.weigh(jobs, bar.update)
    with _bar("writing", work.state.rows) as bar:
        counts = _write(source, target, work.answers(), lang, bar=bar)
    work.clear()
    _tell(counts, as_json)


def _named(mapped: tuple[str, ...]) -> dict[str, str]:
    """`--map` as field → column. Raises BadParameter."""
    named = {}
    for one in mapped:
        field, separator, column = one.partition("=")
        if not separator or field not in FIELDS:
            raise click.BadParameter(f"{one}: write FIELD=COLUMN; fields are {', '.join(FIELDS)}", param_hint="--map")
        named[field] = column
    return named


@contextmanager
def _open(source: Path) -> Iterator[tuple[list[str], Iterator[list[str]], str]]:
    """Header, rows and separator, whatever program wrote it: UTF-8 or UTF-16 by its mark, commas or semicolons."""
    with source.open("rb") as file:
        wide = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    csv.field_size_limit(MOST_CELL)
    with source.open(encoding="utf-16" if wide else "utf-8-sig", errors="replace", newline="") as file:
        first = file.readline()
        separator = max(_SEPARATORS, key=first.count)
        file.seek(0)
        rows = _told(source, csv.reader((line.replace("\0", "") for line in file), delimiter=separator))
        yield next(rows, []), rows, separator


def _told(source: Path, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows; what is no CSV ends it in one line."""
    try:
        yield from rows
    except csv.Error as error:
        raise click.ClickException(f"{source}: {error}") from error


def _places(source: Path, named: Mapping[str, str]) -> dict[str, int]:
    """Field → column. Raises ClickException where no column says who somebody is."""
    with _open(source) as (header, _, _):
        try:
            places = columns(header, named)
        except LookupError as error:
            raise click.ClickException(f"{source}: no column is called {error.args[0]}") from error
    if not places:
        known = ", ".join(FIELDS)
        raise click.ClickException(f"{source}: no column is known; name some by --map, such as email=…; {known}")
    return places


def _rows(source: Path, places: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Each row as fields."""
    with _open(source) as (_, rows, _):
        for row in rows:
            yield {field: row[place] for field, place in places.items() if place < len(row)}


def _write(source: Path, target: Path, answers: Iterator[Answer], lang: str, *, bar: tqdm[Any]) -> Counter[str]:
    """The rows as they came, with what is said of each; the file appears once it is whole."""
    fresh, counts = target.with_name(target.name + ".new"), Counter[str]()
    with _open(source) as (header, rows, separator), fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=separator)
        writer.writerow([*header, *ADDED])
        for row, answer in zip(rows, answers, strict=True):
            padded = row + [""] * (len(header) - len(row))
            writer.writerow([*padded, *map(csv_cell, _cells(answer, lang))])
            counts[answer.decision] += 1
            bar.update(1)
    fresh.replace(target)
    return counts


def _cells(answer: Answer, lang: str) -> tuple[str, str, str, str, str]:
    """Rows are counted from 1, the header apart."""
    other = "" if answer.other == NOBODY else str(answer.other + 1)
    weight = f"{answer.match.weight:.1f}" if answer.match else ""
    why = reasons(answer.match, lang) if answer.match else ""
    return str(answer.person + 1), answer.decision, other, weight, why


def reasons(match: Match, lang: str) -> str:
    """Each line of a match in words with its bits, such as `e-mail: the same (+20.7)`; a contradiction first."""
    lines = [_line(lang, part.field, part.level, round(part.weight, 1)) for part in match.parts]
    if match.contradicted:
        lines.insert(0, say(lang, "matching.contradicted"))
    return say(lang, "matching.between").join(lines)


@lru_cache(1 << 14)
def _line(lang: str, field: str, level: str, weight: float) -> str:
    """One line in words; kept, since the same lines come by the thousand."""
    return say(
        lang,
        "matching.line",
        field=say(lang, f"matching.field.{field}"),
        level=say(lang, f"matching.level.{level}"),
        sign="+" if weight >= 0 else "−",
        bits=abs(weight),
    )


def _bar(what: str, total: int | None) -> tqdm[Any]:
    return tqdm(desc=what, total=total, file=sys.stderr, disable=None)  # None: shown to a terminal alone


def _tell(counts: Counter[str], as_json: bool) -> None:
    found = {
        "rows": counts.total(),
        "people": counts.total() - counts["same"],
        "possible": counts["possible"],
    }
    said = "{rows} rows, {people} people, {possible} possible".format(**found)
    click.echo(json.dumps(found) if as_json else said)
