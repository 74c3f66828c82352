import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms.build import MAX_KEYS, Parsed, digest, free_text, from_json, hidden_from, message, parse
from forms.field_types import FIELD_TYPES
from forms.problems import PROBLEM_CODES, Invalid, Problem
from gateway.words import known_keys, say
from tests.forms.samples import consent, demo, email, field, form, options

FORM = form(
    email(),
    field("first_name"),
    field("phone", "phone", required=False),
    field("seats", "number", required=False),
    field("size", "choice", required=False, options=options("1_9", "10_up")),
    field("benefits", "choices", required=False, options=options("time", "money")),
    field("message", "long_text", required=False),
    field("utm_source", "hidden", source="utm_source"),
    consents=(consent("store", required=True), consent("marketing")),
)
ASKED = tuple(one.name for one in FORM.fields)
GOOD = {"email": "sara@example.ir", "first_name": "سارا", "consent_store": "on"}


def post(*pairs: tuple[str, str], asked: tuple[str, ...] = ASKED, **values: str) -> Parsed:
    return parse(FORM, MultiDict([*values.items(), *pairs]), asked, "fa")


def codes(parsed: Parsed) -> dict[str, str]:
    return {name: problem.code for name, problem in parsed.errors.items()}


def test_answers_come_out_clean_and_as_typed_where_changed() -> None:
    several = (("benefits", "money"), ("benefits", "time"))
    parsed = post(*several, **GOOD, phone="۰۹۱۲ ۱۲۳ ۴۵۶۷", seats="۰", size="1_9", message="a\r\nb", utm_source="ads")
    assert parsed.errors == {}
    assert parsed.answers == {
        "email": "sara@example.ir", "first_name": "سارا", "phone": "+989121234567", "seats": 0, "size": "1_9",
        "benefits": ["time", "money"], "message": "a\nb", "utm_source": "ads",
        "consent_store": True, "consent_marketing": False,
    }  # fmt: skip
    assert parsed.typed == {"phone": "۰۹۱۲ ۱۲۳ ۴۵۶۷", "seats": "۰", "message": "a\r\nb"}
    json.dumps(parsed.answers)


@pytest.mark.parametrize("empty", ["", "  ", "\u200c\u200f", "\n"])
def test_empty_answers_are_missing_and_required_ones_an_error(empty: str) -> None:
    parsed = post(**{**GOOD, "first_name": empty, "phone": empty, "seats": empty, "size": empty})
    assert codes(parsed) == {"first_name": "required"}
    assert set(parsed.answers) == {"email", "consent_store", "consent_marketing"}


def test_every_problem_is_told_at_once_with_the_text_kept() -> None:
    parsed = post(email="sara", phone="12", seats="x", size="7", benefits="fame", message="a\x00")
    assert codes(parsed) == {
        "email": "email_at", "first_name": "required", "phone": "phone_short", "seats": "number", "size": "choice",
        "benefits": "choice", "message": "control_characters", "consent_store": "consent_required",
    }  # fmt: skip
    assert parsed.typed["phone"] == "12"


def test_r10_only_what_the_ticket_asked_is_read() -> None:
    parsed = post(**GOOD, phone="rubbish", size="1_9", unknown="x", utm_source="ads", asked=("email", "gone"))
    assert parsed.answers == {
        "email": "sara@example.ir", "utm_source": "ads", "consent_store": True, "consent_marketing": False,
    }  # fmt: skip


def test_r5_without_an_identifier_no_consent_is_read_or_required() -> None:
    parsed = post(first_name="سارا", consent_marketing="on", asked=("first_name",))
    assert parsed == Parsed({"first_name": "سارا"}, asked=("first_name",))


@pytest.mark.parametrize("given_as", ["false", "0", "off", "no", ""])
def test_r27_a_consent_that_is_not_given_is_none(given_as: str) -> None:
    parsed = post(**{**GOOD, "consent_store": given_as, "consent_marketing": given_as})
    assert codes(parsed) == {"consent_store": "consent_required"}
    assert parsed.answers["consent_marketing"] is False


def test_an_api_caller_may_have_collected_the_consents_itself() -> None:
    assert parse(FORM, MultiDict({"email": "a@b.ir"}), ("email",), "en", by_server=True).errors == {}


def test_questions_may_have_names_that_wtforms_uses_itself() -> None:
    names = ("data", "errors", "validate", "meta", "process", "_fields"[1:])
    asks = form(*(field(name) for name in names))
    parsed = parse(asks, MultiDict({name: name for name in names}), names, "fa")
    assert parsed.answers == {name: name for name in names}


def test_one_post_leaves_nothing_for_the_next() -> None:
    post(**GOOD, phone="bad", message="secret")
    assert post(**GOOD).answers == {**GOOD, "consent_store": True, "consent_marketing": False}
    assert codes(post()) == {"email": "required", "first_name": "required", "consent_store": "consent_required"}


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(Invalid) as caught:
        post(**{f"k{n}": "" for n in range(MAX_KEYS + 1)})
    assert (caught.value.code, caught.value.params) == ("too_many_fields", {"limit": MAX_KEYS})


