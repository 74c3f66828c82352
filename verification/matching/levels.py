"""How two records agree, field by field: a level for each field that both have, by the pair alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verification.matching.contacts import UNFIT, compare_mailboxes, compare_phones, is_called, tells_name
from verification.matching.people import AGREE, Names, compare_people
from verification.matching.places import (
    compare_addresses,
    compare_births,
    compare_codes,
    compare_equal,
    compare_times,
    compare_words,
)
from verification.matching.records import Record

SETTLED = frozenset({"same", "slip", "slip_name"})
_KINDS = {"first_name": "first", "last_name": "last"}  # fields whose values are counted under another name
_APART = frozenset({"colleague", "role", "different", "elsewhere"})  # no mailbox in common

# Field → its place in a record, and how two of its values are compared.
_COMPARED: tuple[tuple[str, int, Callable[[Any, Any], str]], ...] = tuple(
    (name, Record._fields.index(attribute), compared)
    for name, attribute, compared in (
        ("phone", "phone", compare_phones),
        ("company", "company", compare_words),
        ("job_title", "job", compare_equal),
        ("city", "city", compare_words),
        ("postcode", "postcode", compare_codes),
        ("address", "address", compare_addresses),
        ("date_of_birth", "birth", compare_births),
        ("national_id", "national_id", compare_codes),
        ("created_at", "at", compare_times),
    )
)


def levels(left: Record, right: Record) -> dict[str, str]:
    """Each field that both have → how it agrees, as it is weighed; symmetric."""
    return levels_of(left, right, compare_people(left, right))


def levels_of(left: Record, right: Record, names: Names) -> dict[str, str]:
    """As `levels`, where the names were compared already."""
    found: dict[str, str] = {}
    if names.first != "none":
        found["first_name"] = names.first
    if names.last != "none":
        found["last_name"] = names.last
    if names.swapped:
        found["swapped"] = "swapped"
    if left.mailbox and right.mailbox:
        found["email"] = _mailboxes(left, right, names)
    for name, place, compared in _COMPARED:
        one, other = left[place], right[place]
        if one and other and (level := compared(one, other)) != "none":
            found[name] = level
    if found.get("company") not in {"same", "near", "sound"}:
        _company_by_domain(left, right, found)
    return found


def kind_of(name: str, level: str) -> str:
    """By which kind (records.COUNTED) it is told how rare the values are that agree so."""
    return "domain" if level == "domain" else "local" if level == "local" else _KINDS.get(name, name)


def is_hopeless(left: Record, right: Record, names: Names) -> bool:
    """Nothing in common that is one person's own: what is left counts once, and less than the prior."""
    first = names.first
    if first in AGREE or first == "told" or shares(left, right):
        return False
    if first in {"none", "initial"} and names.last in AGREE:
        return not left.company or left.company != right.company
    return True


def shares(left: Record, right: Record) -> bool:
    """Does anything agree that may be one person's own beside the names, up to a slip?"""
    if left.phone and right.phone and compare_phones(left.phone, right.phone) != "different":
        return True
    one, other = left.mailbox, right.mailbox
    if one and other and (one.address == other.address or compare_mailboxes(one, other) not in UNFIT):
        return True
    return bool((left.national_id and right.national_id) or (left.birth and right.birth))


def _mailboxes(left: Record, right: Record, names: Names) -> str:
    """Mailboxes may be alike because both are made of the name: told apart from others by `_name`, and by `_names`
    where both names agree, since they say it again then."""
    level = compare_mailboxes(left.mailbox, right.mailbox) if left.mailbox and right.mailbox else "different"
    own = level in {"local", "slip"} and _tells_name(left, right)
    if (own or level == "slip_number") and names.first in AGREE and names.last in AGREE:
        return f"{level}_names"
    return f"{level}_name" if own else level


def _tells_name(left: Record, right: Record) -> bool:
    """Is one of the mailboxes called after its person?"""
    return any(one.mailbox and tells_name(one.mailbox.core, one.first, one.last) for one in (left, right))


def _company_by_domain(left: Record, right: Record, found: dict[str, str]) -> None:
    """The mailboxes' domain, where it is a company's own, or one that is called as the other's company."""
    ones, others = left.own_domain, right.own_domain
    if ones and ones == others:
        if found.get("email") in _APART:
            found["company"] = "domain"
    elif (ones and right.company and is_called(ones, right.company)) or (
        others and left.company and is_called(others, left.company)
    ):
        found["company"] = "called"
