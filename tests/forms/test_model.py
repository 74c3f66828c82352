from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.field_types import FIELD_TYPES
from forms.model import (
    HIDDEN_SOURCES,
    LEGAL_BASES,
    OFFERS,
    PURPOSES,
    THEME,
    Band,
    Consent,
    Field,
    Form,
    FormError,
    Offer,
    Option,
    Quote,
    from_toml,
    to_toml,
)  # fmt: skip
from forms.problems import PROBLEM_CODES
from forms.writing import NOT_AT_FIRST_CONTACT
from gateway.words import say
from tests.forms.samples import DEMO, demo

SHORT = """
key = "guide"
title = { fa = "راهنما", en = "Guide" }
submit_label = { fa = "بفرستید", en = "Send" }
[[fields]]
name = "email"
type = "email"
label = { fa = "ایمیل", en = "E-mail" }
"""
F = "form guide, field"
SIZE = """
[[fields]]
name = "size"
type = "choice"
label = { fa = "اندازه", en = "Size" }
"""
OPTION = '[[fields.options]]\nvalue = "{}"\nlabel = {{ fa = "یک", en = "one" }}\n'


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(FormError) as caught:
        from_toml(text)
    return caught.value.told(say, "en")


def test_a_short_form_has_sensible_defaults() -> None:
    form = from_toml(SHORT)
    assert (form.languages, form.questions_per_visit, form.kiosk) == (("fa", "en"), 2, False)
    assert form.identifiers == (form.fields[0],)
    assert form.fields[0].required


def test_do_business_waits_for_a_later_visit_unless_the_form_says_otherwise() -> None:
    asks = SIZE.replace('"size"', '"do_business"') + OPTION.format("yes")
    assert from_toml(SHORT + asks).fields[1].first_contact is False
    said = asks.replace("type =", "first_contact = true\ntype =")
    assert from_toml(SHORT + said).fields[1].first_contact is True
    assert from_toml(to_toml(from_toml(SHORT + said))) == from_toml(SHORT + said)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("key = ", "form", "cannot be read as TOML"),
        ("a = " + "9" * 5000, "form", "cannot be read as TOML"),
        ("a = " + "[" * 50_000, "form", "cannot be read as TOML"),
        (SHORT + "= 3", "form", "line 9, character 1"),
        ("#" * 200_001, "form", "more than"),
        (SHORT.replace("title", "titel"), "form guide, key titel", "did you mean title?"),
        (SHORT.replace('"guide"', '"My Guide"'), "form My Guide, key key", "small Latin letters"),
        (SHORT.replace('"guide"', "7"), "form, key key", "in quotes"),
        (SHORT.replace(', en = "Guide"', ""), "form guide, key title", "words in en are missing"),
        (SHORT.replace('"Guide"', '" "'), "form guide, key title", "words in en are missing"),
        (SHORT.replace('{ fa = "راهنما", en = "Guide" }', '"Guide"'), "form guide, key title", "in each language"),
        (SHORT.replace('"Guide"', '"\\u0000"'), "form guide, key title", "control characters"),
        (SHORT.replace('"Guide"', f'"{"x" * 301}"'), "form guide, key title", "more than 300"),
        ('languages = ["fa", "de"]' + SHORT, "form guide, key languages", "fa, en"),
        ("languages = []" + SHORT, "form guide, key languages", "fa, en"),
        ("questions_per_visit = true" + SHORT, "form guide, key questions_per_visit", "whole number"),
        ('kiosk = "yes"' + SHORT, "form guide, key kiosk", "true or false"),
        ("fields = 3" + SHORT.split("[[", maxsplit=1)[0], "form guide, key fields", "under [[fields]]"),
        (SHORT.split("[[", maxsplit=1)[0], "form guide, key fields", "asks nothing"),
        (SHORT + SHORT[SHORT.index("[[") :], "form guide, key fields", "two fields with the name 'email'"),
        (SHORT.replace('type = "email"', 'type = "e-mail"'), F + " email, key type", "did you mean email?"),
        (SHORT.replace('type = "email"', 'type = "consent"'), F + " email, key type", "under [[consents]]"),
        (SHORT.replace('name = "email"', 'name = "E-Mail"'), F + " E-Mail, key name", "small Latin"),
        (SHORT.replace('name = "email"', 'name = "consent_x"'), F + " consent_x, key name", "not consent_"),
        (SHORT.replace('name = "email"', ""), F + " 1, key name", "is missing"),
        (SHORT + "first_contact = false", F + " email, key first_contact", "asked first"),
        (SHORT + "min = 3", F + " email, key min", "only for fields of type number"),
        (SHORT + "rest_days = -1", F + " email, key rest_days", "from 0 to 3650"),
        (SHORT + "messages.requird = {}", F + " email, messages, key requird", "did you mean required?"),
        (SHORT + SIZE, F + " size, key options", "offers no choice"),
        (SHORT + SIZE + OPTION.format("a") * 2, F + " size, key options", "two options"),
        (SHORT + SIZE + OPTION.format("a b"), F + " size, option a b, key value", "without spaces"),
        (SHORT + '[offer]\nkind = "pdf"', "form guide, offer, key kind", "download, call"),
        (SHORT + '[offer]\nkind = "download"\nfile = "../x"', "form guide, offer, key file", "plain file name"),
        (SHORT + '[offer]\nkind = "call"\nfile = "x.pdf"', "form guide, offer, key file", "only for offers"),
        (SHORT + '[[consents]]\npurpose = "sell"', "form guide, consent sell, key purpose", "store, contact"),
        (SHORT + '[theme]\naccent = "red; x"', "form guide, theme, key accent", "#0b6e4f"),
        (SHORT + "[policy]\nhold = 3", "form guide, policy, key hold", "did you mean hold_at?"),
    ],
)  # fmt: skip
def test_a_wrong_form_is_told_where_and_what(text: str, where: str, what: str) -> None:
    found = problems(text)
    assert any(place == where and what in message for place, message in found), found


