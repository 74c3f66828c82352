"""Outside checks asked in the worker, outside any transaction, once a submission: a captcha's token is good for one
question, so its answer is kept, and a second run of the worker finds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from forms.model import Form
from gateway.gathering import email_of
from gateway.outside import OUTSIDE
from gateway.outside.asker import Asker
from gateway.records import Submission
from gateway.store import outside_answers
from gateway.store.db import Database
from gateway.store.outside_answers import Question
from verification.evidence import OutsideAnswer

THREADS = 8
BATCH_SECONDS = 12.0  # all questions of a batch together: a slow service delays who comes next by no more
PATIENCE = timedelta(seconds=60)  # a question that is older was lost with its worker: silent
TOKEN_LASTS = timedelta(seconds=60)  # a token refused later than this after its form came may just be too old


def named(form: Form) -> tuple[str, ...]:
    """The outside checks that this form asks, in the table's order."""
    wanted = form.policy.get("outside", ())
    return tuple(name for name in OUTSIDE if name in wanted)


def ask_all(db: Database, asker: Asker, waiting: Sequence[tuple[Submission, Form]], now: datetime) -> list[str]:
    """Ask what the forms of this batch want asked and keep the answers. Returns the submissions of those forms that
    may be processed now; another worker that is asking about one at this moment processes it."""
    asking = [submission.id for submission, form in waiting if named(form)]
    wanted = sorted(_questions(waiting), key=_about_an_address)
    if not wanted:
        return asking
    with db.write() as conn:
        mine = [question for question in wanted if outside_answers.claim(conn, question, now)]
        ours = {question.submission_id for question in mine}
        elsewhere = outside_answers.under_way(conn, asking, since=now - PATIENCE) - ours
    if mine:
        answers = _answers(asker, mine, now)
        with db.write() as conn:
            outside_answers.keep(conn, zip(mine, answers, strict=True))
    return [submission_id for submission_id in asking if submission_id not in elsewhere]


def _answers(asker: Asker, questions: Sequence[Question], now: datetime) -> list[OutsideAnswer]:
    """One a question, within BATCH_SECONDS: what is not answered by then is silent, and its threads end by their own
    time-outs."""
    pool = ThreadPoolExecutor(max_workers=THREADS)
    asked = [pool.submit(_answer, asker, question, now) for question in questions]
    answered, _ = wait(asked, timeout=BATCH_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return [one.result() if one in answered else "silent" for one in asked]


def _questions(waiting: Iterable[tuple[Submission, Form]]) -> Iterable[Question]:
    for submission, form in waiting:
        for name in named(form):
            what = _what(submission, form, name)
            if what is not None:
                yield Question(submission.id, name, what, submission.received_at)


def _about_an_address(question: Question) -> bool:
    """These come last: whoever posts owns the mail host that a verifier waits for, and with a few slow ones would use
    up the batch's time, so that nobody's captcha were asked about."""
    return OUTSIDE[question.name].widget is None


def _what(submission: Submission, form: Form, name: str) -> str | None:
    """The token that the browser brought, empty where it brought none, or the address; none: nothing to ask."""
    if OUTSIDE[name].widget is None:
        return email_of(submission, form)
    if submission.channel == "api":  # a server has no widget
        return None
    found = submission.facts.get("tokens", {}).get(name, "")
    return found if isinstance(found, str) else ""


def _answer(asker: Asker, question: Question, now: datetime) -> OutsideAnswer:
    answer = asker.ask(question.name, question.what)
    late = OUTSIDE[question.name].widget is not None and now - question.received_at > TOKEN_LASTS
    return "silent" if answer == "bad" and late else answer
