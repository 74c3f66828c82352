"""`sarnakh leads export`: leads to CSV or JSON Lines, all of a site or those of a filter."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection
from tqdm import tqdm

from gateway import exporting
from gateway.cli.sites import json_option, site_of, site_option
from gateway.parts import Opener
from gateway.records import Site
from gateway.scoring.model import GRADES, STAGES, UNGRADED
from gateway.store import forms, rulebooks
from gateway.store.leads_search import Filter

CELLS = [f"{grade}{interest}" for grade in (*GRADES, UNGRADED) for interest in range(1, 5)]
EVERYBODY = Filter(test=True)
BLOCK = 1 << 16  # bytes read at once from a file's end


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--segment", metavar="KEY", help="Only leads of this segment.")
@click.option("--cell", "cells", multiple=True, type=click.Choice(CELLS), help="Only leads of this cell; repeatable.")
@click.option("--stage", "stages", multiple=True, type=click.Choice(STAGES), help="Only leads in this stage.")
@click.option("--form", metavar="KEY", help="Only leads that sent this form.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only leads that changed on that day (UTC) or later.")
@json_option
@site_option
@click.pass_obj
def export(parts: Opener, /, file: Path, site_key: str | None, as_json: bool, **given: Any) -> None:
    """Write leads, oldest first, to FILE (.csv or .jsonl), which `leads import` reads.

    Without a filter it is every lead, and a file that is there is gone on with: leads that it holds already are not
    written again. With one it is a new file. A killed run is gone on with by the same command.

    Example: sarnakh leads export warm.csv --segment big_and_warm
    """
    if file.suffix not in {".csv", ".jsonl"}:
        raise click.ClickException(f"{file}: the name must end in .csv or .jsonl")
    opened = parts()
    with opened.db.read() as conn:
        site = site_of(conn, site_key)
        wanted = _wanted(conn, site, given)
    out = _Out(file if wanted == EVERYBODY else _part(file, site, wanted), is_csv=file.suffix == ".csv")
    lead_ids = exporting.ids(opened.db, site.id, wanted, after=out.gone_on())
    written = out.write(exporting.pages(opened.db, site.id, lead_ids), len(lead_ids))
    out.path.replace(file)
    found = {"file": str(file), "leads": written}
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else f"{written} leads written to {file}")


def _wanted(conn: Connection, site: Site, given: dict[str, Any]) -> Filter:
    """Raises ClickException for a segment or form that the site does not have."""
    segments = [segment.key for segment in rulebooks.in_force(conn, site.id).segments]
    keys = {form.key: form.id for form in forms.of_site(conn, site.id)}
    for what, known in (("segment", segments), ("form", list(keys))):
        if given[what] is not None and given[what] not in known:
            there = ", ".join(known) or "there is none"
            raise click.ClickException(f"no {what} {given[what]!r}; {site.key} has: {there}")
    since: datetime | None = given["since"]
    return Filter(
        cells=given["cells"],
        stages=given["stages"],
        form_id=keys[given["form"]] if given["form"] else "",
        segment=given["segment"] or "",
        test=True,
        since=since.replace(tzinfo=UTC) if since else None,
    )


def _part(file: Path, site: Site, wanted: Filter) -> Path:
    """Where the list is written until it is whole; a run with other filters has another one. Raises ClickException
    where the file is there already: a list of now is no continuation of an older one."""
    if file.exists():
        raise click.ClickException(f"{file}: is there already; name a new file")
    asked = hashlib.sha256(repr((site.id, wanted)).encode()).hexdigest()[:12]
    return file.with_name(f".{file.name}.{asked}.part")


@dataclass(frozen=True)
class _Out:
    """The file that is written; it may have been begun by a run that was killed."""

    path: Path
    is_csv: bool

    def gone_on(self) -> str:
        """The id on its last whole line, "" where there is none: ids sort by time, so what follows is what is missing.
        What was left half written goes. Raises ClickException for a file that holds something else."""
        if not self.path.exists():
            return ""
        end, line = _whole(self.path)
        if line and not self._is_ours(line):
            raise click.ClickException(f"{self.path}: it holds something else, or has other columns; name a new file")
        with self.path.open("r+b") as file:
            file.truncate(end)
        if not line or line == exporting.header().strip():
            return ""
        return next(csv.reader([line]))[0] if self.is_csv else str(json.loads(line)["id"])

    def write(self, pages: Iterable[list[exporting.Row]], total: int) -> int:
        """Returns how many leads were written."""
        written = 0
        with (
            self.path.open("a", encoding="utf-8", newline="") as file,
            tqdm(desc="exporting", total=total, file=sys.stderr, unit="lead", disable=None) as bar,
        ):
            if self.is_csv and file.tell() == 0:
                file.write(exporting.header())
            for rows in pages:
                file.write(exporting.csv_lines(rows) if self.is_csv else exporting.json_lines(rows))
                file.flush()
                written += len(rows)
                bar.update(len(rows))
        return written

    def _is_ours(self, last: str) -> bool:
        if self.is_csv:
            with self.path.open(encoding="utf-8", newline="") as file:
                return file.readline() == exporting.header()
        try:
            return str(json.loads(last)["id"]).startswith("lead_")
        except (ValueError, TypeError, KeyError):
            return False


def _whole(path: Path) -> tuple[int, str]:
    """Where the last whole line ends, and that line: no line of ours holds a line break but its own."""
    with path.open("rb") as file:
        start, tail = file.seek(0, SEEK_END), b""
        while start and tail.count(b"\n") < 2:
            start = max(start - BLOCK, 0)
            file.seek(start)
            tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    return start + len(whole), whole.rstrip().rpartition(b"\n")[2].decode("utf-8", "replace")
