"""What the phone number tells. Numbering plans lag behind operators, so a doubt weighs little and never holds alone.
The country of a number says nothing here: it sets no grade, route or language (rule 20)."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType as Kind

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note

TAIL = 7  # digits: a subscriber's number, without the operator's or the town's code
# Numbers that cost their caller, or that no person answers.
NOBODYS = frozenset({Kind.PREMIUM_RATE, Kind.PAGER, Kind.VOICEMAIL})
COMPANYS = frozenset({Kind.TOLL_FREE, Kind.SHARED_COST, Kind.UAN})
COUNTED_UP, COUNTED_DOWN = "0123456789012345", "9876543210987654"


def phone_number(evidence: Evidence) -> Finding:
    """Is it a number that a person answers? Doubtful ones weigh; what sort of line it is, is noted."""
    if evidence.phone is None:
        return NOT_APPLICABLE
    number = phonenumbers.parse(evidence.phone)
    kind = phonenumbers.number_type(number)
    if kind == Kind.UNKNOWN:  # what is_valid_number asks as well, at twice the cost
        return fail("phone_not_in_plan", weight=25, clears=True)
    if kind in NOBODYS:
        return fail("phone_nobodys", weight=25, clears=True)
    if _made_up(str(number.national_number)):
        return fail("phone_made_up", weight=15, clears=True)
    return _line(kind)


def _line(kind: int) -> Finding:
    if kind in COMPANYS:
        return note("phone_company_line")
    if kind == Kind.VOIP:
        return note("phone_voip")
    return note("phone_fixed_line") if kind == Kind.FIXED_LINE else PASS


def _made_up(national: str) -> bool:
    """0912 1111111 and 0912 1234567 are somebody's numbers, and the first that come to mind. Dear "round" ones
    (0912 100 2000) are not meant."""
    tail = national[-TAIL:]
    return len(tail) == TAIL and (len(set(tail)) == 1 or tail in COUNTED_UP or tail in COUNTED_DOWN)
