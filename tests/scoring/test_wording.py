"""Words: both languages say the same things, every code has its words, the marketer's own come first."""

from __future__ import annotations

import string

import pytest

from gateway.scoring.event_types import EVENT_TYPES
from gateway.scoring.fit import grade
from gateway.scoring.known import Known
from gateway.scoring.lines import LINE_CODES
from gateway.scoring.model import GRADES, STAGES, AnswerRule, EventCondition, FactCondition, StandingCondition
from gateway.scoring.reading import DISQUALIFIERS
from gateway.scoring.rulebook import from_toml, shipped
from gateway.scoring.score import fold
from gateway.scoring.wording import say_code, say_condition, say_grade
from gateway.words import catalogue, known_keys
from tests.scoring.building import RICH, answer, book, event, fact, on


def params(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_params():
    fa, en = (
        {key: params(text) for key, text in catalogue(lang).items() if key.startswith("scoring.")}
        for lang in ("fa", "en")
    )
    assert fa == en


def test_every_code_has_its_words():
    codes = [*LINE_CODES, *DISQUALIFIERS, "test", "fit_matched", "fit_unmatched", "fit_unknown"]
    codes += [f"stage_{stage}" for stage in (*STAGES, "none")] + [f"grade_{letter}" for letter in (*GRADES, "none")]
    codes += [f"interest_{n}" for n in (1, 2, 3, 4)] + [f"event_{kind.name}" for kind in EVENT_TYPES]
    codes += ["outcome_customer", "outcome_lost", "outcome_bad"]
    codes += [rule.code for rule in shipped().rules]
    codes += [one.code for rule in shipped().rules if isinstance(rule, AnswerRule) for one in rule.answers]
    codes += [entry.code for stage in shipped().stages for entry in stage.entries]
    assert [code for code in codes if f"scoring.{code}" not in known_keys("scoring")] == []


HISTORY = (
    answer("time_to_buy", "0_3"),
    answer("time_to_buy", "0_3", 1),
    answer("time_to_buy", "later", 2),
    event("download", 3, name="guide"),
    event("download", 4, name="guide"),
    event("unsubscribed", 5),
    event("email_click", 6, human=False),
    event("assessment", 7, source="browser"),
    event("email_click", 8),
    *(event("payment_view", 50 + n / 10) for n in range(3)),
    *(event("payment_view", 53 + n) for n in range(3)),
    *(event("assessment", 60, name=str(n)) for n in range(3)),
)


RICH_BOOK = from_toml(book(RICH))
RICH_HISTORY = (
    *(event("content_view", day, source="api", name=str(day)) for day in range(4)),
    *(event("feature_used", day) for day in range(3)),
    event("payment_view", 1, source="api"),
    *(event("email_click", 3 + n / 86_400, name=str(n)) for n in range(3)),
)
MOVED = Known.over_time([fact("city", "تهران", 0, "former"), fact("city", "Shiraz", 3)], on(200))


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_line_of_a_long_history_can_be_said(lang):
    lines = [*fold(shipped(), HISTORY, on(200)).lines, *fold(RICH_BOOK, RICH_HISTORY, on(200), known=MOVED).lines]
    said = {line.code: say_code(lang, line.code, line.params) for line in lines}
    assert set(LINE_CODES) - set(said) <= {"browser_ceiling"}
    assert all(text and "{" not in text for text in said.values())


def test_a_line_about_a_rule_names_it_in_words():
    lines = fold(shipped(), HISTORY, on(5)).lines
    assert say_code("en", lines[2].code, lines[2].params).endswith("taken back: Wants to buy within 3 months")
    assert say_code("fa", lines[0].code, lines[0].params) == "می‌خواهد تا ۳ ماه دیگر بخرد"


def test_a_marketers_own_rule_speaks_in_her_words():
    own = 'code="calls"\nevent="custom"\nname="call"\npoints=3\nper_day=1\ntitle={fa="زنگ زد", en="Called"}'
    calls = [event("custom", 0, name="call"), event("custom", 0.1, name="call")]
    lines = fold(from_toml(book(f"[[rules]]\n{own}")), calls, on(1)).lines
    assert [say_code("en", line.code, line.params) for line in lines] == [
        "Called",
        "Not counted, scores at most 1 times a day: Called",
    ]
    assert say_code("fa", lines[0].code, lines[0].params) == "زنگ زد"


@pytest.mark.parametrize(
    "facts, words",
    [
        ({}, "No grade yet: we know 0% of what matters, and 40% is needed"),
        ({"job_title": "CMO"}, "100% of what we know matches “Marketing buyer” (we know 40%)"),
    ],
)
def test_a_grade_says_why(facts, words):
    assert say_grade("en", shipped(), grade(shipped(), facts)) == words


CONDITIONS = [
    (FactCondition("job", frozenset({"ceo", "cto"})), "job is ceo or cto", "job: ceo یا cto"),
    (FactCondition("job", frozenset({"ceo"}), negated=True), "job is not ceo", "job: هر چه جز ceo"),
    (
        FactCondition("job", frozenset({"ceo"}), contains=(" chief ",)),
        "job is ceo or job contains chief",
        "job: ceo یا job شامل chief",
    ),
    (FactCondition("email", email_domains=frozenset({"a.ir"})), "email is at a.ir", "email در a.ir"),
    (FactCondition("size", low=50), "size is 50 or more", "size از ۵۰ به بالا"),
    (FactCondition("size", high=9, negated=True), "size is above 9, or not known", "size بیشتر از ۹، یا نامعلوم"),
    (FactCondition("size", low=1.5, high=2), "size is from 1.5 to 2", "size از ۱٫۵ تا ۲"),
    (EventCondition(event="webinar"), "Webinar: at least once", "وبینار: دست‌کم یک بار"),
    (EventCondition(event="webinar", negated=True), "Webinar: never", "وبینار: هیچ‌گاه"),
    (
        EventCondition(event="download", name="guide", level="top", at_least=2, within_days=30),
        "Download “guide” (top of the funnel): at least 2 times within the last 30 days",
        "دانلود «guide» (سر قیف): دست‌کم ۲ بار در ۳۰ روز گذشته",
    ),
    (
        EventCondition(event="page_view", url_prefix="/pricing", within_days=7, negated=True),
        "Page view on pages under /pricing: not within the last 7 days",
        "بازدید صفحه در صفحه‌های زیر /pricing: در ۷ روز گذشته نبوده",
    ),
    (StandingCondition(cells=("A1", "A2", "B1")), "Cell A1, A2 or B1", "خانهٔ A1، A2 یا B1"),
    (
        StandingCondition(low=50, high=80, contact_requested=False),
        "Score from 50 to 80; Has not asked to be contacted",
        "امتیاز از ۵۰ تا ۸۰؛ نخواسته با او تماس بگیریم",
    ),
]


@pytest.mark.parametrize("condition, en, fa", CONDITIONS, ids=[en for _, en, _ in CONDITIONS])
def test_a_condition_reads_as_a_sentence(condition, en, fa):
    assert (say_condition("en", condition), say_condition("fa", condition)) == (en, fa)


def test_a_condition_calls_questions_and_answers_as_the_form_does():
    one = FactCondition("size", frozenset({"250_up"}))
    said = say_condition("en", one, field={"size": "Company size"}.get, value=lambda _, kept: {"250_up": "250 +"}[kept])
    assert said == "Company size is 250 +"
