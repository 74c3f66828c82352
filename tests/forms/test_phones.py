"""One number however it is typed; what nobody can call is said, with an example."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.cleaning import clean_phone
from forms.phones import e164, example, is_a_places
from forms.problems import Invalid
from gateway.words import say
from tests.forms.samples import field

SCRIPTS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯")

MOBILE = [
    "09121234567", "9121234567", "989121234567", "+989121234567", "00989121234567", "0098 912 123 4567",
    "۰۹۱۲۱۲۳۴۵۶۷", "۹۱۲۱۲۳۴۵۶۷", "۹۸۹۱۲۱۲۳۴۵۶۷", "+۹۸۹۱۲۱۲۳۴۵۶۷", "۰۰۹۸۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧",
    "０９１２１２３４５６７",
    "＋９８（９１２）１２３－４５６７", "०९१२१२३४५६७", "۰۹۱۲1234567",
    "0912 123 4567", "0912  123  45 67", "0912-123-4567", "0912.123.4567", "0912/123/4567", "0912_123_4567",
    "(0912) 123 4567", "[0912] 1234567", "+98 (0) 912 123 4567", "(+98) 912 123 4567", "+98-912-123-4567",
    "0912\u00a0123\u00a04567", "0912\u202f123\u20094567", "0912\u2011123\u20134567", "0912−123−4567",
    "0912\u200c123\u200c4567", "۰۹۱۲\u200c۱۲۳\u200c۴۵۶۷", "۰۹۱۲ـ۱۲۳ـ۴۵۶۷", "۰۹۱۲ ـ ۱۲۳ ـ ۴۵۶۷",
    "\u200e0912 123 4567", "\u200f۰۹۱۲۱۲۳۴۵۶۷\u200e", "\u202a+98 912 123 4567\u202c", "\u2066+989121234567\u2069",
    "0912،123،4567", "۰۹۱۲٬۱۲۳٬۴۵۶۷", "٠٩١٢٫١٢٣٫٤٥٦٧", "۰۹۱۲؛۱۲۳؛۴۵۶۷", "0912·123·4567", "0912,123,4567",
    "989121234567+", "۹۸۹۱۲۱۲۳۴۵۶۷+", "+0912 123 4567", "+00989121234567", "++989121234567",
    "tel:+98-912-123-4567", "تلفن: ۰۹۱۲۱۲۳۴۵۶۷", "شماره تماس: 09121234567", "موبایل من ۰۹۱۲۱۲۳۴۵۶۷",
    "Mobile: 0912 123 4567",
    "  09121234567  ",
]  # fmt: skip
DESK = [
    "02188776655", "021 8877 6655", "021-88776655", "(021) 88776655", "۰۲۱–۸۸۷۷۶۶۵۵", "+98 21 8877 6655", "2188776655",
    "021 8877 6655 داخلی ۱۲", "۰۲۱۸۸۷۷۶۶۵۵داخلی۱۲", "021 88776655 (داخلي 3)", "021 88776655 داخلی: ۱۲ یا ۱۳",
    "۰۲۱ ۸۸۷۷ ۶۶۵۵ داخلی", "٠٢١ ٨٨٧٧ ٦٦٥٥ تحويلة ٣", "021 8877 6655 ext. 12", "021 8877 6655 Ext 12",
    "021 8877 6655, extension 12", "021 8877 6655ext12", "021 8877 6655 x12", "021 8877 6655 #12", "02188776655;ext=12",
]  # fmt: skip


@pytest.mark.parametrize("typed", MOBILE)
def test_one_mobile_however_it_is_typed(typed: str) -> None:
    assert clean_phone(typed, field("phone", "phone")) == "+989121234567"


@pytest.mark.parametrize("typed", DESK)
def test_one_fixed_line_with_or_without_its_extension(typed: str) -> None:
    assert clean_phone(typed, field("phone", "phone")) == "+982188776655"


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("020 7946 0958", "GB", "+442079460958"), ("+44 20 7946 0958", "IR", "+442079460958"),
        ("+44 (0)20 7946 0958", "IR", "+442079460958"), ("0044 7911 123456", "IR", "+447911123456"),
        ("07911 123456", "GB", "+447911123456"), ("(212) 555-0143", "US", "+12125550143"),
        ("1-212-555-0143", "US", "+12125550143"), ("011 98 912 123 4567", "US", "+989121234567"),
        ("+39 06 6982", "IR", "+39066982"), ("050 123 4567", "AE", "+971501234567"),
        ("+93 70 123 4567", "IR", "+93701234567"),
        ("0945 123 4567", "IR", "+989451234567"),  # not handed out yet, as far as the lists know
    ],
)  # fmt: skip
def test_numbers_of_other_places(typed: str, region: str, kept: str) -> None:
    assert clean_phone(typed, field("phone", "phone", default_region=region)) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("شماره ندارم", "phone"), ("بعداً می‌گویم", "phone"), ("ext 12", "phone"), ("داخلی ۱۲", "phone"),
        ("#12", "phone"),
        ("1-800-FLOWERS", "phone"), ("0912abc4567", "phone"), ("۰۹۱۲۱۲۳۴۵۶۷ علی", "phone"), ("+", "phone"),
        ("+98+912", "phone"), ("---", "phone"), ("sara@acme.ir", "phone"),
        ("123", "phone_short"), ("۰۹۱۲", "phone_short"), ("0912123456", "phone_short"), ("88776655", "phone_short"),
        ("+98", "phone"), ("+98 912", "phone_short"),
        ("091212345678", "phone_long"), ("091212345678901", "phone_long"),
        ("0912 1234567 / 0935 1234567", "phone_long"),
        ("+98912123456789012", "phone_long"),
        ("+999 123 4567", "phone_country"), ("+0", "phone"),
    ],
)  # fmt: skip
def test_impossible_numbers_are_the_visitors_to_mend(typed: str, problem: str) -> None:
    assert _read(typed) == problem


@pytest.mark.parametrize(
    ("region", "shown"), [("IR", "0912 345 6789"), ("GB", "07400 123456"), ("TA", "0912 345 6789")]
)
def test_the_example_is_a_number_of_that_country(region: str, shown: str) -> None:
    assert example(region) == shown
    with pytest.raises(Invalid) as caught:
        e164("12", region)
    assert caught.value.params == {"example": shown}


@pytest.mark.parametrize("problem", ["phone", "phone_short", "phone_long", "phone_country"])
def test_every_problem_tells_an_example_that_keeps_its_order_in_persian(problem: str) -> None:
    assert say("en", f"forms.{problem}", example="0912 345 6789").endswith("0912 345 6789")
    assert "\u2066۰۹۱۲ ۳۴۵ ۶۷۸۹\u2069" in say("fa", f"forms.{problem}", example="۰۹۱۲ ۳۴۵ ۶۷۸۹")


@given(st.integers(9100000000, 9399999999), st.sampled_from(["", "+98", "0098", "0"]), st.sampled_from(SCRIPTS))
def test_a_mobile_number_is_the_same_in_every_script(number: int, start: str, script: str) -> None:
    typed = f"{start}{number}".translate(str.maketrans(SCRIPTS[0], script))
    assert e164(typed, "IR") == f"+98{number}"


@given(
    st.lists(st.sampled_from([*"0123456789+ -().#x،ـ", "\u200c", "داخلی", "ext"]), max_size=30).map("".join),
    st.sampled_from(SCRIPTS),
)
def test_every_script_reads_alike(text: str, script: str) -> None:
    assert _read(text) == _read(text.translate(str.maketrans(SCRIPTS[0], script)))


@given(st.text(max_size=40), st.sampled_from(["IR", "US", "GB", "AU", "TA"]))
def test_odd_text_is_a_number_that_stays_itself_or_a_problem(text: str, region: str) -> None:
    found = _read(text, region)
    if found.startswith("+"):
        assert _read(found, region) == found
        assert phonenumbers.parse(found)


def _read(text: str, region: str = "IR") -> str:
    try:
        return e164(text, region)
    except Invalid as problem:
        return problem.code


@pytest.mark.parametrize(
    ("number", "a_places"),
    [
        ("+989121234567", False),
        ("+982188776655", True),
        ("+4930901820", True),
        ("+15551234567", False),  # one plan for landlines and mobiles
        ("+8612345678", False),  # no number that the lists know
        ("+18004444444", True),
    ],
)
def test_r04_a_landline_is_told_from_a_mobile(number: str, a_places: bool) -> None:
    assert is_a_places(number) is a_places
