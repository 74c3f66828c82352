"""The RQ jobs and the sweeper. A job carries nothing: it reads what is due until nothing is (rule 39)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection

import config
from forms.model import Form
from gateway import (
    alerts,
    asking,
    calibrating,
    confirming,
    gathering,
    mail,
    matching,
    next_questions,
    organising,
    pipeline,
    privacy,
    renewing,
    rescoring,
    sms,
    standing,
)
from gateway.crowds import Crowds
from gateway.delivery import dispatch, ledger
from gateway.doorbell import DELIVERY, INTAKE, LEARNING, LISTS
from gateway.importing import working
from gateway.lookups import MailHosts
from gateway.parts import Parts, make_parts
from gateway.records import Submission
from gateway.store import calibrations, forms, imports, submissions, unsent, unweighed
from gateway.store.db import HOLD_SECONDS

BATCH = 50  # rows looked at together: their domains are looked up at once
SWEEP_SECONDS = 2.0
HOUSEKEEPING_SECONDS = 3600.0
SCORES_A_SWEEP = 200
WEIGH_SECONDS = 2.0  # a sweep
ORGANISE_SECONDS = 1.0
RESCORE_SECONDS = 2.0
KEEP_UPLOADS = timedelta(hours=23)  # looked at each hour: within a day
MAILS_AT_ONCE = 20  # looked at together

log = structlog.get_logger()


@lru_cache(maxsize=1)
def _parts() -> Parts:
    return make_parts(config.load())


def drain() -> None:
    """The job behind the intake bell."""
    parts = _parts()
    parts.doorbell.clear(INTAKE)
    drain_with(parts)


def deliver() -> None:
    """The job behind the delivery bell."""
    parts = _parts()
    parts.doorbell.clear(DELIVERY)
    until = time.monotonic() + dispatch.RUN_SECONDS
    while deliver_with(parts) and time.monotonic() < until and (pause := dispatch.pause(parts)):
        time.sleep(pause)


def lists() -> None:
    """The job behind the bell of uploaded lists: a part of one, then others have their turn."""
    parts = _parts()
    parts.doorbell.clear(LISTS)
    if lists_with(parts):
        parts.doorbell.ring(LISTS)


def lists_with(parts: Parts) -> bool:
    """A part of the list that waits longest; false where none waits."""
    worker = working.Worker(parts.db, parts.clock, meanwhile=lambda: _others_first(parts))
    try:
        return worker.one()
    except Exception as error:  # as with submissions: the worker's outermost loop alone catches everything
        worker.park()
        where = f"{type(error).__name__} at {_place(error)}"
        log.exception("list_failed", error=where, exc_info=False)  # its text may hold a row
        return False


def learn() -> None:
    """The job behind the bell of calibrations."""
    parts = _parts()
    parts.doorbell.clear(LEARNING)
    learn_with(parts)


def learn_with(parts: Parts) -> int:
    """Calibrate until none waits; returns how many were worked on."""
    worker, done = calibrating.Worker(parts.db, parts.clock, meanwhile=lambda: _others_first(parts)), 0
    while True:
        try:
            if not worker.one():
                return done
        except Exception as error:  # as with submissions: the worker's outermost loop alone catches everything
            where = f"{type(error).__name__} at {_place(error)}"
            parked = worker.park(where)
            log.exception("calibration_failed", parked=parked, error=where, exc_info=False)
            return done
        done += 1


def _others_first(parts: Parts) -> None:
    """A list takes minutes, a visitor and a CRM wait for seconds at most."""
    now = parts.clock()
    with parts.db.read() as conn:
        rows_wait, deliveries_wait = submissions.any_due(conn, now), ledger.any_due(conn, now)
    if rows_wait:
        drain_with(parts)
    if deliveries_wait and not parts.doorbell.ring(DELIVERY):
        deliver_with(parts)


def drain_with(parts: Parts) -> int:
    """Process submissions until none is due; returns how many were processed. Safe to run beside itself."""
    total = 0
    while True:
        with parts.db.read() as conn:
            waiting = [(found, _form(conn, found)) for found in submissions.due(conn, parts.clock(), BATCH)]
        hosts = gathering.look_up(parts.lookups, gathering.domains_of(waiting))
        done = _process_batch(parts, [found.id for found, form in waiting if not asking.named(form)], hosts)
        answered = asking.ask_all(parts.db, parts.asker, waiting, parts.clock())  # slow at times: the others go first
        done += _process_batch(parts, answered, hosts)
        matching.weigh_due(parts.db, parts.clock())
        if not done:  # nothing waits, or another drain holds all of it
            break
        total += done
    if total:
        parts.doorbell.ring(DELIVERY)
    return total


def _process_batch(parts: Parts, looked_up: Sequence[str], hosts: Mapping[str, MailHosts]) -> int:
    """One transaction: as many due rows as fit its time, a savepoint each. Returns how many it took.

    `looked_up`: what came while DNS was asked waits for the next batch, else its domain would count as unknown.
    """
    if not looked_up:
        return 0
    started = time.monotonic()
    done: list[Submission] = []
    with parts.db.write() as conn:
        batch = submissions.claim_due(conn, parts.clock(), looked_up)
        if not parts.db.sqlite:  # its writer is alone
            pipeline.lock(conn, batch, confirming.Ways.of(parts.config))
        for submission in batch:
            _process_one(parts, conn, submission, hosts)
            done.append(submission)
            if parts.db.sqlite and time.monotonic() - started > HOLD_SECONDS:
                break
    Crowds(parts.doorbell.redis).submitted((one.site_id, one.block_hash, one.received_at) for one in done)
    return len(done)


def _process_one(parts: Parts, conn: Connection, submission: Submission, hosts: Mapping[str, MailHosts]) -> None:
    """A bug parks the row and wakes the operator; it never becomes a verdict (house, "Errors")."""
    now = parts.clock()
    savepoint = conn.begin_nested()
    try:
        pipeline.process(conn, submission, hosts, now, ways=confirming.Ways.of(parts.config))
        submissions.done(conn, submission.id)
    except Exception as error:  # the worker's outermost loop alone catches everything
        savepoint.rollback()
        where = f"{type(error).__name__} at {_place(error)}"
        parked = submissions.failed(conn, submission, where, now)
        log.exception("submission_failed", submission=submission.id, parked=parked, error=where)
    else:
        savepoint.commit()


def deliver_with(parts: Parts) -> int:
    """Send what is due until nothing is, mails and text messages beside it; returns how many were sent or tried."""
    return dispatch.deliver(parts, standing.explain_all, lambda: _send_mails(parts))


def _send_mails(parts: Parts) -> int:
    """One pass; the run makes another where this one found some."""
    return mail.send_due_mails(parts, limit=MAILS_AT_ONCE) + sms.send_due(parts, limit=MAILS_AT_ONCE)


def sweep(parts: Parts, deliver: Callable[[Parts], object] = deliver_with) -> None:
    """Put back what was stored or due and has no live job: a flushed Valkey or a killed worker loses nothing.

    With Valkey gone the sweeper does the work itself; `deliver`: how it sends then.
    """
    now = parts.clock()
    with parts.db.read() as conn:
        rows_wait = submissions.any_due(conn, now)
        messages_wait = mail.any_due(parts.config, conn, now) or sms.any_due(parts.config, conn, now)
        others_wait = messages_wait or ledger.any_due(conn, now)
        leads_wait = unweighed.any_due(conn, now)
        lists_wait = bool(imports.waiting(conn, now))
        learning_waits = calibrations.any_waiting(conn, now)
    if rows_wait and not parts.doorbell.ring(INTAKE):
        drain_with(parts)
    if others_wait and not parts.doorbell.ring(DELIVERY):
        deliver(parts)
    if lists_wait and not parts.doorbell.ring(LISTS):
        lists_with(parts)
    if learning_waits and not parts.doorbell.ring(LEARNING):
        learn_with(parts)
    if leads_wait:
        _weigh_for_a_while(parts)
    rescoring.refresh_due(parts.db, parts.clock, SCORES_A_SWEEP)
    _rescore_for_a_while(parts)
    _organise_for_a_while(parts)
    alerts.tell(parts, now)


def sweep_forever(parts: Parts) -> None:
    """Every two seconds; a fault of one round is logged and the next one tries again."""
    cleaned, beside = float("-inf"), Beside()
    while True:
        _went_through(lambda: sweep(parts, beside), "sweep_failed")
        if time.monotonic() - cleaned > HOUSEKEEPING_SECONDS and clean_up(parts):
            cleaned = time.monotonic()
        time.sleep(SWEEP_SECONDS)


def _went_through(work: Callable[[], object], failed: str) -> bool:
    try:
        work()
    except Exception as error:  # outermost loop: a database that is away comes back
        log.exception(failed, error=type(error).__name__)
        return False
    return True


class Beside:
    """Delivers in a thread of its own, one at a time: a destination that takes its time keeps no sweep waiting."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def __call__(self, parts: Parts) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._deliver, args=(parts,), daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Until what is under way is done."""
        if self._thread is not None:
            self._thread.join()

    def _deliver(self, parts: Parts) -> None:
        try:
            deliver_with(parts)
        except Exception as error:  # this thread's outermost: the next sweep begins another
            log.exception("deliver_failed", error=type(error).__name__)


