"""`sarnakh leads import`: leads from CSV or JSON Lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from gateway.cli.sites import json_option, site_of, site_option
from gateway.doorbell import DELIVERY, INTAKE
from gateway.importing import forwarding, running, telling, undoing
from gateway.importing.beginning import Listed
from gateway.importing.columns import ColumnsError
from gateway.importing.previewing import Preview
from gateway.importing.running import Options, Run, TakenError, Task
from gateway.importing.telling import Tally
from gateway.parts import Opener, Parts
from gateway.privacy import KEEP_UNDO
from gateway.records import Site
from gateway.sheets import Sheet, SheetError
from gateway.store import imports, rulebooks
from gateway.store.imports import Import
from gateway.terminal import plain, to_json
from gateway.words import LANGUAGES, say
from verification.matching.records import HOME


@click.group()
def leads() -> None:
    """Leads in bulk.

    Example: sarnakh leads import contacts.csv --preview
    """


@leads.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@site_option
@click.option("--map", "mapped", multiple=True, metavar="FIELD=HEADING", help="Which column is what; any fact's name.")
@click.option("--country", default=HOME, show_default=True, help="Of phone numbers written without one (ISO code).")
@click.option("--source", default="crm", show_default=True, help="Whose ids the rows carry, such as hubspot.")
@click.option("--preview", is_flag=True, help="Write nothing but FILE.preview.csv: what would happen to each row.")
@click.option("--forward", is_flag=True, help="Send the leads that it begins where they go, at once.")
@click.option("--undo", metavar="ID", help="Take an import back: no FILE.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what is told.")
@json_option
@click.pass_obj
def import_leads(parts: Opener, /, file: Path | None, site_key: str | None, undo: str | None, **given: Any) -> None:
    """Take a list in (.csv or .jsonl), by the rules that forms follow. A killed run is gone on with by the same
    command; the same file again changes nothing.

    Example: sarnakh leads import contacts.csv --source hubspot --preview
    """
    opened, told = parts(), Told(given["lang"], given["as_json"])
    with opened.db.read() as conn:
        site = site_of(conn, site_key)
    if undo:
        _undo(opened, site, undo, told)
        return
    if file is None:
        raise click.UsageError("name a file, or --undo ID")
    options = Options(_named(given["mapped"]), _source(given["source"]), given["country"].upper())
    task = Task(site, Sheet.at(file), options)
    try:
        if given["preview"]:
            _preview(opened, task, file, told)
        else:
            _import(opened, task, file, told, forward=given["forward"])
    except ColumnsError as error:
        said = say(told.lang, f"importing.error.{error.code}", **error.params)
        raise click.ClickException(f"{file}: {said}") from error
    except SheetError as error:
        raise click.ClickException(str(error)) from error
    except TakenError as error:
        raise click.ClickException(f"{file}: another process is importing it") from error


@dataclass(frozen=True)
class Told:
    """How the command speaks."""

    lang: str
    as_json: bool

    def say(self, lines: Iterable[str], found: dict[str, Any]) -> None:
        click.echo(to_json(found) if self.as_json else "\n".join(map(plain, lines)))


def _named(mapped: tuple[str, ...]) -> dict[str, str]:
    """`--map` as name → heading. Raises BadParameter."""
    pairs = [one.partition("=") for one in mapped]
    wrong = next((one for one, pair in zip(mapped, pairs, strict=True) if not pair[0] or not pair[2]), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong}: write FIELD=HEADING", param_hint="--map")
    return {name: heading for name, _, heading in pairs}


def _source(text: str) -> str:
    """What stands before each CRM id: small letters, digits, dashes and underlines. Raises BadParameter."""
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", text):
        raise click.BadParameter(f"{text!r}: up to 40 small letters, digits and dashes", param_hint="--source")
    return text


def _preview(opened: Parts, task: Task, file: Path, told: Told) -> None:
    with opened.db.read() as conn:
        reader = running.reader(conn, task, opened.clock())
    total = sum(1 for _ in task.sheet.rows())
    look = Preview(opened.db, opened.clock, task.site.id, reader, total)
    target = file.with_name(f"{file.name}.preview.csv")
    tally = Tally()
    with telling.writing(target) as write, _bar("weighing", total) as bar:
        write(telling.PREVIEW_COLUMNS)
        for one in look.rows(task.sheet):
            tally.add(one.outcome, one.notes)
            write(telling.cells(one, told.lang))
            bar.update(1)
    left = list(reader.plan.left_out)
    found = {"preview": str(target), "rows": total, **tally.counts, "notes": dict(tally.notes), "left_out": left}
    lines = [say(told.lang, "importing.preview_title"), *_lines(told.lang, tally.counts, tally.notes, left)]
    told.say([*lines, say(told.lang, "importing.preview_file", file=target)], found)


def _import(opened: Parts, task: Task, file: Path, told: Told, *, forward: bool) -> None:
    with opened.db.read() as conn:
        reader = running.reader(conn, task, opened.clock())
    size = running.digest(task), sum(1 for _ in task.sheet.rows())
    with opened.db.write() as conn:
        found = running.begin(conn, task, size, opened.clock())
        listed = Listed(found, task.site.lang, rulebooks.in_force(conn, task.site.id))
    if found.status != "done":
        with _bar("importing", found.total) as bar:
            Run(opened.db, opened.clock, listed, reader).go(task.sheet, bar.update)
        opened.doorbell.ring(INTAKE)  # who they may be is weighed by the worker
    if forward:
        forwarding.forward(opened.db, opened.clock, found)
        opened.doorbell.ring(DELIVERY)
    _tell_import(opened, task.sheet, found, told, file=file, left=reader.plan.left_out, forward=forward)


def _tell_import(
    opened: Parts, sheet: Sheet, found: Import, told: Told, *, file: Path, left: Sequence[str], forward: bool
) -> None:
    with opened.db.read() as conn:
        counts, notes = imports.counts(conn, found.id), imports.notes(conn, found.id)
        rejected = imports.rejected(conn, found.id)
    target = file.with_name(f"{file.name}.rejected.csv")
    if rejected:
        telling.write_rejected(sheet, target, rejected, told.lang)
    again, date = found.status == "done", found.created_at.date().isoformat()
    lines = [say(told.lang, "importing.again", date=date, import_id=found.id)] if again else []
    lines += _lines(told.lang, counts, notes, left)
    if rejected:
        lines.append(say(told.lang, "importing.rejected_file", file=target))
    if counts.get("new") and not forward:
        lines.append(say(told.lang, "importing.waits"))
    lines.append(say(told.lang, "importing.undo", import_id=found.id))
    facts = {"import": found.id, "again": again, "rows": found.total, **counts, "notes": notes, "left_out": list(left)}
    told.say(lines, {**facts, "rejected_file": str(target) if rejected else None})


def _lines(lang: str, counts: Mapping[str, int], notes: Mapping[str, int], left: Sequence[str]) -> list[str]:
    return [telling.sentence(lang, counts), *telling.notes(lang, notes), *telling.left_out(lang, left)]


def _undo(opened: Parts, site: Site, import_id: str, told: Told) -> None:
    with opened.db.read() as conn:
        found = imports.get(conn, site.id, import_id)
    if found is None or found.status in {"uploaded", "previewed"}:
        raise click.ClickException(f"{import_id}: no such import on this site")
    if found.status == "undone":
        raise click.ClickException(f"{import_id}: taken back already")
    if found.forgotten_at:
        raise click.ClickException(
            f"{import_id}: what it replaced is kept for {KEEP_UNDO.days} days, and these are over"
        )
    with _bar("undoing", found.position) as bar:
        done = undoing.undo(opened.db, opened.clock, found, bar.update)
    opened.doorbell.ring(DELIVERY)
    told.say(telling.undone(told.lang, done), {"leads": done.leads, "restored": done.restored, "kept": dict(done.kept)})


def _bar(what: str, total: int) -> tqdm[Any]:
    return tqdm(desc=what, total=total, file=sys.stderr, unit="row", disable=None)  # None: shown to a terminal alone
