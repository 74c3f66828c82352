"""Made-up sites of which it is known whose each row is, with habits of their own: what is missing, mistyped, changed.

Names are drawn from the shipped counts and, for a third of the people, made of syllables, so that no list knows them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from verification.data_files import entries

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = (
    "ba",
    "dar",
    "mi",
    "ran",
    "sho",
    "ku",
    "lan",
    "ve",
    "tor",
    "an",
    "pe",
    "gol",
    "sar",
    "ni",
    "zad",
    "ham",
    "or",
)
FREE = ("gmail.com", "yahoo.com", "outlook.com", "chmail.ir")
CITIES = (
    "Tehran",
    "Mashhad",
    "Isfahan",
    "Shiraz",
    "Tabriz",
    "Karaj",
    "Qom",
    "Ahvaz",
    "Rasht",
    "Kerman",
    "Yazd",
    "Arak",
)
JOBS = ("engineer", "sales manager", "CEO", "accountant", "marketing manager", "student", "teacher", "buyer")
WORDS = (
    "rose",
    "blue",
    "star",
    "king",
    "moon",
    "tiger",
    "lake",
    "storm",
    "gold",
    "cloud",
    "river",
    "sun",
    "fox",
    "sky",
)
Row = dict[str, str]


@dataclass(frozen=True)
class Site:
    """Habits. Shares of rows: `missing`, `changed` for good since the first row, `slips` of the keys, each by field."""

    missing: Mapping[str, float]
    changed: Mapping[str, float]
    slips: Mapping[str, float]
    other_spelling: float = 0.1  # of a name: another one, or the other script
    initial: float = 0.02
    swapped: float = 0.02
    household: float = 0.25  # of people live with others who use their phone
    one_city: float = 0.35  # of people are in the first city
    work_mail: float = 0.5
    repeats: tuple[float, ...] = field(default=(0.6, 0.25, 0.1, 0.05))  # of people have 1, 2, 3, 4 rows


SITES: Mapping[str, Site] = {
    # A shop's forms: people keep mailbox and number, and type with care.
    "shop": Site(
        missing={"phone": 0.3, "company": 0.7, "job_title": 0.8, "city": 0.2, "postcode": 0.4},
        changed={"email": 0.15, "phone": 0.1, "company": 0.1, "city": 0.05, "postcode": 0.1, "job_title": 0.1},
        slips={"first_name": 0.02, "last_name": 0.03, "email": 0.01, "phone": 0.01, "company": 0.03},
    ),
    # A trade fair's badges, typed off cards: many slips, another mailbox each year, a company that all write otherwise.
    "fair": Site(
        missing={"email": 0.3, "phone": 0.5, "company": 0.05, "job_title": 0.2, "city": 0.1, "postcode": 0.95},
        changed={"email": 0.5, "phone": 0.35, "company": 0.25, "city": 0.1, "postcode": 0.1, "job_title": 0.4},
        slips={"first_name": 0.12, "last_name": 0.15, "email": 0.05, "phone": 0.05, "company": 0.3, "city": 0.05},
        other_spelling=0.25, initial=0.1, swapped=0.06, household=0.05, one_city=0.7, work_mail=0.9,
    ),
    # A clinic in one town: families behind one number, few mailboxes, and nobody has moved.
    "clinic": Site(
        missing={"email": 0.75, "phone": 0.05, "company": 0.98, "job_title": 0.9, "city": 0.05, "postcode": 0.1},
        changed={"email": 0.2, "phone": 0.3, "company": 0.1, "city": 0.02, "postcode": 0.15, "job_title": 0.2},
        slips={"first_name": 0.04, "last_name": 0.05, "email": 0.03, "phone": 0.03, "postcode": 0.03},
        other_spelling=0.2, household=0.7, one_city=0.9, work_mail=0.05,
    ),
}  # fmt: skip


def world(site: Site, people: int, seed: int) -> tuple[list[Row], list[int]]:
    """Rows in random order, and whose each is."""
    dice = random.Random(seed)
    companies = [
        (_word(dice, 2) + dice.choice((" trading", " group", " co", "")), _word(dice, 3)) for _ in range(people // 12)
    ]
    found: list[tuple[Row, int]] = []
    family: Row = {}
    for person in range(people):
        first = _person(site, dice, companies, family)
        family = first if dice.random() < site.household else {}
        count = dice.choices(range(1, len(site.repeats) + 1), site.repeats)[0]
        last = first
        for _ in range(count):
            found.append((_written(last, site, dice), person))
            last = _later(last, site, dice, companies)
    dice.shuffle(found)
    return [row for row, _ in found], [owner for _, owner in found]


def _person(site: Site, dice: random.Random, companies: list[tuple[str, str]], family: Row) -> Row:
    """Somebody new; of a family, they share last name, phone and place."""
    company, domain = companies[int(len(companies) * dice.random() ** 2)]
    row = {
        "first_name": _name("first", dice), "last_name": _name("last", dice), "company": company,
        "phone": f"09{dice.randrange(10**9):09d}", "job_title": dice.choice(JOBS), "city": _city(site, dice),
        "postcode": f"{dice.randrange(10**9, 10**10)}",
    }  # fmt: skip
    row |= {name: family[name] for name in ("last_name", "phone", "city", "postcode") if family}
    return row | {"email": _mailbox(row, site, dice, domain)}


def _later(row: Row, site: Site, dice: random.Random, companies: list[tuple[str, str]]) -> Row:
    """The same person, some of whose facts are new."""
    company, domain = dice.choice(companies)
    fresh = {
        "company": company, "phone": f"09{dice.randrange(10**9):09d}", "job_title": dice.choice(JOBS),
        "city": dice.choice(CITIES), "postcode": f"{dice.randrange(10**9, 10**10)}",
        "email": _mailbox(row, site, dice, domain),
    }  # fmt: skip
    return row | {name: value for name, value in fresh.items() if dice.random() < site.changed.get(name, 0)}


def _written(row: Row, site: Site, dice: random.Random) -> Row:
    """As somebody typed it that day."""
    out = dict(row)
    for name in ("first_name", "last_name"):
        if dice.random() < site.other_spelling:
            out[name] = dice.choice(_spellings().get(out[name], [out[name]]))
    if dice.random() < site.initial:
        out["first_name"] = out["first_name"][:1]
    out = {
        name: _slipped(value, dice) if dice.random() < site.slips.get(name, 0) else value for name, value in out.items()
    }
    if dice.random() < site.swapped:
        out["first_name"], out["last_name"] = out["last_name"], out["first_name"]
    return {name: "" if dice.random() < site.missing.get(name, 0) else value for name, value in out.items()}


def _slipped(text: str, dice: random.Random) -> str:
    """One key wrong, left out, doubled, or two turned round."""
    if len(text) < 3:
        return text
    at, digit = dice.randrange(1, len(text) - 1), text[1].isdigit()
    wrong = dice.choice("0123456789" if digit else LETTERS)
    return dice.choice((
        text[:at] + wrong + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    ))  # fmt: skip


def _mailbox(row: Row, site: Site, dice: random.Random, domain: str) -> str:
    first, last, number = row["first_name"], row["last_name"], dice.randrange(1000)
    local = dice.choice(
        (
            f"{first}.{last}",
            f"{first[0]}.{last}",
            f"{last}{number}",
            f"{dice.choice(WORDS)}{dice.choice(WORDS)}{number}",
        )
    )
    return f"{local}@{domain}.ir" if dice.random() < site.work_mail else f"{local}@{dice.choice(FREE)}"


def _city(site: Site, dice: random.Random) -> str:
    return CITIES[0] if dice.random() < site.one_city else dice.choice(CITIES)


def _word(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choices(SYLLABLES, k=syllables))


def _name(listed: str, dice: random.Random) -> str:
    if dice.random() < 1 / 3:
        return _word(dice, dice.randrange(2, 4))
    names, weights = _names(listed)
    return dice.choices(names, cum_weights=weights)[0]


@cache
def _names(listed: str) -> tuple[list[str], list[int]]:
    rows = [line.split() for line in sorted(entries("name_counts.txt"))]
    mine = [(name, int(count)) for kind, name, count in rows if kind == listed]
    return [name for name, _ in mine], list(accumulate(count for _, count in mine))


@cache
def _spellings() -> dict[str, list[str]]:
    return {words[0]: words for line in sorted(entries("name_variants.txt")) if (words := line.split())}
