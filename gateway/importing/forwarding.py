"""Leads that a list brought, sent where they go without waiting for something newer."""

from __future__ import annotations

import time

from gateway import standing
from gateway.clock import Clock
from gateway.importing.running import PAUSE
from gateway.store import imports, leads
from gateway.store.db import Database
from gateway.store.imports import Import

AT_ONCE = 10  # leads a transaction


def forward(db: Database, clock: Clock, found: Import) -> int:
    """Let all that this import began and that still wait go out; returns how many. Safe to run again."""
    total = 0
    while True:
        with db.read() as conn:
            waiting = imports.waiting_leads(conn, found.id, AT_ONCE)
        if not waiting:
            return total
        with db.write() as conn:
            for lead_id in waiting:
                leads.set_columns(conn, lead_id, {"waits": None, "fingerprint": None})
                standing.refresh(conn, found.site_id, lead_id, clock())
        total += len(waiting)
        time.sleep(PAUSE)
