"""One row of a list: who it is, and what it says of them. Pure; nobody is looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from forms.cleaning import LARGEST, clean_email
from forms.field_types import FIELD_TYPES
from forms.phones import e164
from forms.problems import Invalid
from forms.records import Field
from forms.text import fold, without_control_characters
from gateway.files import text_of_cell
from gateway.importing.columns import NAME, PURPOSES, Plan
from gateway.importing.times import moment
from gateway.scoring.model import STAGES
from gateway.sheets import from_json
from verification.addresses import canonical_email
from verification.mailboxes import Judge
from verification.matching.headings import meaning

LONGEST = 5_000  # characters of a fact, as of a form's long text
LONGEST_OWNER = 200
LONGEST_ID = 200
YES = frozenset(["yes", "y", "true", "1", "on", "subscribed", "opted-in", "بله", "بلی", "آری", "دارد", "عضو"])
NO = frozenset(["no", "n", "false", "0", "off", "unsubscribed", "cleaned", "خیر", "نه", "ندارد"])
# What other programs call a stage, folded and without spaces.
STAGE_NAMES: Mapping[str, str] = {
    **{stage.lower(): stage for stage in STAGES},
    "marketingqualifiedlead": "MQL", "salesqualifiedlead": "SQL", "productqualifiedlead": "PQL", "مشتری": "customer",
}  # fmt: skip
REJECTED = ("row", "reason")  # how our own lists of rejected rows begin, whose cells are as `csv_cell` makes them
DOUBTS = ("disposable", "role", "typo")  # of an address: told, and imported
_EMAIL = Field("email", "email", {})


@dataclass(frozen=True)
class Said:
    """What the list says of a consent: given or taken back, when, and by which column."""

    purpose: str
    given: bool
    at: datetime | None
    text: str


@dataclass(frozen=True)
class Row:
    """email: canonical; phone: E.164; crm: `<source>:<id>`; own: an id that our export wrote. at: since when it is
    known, never in the future. notes: what of it was doubtful or left out, as codes without values."""

    number: int
    email: str | None = None
    phone: str | None = None
    crm: tuple[str, ...] = ()
    own: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    changed_at: datetime | None = None
    owner: str | None = None
    stage: str | None = None
    customer: bool = False
    consents: tuple[Said, ...] = ()
    notes: tuple[str, ...] = ()
    rejected: str | None = None  # why it cannot be used: no_identifier, email, phone, test


@dataclass(frozen=True)
class Reader:
    """Reads rows of one list. asked: the questions of the site's forms by name, so that a fact is called and kept as
    theirs. source: whose ids the rows carry."""

    plan: Plan
    header: Sequence[str]
    source: str
    country: str
    zone: ZoneInfo
    now: datetime
    asked: Mapping[str, Field] = field(default_factory=dict)
    _judge: Judge = field(default_factory=Judge)

    def read(self, number: int, cells: Sequence[str]) -> Row:
        ours = tuple(self.header[: len(REJECTED)]) == REJECTED
        cell = _cells([*map(text_of_cell, cells)] if ours else cells)
        notes: list[str] = []
        try:
            found = self._own(number, cell, notes) if self.plan.own else self._listed(number, cell, notes)
        except Invalid as error:
            return Row(number, rejected="email" if error.code.startswith("email") else "phone")
        if not found.rejected and not found.email and not found.phone and not found.crm:
            return Row(number, rejected="no_identifier")
        return found

    def name_of(self, kind: str) -> str:
        """How the site's forms call their e-mail or phone question; as we do, where none asks it."""
        named = [one.name for one in self.asked.values() if one.type == kind]
        return kind if kind in named or not named else named[0]

    def _listed(self, number: int, cell: Callable[[int | None], str], notes: list[str]) -> Row:
        told = {name: text for name, place in self.plan.told.items() if (text := cell(place))}
        facts = {name: text for name, place in self.plan.facts.items() if (text := cell(place))}
        email, phone = self._identifiers(cell, notes)
        crm = (f"{self.source}:{told['crm_id'][:LONGEST_ID]}",) if "crm_id" in told else ()
        return Row(
            number,
            email=canonical_email(email) if email else None,
            phone=phone,
            crm=crm,
            facts={**self._named(email, phone), **self._facts(facts, notes)},
            at=self._at(told.get("created_at"), notes),
            changed_at=self._at(told.get("updated_at"), notes),
            owner=told.get("owner", "")[:LONGEST_OWNER] or None,
            stage=self._stage(told.get("stage"), notes),
            customer=_said(told.get("customer", "")) is True,
            consents=tuple(self._consents(told, notes)),
            notes=tuple(notes),
        )

    def _identifiers(self, cell: Callable[[int | None], str], notes: list[str]) -> tuple[str | None, str | None]:
        """As they are kept. Raises Invalid for an e-mail that is none, or where a bad phone is all that there is."""
        typed = next((text for place in self.plan.emails if (text := cell(place))), "")
        email = clean_email(typed, _EMAIL) if typed else None
        phone = self._phone([text for place in self.plan.phones if (text := cell(place))], email, notes)
        if email:
            notes += [reason for reason in self._judge.judge(email).reasons if reason in DOUBTS]
        return email, phone

    def _phone(self, typed: Iterable[str], email: str | None, notes: list[str]) -> str | None:
        """The first that is one."""
        problem = None
        for text in typed:
            try:
                return e164(text, self.country)
            except Invalid as error:
                problem = error
        if problem and not email:
            raise problem
        if problem:
            notes.append("phone")
        return None

    def _named(self, email: str | None, phone: str | None) -> dict[str, str]:
        """E-mail and phone as facts."""
        return {self.name_of(kind): text for kind, text in (("email", email), ("phone", phone)) if text}

    def _facts(self, typed: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
        found = {}
        for name, text in typed.items():
            own = "name" if name == "full_name" and name not in self.asked else name
            try:
                found[own] = self._cleaned(own, text)
            except Invalid:
                notes.append(f"fact:{own}")
        return found

    def _cleaned(self, name: str, text: str) -> Any:
        """As the site's form keeps an answer to this question; of what no form asks, the text. Raises Invalid."""
        asked = self.asked.get(name)
        if asked is None or asked.type in {"hidden", "consent", "email", "phone"}:
            plain = without_control_characters(text).strip()
            if len(plain) > LONGEST:
                raise Invalid("too_long", limit=LONGEST)
            return plain
        if asked.options:
            parts = text.split(";") if asked.type == "choices" else [text]
            values = [_option(asked, part) for part in parts]
            return FIELD_TYPES[asked.type].clean(values if asked.type == "choices" else values[0], asked)
        return FIELD_TYPES[asked.type].clean(text, asked)

    def _at(self, text: str | None, notes: list[str]) -> datetime | None:
        if not text:
            return None
        found = moment(text, self.zone)
        if found is None:
            notes.append("time")
        return min(found, self.now) if found else None

    def _stage(self, text: str | None, notes: list[str]) -> str | None:
        if not text:
            return None
        found = STAGE_NAMES.get(fold(text).replace(" ", ""))
        if found is None:
            notes.append("stage")
        return found

    def _consents(self, told: Mapping[str, str], notes: list[str]) -> Iterable[Said]:
        for purpose in PURPOSES:
            text = told.get(f"consent_{purpose}", "")
            given, at = _said(text), self._at(told.get(f"consent_{purpose}_at"), notes)
            if text and given is None:
                notes.append(f"consent:{purpose}")
            if given or (given is False and at):  # an undated no may mean that nobody asked
                yield Said(purpose, given, at, self._words(f"consent_{purpose}", text))
        if _said(told.get("opted_out", "")):
            at = self._at(told.get("opted_out_at"), notes)
            yield Said("marketing", False, at, self._words("opted_out", told["opted_out"]))

    def _words(self, name: str, text: str) -> str:
        """The column's heading and what stood in it: all that a list shows of a consent's text."""
        return f"{self.header[self.plan.told[name]]}: {text}"

    def _own(self, number: int, cell: Callable[[int | None], str], notes: list[str]) -> Row:
        """A line of our own export: all facts by their names, as they are."""
        own = {name: cell(place) for name, place in self.plan.own.items()}
        if _said(own.get("test", "")):
            return Row(number, rejected="test")
        facts = {**_short(_object(own["fields"]), notes), **self._facts(_given(self.plan.facts, cell), notes)}
        email, phone = (self._identifying(facts, kind) for kind in ("email", "phone"))
        kept = clean_email(str(email), _EMAIL) if email else None
        number_of = self._phone([str(phone)] if phone else [], kept, notes)
        return Row(
            number,
            email=canonical_email(kept) if kept else None,
            phone=number_of,
            crm=tuple(str(one)[:LONGEST_ID] for one in _list(own.get("crm_ids")) if ":" in str(one)),
            own=own["id"] or None,
            facts={name: value for name, value in facts.items() if NAME.fullmatch(name)},
            at=self._at(own.get("created_at"), notes),
            owner=text_of_cell(own.get("owner", ""))[:LONGEST_OWNER] or None,
            stage=self._stage(own.get("stage"), notes),
            customer=_said(own.get("customer", "")) is True,
            consents=tuple(self._own_consents(_object(own.get("consents", "")), notes)),
            notes=tuple(notes),
        )

    def _identifying(self, facts: Mapping[str, Any], kind: str) -> Any:
        """The fact that a form would find its lead by."""
        by_type = (facts[name] for name, asked in self.asked.items() if asked.type == kind and facts.get(name))
        by_name = (value for name, value in facts.items() if value and meaning(name) == kind)
        return facts.get(kind) or next(by_type, None) or next(by_name, None)

    def _own_consents(self, found: Mapping[str, Any], notes: list[str]) -> Iterable[Said]:
        for purpose, one in found.items():
            if purpose in PURPOSES and isinstance(one, dict):
                given = one.get("state") in {"claimed", "confirmed"}
                yield Said(purpose, given, self._at(str(one.get("at", "")), notes), str(one.get("text", "")))


def asked_by(fields: Iterable[Field]) -> dict[str, Field]:
    """The questions of several forms by name; the first of a name counts."""
    found: dict[str, Field] = {}
    for one in fields:
        found.setdefault(one.name, one)
    return found


def _cells(cells: Sequence[str]) -> Callable[[int | None], str]:
    """Reads a cell by its column, stripped; one that the row lacks is empty."""
    return lambda place: cells[place].strip() if place is not None and place < len(cells) else ""


def _given(places: Mapping[str, int], cell: Callable[[int | None], str]) -> dict[str, str]:
    return {name: text for name, place in places.items() if (text := cell(place))}


def _said(text: str) -> bool | None:
    """Yes, no, or neither."""
    word = fold(text)
    return True if word in YES else False if word in NO else None


def _option(asked: Field, text: str) -> str:
    """The option's value, whether its value or its words were written."""
    wanted = fold(text)
    named = (one.value for one in asked.options if wanted in {fold(one.value), *map(fold, one.label.values())})
    return next(named, text.strip())


def _short(found: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Facts without those that are longer, or larger, than any answer."""
    long = {name for name, value in found.items() if len(str(value)) > LONGEST or _large(value)}
    notes += [f"fact:{name}" for name in long if NAME.fullmatch(name)]
    return {name: value for name, value in found.items() if name not in long}


def _large(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) > LARGEST


def _object(text: str) -> dict[str, Any]:
    found = _json(text)
    return found if isinstance(found, dict) else {}


def _list(text: str | None) -> Sequence[Any]:
    found = _json(text or "[]")
    return found if isinstance(found, list) else ()


def _json(text: str) -> Any:
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return None
