"""Reading a rulebook: the shipped one, and every mistake named by rule and key."""

from __future__ import annotations

import pytest

from gateway.scoring import reading
from gateway.scoring.editing import named
from gateway.scoring.event_types import SENDERS
from gateway.scoring.reading import MOST_RULES
from gateway.scoring.rulebook import RulebookError, from_published, from_toml, shipped, shipped_text
from gateway.scoring.wording import say_code
from gateway.words import LANGUAGES, say
from tests.scoring.building import book

TEXT = shipped_text()
ASKED = '[[rules]]\ncode = "time_to_buy"\nfield = "when"\n[[rules.answers]]\nany = true\npoints = 1\n'
CLICK = '[[rules]]\ncode = "x"\nevent = "click"\npoints = 1\nper_day = 1\n'


def problems(text: str) -> list[tuple[str, str]]:
    """(path in the data, code) of each."""
    with pytest.raises(RulebookError) as caught:
        from_toml(text)
    for lang in LANGUAGES:
        told = caught.value.told(say, lang)
        assert all(where and what for where, what in told), "each can be said"
    return [(named(one.path), one.code) for one in caught.value.problems]


def test_the_shipped_rulebook_is_read_once():
    assert shipped() is shipped()
    assert from_toml(TEXT) == shipped()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_name_in_one_language_is_the_others_too(lang):
    [rule] = [one for one in from_toml(book(CLICK + f'title = {{ {lang} = "نام" }}')).rules if one.code == "x"]
    assert rule.title == dict.fromkeys(LANGUAGES, "نام")
    assert {say_code(one, rule.code, rule.titled) for one in LANGUAGES} == {"نام"}


def test_r24_shipped_cutoffs_are_the_rules():
    cutoffs = shipped().cutoffs
    assert (cutoffs.interest, cutoffs.grade, cutoffs.coverage) == ((75, 50, 25), (80, 60, 40, 20), 40)


def test_r22_shipped_browser_rules_have_a_cap_a_day():
    rules = [rule for rules in shipped().event_rules.values() for rule in rules if "browser" in SENDERS[rule.event]]
    assert rules
    assert all(rule.per_day for rule in rules)


def test_r22_the_browser_ceiling_follows_the_cutoffs():
    assert from_toml(TEXT.replace("interest_2 = 50", "interest_2 = 60")).browser_ceiling == 59
    assert from_toml(TEXT.replace("interest = 2\n", "interest = 1\n")).browser_ceiling == 74


