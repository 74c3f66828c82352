"""A rulebook from TOML, strictly: every key known, every value in range, all problems at once, each by place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from forms.text import fold as fold_text
from forms.toml import Problems, Table, TomlError, Wrong, content_of
from gateway.scoring.event_types import SENDERS
from gateway.scoring.lines import LINE_CODES
from gateway.scoring.model import (
    GRADES,
    STAGES,
    Answer,
    AnswerRule,
    AttributeRule,
    Cutoffs,
    Decay,
    Disqualifier,
    Entry,
    EventCondition,
    EventRule,
    FactCondition,
    Group,
    Profile,
    Rule,
    Rulebook,
    Segment,
    Stage,
    Text,
    WeightedFact,
)
from gateway.scoring.reading_conditions import event_filter, fact_condition, when
from gateway.scoring.stages import FUNNEL
from gateway.scoring.wording import has_words
from gateway.words import LANGUAGES

T = TypeVar("T")

MAX_POINTS = 100  # more than the whole scale says nothing more
BY_OUTCOME = ("customer", "lost")  # stages without conditions: the outcome events alone lead there
CAPS = ("times", "within_days", "per_day", "per_subject", "visit_minutes", "lasts_days")
LEADS_HERE = ("events", "interest", "cooled", "grades", "contact_requested", "when")
OF_CELLS = {"interest", "cooled", "grades"}  # keys of a way into a stage that its words can name
OF_BAND = ("name", "band", "share")  # what the line of an assessment's result says
OF_LINES = {"rule", "group", "title", "event", "type", "name"}  # what every line says of itself
# What a rulebook that counts already may have: mistakes in words alone, and more rules than are taken anew.
BEARABLE = ("words_none", "words_long", "words_control", "param_reserved", "many_rules")
MOST_RULES = 200  # each is asked of each event of each lead; as many as can be learnt from outcomes
ENGINE = 3  # goes up when the same rules give other scores than before: then all leads are scored anew
DISQUALIFIERS = ("competitor", "own_staff", "unwanted")


CODE = "[a-z][a-z0-9_]{0,39}"  # of a disqualifier it is kept in a column of 40


class RulebookError(TomlError):
    """A rulebook that cannot be used, and all that is wrong with it."""


def read(text: str) -> Rulebook:
    """Raises RulebookError with every problem found."""
    return _read(text, ())


def read_published(text: str) -> Rulebook:
    """One that an earlier reader took, which may have refused less: what is BEARABLE is let pass. Of any other mistake
    it raises RulebookError, since a guess at points or conditions would send leads where nobody wants them."""
    return _read(text, BEARABLE)


def _read(text: str, let_pass: Collection[str]) -> Rulebook:
    problems: Problems = []
    book = _book(Table((), data_of(text), problems))
    if any(one.code not in let_pass for one in problems):
        raise RulebookError(problems)
    return replace(book, digest=hashlib.sha256(f"{ENGINE} {text}".encode()).hexdigest()[:16])


def data_of(text: str) -> dict[str, Any]:
    """A rulebook's TOML as data, not judged yet. Raises RulebookError where it is no TOML."""
    found = content_of(text, (("rulebook", ""),))
    if isinstance(found, Wrong):
        raise RulebookError([found])
    return found


def _book(table: Table) -> Rulebook:
    rules = list(table.tables("rules", "rule", by="code", required=True))
    book = Rulebook(
        timezone=_zone(table),
        cutoffs=_cutoffs(table.table("cutoffs", required=True)),
        decay=_decay(table.table("decay", required=True)),
        groups=_each(table.tables("groups", "group", by="key"), _group, by="key"),
        rules=_each(rules, _rule, by="code"),
        profiles=_each(table.tables("profiles", "profile", by="key"), _profile, by="key"),
        disqualifiers=tuple(map(_disqualifier, table.tables("disqualify", "disqualify"))),
        stages=_each(table.tables("stages", "stage", by="name", required=True), _stage, by="name"),
        segments=_each(table.tables("segments", "segment", by="key"), _segment, by="key"),
    )
    table.done()
    if len(rules) > MOST_RULES:
        table.wrong("rules", "many_rules", limit=MOST_RULES)
    for one, rule in zip(rules, book.rules, strict=True):
        if rule.group and rule.group not in book.group:
            one.wrong("group", "no_group", name=rule.group)
    return book


