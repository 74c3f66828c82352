"""True people: who they are before any form is filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from bench.identity import cleaning, names
from bench.identity.names import Name
from bench.identity.world import Company, Home, World, by_rank, by_share

WORK_MAIL = 0.45  # of people give the address of their work
# Local parts of personal addresses, with their shares. f and l: names in Latin letters, i: an initial, y: a year of
# birth, n: a number, w: a word that has nothing to do with the name.
PATTERNS = {
    "{f}.{l}": 24, "{f}{l}": 18, "{f}{l}{y}": 11, "{i}{l}": 8, "{f}.{l}{n}": 8, "{i}.{l}": 6, "{f}{n}": 6, "{l}.{f}": 5,
    "{f}_{l}": 5, "{l}{n}": 3, "{w}{n}": 6,
}  # fmt: skip
WORDS = ("sunny", "tiger", "moonlight", "bluesky", "rainbow", "lucky", "dreamer", "goldfish", "traveller", "shadow")


@dataclass(frozen=True)
class Job:
    """`email`: the address that the company gives."""

    company: Company
    title: str
    email: str


@dataclass(frozen=True)
class Person:
    """Everything a person may write into forms over two years; first what they mostly write."""

    id: int
    sex: str
    first: Name
    last: Name
    latin: tuple[str, str]  # their own spelling of first and last name
    emails: tuple[str, str, str]  # the usual one, another one, a third
    phones: tuple[str, str]
    jobs: tuple[Job, Job]  # today's and the next
    homes: tuple[Home, Home]
    work_mail: bool  # the usual address is the work's, so it changes with the job


class People:
    """Draws people of one world; no two get the same mailbox, however it is written, or mobile number."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice = world, dice
        self._mailboxes: set[str] = set()
        self._phones: set[str] = set()
        self._drawn = 0

    def draw(self, home: Home | None = None, company: Company | None = None, last: Name | None = None) -> Person:
        """Somebody new; where given, at this home, in this company, of this family."""
        dice, lang = self.dice, self.world.lang
        sex = dice.choice("mf")
        first = names.first_names(lang, sex).draw(dice)
        last = last or names.last_names(lang).draw(dice)
        latin = (by_rank(dice, first.latin, flat=0.5), by_rank(dice, last.latin, flat=0.5))
        home = home or self.world.home(dice)
        jobs = (self.job(latin, company or self.world.company(dice)), self.job(latin, self.world.company(dice)))
        work_mail = dice.random() < WORK_MAIL
        emails = self.emails(latin, jobs[0], work_mail)
        self._drawn += 1
        return Person(
            self._drawn, sex, first, last, latin, emails, (self.mobile(), self._second_phone(home, jobs[0])), jobs,
            (home, self.world.home(dice)), work_mail,
        )  # fmt: skip

    def job(self, latin: tuple[str, str], company: Company) -> Job:
        title = by_rank(self.dice, self.world.words["jobs"])
        return Job(company, title, self._unique(_local(company.pattern, latin, self.dice), company.domain))

    def emails(self, latin: tuple[str, str], job: Job, work_first: bool) -> tuple[str, str, str]:
        """Two personal addresses and the work's, which comes first or last."""
        one, other = self.personal(latin), self.personal(latin)
        return (job.email, one, other) if work_first else (one, other, job.email)

    def personal(self, latin: tuple[str, str], provider: str = "") -> str:
        provider = provider or by_share(self.dice, self.world.words["providers"])
        pattern = by_share(self.dice, PATTERNS).replace("{y}", self._year())
        return self._unique(_local(pattern, latin, self.dice), provider)

    def _year(self) -> str:
        """A year of birth, whole or its last two digits; Jalali in Persian."""
        year = self.dice.randrange(1345, 1385) if self.world.lang == "fa" else self.dice.randrange(1960, 2004)
        return f"{year}"[self.dice.choice((0, 2)) :]

    def mobile(self) -> str:
        while (number := self.world.mobile(self.dice)) in self._phones:
            pass
        self._phones.add(number)
        return number

    def _second_phone(self, home: Home, job: Job) -> str:
        """Another mobile, home, or the switchboard of the company, which others there have as well."""
        kind = self.dice.random()
        if kind < 0.5:
            return self.mobile()
        return self.world.landline(self.dice, home.city) if kind < 0.8 else job.company.phone

    def _unique(self, local: str, domain: str) -> str:
        """An address whose mailbox is nobody's yet: at Gmail, `an.na` and `anna` are one."""
        email, number = f"{local}@{domain}", 1
        while (mailbox := cleaning.email(email)) in self._mailboxes:
            number += 1
            email = f"{local}{number}@{domain}"
        self._mailboxes.add(mailbox)
        return email


def _local(pattern: str, latin: tuple[str, str], dice: Random) -> str:
    first, last = (re.sub("[^a-z]", "", name.lower()) for name in latin)
    return pattern.format(f=first, l=last, i=first[0], n=dice.randrange(1, 1000), w=dice.choice(WORDS))
