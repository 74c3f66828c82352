"""`sarnakh check-emails`: the e-mail part of verification over a file, a line a row, in order."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TextIO

import click
from tqdm import tqdm

from gateway import renewing
from gateway.lookups import Lookups
from gateway.parts import Opener
from gateway.store.migrate import at_head
from gateway.terminal import escaped
from verification.addresses import email_domain
from verification.mailboxes import NOT_ASKED, Answer, Judge, Mailbox

CHUNK = 5_000  # rows read, looked up and written together: what is in memory at once
AT_ONCE = 64  # domains asked at the same time
MOST_ANSWERS = 200_000  # domains whose answer is kept
STDOUT = "<stdout>"  # its name, however click wraps it; a stream in its place may have none
MOST_CELL = 10 * 2**20  # characters of one cell: odd files hold whole letters in one


@dataclass
class _Asked:
    """Each domain is asked once, many at a time."""

    lookups: Lookups
    answers: dict[str, Answer] = field(default_factory=dict)

    def of(self, domains: Sequence[str | None]) -> list[Answer]:
        """The answers for these, in order; without a domain there is nothing to ask."""
        if len(self.answers) > MOST_ANSWERS:
            self.answers.clear()
        new = sorted({domain for domain in domains if domain} - self.answers.keys())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for domain, found in zip(new, pool.map(self.lookups.mail_hosts, new), strict=True):
                self.answers[domain] = Answer(True, found.hosts, found.exists)
        return [self.answers[domain] if domain else NOT_ASKED for domain in domains]


@click.command("check-emails")
@click.argument("source", metavar="IN.csv", type=click.File("r", encoding="utf-8-sig", errors="replace"))
@click.argument("target", metavar="OUT.jsonl", type=click.File("w", encoding="utf-8", errors="replace", lazy=False))
@click.option("--no-dns", is_flag=True, help="Ask no DNS: by spelling and lists alone.")
@click.option("--json", "as_json", is_flag=True, help="Print how many were what, as JSON.")
@click.pass_obj
def check_emails(parts: Opener, source: TextIO, target: TextIO, no_dns: bool, as_json: bool) -> None:  # noqa: PLR0917
    """Judge the addresses in the column `email`: a JSON line a row, in order. `-` is standard input or output.

    Example: sarnakh check-emails --no-dns people.csv people.jsonl
    """
    rows = _emails(source)
    opened = parts()
    if at_head(opened.db):  # else the installed lists are the newest there are
        renewing.pick_up_from(opened.db)
    asked = None if no_dns else _Asked(opened.lookups)
    judge, counts = Judge(), Counter[str](ok=0, risky=0, unknown=0, bad=0)
    with tqdm(file=sys.stderr, unit=" rows", disable=None) as bar:  # None: shown to a terminal alone
        while chunk := list(islice(rows, CHUNK)):
            answers = asked.of([email_domain(email) for email in chunk]) if asked else [NOT_ASKED] * len(chunk)
            judged = list(map(judge.judge, chunk, answers))
            target.writelines(map(_line, judged))
            counts.update(one.outcome for one in judged)
            bar.update(len(chunk))
    if as_json:  # beside the rows, where these go to standard output
        click.echo(json.dumps({"rows": counts.total(), **counts}), err=getattr(target, "name", STDOUT) == STDOUT)


def _emails(source: TextIO) -> Iterator[str]:
    """The cells of the column `email`; what a short row lacks is empty. Raises ClickException."""
    csv.field_size_limit(MOST_CELL)
    rows = csv.reader(line.replace("\0", "") for line in source)
    header = [name.strip().lower() for name in next(_told(source, rows), [])]
    if "email" not in header:
        raise click.ClickException(f"{source.name}: no column is called email")
    column = header.index("email")
    return (row[column] if len(row) > column else "" for row in _told(source, rows))


def _told(source: TextIO, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows; what is no CSV ends it in one line."""
    try:
        yield from rows
    except csv.Error as error:
        raise click.ClickException(f"{source.name}: {error}") from error


_dump = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def _line(one: Mailbox) -> str:
    said = {
        "email": one.email,
        "outcome": one.outcome,
        "reasons": one.reasons,
        "canonical": one.canonical,
        "suggestion": one.suggestion,
    }
    return escaped(_dump(said)) + "\n"
