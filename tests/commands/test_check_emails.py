"""`sarnakh check-emails`: each row judged, in order, whatever the file looks like."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config import Config
from gateway.cli.check_emails import check_emails
from gateway.lookups import MailHosts
from gateway.parts import Parts, make_parts


class Names:
    """DNS with answers of our own; counts what is asked."""

    def __init__(self, **answers: MailHosts) -> None:
        self.answers = {name.replace("_", "."): answer for name, answer in answers.items()}
        self.asked: list[str] = []

    def mail_hosts(self, domain: str) -> MailHosts:
        self.asked.append(domain)
        return self.answers.get(domain, MailHosts((f"mx.{domain}",), True))


DNS = Names(
    dead_ir=MailHosts(None, False),
    silent_ir=MailHosts(None, None),
    null_ir=MailHosts((), True),
    fresh_ir=MailHosts(("mx.yopmail.com",), True),
    gmial_com=MailHosts(("mx.gmial.com",), True),
)


@pytest.fixture
def parts(make_config: Callable[..., Config]) -> Iterator[Parts]:
    """Over a database that was never made: the command needs none."""
    held = make_parts(make_config())
    yield replace(held, lookups=DNS)  # type: ignore[arg-type]
    held.db.close()


def run(parts: Parts, folder: Path, content: str | bytes, *words: str) -> tuple[Result, list[dict[str, Any]]]:
    source, target = folder / "in.csv", folder / "out.jsonl"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(check_emails, [*words, str(source), str(target)], obj=lambda: parts)
    lines = target.read_text("utf-8").splitlines() if target.exists() else []
    return result, [json.loads(line) for line in lines]


ROWS = [
    ("sara@acme.ir", "ok", [], "sara@acme.ir", None),
    ("S.Ara+x@GoogleMail.com", "ok", ["free_mail"], "sara@gmail.com", None),
    ("info@acme.ir", "ok", ["role"], "info@acme.ir", None),
    ("info@mailinator.com", "risky", ["disposable", "role"], "info@mailinator.com", None),
    ("x@y.mailinator.com", "risky", ["disposable"], "x@y.mailinator.com", None),
    ("sara@duck.com", "ok", [], "sara@duck.com", None),
    ("sara@yahoo.con", "risky", ["typo"], "sara@yahoo.con", "sara@yahoo.com"),
    ("sara@gmailcom", "bad", ["syntax"], None, "sara@gmail.com"),
    ("سارا@نمونه.ایران", "ok", [], "سارا@xn--hhbbbed.xn--mgba3a4f16a", None),
    ("sara", "bad", ["syntax"], None, None),
    ("@acme.ir", "bad", ["syntax"], None, None),
    ("a b@acme.ir", "bad", ["syntax"], None, None),
    ("", "bad", ["empty"], None, None),
]


def test_each_row_is_judged_in_order_without_dns(parts: Parts, tmp_path: Path) -> None:
    DNS.asked.clear()
    content = "\ufeffنام,Email,شهر\r\n" + "".join(f"سارا,{row[0]},تهران\r\n" for row in ROWS)
    result, lines = run(parts, tmp_path, content, "--no-dns")
    assert result.exit_code == 0
    assert [tuple(line.values()) for line in lines] == [tuple(row) for row in ROWS]
    assert list(lines[0]) == ["email", "outcome", "reasons", "canonical", "suggestion"]
    assert DNS.asked == []


def test_dns_is_asked_once_a_domain(parts: Parts, tmp_path: Path) -> None:
    DNS.asked.clear()
    domains = ["acme.ir", "dead.ir", "null.ir", "silent.ir", "fresh.ir", "gmial.com", "mailinator.com", "ACME.ir"]
    content = "email\n" + "".join(f"a{n}@{domain}\n" for n in range(1000) for domain in domains)
    _, lines = run(parts, tmp_path, content)
    assert [(line["outcome"], line["reasons"]) for line in lines[-8:]] == [
        ("ok", []),
        ("bad", ["dead_domain"]),
        ("bad", ["dead_domain"]),
        ("unknown", ["dns_silent"]),
        ("risky", ["disposable"]),
        ("risky", ["disposable"]),  # mailchecker holds this very slip
        ("risky", ["disposable"]),
        ("ok", []),
    ]
    assert lines[5]["suggestion"] is None  # it exists
    assert sorted(DNS.asked) == sorted({domain.lower() for domain in domains})


@pytest.mark.parametrize(
    "content, emails",
    [
        ("email\n", []),
        ("email\n\na@b.ir\n\n", ["", "a@b.ir", ""]),  # with one column an empty cell is an empty line
        ("name,email\nsara\nsara,a@b.ir,more,cells\n", ["", "a@b.ir"]),
        ('name,email\n"sa\nra",a@b.ir\n', ["a@b.ir"]),
        (" EMAIL ,x\na@b.ir,1", ["a@b.ir"]),
        (b"email,x\na@b.ir,\xff\xfe\x00\n", ["a@b.ir"]),
        ("email\n" + "x" * 300_000 + "@b.ir\n", ["x" * 300_000 + "@b.ir"]),
    ],
)
def test_odd_files_are_read(content: str | bytes, emails: list[str], parts: Parts, tmp_path: Path) -> None:
    result, lines = run(parts, tmp_path, content, "--no-dns")
    assert result.exit_code == 0
    assert [line["email"] for line in lines] == emails


@pytest.mark.parametrize("content", ["", "name,e-mail\nsara,a@b.ir\n", "\n\n"])
def test_a_file_without_the_column_is_one_clear_line(content: str, parts: Parts, tmp_path: Path) -> None:
    result, _ = run(parts, tmp_path, content, "--no-dns")
    assert result.exit_code == 1
    errors = result.output.strip().splitlines()
    assert len(errors) == 1 and errors[0].endswith("in.csv: no column is called email")


def test_standard_input_and_output_may_be_used(parts: Parts) -> None:
    result = CliRunner().invoke(check_emails, ["--no-dns", "-", "-"], input="email\na@b.ir\n", obj=lambda: parts)
    assert json.loads(result.stdout)["outcome"] == "ok"


def test_how_many_were_what_stands_beside_rows_that_go_to_standard_output(parts: Parts) -> None:
    words = ["--no-dns", "--json", "-", "-"]
    result = CliRunner().invoke(check_emails, words, input="email\na@b.ir\n", obj=lambda: parts)
    assert [json.loads(line).get("email") for line in result.stdout.splitlines()] == ["a@b.ir"]
    assert json.loads(result.stderr)["rows"] == 1


def test_r34_a_hostile_cell_reaches_no_terminal_and_stays_one_line(parts: Parts, tmp_path: Path) -> None:
    odd = "\x1b[2Ja\x9b31m\x85b\u2028c\u202ed@acme.ir"
    _, lines = run(parts, tmp_path, f'email\n"{odd}"\nsara@acme.ir\n', "--no-dns")
    assert [line["email"] for line in lines] == [odd, "sara@acme.ir"]
    written = (tmp_path / "out.jsonl").read_text("utf-8")
    assert not {"\x1b", "\x9b", "\x85", "\u2028", "\u202e"} & set(written)
    assert len(written.splitlines()) == 2
