"""Uploaded lists, worked off by the worker: the preview, the import, and taking one back. Each is safe to run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.clock import Clock
from gateway.importing import running, undoing
from gateway.importing.beginning import Listed
from gateway.importing.columns import ColumnsError
from gateway.importing.previewing import Foreseen, Preview
from gateway.importing.running import Run, TakenError, Task
from gateway.importing.telling import Tally
from gateway.importing.uploading import pack_foreseen, pack_rejected, task_of
from gateway.sheets import SheetError
from gateway.store import imports, rulebooks, sites
from gateway.store.db import Database
from gateway.store.imports import Import

SLICE_SECONDS = 5.0  # of an import, before others have their turn
BEAT_SECONDS = 1.0  # between two signs of life; others have their turn then as well

log = structlog.get_logger()


class MovedError(Exception):
    """Somebody took the list out of this process's hands: other columns, or it was dropped."""


@dataclass
class Worker:
    """A process at work on lists. meanwhile: other work that must not wait for a long one."""

    db: Database
    clock: Clock
    meanwhile: Callable[[], object]
    held: Import | None = None
    _beat: float = field(default=0.0)

    def one(self) -> bool:
        """A part of the list that waits longest; false where none waits."""
        now = self.clock()
        with self.db.read() as conn:
            found = next(iter(imports.waiting(conn, now)), None)
        if found is None:
            return False
        with self.db.write() as conn:
            mine = imports.hold(conn, found, now)
        if mine:
            self.held = found
            self._work(found)
            self.held = None
        return True

    def park(self) -> None:
        """After a fault of ours: a preview is given up; an import, or taking it back, is tried again in a minute."""
        if self.held is not None and self.held.status == "uploaded":
            self._move(self.held, "failed", {"problem": "fault"})
        self.held = None

    def _work(self, found: Import) -> None:
        self._beat = time.monotonic()
        try:
            STEPS[found.status](self, found)
        except (MovedError, TakenError):
            log.info("import_moved", import_id=found.id)
        with self.db.write() as conn:
            imports.leave(conn, found)

    def preview(self, found: Import) -> None:
        try:
            seen, summary = self._foresee(found)
        except ColumnsError as error:
            self._move(found, "failed", {"problem": error.code, "params": error.params})
            return
        except SheetError:
            self._move(found, "failed", {"problem": "broken"})
            return
        self._move(found, "previewed", summary, position=0, foreseen=pack_foreseen(seen))

    def _foresee(self, found: Import) -> tuple[list[Foreseen], Mapping[str, Any]]:
        task = self._task(found)
        with self.db.read() as conn:
            reader = running.reader(conn, task, self.clock())
        look, tally, seen = Preview(self.db, self.clock, found.site_id, reader, found.total), Tally(), []
        for one in look.rows(task.sheet):
            seen.append(one)
            tally.add(one.outcome, one.notes)
            self._alive(found, position=len(seen))
        return seen, {"counts": dict(tally.counts), "notes": dict(tally.notes)}

    def bring(self, found: Import) -> None:
        task = self._task(found)
        with self.db.read() as conn:
            reader = running.reader(conn, task, self.clock())
            listed = Listed(found, task.site.lang, rulebooks.in_force(conn, found.site_id))
        run = Run(self.db, self.clock, listed, reader, kept=lambda: self._kept(found, task))
        run.go(task.sheet, lambda _: self._alive(found), SLICE_SECONDS)

    def take_back(self, found: Import) -> None:
        undoing.undo(self.db, self.clock, found, lambda _: self._alive(found))

    def _kept(self, found: Import, task: Task) -> Mapping[str, Any]:
        """Of the file its rejected rows alone, so that they can be mended."""
        with self.db.read() as conn:
            why = imports.rejected(conn, found.id)
        rows = ((number, why[number], cells) for number, cells in task.sheet.rows() if number in why)
        return {"foreseen": None, "rejected": pack_rejected(task.sheet.header, rows) if why else None}

    def _task(self, found: Import) -> Task:
        with self.db.read() as conn:
            content = imports.blob(conn, found.id, "content")
            site = sites.get(conn, found.site_id)
        if content is None:
            raise MovedError
        return task_of(found, site, content)

    def _alive(self, found: Import, **columns: Any) -> None:
        """Say so now and then, and let others have their turn. Raises MovedError."""
        if time.monotonic() - self._beat < BEAT_SECONDS:
            return
        with self.db.write() as conn:
            stands = imports.keep_at(conn, found, self.clock(), **columns)
        if not stands:
            raise MovedError
        self.meanwhile()
        self._beat = time.monotonic()

    def _move(self, found: Import, status: imports.Status, preview: Mapping[str, Any], **columns: Any) -> None:
        with self.db.write() as conn:
            imports.move(conn, found, status, preview=preview, worked_at=None, **columns)


STEPS: Mapping[str, Callable[[Worker, Import], None]] = {
    "uploaded": Worker.preview,
    "running": Worker.bring,
    "undoing": Worker.take_back,
}