@pytest.mark.parametrize(
    "old, new, where, code",
    [
        ('event = "email_click"', 'event = "mail_click"', "rules.1.event", "one_of_meant"),
        ('event = "email_click"', 'event = ""', "rules.1.event", "missing_one_of"),
        ("points = 5", "points = 500", "rules.1.points", "whole"),
        ("points = 5", "points = true", "rules.1.points", "whole"),
        ("points = 5", 'points = "5"', "rules.1.points", "whole"),
        ("points = 5", "pionts = 5", "rules.1.points", "missing_whole"),
        ("points = 5", "pionts = 5", "rules.1.pionts", "key_meant"),
        ("points = 5", "points = 5\nwhen = 'a > b'", "rules.1.when", "tables"),
        ("points = 5", "points = 5\nwithin_days = 7", "rules.1.times", "times_missing"),
        ("points = 5", 'points = 5\ngroup = "mails"', "rules.1.group", "no_group"),
        ("points = 5", 'points = 5\nname = " "', "rules.1.name", "text"),
        ('code = "clicks_email"', 'code = "Clicks e-mail"', "rules.1.code", "name_code"),
        ('code = "clicks_email"', "code = 7", "rules.1.code", "quotes"),
        ('code = "clicks_email"', 'code = "clamp_top"', "rules.1.code", "code_reserved"),
        ('code = "clicks_email"', 'code = "visits_site"', "rules.1.code", "twice"),
        ('code = "clicks_email"', 'code = "mail"', "rules.1.title", "words_none"),
        ('code = "clicks_email"', 'code = "mail"\ntitle = { fa = " " }', "rules.1.title", "words_none"),
        ('code = "clicks_email"', 'code = "mail"\ntitle = { de = "Brief" }', "rules.1.title", "words_none"),
        ('code = "clicks_email"', 'code = "mail"\ntitle = "x"', "rules.1.title", "each_language"),
        ("per_day = 1\n\n[[rules]]\ncode = \"clicks_email\"", "\n[[rules]]\ncode = \"clicks_email\"",
         "rules.0.per_day", "per_day_missing"),
        ('level = "top"', 'level = "middle"', "rules.2.level", "one_of"),
        ('values = ["3_6"]', "values = []", "rules.9.answers.1.values", "values_or_any"),
        ('values = ["3_6"]', 'values = "3_6"', "rules.9.answers.1.values", "values"),
        ("params = { within_months = 3 }", "params = { within_months = 3.5 }", "rules.9.answers.0.params", "free"),
        ("weight = 25", "weight = 0", "profiles.0.facts.1.weight", "whole"),
        ('field = "country"', "", "profiles.0.facts.3.field", "missing_text"),
        ("interest_1 = 75", "interest_1 = 40", "cutoffs.interest_1", "falling"),
        ("interest_2 = 50", "", "cutoffs.interest_2", "missing_whole"),
        ("grade_b = 60", "grade_b = 90", "cutoffs.grade_a", "falling"),
        ("days = 30", "days = 0", "decay.days", "whole"),
        ('timezone = "Asia/Tehran"', 'timezone = "Asia/Nowhere"', "timezone", "timezone"),
        ('timezone = "Asia/Tehran"', 'timezone = "../../etc"', "timezone", "timezone"),
        ('name = "PQL"', 'name = "customer"', "stages.3.name", "one_of"),
        ('name = "PQL"', 'name = "SQL"', "stages.3.name", "twice"),
        ('events = ["submission"]', 'events = ["sent"]', "stages.0.entries.1.events", "one_of"),
        ('events = ["submission"]', "", "stages.0.entries.1.events", "entry_empty"),
        ("contact_requested = true", "contact_requested = true\nreopens = true",
         "stages.2.entries.1.reopens", "reopens_events"),
        ('grades = ["A", "B"]', 'grades = ["A", "F"]', "stages.2.entries.2.grades", "one_of"),
        ("interest = 2\n", "interest = 4\n", "stages.2.entries.2.interest", "whole"),
        ("interest = 2\n", 'interest = 2\nback_from = ["IQL"]\n', "stages.2.entries.2.back_from", "one_of_meant"),
        ('events = ["trial_started"', 'back_from = ["SQL"]\nevents = ["trial_started"',
         "stages.3.entries.0.back_from", "back_from_none"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_rule_and_key(old: str, new: str, where: str, code: str) -> None:
    assert old in TEXT
    assert (where, code) in problems(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    "text, where",
    [
        ("rules = [", ""),
        ("", "timezone"),
        ("rules = 3", "rules"),
        ("rules = [3]", "rules"),
        ("cutoffs = 1", "cutoffs"),
        (book('[[rules]]\ncode = "x"\nfield = "y"\nanswers = []\ntitle = { fa = "x" }'), "rules.0.answers"),
        (book('[[rules]]\ncode = "x"\nevent = "custom"\npoints = 1\nper_day = 1'), "rules.0.name"),
        (book('[[rules]]\ncode = "x"\npoints = 1\nwhen = []'), "rules.0.when"),
        (book('[[rules]]\ncode = "x"\npoints = 1\n[[rules.when]]\nevent = "click"'), "rules.0.when.0"),
        (book(CLICK + 'url_prefix = "prices"'), "rules.0.url_prefix"),
        (book(CLICK + 'title = { fa = "" }'), "rules.0.title"),
        (book(CLICK.replace('"x"', '"hand_over_line"')), "rules.0.title"),
        (book(CLICK.replace('"x"', '"assessment_result"')), "rules.0.title"),
        (book(ASKED + 'params = { rule = "x" }'), "rules.0.answers.0.params"),
        (book(ASKED), "rules.0.answers.0.title"),
        (book(CLICK + "[[rules.when]]\nscore_min = 3"), "rules.0.when.0"),
        (book(CLICK + '[[rules.when]]\nfield = "a"\nany_of = ["b"]\n' * 11), "rules.0.when"),
        (book('[[segments]]\nkey = "x"\n[[segments.when]]\ncells = []'), "segments.0.when.0"),
        (book('[[segments]]\nkey = "x"\n[[segments.when]]\nscore_min = 3\nscore_max = 2'),
         "segments.0.when.0.score_max"),
        (book('[[disqualify]]\ncode = "ugly"\nfield = "a"\nany_of = ["b"]'), "disqualify.0.code"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"'), "disqualify.0.field"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = 3\nmax = 2'), "disqualify.0.max"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = 3\nany_of = ["b"]'), "disqualify.0.field"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = nan'), "disqualify.0.min"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = inf'), "disqualify.0.min"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\ncontains = ["…"]'), "disqualify.0.contains"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nany_of = [0x1' + "0" * 5000 + "]"),
         "disqualify.0.any_of"),
        (book(CLICK.replace("points = 1", "points = 0x1" + "0" * 5000)), "rules.0.points"),
        (book(CLICK.replace('"click"', "0x1" + "0" * 5000)), "rules.0.event"),
    ],
)  # fmt: skip
def test_what_is_no_rulebook_is_refused(text: str, where: str) -> None:
    assert where in [place for place, _ in problems(text)]


@pytest.mark.parametrize(
    "old, new",
    [
        ("points = 5", "pionts = [5]"), ("points = 5", "points = 5\nwhen = 'a > b'"), ("points = 5", "points = 999"),
        ("interest_1 = 75", "interest_1 = 0"), ("weight = 25", 'weight = "x"'), ('name = "PQL"', 'name = "X"'),
        ('events = ["submission"]', "events = 3"), ('values = ["3_6"]', 'values = "3_6"'),
    ],
)  # fmt: skip
def test_one_mistake_is_told_once(old: str, new: str) -> None:
    found = [place for place, code in problems(TEXT.replace(old, new, 1)) if code != "key_meant"]
    assert len(found) == 1, found


def test_all_problems_come_at_once():
    text = TEXT.replace("points = 5\n", "points = 500\n").replace("weight = 25", "weight = -1")
    assert len(problems(text)) == 2


def test_an_error_reads_as_a_sentence_a_problem():
    with pytest.raises(RulebookError) as caught:
        from_toml(TEXT.replace("points = 5\n", "points = 500\n"))
    assert caught.value.line(say, "en") == "rule clicks_email, key points: write a whole number from -100 to 100"
    what = "عددی صحیح از \u2066-۱۰۰\u2069 تا \u2066۱۰۰\u2069 بنویسید"
    assert caught.value.told(say, "fa") == [("قاعدهٔ clicks_email، کلید points", what)]


def test_what_somebody_wrote_is_quoted_in_one_short_line() -> None:
    with pytest.raises(RulebookError) as caught:
        from_toml(book(f'[[rules]]\n"\\u001b[2J" = 1\ncode = "{"x" * 5000}"\nevent = "click"\npoints = 1\nper_day = 1'))
    line = caught.value.line(say, "en")
    assert "\x1b" not in line
    assert "x" * 61 not in line


@pytest.mark.parametrize("text", ["a = ", f"a = {'9' * 5000}", f"a = {'[' * 5000}"])
def test_what_is_no_toml_is_told_as_a_problem(text: str) -> None:
    with pytest.raises(RulebookError, match="not_toml"):
        from_toml(text)


def test_more_rules_than_can_be_learnt_are_refused_but_go_on_where_they_count() -> None:
    rule = '[[rules]]\ncode = "own_{n}"\nevent = "click"\nper_day = 1\npoints = 1\ntitle = {{ fa = "ا", en = "a" }}\n'
    text = shipped_text() + "\n" + "".join(rule.format(n=n) for n in range(MOST_RULES))
    with pytest.raises(RulebookError) as error:
        from_toml(text)
    assert [one.code for one in error.value.problems] == ["many_rules"]
    assert len(from_published(text).rules) > MOST_RULES


def test_a_newer_engine_scores_the_leads_of_the_same_rules_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = from_toml(shipped_text()).digest
    monkeypatch.setattr(reading, "ENGINE", reading.ENGINE + 1)
    assert from_toml(shipped_text()).digest != now
