"""The keys that say when a question is asked: read, written, and told where they are wrong."""

from datetime import timedelta

import pytest

from forms.model import FormError, from_toml, to_toml
from forms.profiling import Known, next_fields
from forms.records import When
from forms.rehearsal import rehearse
from gateway.words import say
from tests.forms.samples import DEMO, NOW

HEAD = """
key = "guide"
title = { fa = "راهنما", en = "Guide" }
submit_label = { fa = "بفرستید", en = "Send" }
"""
LABEL = '{ fa = "متن", en = "Words" }'
EMAIL = f'[[fields]]\nname = "email"\ntype = "email"\nlabel = {LABEL}\n'
F = "form guide, field"


def choice(name: str, *values: str, more: str = "", kind: str = "choice") -> str:
    options = "".join(f'[[fields.options]]\nvalue = "{value}"\nlabel = {LABEL}\n' for value in values)
    return f'[[fields]]\nname = "{name}"\ntype = "{kind}"\nlabel = {LABEL}\n{more}\n{options}'


def text(name: str, more: str = "") -> str:
    return f'[[fields]]\nname = "{name}"\ntype = "text"\nlabel = {LABEL}\n{more}\n'


JOB = choice("job", "manager", "student")
WHEN = 'when = { field = "job", is = ["manager"] }'
ALL = HEAD + EMAIL + JOB + text("team", f"{WHEN}\npriority = -3\nsensitive = true") + text(
    "budget", 'group = "money"\nfrom_stage = "MQL"\nask_again_days = 365\nunless_known = ["price", "low + high"]'
)  # fmt: skip


def test_the_keys_are_read() -> None:
    team, budget = from_toml(ALL).fields[2:]
    assert (team.when, team.priority, team.sensitive) == (When("job", ("manager",)), -3, True)
    assert (budget.group, budget.from_stage, budget.ask_again_days) == ("money", "MQL", 365)
    assert budget.unless_known == (("price",), ("low", "high"))


def test_the_keys_are_written_as_they_were_read() -> None:
    assert from_toml(to_toml(from_toml(ALL))) == from_toml(ALL)
    assert 'unless_known = [\n    "price",\n    "low + high",\n]' in to_toml(from_toml(ALL))


CASES = [
    (EMAIL + "priority = 3", F + " email, key priority", "at each visit"),
    (EMAIL + "sensitive = true", F + " email, key sensitive", "at each visit"),
    (EMAIL + text("a", "always = true\nask_again_days = 3"), F + " a, key ask_again_days", "at each visit"),
    (text("a", "priority = 101"), F + " a, key priority", "from -100 to 100"),
    (text("a", "ask_again_days = 0"), F + " a, key ask_again_days", "from 1 to 3650"),
    (text("a", 'from_stage = "mql"'), F + " a, key from_stage", "MQL"),
    (text("a", 'from_stag = "MQL"'), F + " a, key from_stag", "did you mean from_stage?"),
    (text("a", 'group = "My group"'), F + " a, key group", "small Latin letters"),
    (text("a", 'unless_known = "b"'), F + " a, key unless_known", "write a list"),
    (text("a", 'unless_known = ["b and c"]'), F + " a, key unless_known", 'unless_known = ["mobile", "first_name'),
    (text("a", 'unless_known = ["b", "b"]'), F + " a, key unless_known", "each entry once"),
    (text("a", "when = 3"), F + " a, key when", "under [when]"),
    (text("a", WHEN), F + " a, when, key field", "no question 'job' stands above"),
    (text("a", WHEN) + JOB, F + " a, when, key field", "no question 'job' stands above"),
    (text("job") + text("a", WHEN), F + " a, when, key field", "no options"),
    (JOB + text("a", 'when = { field = "job", is = ["boss"] }'), F + " a, when, key is", "manager, student"),
    (JOB + text("a", 'when = { field = "job", is = "manager" }'), F + " a, when, key is", "write a list"),
    (JOB + text("a", 'when = { field = "job" }'), F + " a, when, key is", "is missing"),
    (JOB + text("a", 'when = { field = "job", is = ["manager"], isnt = 3 }'), F + " a, when, key isnt", "did you mean"),
    (JOB + text("a", WHEN + '\ngroup = "g"'), F + " a, key group", "comes together with 'job'"),
    (JOB + text("a", WHEN + "\nalways = true"), F + " a, key when", "'job' is not"),
    (JOB + text("a", WHEN) + text("b", WHEN), "form guide, key questions_per_visit", "job, a, b come together"),
    ("".join(text(name, 'group = "g"') for name in "abc"), "form guide, key questions_per_visit", "write at least 3"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "where", "what"), CASES)
def test_what_is_wrong_is_told_where_and_how(fields: str, where: str, what: str) -> None:
    with pytest.raises(FormError) as caught:
        from_toml(HEAD + fields)
    found = caught.value.told(say, "en")
    assert any(place == where and what in message for place, message in found), found
    assert all(message for _, message in caught.value.told(say, "fa"))


def test_what_one_visitor_cannot_see_together_needs_no_room() -> None:
    """Manager or student: whoever answers sees two questions. Of alternatives in one group one is asked."""
    school = text("b", 'when = { field = "job", is = ["student"] }')
    assert from_toml(HEAD + JOB + text("a", WHEN) + school)
    either = text("first", 'group = "n"') + text("last", 'group = "n"')
    assert from_toml(HEAD + either + text("full", 'group = "n"\nunless_known = ["first + last"]'))


def test_the_example_in_the_docs_asks_what_the_docs_say() -> None:
    page = (DEMO.parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
    form = from_toml("\n".join(part.split("```", 1)[0] for part in page.split("```toml\n")[1:3]))
    names = [visit.plan.names for visit in rehearse(form, NOW, apart=timedelta(days=1))]
    assert names[:3] == [("email", "time_to_buy", "full_name"), ("role", "team_size"), ()]
    told = Known(dict.fromkeys(("email", "role"), NOW), visits=1, stage="SQL")
    assert next_fields(form, told, NOW + timedelta(days=1)).names == ("time_to_buy", "budget")
    for key in ("priority", "group", "when", "unless_known", "ask_again_days", "rest_days", "from_stage", "sensitive"):
        assert f"| `{key} = " in page


def test_a_hidden_field_waits_for_nothing() -> None:
    with pytest.raises(FormError) as caught:
        from_toml(HEAD + '[[fields]]\nname = "p"\ntype = "hidden"\nsource = "page"\npriority = 3')
    assert caught.value.told(say, "en")[0][0] == F + " p, key priority"
