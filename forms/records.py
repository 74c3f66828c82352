"""What a form asks, as frozen records. Read and written as TOML by `forms.model`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

LANGUAGES = ("fa", "en")
ORDERS = ("fixed", "value")  # whose turn is next: as the form has it, or what an answer is worth
STAGES = ("IQL", "MQL", "SQL", "PQL", "customer", "SeQL")  # rule 25's, forward is to the right; a lost lead is in none
Text = Mapping[str, str]  # language ("fa", "en") → words


@dataclass(frozen=True)
class Option:
    value: str
    label: Text
    points: int | None = None  # of an assessment's result; none: its question is not scored


@dataclass(frozen=True)
class When:
    """A question's condition: an earlier question of the form was answered with one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    name: str  # on the wire, in facts and payloads: [a-z][a-z0-9_]{0,59}
    type: str  # a row of FIELD_TYPES
    label: Text
    help: Text = field(default_factory=dict)
    messages: Mapping[str, Text] = field(default_factory=dict)  # error code → words that replace the catalogue's
    improve: Text = field(default_factory=dict)  # what to do about it, where an assessment has most to gain here
    required: bool = True
    options: tuple[Option, ...] = ()
    always: bool = False  # asked at each visit, beyond the N questions; in TOML e-mail and scored ones by themselves
    first_contact: bool = True  # False: not at first contact
    rest_days: int = 30  # a skipped question rests this long
    priority: int = 0  # the higher, the sooner; equal ones in the form's order
    group: str = ""  # questions of one group are asked on one page or not at all
    from_stage: str = ""  # not before the lead has reached it; one of STAGES
    ask_again_days: int | None = None  # an answer this old is asked anew
    unless_known: tuple[tuple[str, ...], ...] = ()  # unnecessary where all names of one of these are known
    when: When | None = None
    sensitive: bool = False  # neither its name nor its value steers another visit
    max_length: int | None = None
    min: float | None = None
    max: float | None = None
    source: str = ""  # hidden fields: utm_source, utm_medium, utm_campaign, utm_term, utm_content, referrer, page
    autocomplete: str = ""
    default_region: str = "IR"  # phone numbers written without a country

    @property
    def identifier(self) -> bool:
        """E-mail and phone fields that a lead may begin with (rule 4)."""
        return self.type in {"email", "phone"} and self.always

    @cached_property
    def worth(self) -> Mapping[str, int]:
        """Option → its points in an assessment; empty where the question is not scored."""
        return {option.value: option.points for option in self.options if option.points is not None}

    @property
    def scored(self) -> bool:
        """Its options carry points of an assessment."""
        return bool(self.worth)

    @cached_property
    def attainable(self) -> int:
        """The most points that it can bring: those of its best option, or of all where several may be chosen."""
        return sum(self.worth.values()) if self.type == "choices" else max(self.worth.values(), default=0)

    def unnecessary(self, known: Collection[str]) -> bool:
        """Whether these names make the question unnecessary (`unless_known`)."""
        return any(set(names) <= set(known) for names in self.unless_known)


@dataclass(frozen=True)
class Consent:
    purpose: str  # store, contact, marketing
    legal_basis: str  # consent, contract, legitimate_interest
    text: Text
    required: bool = False

    @property
    def name(self) -> str:
        """Its name on the wire and in the answers."""
        return f"consent_{self.purpose}"


@dataclass(frozen=True)
class Offer:
    """What the form gives; `level` is its place in the funnel."""

    kind: str  # download, call, newsletter, webinar, assessment, none
    level: Literal["top", "bottom"] = "top"
    title: Text = field(default_factory=dict)
    file: str = ""  # downloads: a name under DATA_DIR/offers/<site>/


@dataclass(frozen=True)
class Band:
    """A part of an assessment's results: from this share of the attainable points on, up to the next band."""

    key: str
    start: int  # per cent, 0 to 100; `from` in TOML
    title: Text
    advice: Text  # paragraphs apart by an empty line
    points: int = 0  # of the lead's score, -100 to 100: low readiness may mean high need


@dataclass(frozen=True)
class Quote:
    """Social proof: what a customer said."""

    text: Text
    by: Text


@dataclass(frozen=True)
class Form:
    key: str
    title: Text
    submit_label: Text  # says what happens: "Send me the guide"
    fields: tuple[Field, ...]
    intro: Text = field(default_factory=dict)
    thanks: Text = field(default_factory=dict)
    incentive: Text = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    consents: tuple[Consent, ...] = ()
    offer: Offer | None = None
    bands: tuple[Band, ...] = ()  # from the lowest up; a form that has some is an assessment
    languages: tuple[str, ...] = LANGUAGES
    questions_per_visit: int = 2  # beyond the identifier
    order: str = "fixed"  # of the unasked questions; one of ORDERS
    contact_requested: bool = False  # sending this form asks to be contacted: explicit intent (rule 25)
    kiosk: bool = False  # shared device: sets no cookie (rule 8)
    theme: Mapping[str, str] = field(default_factory=dict)  # accent, radius, … (six variables)
    policy: Mapping[str, Any] = field(default_factory=dict)  # hold_at, refuse_disposable

    def field_named(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def identifiers(self) -> tuple[Field, ...]:
        """The fields that say who it is."""
        return tuple(field for field in self.fields if field.identifier)

    @property
    def offer_key(self) -> str | None:
        """What a download of its file is known by among events; none where it gives no file."""
        return f"{self.key}/{self.offer.file}" if self.offer and self.offer.file else None

    def language(self, wanted: str | None) -> str:
        """The wanted language if the form speaks it, else the form's first."""
        return wanted if wanted in self.languages else self.languages[0]
