"""What people of one language share: towns, companies, mail providers; and how numbers are written there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from bench.identity import names

PEOPLE_A_COMPANY = 6  # on average; a few are far larger, see `World.company`
T = TypeVar("T")


@dataclass(frozen=True)
class Company:
    """`form` is Ltd or شرکت and may be left out; `phone` the switchboard's; `pattern` of its people's addresses."""

    name: str
    form: str
    domain: str
    city: str
    phone: str
    pattern: str


@dataclass(frozen=True)
class Home:
    city: str
    postcode: str


def by_rank(dice: Random, values: Sequence[T], flat: float = 5.0) -> T:
    """One of `values`, the first the likeliest; a larger `flat` makes them more alike."""
    return dice.choices(values, [1 / (rank + flat) for rank in range(len(values))])[0]


def by_share(dice: Random, shares: Mapping[str, float]) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


@cache
def words(lang: str) -> dict[str, Any]:
    """data/en.toml or data/fa.toml."""
    return tomllib.loads((names.DATA / f"{lang}.toml").read_text("utf-8"))


class World:
    """The companies of one language, enough for so many people."""

    def __init__(self, lang: str, people: int, dice: Random) -> None:
        self.lang = lang
        self.words = words(lang)
        found: dict[str, Company] = {}
        while len(found) < max(10, people // PEOPLE_A_COMPANY):
            one = self._found(dice)
            found.setdefault(one.domain, one)
        self.companies = list(found.values())
        self._sums = list(accumulate((rank + 10) ** -0.6 for rank in range(len(self.companies))))

    def company(self, dice: Random) -> Company:
        """Large ones more often: the first has about 1 % of the people at 10,000 leads."""
        return dice.choices(self.companies, cum_weights=self._sums)[0]

    def home(self, dice: Random, city: str = "") -> Home:
        city = city or by_rank(dice, list(self.words["cities"]), flat=2.0)
        area = self.words["cities"][city]
        if self.lang == "fa":
            return Home(city, f"{area}{dice.randrange(10**8):08}")
        inward = f"{dice.randrange(10)}{dice.choice('ABDEFGHJLNPQRSTUWXYZ')}{dice.choice('ABDEFGHJLNPQRSTUWXYZ')}"
        return Home(city, f"{area}{dice.randrange(1, 25)} {inward}")

    def mobile(self, dice: Random) -> str:
        """As it is dialled inside the country."""
        if self.lang == "fa":
            operator = dice.choice(("12", "12", "12", "13", "14", "35", "36", "37", "01", "90"))
            return f"09{operator}{dice.randrange(10**7):07}"
        return f"07{dice.choice('345789')}{dice.randrange(10**8):08}"

    def landline(self, dice: Random, city: str) -> str:
        """One area code a town."""
        towns = list(self.words["cities"])
        if self.lang == "fa":
            return f"0{21 + towns.index(city)}{dice.randrange(2 * 10**7, 9 * 10**7)}"
        return f"01{200 + 7 * towns.index(city)}{dice.randrange(2 * 10**5, 9 * 10**5)}"

    def _found(self, dice: Random) -> Company:
        name, latin = self._english(dice) if self.lang == "en" else self._persian(dice)
        city = by_rank(dice, list(self.words["cities"]), flat=2.0)
        return Company(
            name,
            by_rank(dice, self.words["legal_forms"], flat=1.0),
            f"{re.sub('[^a-z]', '', latin.lower())}{by_rank(dice, self.words['domains'], flat=1.0)}",
            city,
            self.landline(dice, city),
            dice.choice(("{f}.{l}", "{f}.{l}", "{i}.{l}", "{i}{l}", "{f}")),
        )

    def _english(self, dice: Random) -> tuple[str, str]:
        founder = names.last_names("en").draw(dice).written
        first = founder if dice.random() < 0.5 else dice.choice(self.words["company_first"])
        name = f"{first} {dice.choice(self.words['company_second'])}"
        return name, name

    def _persian(self, dice: Random) -> tuple[str, str]:
        parts = dice.sample(self.words["company_first"], dice.choice((1, 1, 2)))
        parts.append(dice.choice(self.words["company_second"]))
        return " ".join(part[0] for part in parts), "".join(part[1] for part in parts)


def written(lang: str, phone: str, form: int) -> str:
    """The same number as somebody else would write it: six ways a language."""
    rest = phone[1:]
    if lang == "fa":
        apart = f"{rest[:3]} {rest[3:6]} {rest[6:]}"
        forms = (f"+98{rest}", f"+98 {apart}", f"0098{rest}", rest, f"0{apart.replace(' ', '-')}", f"0{apart}")
    else:
        apart = f"{rest[:4]} {rest[4:]}"
        bracketed = f"(0{rest[:4]}) {rest[4:]}"
        forms = (f"+44{rest}", f"+44 {apart}", f"0044{rest}", f"0{apart}", bracketed, f"+44 (0){apart}")
    return forms[form % len(forms)]