def test_all_problems_are_told_at_once() -> None:
    text = SHORT.replace("title", "titel").replace('"email"\nlabel', '"mail"\nlabel') + "colour = 1"
    assert [where for where, _ in problems(text)] == [
        "form guide, key title",
        F + " email, key type",
        F + " email, key colour",
        "form guide, key titel",
    ]


def test_number_bounds_must_leave_room() -> None:
    asks = SIZE.replace('"choice"', '"number"') + "min = 3\nmax = 2"
    assert problems(SHORT + asks) == [(F + " size, key min", "is above max: write a lower number")]


def test_hidden_fields_need_no_label_and_are_never_required() -> None:
    form = from_toml(SHORT + '[[fields]]\nname = "utm_source"\ntype = "hidden"\nsource = "utm_source"')
    assert (form.fields[1].label, form.fields[1].required) == ({}, False)


def test_the_same_text_gives_the_same_form() -> None:
    assert from_toml(SHORT) is from_toml(SHORT)


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.toml")), ids=lambda path: path.stem)
def test_demo_forms_read_and_write(path: Path) -> None:
    form = demo(path.stem)
    assert form.key == path.stem
    assert from_toml(to_toml(form)) == form
    assert {one.type for one in form.fields} <= set(FIELD_TYPES)


def test_demo_forms_are_as_the_demo_promises() -> None:
    guide, pricelist, contact = demo("guide"), demo("pricelist"), demo("contact")
    assert (guide.offer.level, pricelist.offer.level, contact.contact_requested) == ("top", "bottom", True)
    assert not guide.field_named("do_business").first_contact
    assert [option.value for option in guide.field_named("time_to_buy").options] == ["0_3", "3_6", "later"]


# --- round trip -----------------------------------------------------------------------------------------------------

NAMES = st.from_regex("[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: not name.startswith("consent_"))
LINES = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t")
WORDS = st.text(LINES, min_size=1, max_size=30).filter(str.strip)
VALUES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20)
AMOUNTS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


