"""A list of people that somebody brings: uploaded, looked at, imported, and taken back."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for

from gateway.doorbell import LISTS
from gateway.importing import mapping, running, telling, uploading
from gateway.importing.columns import ColumnsError
from gateway.importing.previewing import Foreseen
from gateway.importing.rows import REJECTED
from gateway.importing.running import Options, Task
from gateway.importing.undoing import Undone
from gateway.importing.uploading import UploadError
from gateway.store import imports, users
from gateway.store.imports import Blob, Import, NewImport
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, csv_file, done, failed, lang, page
from gateway.web.console.seen_rows import about
from gateway.words import say

SHOWN = 50  # lists, and rows of one
WAITING = ("uploaded", "running", "undoing")


@blueprint.get("/imports")
def imports_list() -> Any:
    with parts().db.read() as conn:
        found = imports.of_site(conn, seat().site.id, SHOWN)
        names = {one.by: users.get(conn, one.by) for one in found if one.by}
    return page(
        "imports.html",
        found=found,
        names={user_id: user.name for user_id, user in names.items() if user},
        largest=uploading.LARGEST // 1024**2,
        most_rows=uploading.MOST_ROWS,
        too_large=request.args.get("too_large") == "1",
    )


@blueprint.post("/imports")
def import_upload() -> Any:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _told("importing.upload.none", "imports_list")
    with closing(file):  # a large one is a file on the disk
        content = file.read(uploading.LARGEST + 1)
    if len(content) > uploading.LARGEST:
        return redirect(url_for("console.imports_list", too_large=1), 303)
    try:
        total = uploading.count_rows(content)
    except UploadError as error:
        return _told(f"importing.upload.{error.code}", "imports_list")
    name, options = uploading.plain_name(file.filename), Options({})
    said = running.digest(Task(seat().site, uploading.sheet(content), options))
    with parts().db.write() as conn:
        before = imports.of_file(conn, seat().site.id, said)
        if before is None:
            new = NewImport(
                seat().site.id, name, options.source, said, options.kept(), total,
                status="uploaded", by=seat().user.id, content=zlib.compress(content),
            )  # fmt: skip
            added = imports.add(conn, new, parts().clock())
    if before is not None:
        return _told("importing.upload.again", "import_page", import_id=before.id)
    parts().doorbell.ring(LISTS)
    return redirect(url_for("console.import_page", import_id=added.id), 303)


@blueprint.get("/imports/<import_id>")
def import_page(import_id: str) -> Any:
    found = _found(import_id)
    ready = found.status in {"previewed", "failed"} and found.uploaded
    return page(
        "import.html",
        one=found,
        waits=found.status in WAITING,
        problem=_problem(found),
        lines=_lines(found),
        undone=_undone(found),
        **(_columns(found) if ready else {}),
        **(_rows(found) if found.status == "previewed" else {}),
        **(_after(found) if found.status in {"running", "done", "undoing"} else {}),
    )


@blueprint.post("/imports/<import_id>/columns")
def import_columns(import_id: str) -> Any:
    found = _found(import_id)
    task = _task(found)
    if found.status not in {"previewed", "failed"} or task is None:
        return failed("import_moved", "import_page", import_id=found.id)
    picked = {name.removeprefix("column_"): value for name, value in request.form.items() if name.startswith("column_")}
    said = {int(place): value for place, value in picked.items() if place.isascii() and place.isdecimal()}
    try:
        source, country = uploading.origin(request.form.get("source", ""), request.form.get("country", ""))
        options = mapping.chosen(task.sheet.header, said, Options({}, source, country))
    except ColumnsError as error:
        return _told(f"importing.error.{error.code}", "import_page", error.params, import_id=found.id)
    changed = {"options": options.kept(), "source": source, "foreseen": None, "preview": None, "position": 0}
    changed["digest"] = running.digest(Task(task.site, task.sheet, options))
    with parts().db.write() as conn:
        moved = imports.move(conn, found, "uploaded", worked_at=None, **changed)
    parts().doorbell.ring(LISTS)
    return done("import_columns_kept", "import_page", import_id=found.id) if moved else _moved(found)


@blueprint.post("/imports/<import_id>/begin")
def import_begin(import_id: str) -> Any:
    found = _found(import_id)
    with parts().db.write() as conn:
        before = imports.of_file(conn, found.site_id, found.digest)
        begun = before is None and found.status == "previewed"
        begun = begun and imports.move(conn, found, "running", position=0, foreseen=None, worked_at=None)
    if before is not None and before.id != found.id:
        return _told("importing.upload.again", "import_page", import_id=before.id)
    parts().doorbell.ring(LISTS)
    return done("import_begun", "import_page", import_id=found.id) if begun else _moved(found)


@blueprint.post("/imports/<import_id>/undo")
def import_undo(import_id: str) -> Any:
    found = _found(import_id)
    with parts().db.write() as conn:
        begun = _can_undo(found) and imports.move(conn, found, "undoing", worked_at=None)
    parts().doorbell.ring(LISTS)
    return done("import_undoing_begun", "import_page", import_id=found.id) if begun else _moved(found)


def _can_undo(found: Import) -> bool:
    return found.status == "done" and found.forgotten_at is None


@blueprint.post("/imports/<import_id>/drop")
def import_drop(import_id: str) -> Any:
    found = _found(import_id)
    with parts().db.write() as conn:
        dropped = imports.drop(conn, found)
    return done("import_dropped", "imports_list") if dropped else _moved(found)


@blueprint.get("/imports/<import_id>/preview.csv")
def import_preview_csv(import_id: str) -> Response:
    """Every row and what would become of it."""
    rows = uploading.unpack_foreseen(_blob(_found(import_id), "foreseen"))
    return csv_file("import-preview.csv", [telling.PREVIEW_COLUMNS, *(telling.cells(one, lang()) for one in rows)])


@blueprint.get("/imports/<import_id>/rejected.csv")
def import_rejected_csv(import_id: str) -> Response:
    """The rejected rows as they came, each with the reason: mended, the file can be imported."""
    header, rows = uploading.unpack_rejected(_blob(_found(import_id), "rejected"))
    cells = ([number, say(lang(), f"importing.reason.{why}"), *came] for number, why, came in rows)
    return csv_file("import-rejected.csv", [[*REJECTED, *header], *cells])


def _found(import_id: str) -> Import:
    with parts().db.read() as conn:
        found = imports.get(conn, seat().site.id, import_id)
    if found is None:
        abort(404)
    return found


def _blob(found: Import, name: Blob) -> bytes:
    with parts().db.read() as conn:
        kept = imports.blob(conn, found.id, name)
    if kept is None:
        abort(404)
    return kept


def _task(found: Import) -> Task | None:
    with parts().db.read() as conn:
        kept = imports.blob(conn, found.id, "content")
    return uploading.task_of(found, seat().site, kept) if kept is not None else None


def _problem(found: Import) -> str | None:
    said: Mapping[str, Any] = found.preview or {}
    code = said.get("problem")
    if found.status != "failed" or code is None:
        return None
    code = "no_identifier_said" if code == "no_identifier_column" else code  # the page has no --map
    return say(lang(), f"importing.error.{code}", **said.get("params", {}))


def _lines(found: Import) -> list[str]:
    """What was doubtful, of the preview or of what was imported."""
    if found.status == "previewed" and found.preview:
        return telling.notes(lang(), found.preview["notes"])
    if found.status != "done":
        return []
    with parts().db.read() as conn:
        return telling.notes(lang(), imports.notes(conn, found.id))


def _undone(found: Import) -> list[str]:
    said: Mapping[str, Any] = (found.preview or {}).get("undone", {})
    if found.status != "undone" or not said:
        return []
    return telling.undone(lang(), Undone(said["leads"], said["restored"], Counter(said["kept"])))


def _columns(found: Import) -> dict[str, Any]:
    """Its columns, and what each may be."""
    task = _task(found)
    if task is None:
        return {}
    with parts().db.read() as conn:
        asked = running.asked(conn, found.site_id)
    fixed = [(name, say(lang(), f"importing.column.{name}")) for name in mapping.MEANINGS]
    questions = [
        (name, field.label.get(lang()) or name)
        for name, field in asked.items()
        if name not in mapping.MEANINGS and field.type not in {"consent", "email", "phone"}
    ]
    return {
        "columns": [] if mapping.is_own(task.sheet.header) else mapping.columns(task.sheet, task.options),
        "own": mapping.is_own(task.sheet.header),
        "meanings": fixed,
        "questions": questions,
        "asked": {name for name, _ in questions},
        "options": task.options,
    }


def _rows(found: Import) -> dict[str, Any]:
    """One page of what would become of the rows."""
    wanted = request.args.get("outcome", "")
    counts: Mapping[str, int] = (found.preview or {})["counts"]
    every = uploading.unpack_foreseen(_blob(found, "foreseen"))
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
    mine = (one for one in every if one.row > start and (wanted not in counts or one.outcome == wanted))
    shown = list(islice(mine, SHOWN + 1))
    task = _task(found)
    whose = about(task, {one.row for one in shown}) if task else {}
    asked = {"import_id": found.id, **({"outcome": wanted} if wanted in counts else {})}
    more = len(shown) > SHOWN
    return {
        "counts": counts,
        "outcomes": [name for name in telling.OUTCOMES if counts.get(name)],
        "outcome": wanted,
        "sentence": telling.sentence(lang(), counts),
        "rows": [(one, whose.get(one.row, ("", "")), _why(one)) for one in shown[:SHOWN]],
        "older": address("import_page", {**asked, "after": shown[SHOWN - 1].row}) if more else None,
        "newer": address("import_page", asked) if start else None,
    }


def _why(one: Foreseen) -> tuple[str, str]:
    """Why the matcher says so, and what of the row was doubtful."""
    *_, why, notes = telling.cells(one, lang())
    return why, notes


def _after(found: Import) -> dict[str, Any]:
    with parts().db.read() as conn:
        counts = imports.counts(conn, found.id)
        kept = imports.blob(conn, found.id, "rejected") is not None
    return {"counts": counts, "sentence": telling.sentence(lang(), counts), "rejected_kept": kept}


def _moved(found: Import) -> Any:
    return failed("import_moved", "import_page", import_id=found.id)


def _told(key: str, endpoint: str, params: Mapping[str, str] | None = None, **place: str) -> Any:
    """Say what is wrong, on the page where it is mended."""
    flash(say(lang(), key, **(params or {})), "danger")
    return redirect(address(endpoint, place), 303)