def _each(tables: Iterable[Table], read_one: Callable[[Table], T], *, by: str) -> tuple[T, ...]:
    """Each of them; `by` is the key that tells one from another."""
    found, names = [], set()
    for table in tables:
        found.append(read_one(table))
        name = table.content.get(by)
        if isinstance(name, str) and name in names:
            table.wrong(by, "twice", name=name)
        names.add(str(name))
    return tuple(found)


def _some(table: Table, key: str, under: str) -> None:
    """That the list is there and not empty; `under` is its name in TOML."""
    if table.content.get(key, []) == []:
        table.wrong(key, "none", under=under)


def _zone(table: Table) -> str:
    name = table.text("timezone")
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder's name
        table.wrong("timezone", "timezone", value=name)
    return name


def _cutoffs(part: Table | None) -> Cutoffs:
    """Interest from the scores down, grades from the percentages down; falling, or a class could never be reached."""
    shipped = Cutoffs()
    if part is None:
        return shipped
    interest = _falling(part, [f"interest_{number}" for number in (1, 2, 3)])
    grades = _falling(part, [f"grade_{letter.lower()}" for letter in GRADES[:4]])
    coverage = _per_cent(part, "coverage")
    part.done()
    return Cutoffs(interest, grades, coverage)  # type: ignore[arg-type]  # three and four, as counted out above


def _falling(part: Table, keys: Sequence[str]) -> tuple[int, ...]:
    found = tuple(_per_cent(part, key) for key in keys)
    if 0 not in found and list(found) != sorted(set(found), reverse=True):
        part.wrong(keys[0], "falling", values=", ".join(map(str, found)))
    return found


def _per_cent(part: Table, key: str) -> int:
    """0 where it is missing or wrong."""
    return part.whole(key, None, low=1, high=100, required=True) or 0


def _decay(part: Table | None) -> Decay:
    if part is None:
        return Decay()
    days = part.whole("days", None, low=1, high=3650, required=True)
    points = part.whole("points", None, low=0, high=MAX_POINTS, required=True)
    part.done()
    return Decay(days or 30, points or 0)


def _rule(table: Table) -> Rule:
    code = _code(table)
    _not_reserved(table, code)
    kind = next((read_one for key, read_one in RULES.items() if key in table.content), _event_rule)
    return kind(table, code)


def _event_rule(table: Table, code: str) -> EventRule:
    event = table.one_of("event", [kind for kind in SENDERS if kind != "answer"])
    by_band = table.flag("by_band", False)
    minutes = table.whole("visit_minutes", None, low=1, high=1440)
    rule = EventRule(
        code=code,
        event=event,
        points=_points(table, required=not by_band),
        by_band=by_band,
        **event_filter(table, event),
        times=table.whole("times", None, low=1, high=1000),
        within_days=table.whole("within_days", None, low=1, high=3650),
        lasts_days=table.whole("lasts_days", None, low=1, high=3650),
        when=when(table, (FactCondition, EventCondition)),
        group=table.text("group", ""),
        per_day=table.whole("per_day", None, low=1, high=1000),
        per_subject=table.whole("per_subject", None, low=1, high=1000),
        visit=None if minutes is None else timedelta(minutes=minutes),
        title=_title(table, code, OF_BAND if by_band else ()),
        off=table.flag("off", False),
    )
    _check_caps(table, event, by_band=by_band)
    if event == "custom" and "name" not in table.content:
        table.wrong("name", "custom_name")
    table.done()
    return rule


def _check_caps(table: Table, event: str, *, by_band: bool) -> None:
    """What limits a rule, and what cannot limit it."""
    if "browser" in SENDERS.get(event, ()) and "per_day" not in table.content:
        table.wrong("per_day", "per_day_missing")
    if "within_days" in table.content and "times" not in table.content:
        table.wrong("times", "times_missing")
    if not by_band:
        return
    if event != "assessment":
        table.wrong("by_band", "only_assessment")
    for key in ("points", *CAPS):
        if key in table.content:
            table.wrong(key, "beside_by_band")


def _attribute_rule(table: Table, code: str) -> AttributeRule:
    rule = AttributeRule(
        code=code,
        points=_points(table),
        when=when(table, (FactCondition,)),
        group=table.text("group", ""),
        title=_title(table, code),
        off=table.flag("off", False),
    )
    _some(table, "when", "rules.when")
    table.done()
    return rule


def _answer_rule(table: Table, code: str) -> AnswerRule:
    rule = AnswerRule(
        code=code,
        field=table.text("field"),
        answers=tuple(_answer(one, code) for one in table.tables("answers", "answer")),
        group=table.text("group", ""),
        off=table.flag("off", False),
    )
    _some(table, "answers", "rules.answers")
    table.done()
    return rule


