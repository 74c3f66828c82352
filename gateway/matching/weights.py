"""By which weights a site's leads are held against each other: its own where it learnt some, else the shipped ones."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection

from gateway.store import site_weights
from verification.matching.splink_model import ModelError, read_model
from verification.matching.weights import Weights, shipped_weights

log = structlog.get_logger()
KEPT = 200  # sites' weights in memory

_read: dict[tuple[str, datetime], Weights] = {}  # by site and when they came: read once by each process


def weights_for(conn: Connection, site_id: str) -> Weights:
    """The site's weights. A model that this version cannot read (its levels have changed) counts as none, with a line
    in the log: it was whole when it was put in force."""
    at = site_weights.since(conn, site_id)
    if at is None:
        return shipped_weights()
    if (site_id, at) not in _read:
        if len(_read) >= KEPT:
            _read.clear()
        _read[site_id, at] = _parsed(conn, site_id)
    return _read[site_id, at]


def _parsed(conn: Connection, site_id: str) -> Weights:
    try:
        return read_model(site_weights.model(conn, site_id))
    except ModelError as error:
        log.warning("site_weights_unreadable", site=site_id, why=str(error))
        return shipped_weights()
