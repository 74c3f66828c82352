"""`sarnakh leads export`: leads as CSV or JSON Lines."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any, TextIO

import click
from tqdm import tqdm

from gateway.cli.sites import site_of, site_option
from gateway.files import csv_cell
from gateway.parts import Opener
from gateway.records import Lead
from gateway.store import leads as store

PAGE = 500


@click.group()
def leads() -> None:
    """Leads in bulk.

    Example: sarnakh leads export leads.csv
    """


@leads.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@site_option
@click.pass_obj
def export(parts: Opener, file: Path, site_key: str | None) -> None:
    """Write every lead, oldest first, to FILE (.csv or .jsonl). A file that is there is gone on with: leads that
    it holds already are not written again.

    Example: sarnakh leads export leads.jsonl
    """
    if file.suffix not in {".csv", ".jsonl"}:
        raise click.ClickException(f"{file}: the name must end in .csv or .jsonl")
    opened = parts()
    with opened.db.read() as conn:
        site_id = site_of(conn, site_key).id
        total = store.count(conn, site_id)
    _drop_torn_line(file)
    after = _last_id(file)
    with file.open("a", encoding="utf-8", newline="") as out, tqdm(total=total, file=sys.stderr, unit="lead") as bar:
        while True:
            with opened.db.read() as conn:
                page = store.page_after(conn, site_id, after, PAGE)
            if not page:
                break
            _write(out, page, csv_file=file.suffix == ".csv")
            after = page[-1].id
            bar.update(len(page))


COLUMNS = ("id", "created_at", "stage", "cell", "score", "version", "test")


def _write(out: TextIO, page: list[Lead], *, csv_file: bool) -> None:
    if not csv_file:
        out.writelines(json.dumps(_row(lead), ensure_ascii=False) + "\n" for lead in page)
        return
    writer = csv.writer(out)
    if out.tell() == 0:
        writer.writerow([*COLUMNS, "fields"])
    for lead in page:
        row = _row(lead)
        fields = json.dumps(row["fields"], ensure_ascii=False)
        writer.writerow([*(csv_cell(str(row[name])) for name in COLUMNS), csv_cell(fields)])


def _row(lead: Lead) -> dict[str, Any]:
    return {
        "id": lead.id,
        "created_at": lead.created_at.isoformat(),
        "stage": lead.stage,
        "cell": lead.cell,
        "score": lead.score,
        "version": lead.version,
        "test": lead.test,
        "fields": {name: fact.value for name, fact in lead.facts.items()},
    }


def _drop_torn_line(file: Path) -> None:
    """What a killed run left half written is written anew."""
    if file.exists():
        content = file.read_bytes()
        with file.open("r+b") as out:
            out.truncate(content.rfind(b"\n") + 1)


def _last_id(file: Path) -> str:
    """The id on the last whole line: ids sort by time, so what follows is what is missing."""
    if not file.exists():
        return ""
    lines = file.read_text("utf-8").splitlines()
    last = lines[-1] if lines else ""
    if not last or last.startswith("id,"):
        return ""
    return str(json.loads(last)["id"]) if file.suffix == ".jsonl" else next(csv.reader([last]))[0]
