"""`python -m bench.verification.cost`: CPU of all checks without DNS, and of what the intake and the gathering add.

Each row is process time over 300 runs of its own: the least, and in brackets the median.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from forms.text import fold
from gateway import learning
from gateway.gathering import gather
from gateway.records import Submission
from gateway.store import forms, sites, submissions
from gateway.store.db import Database
from gateway.store.migrate import migrate
from gateway.store.submissions import NewSubmission
from verification.evidence import Evidence
from verification.spam import links, score
from verification.spam.prints import content_hash, content_print
from verification.verdict import verify

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RUNS = 300
ENGLISH = (
    "Hello, could you send me a price list for twelve seats? We are comparing three vendors, see https://acme.example."
)
PERSIAN = "سلام، برای شرکت ما با حدود ۴۰ نفر پرسنل چه سرویسی پیشنهاد می‌کنید؟ لطفاً قیمت را هم بفرمایید."
TEXTS: Mapping[str, str] = {
    "ordinary": ENGLISH,
    "Persian": PERSIAN,
    "spam": "{Hi|Hello}, best cаsino bonus, sign up now https://bit.ly/x and v i a g r a http://pills.xyz",
    "long, 5,000 characters": (ENGLISH + " ") * 46,
    "long Persian": (PERSIAN + " ") * 55,
    "hostile: braces": "{a|" * 1700,
    "hostile: dots": "a.b." * 1250,
    "hostile: single letters": "a b c d " * 625,
    "hostile: 60,000 letters": "a" * 60_000,
}


def evidence(text: str) -> Evidence:
    """An ordinary person's with this message."""
    return Evidence(
        channel="hosted",
        received_at=NOW,
        answers={"email": "sara@acme.ir", "first_name": "Sara Mohammadi", "message": text},
        field_types={"email": "email", "first_name": "text", "message": "long_text"},
        fill_seconds=14.0,
        fields_asked=3,
        script=True,
        email="sara@acme.ir",
        email_domain="acme.ir",
        mail_hosts=("mx.acme.ir",),
        email_domain_exists=True,
        phone="+989121234567",
        learnt_spam=0.4,
    )


def checks(text: str) -> Taken:
    """Milliseconds of CPU of all checks, nothing remembered of the text."""
    shown = evidence(text)

    def run() -> None:
        score.score.cache_clear()
        links.find_links.cache_clear()
        verify(shown)

    return cpu(run)


@dataclass(frozen=True)
class Taken:
    """Milliseconds: the least of all runs is what the code takes, the median what a busy machine makes of it."""

    least: float
    middle: float

    def __str__(self) -> str:
        return f"{self.least:.2f} ({self.middle:.2f})"


def cpu(run: Callable[[], object], clock: Callable[[], float] = process_time) -> Taken:
    """What RUNS runs take by this clock."""
    run()
    taken = []
    for _ in range(RUNS):
        before = clock()
        run()
        taken.append((clock() - before) * 1000)
    return Taken(min(taken), median(taken))


def intake(text: str) -> Taken:
    """What the fingerprints cost while a visitor waits."""
    return cpu(lambda: (content_hash(folded := fold(text)), content_print(folded)))


def gathering(folder: Path) -> dict[str, Taken]:
    """Milliseconds of gathering, in a site with 5,000 submissions in the hour: without lessons, and with 60."""
    url = f"sqlite:///{folder / 'cost.db'}"
    migrate(url)
    db = Database(url)
    last, form_id = _fill(db)
    with db.read() as conn:
        site, form = sites.get(conn, last.site_id), forms.version(conn, form_id, 1)
        plain = cpu(lambda: gather(conn, last, form, site=site, hosts={}))
    with db.write() as conn:
        for number in range(60):
            taught = replace(last, id=f"sub_lesson{number}")
            learning.learn(conn, taught, form, label="spam" if number % 2 else "ham", now=NOW)
    with db.read() as conn:
        learnt = cpu(lambda: gather(conn, last, form, site=site, hosts={}))
    db.close()
    return {"gathering, no lessons": plain, "gathering, 60 lessons": learnt}


def _fill(db: Database) -> tuple[Submission, str]:
    toml = (Path(__file__).parents[2] / "gateway" / "demo" / "forms" / "contact.toml").read_text(encoding="utf-8")
    with db.write() as conn:
        site = sites.add(conn, "cost", "Cost", NOW, origins=[])
        form_id = forms.save_draft(conn, site.id, toml, NOW).id
        forms.publish(conn, site.id, "contact", NOW)
    batch = [_new(site.id, form_id, number) for number in range(5000)]
    for start in range(0, len(batch), 500):
        with db.write() as conn:
            submissions.receive_all(conn, batch[start : start + 500])
    with db.read() as conn:
        last = submissions.get(conn, site.id, batch[-1].id)
    assert last is not None
    return last, form_id


def _new(site_id: str, form_id: str, number: int) -> NewSubmission:
    answers: dict[str, Any] = {"email": f"p{number}@acme{number % 50}.ir", "message": f"{ENGLISH} {number}"}
    folded = fold(answers["message"])
    return NewSubmission(
        id=f"sub_{number:06}",
        site_id=site_id,
        form_id=form_id,
        form_version=1,
        channel="hosted",
        lang="en",
        received_at=NOW + timedelta(milliseconds=500 * number),
        nonce=str(number),
        digest=str(number),
        answers=answers,
        block_hash=f"b{number % 200}",
        content_hash=content_hash(folded),
        content_print=content_print(folded),
        email_domain=f"acme{number % 50}.ir",
    )


def main() -> None:
    print("| text | all checks, ms CPU | fingerprints at the intake, ms CPU |\n|---|---|---|")
    for name, text in TEXTS.items():
        print(f"| {name} | {checks(text)} | {intake(text)} |")
    with tempfile.TemporaryDirectory() as folder:
        for name, taken in gathering(Path(folder)).items():
            print(f"| {name} | {taken} | |")


if __name__ == "__main__":
    main()
