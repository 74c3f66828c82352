"""The rulebook as frozen records: how points, grades and stages come about at one site. Read from TOML by
`reading`; every word of it is data that a marketer edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

MAX_SCORE = 100
STAGES = ("IQL", "MQL", "SQL", "PQL", "customer", "SeQL", "lost")  # forward is to the right (rule 25)
GRADES = ("A", "B", "C", "D", "E")
UNGRADED = "–"

Text = Mapping[str, str]  # language → words


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events of a type; empty: all."""

    name: str = ""  # only events of this name
    level: str = ""  # only top or bottom of the funnel
    url_prefix: str = ""  # only pages whose path begins so
    band: str = ""  # only an assessment's results of this band

    bare: bool = made(init=False, repr=False, compare=False)  # every event of the type matches

    def __post_init__(self) -> None:
        object.__setattr__(self, "bare", not (self.name or self.level or self.url_prefix or self.band))


@dataclass(frozen=True)
class FactCondition:
    """A question to one fact. Kinds of test: listed values, words within a text, a range, a mail domain."""

    field: str
    any_of: frozenset[str] = frozenset()  # folded
    contains: tuple[str, ...] = ()  # folded words, between blanks
    low: float | None = None
    high: float | None = None
    email_domains: frozenset[str] = frozenset()
    negated: bool = False  # holds where the fact is another; or unknown, but for who fits or is kept out (rule 24)


@dataclass(frozen=True)
class EventCondition(EventFilter):
    """That something happened, so often, lately or ever."""

    event: str
    at_least: int = 1
    within_days: int | None = None
    negated: bool = False  # holds where it did not


@dataclass(frozen=True)
class StandingCondition:
    """Where a lead stands; for segments, which come after score, grade and stage. What is not set is not asked."""

    cells: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    low: int | None = None  # of the score
    high: int | None = None
    contact_requested: bool | None = None


When = FactCondition | EventCondition | StandingCondition


@dataclass(frozen=True)
class EventRule(EventFilter):
    """This event, so many points. The caps say how often it counts; a capped event is a line of zero points."""

    code: str
    event: str
    points: int
    times: int | None = None  # in all, or within `within_days`
    within_days: int | None = None  # `times` is counted over so many days
    per_day: int | None = None  # a calendar day in the rulebook's zone
    per_subject: int | None = None  # for the same offer, page or name
    visit: timedelta | None = None  # events closer together than this are one
    lasts_days: int | None = None  # then its points are taken back
    by_band: bool = False  # the points are the band's of the assessment; of each assessment the latest result stands
    when: tuple[FactCondition | EventCondition, ...] = ()  # all must hold when it happens
    group: str = ""
    title: Text = made(default_factory=dict)
    off: bool = False  # gives nothing and says nothing, until it is switched on again
    titled: Mapping[str, Any] = made(init=False, repr=False, compare=False)  # what its lines say beside its code

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "titled", {"title": dict(self.title)} if self.title else {})


@dataclass(frozen=True)
class Answer:
    """Values of a question (folded) and what they are worth. No values: any answer."""

    values: frozenset[str]
    points: int
    code: str
    params: Mapping[str, Any] = made(default_factory=dict)  # for its words; a title of the marketer's among them


@dataclass(frozen=True)
class AnswerRule:
    """A question's answers. The latest answer stands: a changed mind takes the earlier points back."""

    code: str
    field: str
    answers: tuple[Answer, ...]
    group: str = ""
    off: bool = False


@dataclass(frozen=True)
class AttributeRule:
    """What is known of a lead, however it came to be known: its points stand as long as all of `when` holds."""

    code: str
    points: int
    when: tuple[FactCondition, ...]
    group: str = ""
    title: Text = made(default_factory=dict)
    off: bool = False

    @cached_property
    def titled(self) -> Mapping[str, Any]:
        return {"title": dict(self.title)} if self.title else {}


Rule = EventRule | AnswerRule | AttributeRule


@dataclass(frozen=True)
class Group:
    """Rules that belong together: what they may give in all, and how it fades by itself."""

    key: str
    most: int | None = None  # points that may stand at one time
    half_life_days: int | None = None  # so long after its last scored event half of its points go, and so on
    title: Text = made(default_factory=dict)


@dataclass(frozen=True)
class Cutoffs:
    """Interest 1–3 from these scores on, else 4; grades A–D from these percentages, else E; coverage in per cent."""

    interest: tuple[int, int, int] = (75, 50, 25)
    grade: tuple[int, int, int, int] = (80, 60, 40, 20)
    coverage: int = 40


