"""A row as it is compared: every field folded once, so that a pair costs no more than comparing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from persiantools.jdatetime import JalaliDate

from forms.text import fold, fold_digits, fold_phone, squeeze
from verification.addresses import canonical_email, email_domain, is_free_mail, is_role_name
from verification.matching.companies import folded_company
from verification.matching.names import NOBODY, Name, name_words, parse
from verification.matching.sound import sound

# What a row may hold; whatever else stands in it is not compared.
FIELDS = (
    "first_name", "last_name", "full_name", "email", "phone", "company", "job_title", "city", "postcode", "created_at",
    "address", "date_of_birth", "national_id",
)  # fmt: skip
HOME = "IR"  # country of numbers that are written without one
SHORTEST_PHONE = 7  # digits; fewer call nobody from elsewhere
TAIL = 8  # digits at the end of a number that stay when country or trunk prefix are written otherwise
SHORTEST_ID = 4  # characters; fewer are no number of a person's own
JALALI = (1200, 1500)  # years: nobody was born in these by the Gregorian calendar
LONGEST = 300  # characters of a cell that are compared; longer ones are no name or address

_EXTENSION = re.compile(r"(?<=\d)\W*(?:داخلی|ext(?:ension)?|x|#).*", re.DOTALL)
_OF_EXTENSIONS = frozenset("x#د")  # one of them stands in every extension
_NO_DIGITS = re.compile("[^0-9]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_NO_NAME = re.compile(r"[\W\d_]+")
_DIGITS = re.compile(r"\d+")
_DAY = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=\D|$)")
_PACKED = "\x1f"


class Mailbox(NamedTuple):
    """An address in canonical form. `core`: the local part's letters and digits alone."""

    address: str
    local: str
    domain: str
    core: str
    role: bool  # info@, sales@: whoever sits there
    free: bool  # a provider where anybody gets a mailbox


class Record(NamedTuple):
    """One folded row; what is missing is empty. `at`: seconds since 1970, None where nobody knows."""

    first: Name = NOBODY
    last: Name = NOBODY
    mailbox: Mailbox | None = None
    phone: str = ""  # digits with country code
    company: str = ""
    job: str = ""
    city: str = ""
    postcode: str = ""
    address: str = ""
    birth: str = ""
    national_id: str = ""
    at: float | None = None
    told_first: Name = NOBODY  # by the mailbox, where the name itself is missing or an initial
    told_last: Name = NOBODY

    @property
    def email(self) -> str:
        return self.mailbox.address if self.mailbox else ""

    @property
    def own_domain(self) -> str:
        """The mailbox's domain where it is a company's own; a free provider says nothing."""
        return self.mailbox.domain if self.mailbox and not self.mailbox.free else ""

    @property
    def tail(self) -> str:
        return self.phone[-TAIL:]

    def counted(self) -> tuple[tuple[str, str], ...]:
        """What of it is counted, as (kind, value): see frequencies."""
        return tuple([(kind, text) for kind, value in COUNTED.items() if (text := value(self))])


COUNTED: Mapping[str, Callable[[Record], str]] = {
    "first": lambda record: record.first.key,
    "last": lambda record: record.last.key,
    "email": lambda record: record.email,
    "local": lambda record: record.mailbox.core if record.mailbox else "",
    "domain": lambda record: record.own_domain,
    "phone": lambda record: record.tail,
    "company": lambda record: record.company,
    "city": lambda record: record.city,
    "postcode": lambda record: record.postcode,
    "address": lambda record: record.address,
    "job_title": lambda record: record.job,
    "national_id": lambda record: record.national_id,
}


def prepare(row: Mapping[str, str], region: str = HOME) -> Record:
    """The record of a row with any of FIELDS, as typed. `region`: ISO country of phone numbers without a prefix."""
    cells = {name: row[name][:LONGEST] for name in FIELDS if row.get(name)}
    cell = cells.get
    first, last = cell("first_name", ""), cell("last_name", "")
    if not first and not last:
        first, last = _parted(cell("full_name", ""))
    at = _time(cell("created_at", ""))
    return _record(
        first,
        last,
        canonical_email(cells["email"]) if "email" in cells else "",
        _phone(cell("phone", ""), region),
        folded_company(cell("company", "")),
        _words(cell("job_title", "")),
        _words(cell("city", "")),
        _code(cells["postcode"]) if "postcode" in cells else "",
        " ".join(_NO_LETTERS.split(fold(cells["address"]))).strip() if "address" in cells else "",
        _date(cell("date_of_birth", "")),
        _identity_number(cells["national_id"]) if "national_id" in cells else "",
        "" if at is None else repr(at),
    )


def pack(record: Record) -> str:
    """One line that `unpack` makes the same record of: for keeping a million of them outside memory."""
    return _PACKED.join((
        " ".join(record.first.words), " ".join(record.last.words), record.email, record.phone, record.company,
        record.job, record.city, record.postcode, record.address, record.birth, record.national_id,
        "" if record.at is None else repr(record.at),
    ))  # fmt: skip


def unpack(line: str) -> Record:
    return _record(*line.split(_PACKED))


