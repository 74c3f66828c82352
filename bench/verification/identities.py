"""Invented people: a name, an address of their own, a company, and a message that nobody else wrote."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.verification import split

LATIN = "Anna Ben Clara Dario Elif Farid Greta Hassan Ines Jonas Kaveh Lena Mina Nader Olga Parisa Rosa Sina".split()  # noqa: SIM905
SURNAMES = "Karimi Schmidt Rossi Novak Ahmadi Jansen Moreau Yilmaz Rezaei Lindqvist Costa Nazari".split()  # noqa: SIM905
PERSIAN = ["سارا", "علی", "مریم", "رضا", "نگار", "حسین", "الهام", "کاوه", "زهرا", "بهنام", "شیرین", "امیر"]
FIRMS = ["Toosheh", "Danube", "Alborz", "Linden", "Karoun", "Meridian", "Sepand", "Havel", "Zagros", "Orchard"]
TRADES = ["Ceramics", "Logistics", "Software", "Foods", "Textiles", "Energy", "Clinics", "Printing"]
FIRMS_FA = ["آریا", "پارس", "البرز", "سپند", "زاگرس", "نیک\u200cآذین", "توس"]
TRADES_FA = ["کاشی", "نساجی", "حمل\u200cونقل", "غذایی", "چاپ", "نرم\u200cافزار"]
MAIL = ("gmail.com", "yahoo.com", "outlook.com", "{firm}-{trade}.example", "{firm}{n}.example")
TEXTS = Path(__file__).parent / "g_texts"


def people(seed: int) -> Iterator[Callable[[str, str], dict[str, str]]]:
    """Endlessly many; each is given a language and the kind of message."""
    number = seed % 9000 + 1000
    while True:
        number += 1
        yield partial(_person, number)


def messages(count: int) -> list[str]:
    return [_message("en", "ham", number) for number in random.sample(range(10_000), count)]


def _person(number: int, lang: str, kind: str) -> dict[str, str]:
    first, last = random.choice(LATIN), random.choice(SURNAMES)
    firm, trade = random.choice(FIRMS), random.choice(TRADES)
    domain = random.choice(MAIL).format(firm=firm.lower(), trade=trade.lower(), n=number % 90)
    name = f"{first.lower()}.{last.lower()}{number}"
    persian = lang == "fa"
    return {
        "email": f"{name}@{domain}",
        "first_name": random.choice(PERSIAN) if persian else first,
        "company": f"{random.choice(TRADES_FA)} {random.choice(FIRMS_FA)}" if persian else f"{firm} {trade}",
        "message": _message(lang, kind, number),
    }


def _message(lang: str, kind: str, number: int) -> str:
    """A text of the half that is not reported on, with a line of this person's own."""
    half = split.halves(kind, lang)[0]
    text = half[number % len(half)]
    if kind == "spam":
        return text
    own = random.choice(OWN[lang]).format(n=number % 60 + 3, firm=random.choice(FIRMS))
    return f"{text} {own}"


OWN = {
    "en": (
        "We are about {n} people.", "I am in the office until {n} past four.", "Greetings from {firm}.",
        "It concerns our branch no. {n}.", "We need it within {n} weeks.", "My colleague at {firm} told me about you.",
    ),
    "fa": ("ما حدود {n} نفریم.", "تا {n} روز دیگر لازمش داریم.", "برای شعبهٔ {n} می‌خواهیم.", "با {n} کاربر."),
}  # fmt: skip