# By which key a rule of each kind is known, the first that it has.
RULES: Mapping[str, Callable[[Table, str], Rule]] = {
    "field": _answer_rule,
    "event": _event_rule,
    "when": _attribute_rule,
}


def _answer(table: Table, rule: str) -> Answer:
    values = frozenset(map(fold_text, table.values("values")))
    anything = table.flag("any", False)
    if anything == bool(table.content.get("values")):
        table.wrong("values", "values_or_any")
    points = _points(table)
    code = _code(table, rule)
    _not_reserved(table, code)
    params = table.free("params")
    for name in sorted(params.keys() & OF_LINES):
        table.wrong("params", "param_reserved", name=name)
    title = _title(table, code, params)
    table.done()
    params = {name: value for name, value in params.items() if name not in OF_LINES}
    return Answer(values, points, code, {**params, **({"title": title} if title else {})})


def _group(table: Table) -> Group:
    key = _code(table, key="key")
    group = Group(
        key=key,
        most=table.whole("most", None, low=1, high=MAX_POINTS),
        half_life_days=table.whole("half_life_days", None, low=1, high=3650),
        title=_title(table, key),
    )
    table.done()
    return group


def _segment(table: Table) -> Segment:
    key = _code(table, key="key")
    segment = Segment(key, when(table), _title(table, key))
    _some(table, "when", "segments.when")
    table.done()
    return segment


def _profile(table: Table) -> Profile:
    key = _code(table, key="key")
    profile = Profile(key, tuple(map(_weighted, table.tables("facts", "fact"))), _title(table, key))
    _some(table, "facts", "profiles.facts")
    table.done()
    return profile


def _weighted(table: Table) -> WeightedFact:
    weight = table.whole("weight", None, low=1, high=1000, required=True) or 1
    return WeightedFact(fact_condition(table), weight)


def _disqualifier(table: Table) -> Disqualifier:
    return Disqualifier(table.one_of("code", DISQUALIFIERS), fact_condition(table))


def _stage(table: Table) -> Stage:
    name = table.one_of("name", [stage for stage in STAGES if stage not in BY_OUTCOME])
    entries = table.tables("entries", "entry", by="code", required=True)
    stage = Stage(name, tuple(_entry(one, name) for one in entries))
    table.done()
    return stage


def _entry(table: Table, stage: str) -> Entry:
    code = _code(table)
    entry = Entry(
        code=code,
        events=table.values("events", tuple(SENDERS)),
        interest=table.whole("interest", None, low=1, high=3),
        cooled=table.whole("cooled", None, low=2, high=4),
        grades=table.values("grades", GRADES),
        contact_requested=table.flag("contact_requested", False),
        when=when(table, (FactCondition, EventCondition)),
        reopens=table.flag("reopens", False),
        back_from=_back_from(table, stage),
        title=_title(table, code, ["cell"] if table.content.keys() & OF_CELLS else ()),
    )
    if not any(table.content.get(key) for key in LEADS_HERE):
        table.wrong("events", "entry_empty")
    elif stage == "SeQL" and not entry.events:
        table.wrong("events", "seql_events")
    if entry.reopens and not entry.events:
        table.wrong("reopens", "reopens_events")
    table.done()
    return entry


def _back_from(table: Table, stage: str) -> tuple[str, ...]:
    """Stages of the funnel that lie ahead of this one."""
    ahead = FUNNEL[FUNNEL.index(stage) + 1 :] if stage in FUNNEL else ()
    found = table.values("back_from", ahead)
    if found and stage and not ahead:
        table.wrong("back_from", "back_from_none")
    return found


def _points(table: Table, *, required: bool = True) -> int:
    """0 where they are missing or wrong."""
    return table.whole("points", None, low=-MAX_POINTS, high=MAX_POINTS, required=required) or 0


def _code(table: Table, default: str | None = None, *, key: str = "code") -> str:
    """A name in small letters, digits and underscores."""
    return table.text(key, default, pattern=CODE, hint="name_code")


def _title(table: Table, code: str, params: Collection[str] = ()) -> Text:
    """The marketer's own words, in one language or more; needed where the catalogue has none that these params of its
    lines can fill."""
    needed = bool(code) and not has_words(code, params)
    words: Text = table.name("title", LANGUAGES, required=needed)
    return words if any(words.values()) else (dict.fromkeys(LANGUAGES, code.replace("_", " ")) if needed else {})


def _not_reserved(table: Table, code: str) -> None:
    if code in LINE_CODES:
        table.wrong("code", "code_reserved", value=code)