def _record(*cells: str) -> Record:
    first, last, email, phone, company, job, city, postcode, address, birth, national_id, at = cells
    one, other, mailbox = parse(first), parse(last), _mailbox(email)
    told_first, told_last = told_names(one, other, mailbox) if mailbox and not mailbox.role else (NOBODY, NOBODY)
    return Record(
        one, other, mailbox, phone, company, job, city, postcode, address, birth, national_id,
        float(at) if at else None, told_first, told_last,
    )  # fmt: skip


def told_names(first: Name, last: Name, mailbox: Mailbox) -> tuple[Name, Name]:
    """First and last name that the mailbox tells and the row does not: what stands in it beside the other name."""
    if first.words and last.words and not first.is_initial and not last.is_initial:
        return NOBODY, NOBODY
    if last.words and not last.is_initial:
        return _beside(last, mailbox.local), NOBODY
    if first.words and not first.is_initial:
        return NOBODY, _beside(first, mailbox.local)
    return NOBODY, NOBODY


def _beside(name: Name, local: str) -> Name:
    """`sara` for Karimi and `sara.karimi77` or `sarakarimi`."""
    words = [word for word in _NO_NAME.split(local) if word]
    if len(words) == 2:
        for word, other in (words, words[::-1]):
            if len(other) != 2 and (word == name.whole or (len(name.sound) > 1 and sound(word) == name.sound)):
                return parse(other)
    if len(words) != 1:
        return NOBODY
    (word,) = words
    for place in range(3, len(word) - 2):
        for one, other in ((word[:place], word[place:]), (word[place:], word[:place])):
            if one == name.whole or (name.persian and len(name.sound) > 2 and sound(one) == name.sound):
                return parse(other)
    return NOBODY


@lru_cache(1 << 14)
def _words(text: str) -> str:
    """Folded; kept, since cities and posts repeat."""
    return fold(text)


def _parted(full: str) -> tuple[str, str]:
    """First and last name: parted at a comma (`Karimi, Sara`), else after the first word that is no title."""
    last, comma, first = full.partition(",")
    if comma:
        return first, last
    words = name_words(full)
    return " ".join(words[:1]), " ".join(words[1:])


def _mailbox(email: str) -> Mailbox | None:
    local, at, domain = email.rpartition("@")
    if not at or not local:
        return None
    free = _is_free(domain)
    return Mailbox(email, local, domain, _NO_LETTERS.sub("", local), is_role_name(local), free)


@lru_cache(1 << 16)
def _is_free(domain: str) -> bool:
    return is_free_mail(email_domain(f"x@{domain}") or domain)


def _phone(text: str, region: str) -> str:
    """Digits with country code. Lighter than `forms.phones`, which is ten times as dear: here nobody is called, and
    the tail is compared as well."""
    if not text:
        return ""
    plain = text.lower() if text.isascii() else fold_phone(text)
    if not _OF_EXTENSIONS.isdisjoint(plain):
        plain = _EXTENSION.sub("", plain)
    digits = _NO_DIGITS.sub("", plain)
    if len(digits) < SHORTEST_PHONE or len(set(digits)) < 3:
        return ""
    if "+" in plain or digits.startswith("00"):
        return digits.lstrip("0")
    code = _calling_code(region)
    if digits.startswith("0"):
        return code + digits.lstrip("0")
    return digits if digits.startswith(code) and len(digits) > 10 else code + digits


@lru_cache(256)
def _calling_code(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region))


def _code(text: str) -> str:
    return squeeze(text).replace("-", "")


def _identity_number(text: str) -> str:
    code = _NO_LETTERS.sub("", squeeze(text))
    return code if len(code) >= SHORTEST_ID else ""


@lru_cache(1 << 14)
def _date(text: str) -> str:
    """A date's digits, year first where it was written first or last with four; Jalali ones as Gregorian."""
    parts = _DIGITS.findall(fold_digits(text))
    if len(parts) == 3 and len(parts[2]) == 4:
        parts.reverse()
    if len(parts) == 3 and len(parts[0]) == 4:
        parts = _gregorian(*parts)
    return "".join(part.zfill(2) for part in parts)


def _gregorian(year: str, month: str, day: str) -> list[str]:
    """A day whose year is a Jalali one, by the Gregorian calendar; any other as it is."""
    if not JALALI[0] <= int(year) <= JALALI[1]:
        return [year, month, day]
    try:
        found: date = JalaliDate(int(year), int(month), int(day)).to_gregorian()  # type: ignore[no-untyped-call]
    except ValueError:
        return [year, month, day]
    return found.isoformat().split("-")


@lru_cache(1 << 12)
def _time(text: str) -> float | None:
    """ISO 8601, also with slashes or a Jalali year, without a zone taken as UTC; what is written otherwise is not
    compared."""
    if not text:
        return None
    plain = _DAY.sub(
        lambda day: "-".join(part.zfill(2) for part in _gregorian(*day.groups())), fold_digits(text.strip())
    )
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


@lru_cache(1 << 16)
def word_sound(text: str) -> str:
    """How a company or city sounds, without spaces."""
    return sound(text.replace(" ", ""))