def text_in(languages: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(dict.fromkeys(languages, WORDS))


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.just({}) | strategy


@st.composite
def fields(draw: st.DrawFn, languages: tuple[str, ...], name: str) -> Field:
    kind = draw(st.sampled_from([kind for kind in FIELD_TYPES if kind != "consent"]))
    text, keys = text_in(languages), FIELD_TYPES[kind].keys
    more: dict = {}
    if kind == "hidden":
        more |= {"required": False, "source": draw(st.sampled_from(HIDDEN_SOURCES))}
    else:
        more |= {"required": draw(st.booleans()), "always": draw(st.booleans()), "rest_days": draw(st.integers(0, 99))}
        more |= {"help": draw(maybe(text)), "autocomplete": draw(st.sampled_from(["", "given-name"]))}
        more |= {"messages": draw(st.dictionaries(st.sampled_from(PROBLEM_CODES), text, max_size=2))}
        more |= {"first_contact": True if kind in {"email", "phone"} else draw(st.booleans())}
    if "max_length" in keys:
        more["max_length"] = draw(st.none() | st.integers(1, 20_000))
    if "min" in keys:
        low, high = sorted((draw(AMOUNTS), draw(AMOUNTS)))
        more |= {"min": draw(st.sampled_from([None, low])), "max": draw(st.sampled_from([None, high]))}
    if "options" in keys:
        values = draw(st.lists(VALUES, min_size=1, max_size=4, unique=True))
        more["options"] = tuple(Option(value, draw(text)) for value in values)
    if "default_region" in keys:
        more["default_region"] = draw(st.sampled_from(["IR", "GB"]))
    return Field(name, kind, draw(maybe(text) if kind == "hidden" else text), **more)


@st.composite
def assessments(draw: st.DrawFn, languages: tuple[str, ...]) -> tuple[Field, tuple[Band, ...]]:
    """A scored question and the bands of its result."""
    text = text_in(languages)
    worth = [*draw(st.lists(st.integers(0, 1000), max_size=2)), draw(st.integers(1, 1000))]
    options = tuple(Option(f"o{number}", draw(text), points) for number, points in enumerate(worth))
    kind = draw(st.sampled_from(["choice", "choices"]))
    asked = Field(
        "a_name_that_none_of_them_has", kind, draw(text), improve=draw(maybe(text)), always=True, options=options
    )
    starts = [0, *sorted(draw(st.sets(st.integers(1, 100), max_size=3)))]
    points = st.integers(-100, 100)
    return asked, tuple(Band(f"b{start}", start, draw(text), draw(text), draw(points)) for start in starts)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    languages = draw(st.sampled_from([("fa", "en"), ("en", "fa"), ("fa",), ("en",)]))
    text = text_in(languages)
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    purposes = draw(st.lists(st.sampled_from(PURPOSES), unique=True))
    scored = draw(st.none() | assessments(languages))
    kind = draw(st.sampled_from([kind for kind in OFFERS if scored or kind != "assessment"]))
    offer = Offer(
        kind, draw(st.sampled_from(["top", "bottom"])), draw(maybe(text)), "x.pdf" if kind == "download" else ""
    )
    return Form(
        key=draw(st.from_regex("[a-z][a-z0-9_-]{0,20}", fullmatch=True)),
        title=draw(text),
        submit_label=draw(text),
        fields=(*(draw(fields(languages, name)) for name in names), *(scored[:1] if scored else ())),
        intro=draw(maybe(text)),
        thanks=draw(maybe(text)),
        incentive=draw(maybe(text)),
        quotes=tuple(draw(st.lists(st.builds(Quote, text, text), max_size=2))),
        consents=tuple(
            Consent(one, draw(st.sampled_from(LEGAL_BASES)), draw(text), draw(st.booleans())) for one in purposes
        ),
        offer=draw(st.sampled_from([None, offer])),
        bands=scored[1] if scored else (),
        languages=languages,
        questions_per_visit=draw(st.integers(0, 5)),
        contact_requested=draw(st.booleans()),
        kiosk=draw(st.booleans()),
        theme=draw(maybe(st.just({"accent": "#0b6e4f", "radius": "8px"}))),
        policy=draw(maybe(st.fixed_dictionaries({"hold_at": st.integers(1, 99), "refuse_disposable": st.booleans()}))),
    )


@settings(max_examples=60)
@given(forms())
def test_a_form_written_and_read_again_is_the_same(form: Form) -> None:
    assert from_toml(to_toml(form)) == form


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    with pytest.raises(FormError):
        from_toml(text)


def test_the_example_in_the_docs_is_a_form() -> None:
    page = (DEMO.parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
    example = page.split("```toml\n", 1)[1].split("```", 1)[0]
    assert from_toml(example).key == "guide"
    for name in [*FIELD_TYPES, *PROBLEM_CODES, *HIDDEN_SOURCES, *THEME, *NOT_AT_FIRST_CONTACT]:
        assert f"`{name}`" in page or name == "consent_required"
