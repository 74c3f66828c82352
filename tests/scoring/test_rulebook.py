"""Reading a rulebook: the shipped one, and every mistake named by rule and key."""

from __future__ import annotations

import pytest

from gateway.scoring.event_types import SENDERS
from gateway.scoring.rulebook import RulebookError, from_toml, shipped, shipped_text
from tests.scoring.building import book

TEXT = shipped_text()
CLICK = '[[rules]]\ncode = "x"\nevent = "click"\npoints = 1\nper_day = 1\n'


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RulebookError) as caught:
        from_toml(text)
    return list(caught.value.problems)


def test_the_shipped_rulebook_is_read_once():
    assert shipped() is shipped()
    assert from_toml(TEXT) == shipped()


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
    "old, new, where, said",
    [
        ('event = "email_click"', 'event = "mail_click"', "rule 2 clicks_email.event", "mail_click"),
        ("points = 5", "points = 500", "rule 2 clicks_email.points", "-100 to 100"),
        ("points = 5", "points = true", "rule 2 clicks_email.points", "whole number"),
        ("points = 5", 'points = "5"', "rule 2 clicks_email.points", "whole number"),
        ("points = 5", "pionts = 5", "rule 2 clicks_email.points", "missing"),
        ("points = 5", "points = 5\nwhen = 'a > b'", "rule 2 clicks_email.when", "[[when]]"),
        ("points = 5", "points = 5\nwithin_days = 7", "rule 2 clicks_email.times", "how often"),
        ("points = 5", 'points = 5\ngroup = "mails"', "rule clicks_email.group", "no such group"),
        ('code = "clicks_email"', 'code = "Clicks e-mail"', "rule 2.code", "small letters"),
        ('code = "clicks_email"', 'code = "clamp_top"', "rule 2 clamp_top.code", "score's own"),
        ('code = "clicks_email"', 'code = "visits_site"', "rules", "twice"),
        ('code = "clicks_email"', 'code = "mail"', "rule 2 mail.title", "fa, en"),
        ("per_day = 1\n\n[[rules]]\ncode = \"clicks_email\"", "\n[[rules]]\ncode = \"clicks_email\"",
         "rule 1 visits_site.per_day", "cap a day"),
        ('level = "top"', 'level = "middle"', "rule 3 downloads_top.level", "top, bottom"),
        ('values = ["3_6"]', "values = []", "rule 10 time_to_buy answer 2.values", "any = true"),
        ('values = ["3_6"]', 'values = "3_6"', "rule 10 time_to_buy answer 2.values", "list"),
        ("weight = 25", "weight = 0", "profile 1 marketing_buyer fact 2.weight", "1 to 1000"),
        ('field = "country"', "", "profile 1 marketing_buyer fact 4.field", "missing"),
        ("interest_1 = 75", "interest_1 = 40", "cutoffs.interest_1", "lower"),
        ("grade_b = 60", "grade_b = 90", "cutoffs.grade_a", "lower"),
        ("days = 30", "days = 0", "decay.days", "1 to 3650"),
        ('timezone = "Asia/Tehran"', 'timezone = "Asia/Nowhere"', "timezone", "no such time zone"),
        ('timezone = "Asia/Tehran"', 'timezone = "../../etc"', "timezone", "no such time zone"),
        ('name = "PQL"', 'name = "customer"', "stage 4.name", "IQL"),
        ('events = ["submission"]', 'events = ["sent"]', "stage 1 IQL entry 2 sends_form.events", "sent"),
        ('events = ["submission"]', "", "stage 1 IQL entry 2 sends_form.events", "what leads here"),
        ("contact_requested = true", "contact_requested = true\nreopens = true",
         "stage 3 SQL entry 2 wants_contact.reopens", "needs events"),
        ('grades = ["A", "B"]', 'grades = ["A", "F"]', "stage 3 SQL entry 3 hand_over_line.grades", "F"),
        ("interest = 2\n", "interest = 4\n", "stage 3 SQL entry 3 hand_over_line.interest", "1 to 3"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_rule_and_key(old, new, where, said):
    assert old in TEXT
    found = problems(TEXT.replace(old, new, 1))
    assert any(place == where and said in message for place, message in found), found


@pytest.mark.parametrize(
    "text, where",
    [
        ("rules = [", "rulebook"),
        ("", "timezone"),
        ("rules = 3", "rules"),
        ("rules = [3]", "rules"),
        ("cutoffs = 1", "cutoffs"),
        (book('[[rules]]\ncode = "x"\nfield = "y"\nanswers = []\ntitle = { fa = "x" }'), "rule 1 x.answers"),
        (book('[[rules]]\ncode = "x"\nevent = "custom"\npoints = 1\nper_day = 1'), "rule 1 x.name"),
        (book(CLICK + 'url_prefix = "prices"'), "rule 1 x.url_prefix"),
        (book(CLICK + 'title = { fa = "x" }'), "rule 1 x.title"),
        (book('[[disqualify]]\ncode = "ugly"\nfield = "a"\nany_of = ["b"]'), "disqualify 1.code"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"'), "disqualify 1.field"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = 3\nmax = 2'), "disqualify 1.max"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = 3\nany_of = ["b"]'), "disqualify 1.field"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\nmin = nan'), "disqualify 1.min"),
        (book('[[disqualify]]\ncode = "unwanted"\nfield = "a"\ncontains = ["…"]'), "disqualify 1.contains"),
    ],
)  # fmt: skip
def test_what_is_no_rulebook_is_refused(text, where):
    assert where in [place for place, _ in problems(text)]


def test_all_problems_come_at_once():
    text = TEXT.replace("points = 5\n", "points = 500\n").replace("weight = 25", "weight = -1")
    assert len(problems(text)) == 2


def test_an_error_reads_as_a_sentence_a_problem():
    with pytest.raises(RulebookError, match=r"rule 2 clicks_email\.points: 500: write a whole number"):
        from_toml(TEXT.replace("points = 5\n", "points = 500\n"))


@pytest.mark.parametrize("text", ["a = ", f"a = {'9' * 5000}", f"a = {'[' * 5000}"])
def test_what_is_no_toml_is_told_as_a_problem(text: str) -> None:
    with pytest.raises(RulebookError, match="is no TOML"):
        from_toml(text)