def clean_up(parts: Parts) -> bool:
    """Drop what may not or need not be kept longer (rule 37), and what else an hour asks for, each though another
    fails; whether all went through. The week's sample is drawn before what it shows is too old."""
    steps: tuple[Callable[[], object], ...] = (
        lambda: alerts.draw_samples(parts, parts.clock()),
        lambda: _expire(parts),
        lambda: _count_unsent(parts),
        lambda: renewing.renew_in_background(parts),
        lambda: matching.keep_keys_new(parts.db, parts.clock()),
        lambda: rescoring.begin_where_needed(parts.db, parts.clock()),
        lambda: next_questions.count_answers(parts.db, parts.clock()),
    )
    went = [_went_through(step, "clean_up_failed") for step in steps]
    return all(went)


def _expire(parts: Parts) -> None:
    def meanwhile() -> None:
        _went_through(lambda: sweep(parts), "sweep_failed")

    gone = privacy.expire(parts.db, parts.clock(), meanwhile)  # much is old after an upgrade
    with parts.db.write() as conn:
        gone["uploads"] = imports.forget(conn, parts.clock() - KEEP_UPLOADS)
    if any(gone.values()):
        log.info("expired", **gone)


def _count_unsent(parts: Parts) -> None:
    counted = unsent.AT_ONCE
    while counted == unsent.AT_ONCE:
        with parts.db.write() as conn:
            counted = unsent.fold(conn, parts.clock())


def _weigh_for_a_while(parts: Parts) -> None:
    """What no drain took along: what staff wrote, and a stock of old leads after an upgrade, a part in each sweep."""
    started = time.monotonic()
    while matching.weigh_due(parts.db, parts.clock()) and time.monotonic() - started < WEIGH_SECONDS:
        pass


def _organise_for_a_while(parts: Parts) -> None:
    """The people who changed, last of all: a page can wait for a sweep."""
    started = time.monotonic()
    while organising.regroup_due(parts.db, parts.clock()) and time.monotonic() - started < ORGANISE_SECONDS:
        pass


def _rescore_for_a_while(parts: Parts) -> None:
    """Leads that stand by former rules, a part in each sweep."""
    started = time.monotonic()
    while rescoring.rescore_due(parts.db, parts.clock) and time.monotonic() - started < RESCORE_SECONDS:
        pass


def _form(conn: Connection, submission: Submission) -> Form:
    return forms.version(conn, submission.form_id, submission.form_version)


def _place(error: BaseException) -> str:
    """File and line where it was raised; no values, so no personal data."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}" if frame else "?"
