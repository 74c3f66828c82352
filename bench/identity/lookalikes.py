"""Planted look-alikes: another person whom an address, a number or a name makes look like the first.

Pairs never share both names as well as an address or a number: in all but `same_name` the names tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from bench.identity import names
from bench.identity.people import People, Person

SHARE = 0.06  # of people get a look-alike
TRIES = 60  # until a first name begins with the same letter; for a rare letter there may be none
Pair = tuple[Person, Person]


@dataclass(frozen=True)
class Kind:
    """`plant` turns somebody into a pair: themselves, perhaps with the shared thing, and a new person."""

    name: str
    share: int  # of the planted, in per cent
    what: str
    plant: Callable[[Person, People, Random], Pair]


def company_mailbox(one: Person, people: People, dice: Random) -> Pair:
    job = one.jobs[0]
    box = f"{dice.choice(people.world.words['shared_boxes'][:3])}@{job.company.domain}"
    other = _with_another_first_name(one, lambda: people.draw(company=job.company))
    return _with_mail(one, box), _with_mail(other, box)


def family_phone(one: Person, people: People, dice: Random) -> Pair:
    last = one.last if dice.random() < (0.7 if people.world.lang == "en" else 0.5) else None
    other = _with_another_first_name(one, lambda: people.draw(home=one.homes[0], last=last))
    return one, replace(other, phones=(one.phones[0], other.phones[1]))


def family_mailbox(one: Person, people: People, dice: Random) -> Pair:
    box = people.personal(("family" if dice.random() < 0.5 else one.latin[0], one.latin[1]))
    other = _with_another_first_name(one, lambda: people.draw(home=one.homes[0], last=one.last))
    return _with_mail(one, box), _with_mail(other, box)


def father_and_son(one: Person, people: People, dice: Random) -> Pair:
    """One home with its number; in every third pair the first names begin alike."""
    home = one.homes[0]
    number = people.world.landline(dice, home.city)
    for _ in range(TRIES):
        other = _with_another_first_name(one, lambda: people.draw(home=home, last=one.last))
        if other.sex == one.sex and (one.id % 3 or other.first.written[0] == one.first.written[0]):
            break
    return replace(one, phones=(number, one.phones[0])), replace(other, phones=(number, other.phones[0]))


def same_name(one: Person, people: People, dice: Random) -> Pair:
    """First and last name the same, in every other pair the town too; nothing else."""
    home = people.world.home(dice, one.homes[0].city) if dice.random() < 0.5 else None
    other = people.draw(home=home, last=one.last)
    latin = (one.latin[0], other.latin[1])
    jobs = (people.job(latin, other.jobs[0].company), people.job(latin, other.jobs[1].company))
    emails = people.emails(latin, jobs[0], other.work_mail)
    return one, replace(other, first=one.first, sex=one.sex, latin=latin, jobs=jobs, emails=emails)


def same_desk(one: Person, people: People, _: Random) -> Pair:
    """Who took over the job: its company, its title and its number, with an address of their own."""
    job = one.jobs[0]
    other = _with_another_first_name(one, lambda: people.draw(company=job.company))
    phone = job.company.phone
    jobs = (replace(other.jobs[0], title=job.title), other.jobs[1])
    return replace(one, phones=(phone, one.phones[0])), replace(other, jobs=jobs, phones=(phone, other.phones[0]))


KINDS = (
    Kind("company_mailbox", 25, "a colleague; both give info@, office@ or sales@", company_mailbox),
    Kind("family_phone", 20, "one household and number; one family name in 70 % (Persian: 50 %)", family_phone),
    Kind("family_mailbox", 15, "one household, family name and mailbox", family_mailbox),
    Kind("father_and_son", 15, "one home, number and family name; in every third pair one initial", father_and_son),
    Kind("same_name", 15, "first and last name the same, half of them in one town; nothing else", same_name),
    Kind("same_desk", 10, "a successor: company, title and its number the same", same_desk),
)  # fmt: skip


def plant(one: Person, people: People, dice: Random) -> tuple[Pair, str]:
    """Somebody and their look-alike, and of which kind."""
    kind = dice.choices(KINDS, [kind.share for kind in KINDS])[0]
    return kind.plant(one, people, dice), kind.name


def _with_mail(one: Person, box: str) -> Person:
    return replace(one, emails=(box, *one.emails[:2]), work_mail=False)


def _with_another_first_name(one: Person, draw: Callable[[], Person]) -> Person:
    """A new person whose first name is no spelling or short form of the first's."""
    while _alike(one.first, (other := draw()).first):
        pass
    return other


def _alike(left: names.Name, right: names.Name) -> bool:
    return bool(_forms(left) & _forms(right))


def _forms(name: names.Name) -> set[str]:
    return {name.written, *name.spellings, *name.shorts, *(latin.lower() for latin in name.latin)}