ODD = st.text(st.characters(), max_size=40) | st.sampled_from(["\x00", "\ud800", "a" * 30_000, "🎉", "-", "1" * 5000])


@given(st.lists(st.tuples(st.sampled_from([*ASKED, "consent_store", "x"]), ODD), max_size=20))
def test_no_post_breaks_parsing(pairs: list[tuple[str, str]]) -> None:
    parsed = parse(FORM, MultiDict(pairs), ASKED, "fa")
    assert {problem.code for problem in parsed.errors.values()} <= set(PROBLEM_CODES)
    assert not set(parsed.errors) & set(parsed.answers) - {"consent_store"}
    json.dumps(parsed.answers, ensure_ascii=False).encode()
    for name, problem in parsed.errors.items():
        assert message(FORM, name, problem, "fa", say=say)


@pytest.mark.parametrize(
    "name, words",
    [("first_name", "این قسمت را پر کنید."), ("size", "پاسخی را انتخاب کنید."), ("benefits", "پاسخی را انتخاب کنید.")],
)
def test_who_left_out_a_question_with_options_is_told_to_choose(name: str, words: str) -> None:
    assert message(FORM, name, Problem("required"), "fa", say=say) == words


def test_json_bodies_take_the_shape_of_posted_forms() -> None:
    body = {
        "_ticket": "x",
        "email": "a",
        "n": 3,
        "f": 0.00001,
        "yes": True,
        "no": False,
        "none": None,
        "many": ["a", 1, None],
    }
    assert list(from_json(body).items(multi=True)) == [
        ("email", "a"), ("n", "3"), ("f", "0.00001"), ("yes", "true"), ("no", "false"), ("many", "a"), ("many", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([], "not_an_object"), (None, "not_an_object"), ("x", "not_an_object"), ({"a": {}}, "wrong_type"),
        ({"a": [[1]]}, "wrong_type"), ({"a": float("nan")}, "wrong_type"), ({"a": float("inf")}, "wrong_type"),
        ({"a": 10**5000}, "wrong_type"), ({"a": "x" * 20_001}, "too_long"), ({"\ud800": {}}, "wrong_type"),
        ({f"k{n}": 1 for n in range(201)}, "too_many_fields"), ({"a": ["x"] * 201}, "too_many_fields"),
    ],
)  # fmt: skip
def test_wrong_json_is_said(body: object, problem: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_json(body)
    assert caught.value.code == problem
    say("fa", f"forms.{problem}", **caught.value.params).encode()


def test_hidden_fields_come_out_of_the_page() -> None:
    asks = form(
        field("utm_source", "hidden", source="utm_source"),
        field("came_from", "hidden", source="referrer"),
        field("landing", "hidden", source="page"),
    )
    page = {"url": "https://shop.example/?utm_source=ads", "referrer": 7, "utm": {"utm_source": "ads"}}
    assert hidden_from(asks, page) == {"utm_source": "ads", "landing": page["url"]}
    assert hidden_from(asks, {"utm": "x"}) == {}


def test_messages_are_the_forms_own_before_the_catalogues() -> None:
    own = {"too_long": {"fa": "تا {limit} نویسه {x}", "en": "Up to {limit} {x}"}}
    asks = form(field("note", messages=own), email())
    problem = Problem("too_long", {"limit": 20})
    assert message(asks, "note", problem, "fa", say=say) == "تا ۲۰ نویسه {x}"
    assert message(asks, "note", problem, "en", say=say) == "Up to 20 {x}"
    assert message(asks, "email", problem, "fa", say=say) == say("fa", "forms.too_long", limit=20)
    assert message(asks, "consent_store", Problem("consent_required"), "en", say=say)


def test_r11_the_digest_is_of_the_answers_and_not_of_where_they_came_from() -> None:
    one = post(**GOOD, utm_source="ads").answers
    other = post(**GOOD, utm_source="mail").answers
    assert digest(FORM, one) == digest(FORM, dict(reversed(other.items())))
    assert digest(FORM, one) != digest(FORM, {**one, "first_name": "سارا۲"})


def test_free_text_is_what_anything_may_stand_in() -> None:
    answers: dict[str, Any] = {"email": "a@b.ir", "first_name": "كیان", "message": "Hello\nWORLD", "size": "1_9"}
    assert free_text(FORM, answers) == "کیان\nhello world"


def test_field_types_have_names_in_the_catalogue() -> None:
    assert {f"forms.type.{name}" for name in FIELD_TYPES} <= known_keys("forms")


@pytest.mark.parametrize("key", ["guide", "pricelist", "contact"])
def test_demo_forms_take_an_ordinary_post(key: str) -> None:
    asks = demo(key)
    posted = {"email": "sara@example.ir", "phone": "09121234567", "message": "سلام"}
    ticked = {one.name: "on" for one in asks.consents if one.required}
    names = tuple(one.name for one in asks.fields)
    assert parse(asks, MultiDict({**posted, **ticked}), names, "fa").errors == {}
