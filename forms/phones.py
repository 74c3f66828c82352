"""Phone numbers as people write them → E.164. What stands in no number is folded away in `forms.text`;
the numbering plans are phonenumbers'.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from forms.problems import Invalid
from forms.text import fold_phone

# A desk's or a fax's digits after the number. They stay in what was typed: E.164 has no place for them, and two
# leads at one switchboard share the number, not the desk.
_EXTENSION = re.compile(r"(?<=\d)[^\w+]*(?:داخلی|تحویله|;ext=|ext(?:ension)?\b|ext(?=\d)|x(?=\W*\d)|#).*", re.DOTALL)
# What people and pasted links write before a number.
_LABEL = re.compile(
    r"(?:tel|phone|mobile|cell|call|fax|تلفن|موبایل|همراه|شماره|تماس)(?: (?:تلفن|موبایل|همراه|تماس|من))*\b[ :.-]*"
)
_OF_PLACES = {
    PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN, PhoneNumberType.VOICEMAIL,
}  # fmt: skip
_PLAIN = re.compile(r"[0-9+\s().,/;:'*_-]*")
_DIGITS = re.compile(r"[0-9]")
_WHY = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_country",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_short",
    NumberParseException.TOO_SHORT_NSN: "phone_short",
    NumberParseException.TOO_LONG: "phone_long",
}


def e164(text: str, region: str) -> str:
    """Such as +989121234567. `region`: of numbers that are written without a country.

    Raises Invalid for what nobody can call: phone (letters, two plus signs), phone_short, phone_long, phone_country.
    A number that only the numbering plan's lists do not know passes: they lag behind what operators hand out.
    """
    try:
        number = phonenumbers.parse(_plain(text, region), region)
    except NumberParseException as error:
        raise _invalid(_WHY.get(error.error_type, "phone"), region) from error
    if problem := _impossible(number):
        raise _invalid(problem, region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@cache
def example(region: str) -> str:
    """A mobile number of that country as people there write it; of this house's where it has none."""
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) if number else example("IR")


def is_a_places(number: str) -> bool:
    """Whether this E.164 number is a house's or an office's rather than one person's: a landline, or a service. False
    where the numbering plan does not tell landlines from mobiles, or does not know the number: lists lag behind."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in _OF_PLACES


def _plain(text: str, region: str) -> str:
    """Its digits, with a plus where it had one."""
    folded = _EXTENSION.sub("", _LABEL.sub("", fold_phone(text), count=1))
    if not _PLAIN.fullmatch(folded) or not _DIGITS.search(folded):
        raise _invalid("phone", region)
    marks = folded.strip("\t\n\r ().,/;:'*_-")
    digits = "".join(_DIGITS.findall(folded))
    if "+" in marks.strip("+"):
        raise _invalid("phone", region)
    # In right-to-left text the plus is often typed last. No country's code begins with 0: such a plus is a slip.
    return f"+{digits}" if "+" in marks and not digits.startswith("0") else digits


def _impossible(number: phonenumbers.PhoneNumber) -> str | None:
    """Why nobody can be called there. Short codes are possible numbers too, but no person's. A zero that stays in
    front is a national prefix before too few digits (0912 123 456), but for Italy, whose numbers are found valid."""
    reason: int = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    fits = reason == ValidationResult.IS_POSSIBLE and not number.italian_leading_zero
    if fits or phonenumbers.is_valid_number(number):
        return None
    if reason == ValidationResult.INVALID_COUNTRY_CODE:
        return "phone_country"
    return "phone_long" if reason == ValidationResult.TOO_LONG else "phone_short"


def _invalid(code: str, region: str) -> Invalid:
    return Invalid(code, example=example(region))
