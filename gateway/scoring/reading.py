"""A rulebook from TOML, strictly: every key known, every value in range, all problems at once, each by place."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from forms.text import fold as fold_text
from gateway.scoring.event_types import SENDERS
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
    WeightedFact,
)
from gateway.scoring.reading_conditions import band_of, fact_condition, when
from gateway.scoring.score import LINE_CODES
from gateway.scoring.stages import FUNNEL
from gateway.scoring.table import LANGUAGES, Problem, RulebookError, Table
from gateway.scoring.wording import has_words

MAX_POINTS = 100  # more than the whole scale says nothing more
BY_OUTCOME = ("customer", "lost")  # stages without conditions: the outcome events alone lead there
CAPS = ("times", "within_days", "per_day", "per_subject", "visit_minutes", "lasts_days")
DISQUALIFIERS = ("competitor", "own_staff", "unwanted")


def read(text: str) -> Rulebook:
    """Raises RulebookError with every problem found."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: bad TOML, and numbers too long to read
        raise RulebookError([("rulebook", f"is no TOML: {error}")]) from error
    problems: list[Problem] = []
    book = _book(Table(values, "", problems))
    if problems:
        raise RulebookError(problems)
    return replace(book, digest=hashlib.sha256(text.encode()).hexdigest()[:16])


def _book(table: Table) -> Rulebook:
    cutoffs, decay = _cutoffs(table), _decay(table)
    book = Rulebook(
        timezone=_zone(table),
        cutoffs=cutoffs,
        decay=decay,
        groups=tuple(_group(one) for one in table.tables("groups", "group", optional=True)),
        rules=tuple(_rule(one) for one in table.tables("rules", "rule")),
        profiles=tuple(_profile(one) for one in table.tables("profiles", "profile", optional=True)),
        disqualifiers=tuple(_disqualifier(one) for one in table.tables("disqualify", "disqualify", optional=True)),
        stages=tuple(_stage(one) for one in table.tables("stages", "stage")),
        segments=tuple(_segment(one) for one in table.tables("segments", "segment", optional=True)),
    )
    table.close()
    _once(table, "rules", (rule.code for rule in book.rules))
    _once(table, "profiles", (profile.key for profile in book.profiles))
    _once(table, "stages", (stage.name for stage in book.stages))
    _once(table, "groups", (group.key for group in book.groups))
    _once(table, "segments", (segment.key for segment in book.segments))
    for rule in book.rules:
        if rule.group and rule.group not in book.group:
            table.problem(f"rule {rule.code}.group", f"{rule.group!r}: there is no such group")
    return book


def _zone(table: Table) -> str:
    name = table.text("timezone")
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder's name
        table.problem("timezone", f"{name!r}: no such time zone; write one such as Asia/Tehran")
    return name


def _cutoffs(table: Table) -> Cutoffs:
    """Interest from the scores down, grades from the percentages down; falling, or a class could never be reached."""
    shipped = Cutoffs()
    part = table.table("cutoffs")
    if part is None:
        return shipped
    interest = tuple(part.whole(f"interest_{n}", 1, 100) or 1 for n in (1, 2, 3))
    grades = tuple(part.whole(f"grade_{letter.lower()}", 1, 100) or 1 for letter in GRADES[:4])
    coverage = part.whole("coverage", 1, 100) or shipped.coverage
    for name, found in (("interest_1", interest), ("grade_a", grades)):
        if list(found) != sorted(set(found), reverse=True):
            part.problem(name, f"{', '.join(map(str, found))}: each of these must be lower than the one before")
    part.close()
    return Cutoffs(interest, grades, coverage)  # type: ignore[arg-type]  # three and four, as counted out above


def _decay(table: Table) -> Decay:
    part = table.table("decay")
    if part is None:
        return Decay()
    days, points = part.whole("days", 1, 3650), part.whole("points", 0, MAX_POINTS)
    part.close()
    return Decay(days or 30, points or 0)


def _rule(table: Table) -> Rule:
    code = table.code()
    _not_reserved(table, code)
    if table.has("field"):
        return _answer_rule(table, code)
    return _event_rule(table, code) if table.has("event") or not table.has("when") else _attribute_rule(table, code)


def _event_rule(table: Table, code: str) -> EventRule:
    event = table.one_of("event", [kind for kind in SENDERS if kind != "answer"])
    by_band = table.yes("by_band")
    minutes = table.whole("visit_minutes", 1, 1440, optional=True)
    rule = EventRule(
        code=code,
        event=event,
        points=table.whole("points", -MAX_POINTS, MAX_POINTS, optional=by_band) or 0,
        by_band=by_band,
        name=table.text("name", optional=True),
        level=table.one_of("level", ("top", "bottom"), optional=True),
        url_prefix=table.text("url_prefix", optional=True),
        band=band_of(table, event),
        times=table.whole("times", 1, 1000, optional=True),
        within_days=table.whole("within_days", 1, 3650, optional=True),
        lasts_days=table.whole("lasts_days", 1, 3650, optional=True),
        when=when(table, (FactCondition, EventCondition)),
        group=table.text("group", optional=True),
        per_day=table.whole("per_day", 1, 1000, optional=True),
        per_subject=table.whole("per_subject", 1, 1000, optional=True),
        visit=None if minutes is None else timedelta(minutes=minutes),
        title=_title(table, code),
    )
    if "browser" in SENDERS.get(event, ()) and rule.per_day is None:
        table.problem("per_day", "is missing: browsers may send this event, so it needs a cap a day")
    if by_band:
        _check_by_band(table, event)
    if event == "custom" and not rule.name:
        table.problem("name", "is missing: an event of the site's own is known by its name")
    if rule.url_prefix and not rule.url_prefix.startswith("/"):
        table.problem("url_prefix", f"{rule.url_prefix!r}: write the beginning of a path, such as /pricing")
    if rule.within_days and rule.times is None:
        table.problem("times", "is missing: how often within so many days?")
    table.close()
    return rule