@dataclass(frozen=True)
class Decay:
    """What is taken off after each so many days without a scored human event (rule 23)."""

    days: int = 30
    points: int = 10


@dataclass(frozen=True)
class WeightedFact:
    condition: FactCondition
    weight: int


@dataclass(frozen=True)
class Profile:
    """An ideal customer: weighted facts."""

    key: str
    facts: tuple[WeightedFact, ...]
    title: Text = made(default_factory=dict)

    @cached_property
    def weight(self) -> int:
        return sum(fact.weight for fact in self.facts)


@dataclass(frozen=True)
class Disqualifier:
    code: str
    condition: FactCondition


@dataclass(frozen=True)
class Entry:
    """One way into a stage; all that is set must hold."""

    code: str
    events: tuple[str, ...] = ()  # one of these happened
    interest: int | None = None  # this high or higher (1 is highest)
    cooled: int | None = None  # this low or lower
    grades: tuple[str, ...] = ()
    contact_requested: bool = False
    when: tuple[FactCondition | EventCondition, ...] = ()
    reopens: bool = False  # leads out of "lost", if its event came after the loss
    back_from: tuple[str, ...] = ()  # stages further on that it leads back from; else forward only
    title: Text = made(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Segment:
    """Leads that meet all conditions, kept up to date; routing can name it."""

    key: str
    when: tuple[When, ...]
    title: Text = made(default_factory=dict)


@dataclass(frozen=True)
class Rulebook:
    rules: tuple[Rule, ...]
    cutoffs: Cutoffs
    decay: Decay
    profiles: tuple[Profile, ...]
    stages: tuple[Stage, ...]
    disqualifiers: tuple[Disqualifier, ...] = ()
    groups: tuple[Group, ...] = ()
    segments: tuple[Segment, ...] = ()
    timezone: str = "Asia/Tehran"  # whose midnight ends a day
    digest: str = made(default="", compare=False)  # of its text and the way it is read: by which a lead was scored

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def counting(self) -> tuple[Rule, ...]:
        """The rules that are not switched off, in the rulebook's order."""
        return tuple(rule for rule in self.rules if not rule.off)

    @cached_property
    def event_rules(self) -> Mapping[str, tuple[EventRule, ...]]:
        """Those that count, by event type, in the rulebook's order."""
        rules = [rule for rule in self.counting if isinstance(rule, EventRule)]
        return {rule.event: tuple(one for one in rules if one.event == rule.event) for rule in rules}

    @cached_property
    def answer_rules(self) -> Mapping[str, tuple[AnswerRule, ...]]:
        """Those that count, by field, in the rulebook's order."""
        rules = [rule for rule in self.counting if isinstance(rule, AnswerRule)]
        return {rule.field: tuple(one for one in rules if one.field == rule.field) for rule in rules}

    @cached_property
    def attribute_rules(self) -> tuple[AttributeRule, ...]:
        return tuple(rule for rule in self.counting if isinstance(rule, AttributeRule))

    @cached_property
    def group(self) -> Mapping[str, Group]:
        return {group.key: group for group in self.groups}

    @cached_property
    def reads_facts(self) -> bool:
        """Whether points depend on what was known when: then a score needs the facts' history."""
        conditions = [one for rule in self.counting if isinstance(rule, EventRule) for one in rule.when]
        return bool(self.attribute_rules) or any(isinstance(one, FactCondition) for one in conditions)

    @cached_property
    def reads_events(self) -> bool:
        """Whether points depend on what happened before."""
        conditions = [one for rule in self.counting if isinstance(rule, EventRule) for one in rule.when]
        return any(isinstance(one, EventCondition) for one in conditions)

    @cached_property
    def windows(self) -> tuple[EventCondition, ...]:
        """The conditions of stages that look back so many days: a stage may change when one closes."""
        found = [one for stage in self.stages for entry in stage.entries for one in entry.when]
        return tuple(one for one in found if isinstance(one, EventCondition) and one.within_days)

    @cached_property
    def browser_ceiling(self) -> int:
        """How far browser events alone can lift a score (rule 22): one point below the lowest score that is
        interest 1 or that a stage of sales asks for. With the shipped numbers 49."""
        asked = [entry.interest for stage in self.stages if stage.name == "SQL" for entry in stage.entries]
        worst = max([1, *(interest for interest in asked if interest is not None)])
        return self.cutoffs.interest[worst - 1] - 1
