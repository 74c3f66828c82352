"""For operators: is the process up, can it take leads, and what does it count.

States are counted in the database, so any process answers for all of them. Requests are counted in each process by
itself, under the label `process`: a scrape sees those of the process that answered it.
"""

from __future__ import annotations

import hmac
import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from gateway.parts import Parts
from gateway.store import api_tokens, ops_counts
from gateway.store.migrate import at_head
from gateway.web.limits import client_address

blueprint = Blueprint("ops", __name__)
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds
PROCESS = str(os.getpid())
PROBE_LASTS = timedelta(seconds=1)


class Counted:
    """The counters of one application in this process. Labels are endpoints of ours: no address, no form's key."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("process", "endpoint", "method", "status")
        self.requests = Counter("sarnakh_http_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "sarnakh_http_request_seconds",
            "Time to answer",
            ("process", "endpoint"),
            buckets=BUCKETS,
            registry=self.registry,
        )


def init(app: Flask) -> None:
    counted = Counted()
    app.extensions["sarnakh_counted"] = counted
    app.extensions["sarnakh_probe"] = Probe()

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in {"GET", "POST", "HEAD", "OPTIONS"} else "other"
        counted.requests.labels(PROCESS, endpoint, method, str(response.status_code)).inc()
        if "started" in g:
            counted.seconds.labels(PROCESS, endpoint).observe(time.perf_counter() - g.started)
        return response

    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process is up and answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Browsers ask for one at every address: pages of visitors carry no brand of ours, and none is no fault."""
    response = Response(status=204)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether a lead could be taken now: the database can be written and has today's schema."""
    probe: Probe = current_app.extensions["sarnakh_probe"]
    fault = probe.fault(_parts())
    return Response("ready\n" if fault is None else f"{fault}\n", 200 if fault is None else 503, mimetype="text/plain")


class Probe:
    """The last look, good for a second: it takes the writer's lock (18 ms and more under load), and anybody may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._found: str | None = None

    def fault(self, parts: Parts) -> str | None:
        """Why no lead could be taken now; none when one could. Whoever comes meanwhile waits for the same look."""
        with self._lock:
            now = parts.clock()
            if self._until is None or not now < self._until <= now + PROBE_LASTS:  # a clock that was set back as well
                self._found = _fault(parts)
                self._until = parts.clock() + PROBE_LASTS
            return self._found


def _fault(parts: Parts) -> str | None:
    try:
        parts.db.check_writable()
        return None if at_head(parts.db) else "the schema is of another version: run sarnakh migrate"
    except SQLAlchemyError as error:
        return f"the database cannot be written ({type(error).__name__})"


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text, for loopback or a token."""
    if not _may_read():
        return Response("metrics answer loopback, or a token\n", 403, mimetype="text/plain")
    counted: Counted = current_app.extensions["sarnakh_counted"]
    states = CollectorRegistry()
    states.register(_States(_parts()))
    return Response(generate_latest(states) + generate_latest(counted.registry), content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    """A proxy on this machine is loopback too, so a forwarded request needs the token."""
    config = _parts().config
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if given:
        if config.metrics_token and hmac.compare_digest(given.encode(), config.metrics_token.encode()):
            return True
        with _parts().db.read() as conn:
            token = api_tokens.find(conn, given)
        return token is not None and "metrics" in token.scopes
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"))
    return client_address(request).is_loopback and not forwarded and not _from_proxy()


def _from_proxy() -> bool:
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return True
    return any(address in network for network in _parts().config.trusted_proxies)


class _States:
    """Gauges read from the database at each scrape."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        with self.parts.db.read() as conn:
            counts = ops_counts.read(conn, self.parts.clock())
        yield _by_status("sarnakh_submissions", "Submissions by status", counts.submissions)
        yield _by_status("sarnakh_deliveries", "Deliveries by status", counts.deliveries)
        for name, words, value in (
            ("sarnakh_outbox_rows", "Submissions that are still to be processed", counts.outbox),
            ("sarnakh_outbox_oldest_seconds", "Age of the oldest of them", counts.outbox_seconds),
            ("sarnakh_deliveries_oldest_due_seconds", "How long the oldest due delivery waits", counts.due_seconds),
            ("sarnakh_mails_due", "Mails to staff and visitors that are still to be sent", counts.mails),
            ("sarnakh_destinations_paused", "Destinations that take nothing now", counts.paused),
        ):
            yield GaugeMetricFamily(name, words, value=value)


def _by_status(name: str, words: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=("status",))
    for status, number in sorted(counts.items()):
        family.add_metric((status,), number)
    return family


def _parts() -> Parts:
    found: Any = current_app.extensions["sarnakh"]
    assert isinstance(found, Parts)
    return found