def _check_by_band(table: Table, event: str) -> None:
    if event != "assessment":
        table.problem("by_band", "is for the event assessment: only its results have bands")
    for key in ("points", *CAPS):
        if table.has(key):
            table.problem(key, "does nothing beside by_band: the band gives the points, and the latest result stands")


def _attribute_rule(table: Table, code: str) -> AttributeRule:
    rule = AttributeRule(
        code=code,
        points=table.whole("points", -MAX_POINTS, MAX_POINTS) or 0,
        when=when(table, (FactCondition,)),
        group=table.text("group", optional=True),
        title=_title(table, code),
    )
    if not rule.when:
        table.problem("when", "write at least one [[rules.when]]")
    table.close()
    return rule


def _group(table: Table) -> Group:
    key = table.code("key")
    group = Group(
        key=key,
        most=table.whole("most", 1, MAX_POINTS, optional=True),
        half_life_days=table.whole("half_life_days", 1, 3650, optional=True),
        title=_title(table, key),
    )
    table.close()
    return group


def _segment(table: Table) -> Segment:
    key = table.code("key")
    segment = Segment(key, when(table), _title(table, key))
    if not segment.when:
        table.problem("when", "write at least one [[segments.when]]")
    table.close()
    return segment


def _answer_rule(table: Table, code: str) -> AnswerRule:
    field = table.text("field")
    answers = tuple(_answer(one, code) for one in table.tables("answers", "answer"))
    if table.has("answers") and not answers:
        table.problem("answers", "write at least one [[rules.answers]]")
    group = table.text("group", optional=True)
    table.close()
    return AnswerRule(code, field, answers, group)


def _answer(table: Table, rule: str) -> Answer:
    values = frozenset(fold_text(value) for value in table.texts("values", optional=True))
    anything = table.yes("any")
    if anything == bool(values):
        table.problem("values", "write the values that count, or any = true for every answer")
    points = table.whole("points", -MAX_POINTS, MAX_POINTS) or 0
    code = table.code() if table.has("code") else rule
    _not_reserved(table, code)
    title = _title(table, code)
    params = table.mapping("params") | ({"title": title} if title else {})
    table.close()
    return Answer(values, points, code, params)


def _profile(table: Table) -> Profile:
    key = table.code("key")
    facts = []
    for one in table.tables("facts", "fact"):
        weight = one.whole("weight", 1, 1000) or 1
        facts.append(WeightedFact(fact_condition(one), weight))
    if table.has("facts") and not facts:
        table.problem("facts", "write at least one [[profiles.facts]]")
    profile = Profile(key, tuple(facts), _title(table, key))
    table.close()
    return profile


def _disqualifier(table: Table) -> Disqualifier:
    return Disqualifier(table.one_of("code", DISQUALIFIERS), fact_condition(table))


def _stage(table: Table) -> Stage:
    name = table.one_of("name", [stage for stage in STAGES if stage not in BY_OUTCOME])
    table.place = f"{table.place} {name}"
    stage = Stage(name, tuple(_entry(one, name) for one in table.tables("entries", "entry")))
    table.close()
    return stage


def _entry(table: Table, stage: str) -> Entry:
    code = table.code()
    entry = Entry(
        code=code,
        events=table.texts("events", optional=True, allowed=tuple(SENDERS)),
        interest=table.whole("interest", 1, 3, optional=True),
        cooled=table.whole("cooled", 2, 4, optional=True),
        grades=table.texts("grades", optional=True, allowed=GRADES),
        contact_requested=table.yes("contact_requested"),
        when=when(table, (FactCondition, EventCondition)),
        reopens=table.yes("reopens"),
        back_from=table.texts("back_from", optional=True, allowed=_further(stage)),
        title=_title(table, code),
    )
    if not (entry.events or entry.interest or entry.cooled or entry.grades or entry.contact_requested or entry.when):
        table.problem("events", "write what leads here: events, interest, cooled, grades, contact_requested or when")
    if stage == "SeQL" and not entry.events:
        table.problem("events", "is missing: a customer enters SeQL by an event after the outcome")
    if entry.reopens and not entry.events:
        table.problem("reopens", "needs events: only what happens after the loss leads out of it")
    table.close()
    return entry


def _further(stage: str) -> tuple[str, ...]:
    """The stages of the funnel that lie ahead of this one."""
    return FUNNEL[FUNNEL.index(stage) + 1 :] if stage in FUNNEL else ()


def _title(table: Table, code: str) -> dict[str, str]:
    """The marketer's own words; needed in both languages where the catalogue has none for this code."""
    title = table.words()
    missing = [lang for lang in LANGUAGES if lang not in title]
    if code and missing and (title or not has_words(code)):
        table.problem("title", f'is missing words for {", ".join(missing)}: write title = {{ fa = "…", en = "…" }}')
    return title


def _not_reserved(table: Table, code: str) -> None:
    if code in LINE_CODES:
        table.problem("code", f"{code!r} is a word of the score's own lines; write another")


def _once(table: Table, key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            table.problem(key, f"{name!r} stands there twice")
        seen.add(name)
