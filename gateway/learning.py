"""What staff teach by releasing and rejecting: the words of this site's spam, and those of its customers' texts.

Only staff's decisions teach, so that nobody trains the scorer by sending. Blame sticks to the submission (rule 7):
learnt is what was said in long texts, never who said it. Names, companies, addresses and numbers may be a victim's,
so `text` fields teach nothing, and words that stand in any other answer are left out of the long ones. Kept are
hashes keyed by the site (rule 35): its counts say nothing about another's. The key is the site's id rather than
SECRET_KEY, so that a changed key forgets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection

from forms.model import Form
from gateway.records import Submission
from gateway.store import lessons
from gateway.store.lessons import Label, Lesson
from verification.spam.bayes import LEAST_LESSONS, probability
from verification.spam.words import lesson_words, plain_words

TEACHES = "long_text"  # the field type in which people say what they want


def learn(conn: Connection, submission: Submission, form: Form, *, label: Label, now: datetime) -> None:
    """Count the submission's words under this label, once: the same label again changes nothing, the other one
    takes the first lesson back. A marketer's own test, or one without a long text, teaches nothing."""
    lessons.lock(conn, submission.site_id)
    before = lessons.current(conn, submission.id)
    if before is not None and before.label == label:
        return
    if before is not None:
        lessons.take_back(conn, before, now)
    words = () if submission.test else _hashed_words(submission, form)
    if words:
        lessons.add(conn, Lesson(0, submission.site_id, submission.id, label, words), now)


def unlearn(conn: Connection, submission_id: str, now: datetime) -> None:
    """Take back what this submission taught; the counts are then as if it never had. Nothing to do, nothing done."""
    site_id = lessons.site_of(conn, submission_id)
    if site_id is None:
        return
    lessons.lock(conn, site_id)
    if found := lessons.current(conn, submission_id):
        lessons.take_back(conn, found, now)


def learnt_spam(conn: Connection, submission: Submission, form: Form) -> float | None:
    """How likely the site's own lessons call this text spam, 0–1; None: no long text, or too few lessons."""
    if not any(submission.answers.get(name) for name in _long_fields(form)):
        return None
    texts = lessons.texts(conn, submission.site_id)
    if min(texts) < LEAST_LESSONS:
        return None
    words = _hashed_words(submission, form)
    return probability(lessons.counts(conn, submission.site_id, words).values(), texts)


def _hashed_words(submission: Submission, form: Form) -> tuple[str, ...]:
    long = _long_fields(form)
    said = "\n".join(str(submission.answers[name]) for name in long if submission.answers.get(name))
    if not said:
        return ()
    others = (value for name, value in submission.answers.items() if name not in long)
    key = submission.site_id.encode()
    return tuple(
        blake2b(word.encode(), key=key, digest_size=8).hexdigest() for word in lesson_words(said, _words_of(others))
    )


def _long_fields(form: Form) -> list[str]:
    return [field.name for field in form.fields if field.type == TEACHES]


def _words_of(values: Iterable[object]) -> frozenset[str]:
    """The words of what else was answered: who they are, where they work, how they are reached."""
    return frozenset(word for value in values if isinstance(value, str) for word in plain_words(value))
