"""A list that somebody uploads: what of it is taken, and what is kept of it in the database."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import phonenumbers

from gateway.importing.columns import ColumnsError
from gateway.importing.previewing import Foreseen
from gateway.importing.running import Options, Task
from gateway.records import Site
from gateway.sheets import Sheet, SheetError
from gateway.store.imports import Import
from verification.matching.judge import Match, Part
from verification.matching.records import HOME

LARGEST = 5 * 1024 * 1024  # bytes
MOST_ROWS = 20_000  # a preview of so many takes a worker two minutes and more; the command has no limit
SOURCE = re.compile(r"[a-z0-9_-]{1,40}")
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)  # ISO codes
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UploadError(Exception):
    """The file is not taken. code: of the words `importing.upload.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sheet(content: bytes) -> Sheet:
    """What these bytes are, whatever they are called: JSON Lines begin with a bracket, all else is CSV."""
    begins_object = content.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"
    return Sheet.of("upload.jsonl" if begins_object else "upload.csv", content)


def count_rows(content: bytes) -> int:
    """Rows of a file that can be taken. Raises UploadError."""
    if not content.strip():
        raise UploadError("empty")
    if not content.startswith(_WIDE) and b"\0" in content[:4096] or content.startswith((b"PK\3\4", b"%PDF")):
        raise UploadError("no_text")
    if content.lstrip()[:1] == b"[":
        raise UploadError("array")
    found = sheet(content)
    try:
        total = sum(1 for _ in found.rows())
    except SheetError as error:
        raise UploadError("json" if found.is_json else "not_utf8" if _unicode(error) else "broken") from error
    if not total:
        raise UploadError("empty")
    if total > MOST_ROWS:
        raise UploadError("too_many")
    return total


def plain_name(name: str) -> str:
    """The file's, without folders and without what a page or a log could stumble over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip()[:200] or "list.csv"


def origin(source: str, country: str) -> tuple[str, str]:
    """Whose ids its rows carry, and of which country its numbers are. Raises ColumnsError."""
    source, country = source.strip().lower() or Options({}).source, country.strip().upper() or HOME
    if not SOURCE.fullmatch(source):
        raise ColumnsError("source")
    if country not in COUNTRIES:
        raise ColumnsError("country")
    return source, country


def options_of(found: Import) -> Options:
    return Options(
        named=found.options["named"],
        source=found.options["source"],
        country=found.options["country"],
        without=found.options.get("without", ()),
    )


def task_of(found: Import, site: Site, kept: bytes) -> Task:
    """`kept`: its file as it is kept."""
    return Task(site, sheet(zlib.decompress(kept)), options_of(found))


# --- what is kept ---------------------------------------------------------------------------------------------------


def pack_foreseen(rows: Iterable[Foreseen]) -> bytes:
    """Codes and numbers, so that they can be told in any language."""
    return _packed([[one.row, one.outcome, one.lead_id, one.with_row, _of(one.match), *one.notes] for one in rows])


def unpack_foreseen(kept: bytes) -> list[Foreseen]:
    found = json.loads(zlib.decompress(kept))
    return [
        Foreseen(row, outcome, lead_id, with_row, _match(outcome, match), tuple(notes))
        for row, outcome, lead_id, with_row, match, *notes in found
    ]


def pack_rejected(header: Sequence[str], rows: Iterable[tuple[int, str, Sequence[str]]]) -> bytes:
    """Header, and of each row its number, why it was rejected, and its cells as they came."""
    return _packed([list(header), [[number, why, list(cells)] for number, why, cells in rows]])


def unpack_rejected(kept: bytes) -> tuple[list[str], list[tuple[int, str, list[str]]]]:
    header, rows = json.loads(zlib.decompress(kept))
    return header, [(number, why, cells) for number, why, cells in rows]


def _of(match: Match | None) -> list[Any] | None:
    if match is None:
        return None
    return [match.contradicted, [[part.field, part.level, round(part.weight, 2)] for part in match.parts]]


def _match(outcome: str, kept: list[Any] | None) -> Match | None:
    if kept is None:
        return None
    parts = tuple(Part(*one) for one in kept[1])
    decision: Any = "same" if outcome == "same" else "possible"
    return Match(sum(part.weight for part in parts), parts, decision, kept[0])


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _unicode(error: SheetError) -> bool:
    return isinstance(error.__cause__, UnicodeError)
