"""What happens to a person's details between one form and the next: a table of damages, and the functions behind it.

As a command it prints the table as Markdown, the one in docs/identity.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.identity.people import People, Person
from bench.identity.slips import slip
from bench.identity.world import by_rank, by_share, written

LEVELS = ("mild", "middling", "heavy")
Row = dict[str, str]


@dataclass(frozen=True)
class Hand:
    """Who fills the form in, with what luck; `people` finds further addresses."""

    one: Person
    people: People
    dice: Random

    @property
    def lang(self) -> str:
        return self.people.world.lang


@dataclass(frozen=True)
class Damage:
    """`chance` of happening to a record at each level; `does` changes the row."""

    name: str
    chance: tuple[float, float, float]
    what: str
    does: Callable[[Row, Hand], None]
    langs: tuple[str, ...] = ("en", "fa")


def changed_job(row: Row, hand: Hand) -> None:
    job = hand.one.jobs[1]
    row |= {"company": job.company.name, "job_title": job.title}
    if hand.one.work_mail:
        row["email"] = job.email


def moved(row: Row, hand: Hand) -> None:
    row |= {"city": hand.one.homes[1].city, "postcode": hand.one.homes[1].postcode}


def other_title(row: Row, hand: Hand) -> None:
    row["job_title"] = by_rank(hand.dice, hand.people.world.words["jobs"])


def other_email(row: Row, hand: Hand) -> None:
    row["email"] = hand.dice.choice(hand.one.emails[1:])


def other_phone(row: Row, hand: Hand) -> None:
    row["phone"] = hand.one.phones[1]


def disposable(row: Row, hand: Hand) -> None:
    row["email"] = hand.people.personal(hand.one.latin, by_share(hand.dice, hand.people.world.words["disposable"]))


def short_first_name(row: Row, hand: Hand) -> None:
    if hand.one.first.shorts:
        row["first_name"] = hand.dice.choice(hand.one.first.shorts)


def other_spelling(row: Row, hand: Hand) -> None:
    for field, name in (("first_name", hand.one.first), ("last_name", hand.one.last)):
        if name.spellings and row[field] == name.written:
            row[field] = hand.dice.choice(name.spellings)


def latin_letters(row: Row, hand: Hand) -> None:
    """Half in the person's own spelling, half in any."""
    own = hand.dice.random() < 0.5
    for number, field, name in ((0, "first_name", hand.one.first), (1, "last_name", hand.one.last)):
        row[field] = hand.one.latin[number] if own else hand.dice.choice(name.latin)


def swapped_names(row: Row, _: Hand) -> None:
    row["first_name"], row["last_name"] = row["last_name"], row["first_name"]


def initial(row: Row, hand: Hand) -> None:
    row["first_name"] = row["first_name"][:1] + hand.dice.choice(("", "."))


def name_in_one_field(row: Row, hand: Hand) -> None:
    whole = f"{row['first_name']} {row['last_name']}"
    here, there = ("first_name", "last_name") if hand.dice.random() < 0.5 else ("last_name", "first_name")
    row |= {here: "", there: whole}


def slip_in_name(row: Row, hand: Hand) -> None:
    field = hand.dice.choice(("first_name", "last_name"))
    row[field] = slip(row[field], hand.dice)


def slip_in_email(row: Row, hand: Hand) -> None:
    local, at, domain = row["email"].partition("@")
    if hand.dice.random() < 0.7:
        row["email"] = f"{slip(local, hand.dice)}{at}{domain}"
    else:
        row["email"] = f"{local}{at}{slip(domain, hand.dice)}"


def slip_in_phone(row: Row, hand: Hand) -> None:
    """One digit wrong, or two neighbours swapped; never the first three."""
    digits, place = list(row["phone"]), hand.dice.randrange(3, len(row["phone"]) - 1)
    if hand.dice.random() < 0.5:
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
    else:
        digits[place] = hand.dice.choice("0123456789".replace(digits[place], ""))
    row["phone"] = "".join(digits)


def slip_elsewhere(row: Row, hand: Hand) -> None:
    field = hand.dice.choice(("company", "city", "postcode"))
    row[field] = slip(row[field], hand.dice)


def gmail_marks(row: Row, hand: Hand) -> None:
    local, _, domain = row["email"].partition("@")
    if domain != "gmail.com":
        return
    place = hand.dice.randrange(1, len(local)) if len(local) > 1 else 1
    dotted = local.replace(".", "") if "." in local else f"{local[:place]}.{local[place:]}"
    tag = hand.dice.choice(("crm", "news", "web", "shop", "1"))
    row["email"] = f"{dotted if hand.dice.random() < 0.6 else f'{local}+{tag}'}@{domain}"


def case_and_space(row: Row, hand: Hand) -> None:
    """As phones and spreadsheets leave them: Capital or ALL CAPITALS, spaces around."""
    field = hand.dice.choice(("email", "email", "first_name", "last_name", "company"))
    row[field] = hand.dice.choice((str.upper, str.capitalize, str.lower, lambda text: f"{text} "))(row[field])


def phone_format(row: Row, hand: Hand) -> None:
    row["phone"] = written(hand.lang, row["phone"], hand.dice.randrange(6))


def legal_form(row: Row, hand: Hand) -> None:
    own, forms = hand.one.jobs[0].company.form, hand.people.world.words["legal_forms"]
    form = own if hand.dice.random() < 0.7 else by_rank(hand.dice, forms)
    row["company"] = f"{row['company']} {form}" if hand.lang == "en" else f"{form} {row['company']}"


def arabic_letters(row: Row, _: Hand) -> None:
    for field in ("first_name", "last_name", "company", "city", "job_title"):
        row[field] = row[field].translate(str.maketrans("یک", "يك"))


def persian_digits(row: Row, hand: Hand) -> None:
    digits = hand.dice.choice(("۰۱۲۳۴۵۶۷۸۹", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"))
    for field in ("phone", "postcode"):
        row[field] = row[field].translate(str.maketrans("0123456789", digits))


def no_half_space(row: Row, hand: Hand) -> None:
    for field in ("first_name", "last_name", "company"):
        row[field] = row[field].replace("\u200c", hand.dice.choice(("", " ")))


def _dropped(field: str) -> Callable[[Row, Hand], None]:
    def drop(row: Row, _: Hand) -> None:
        row[field] = ""

    return drop


def _dropped_contact(field: str, other: str) -> Callable[[Row, Hand], None]:
    """A lead has an address or a number; so one is left out only where the other stands."""

    def drop(row: Row, _: Hand) -> None:
        if row[other]:
            row[field] = ""

    return drop


FA = ("fa",)
# In the order in which they happen: first what is true of the person, then how it is written, then what is left out.
DAMAGES: Sequence[Damage] = (
    Damage("changed_job", (0.04, 0.08, 0.15), "next company and title; next address, if it is the work's", changed_job),
    Damage("moved", (0.02, 0.05, 0.10), "another town and postcode", moved),
    Damage("other_title", (0.05, 0.12, 0.25), "another job title", other_title),
    Damage("other_email", (0.10, 0.18, 0.30), "another own address at another provider", other_email),
    Damage("other_phone", (0.04, 0.10, 0.18), "another own number, the home's or the company's", other_phone),
    Damage("disposable", (0.003, 0.01, 0.03), "a throw-away address, a new one each time", disposable),
    Damage("short_first_name", (0.04, 0.10, 0.18), "a nickname, or one part of a double name", short_first_name),
    Damage("other_spelling", (0.04, 0.10, 0.18), "another spelling in the same script", other_spelling),
    Damage("latin_letters", (0.05, 0.12, 0.20), "in Latin letters, half in one's own spelling", latin_letters, FA),
    Damage("swapped_names", (0.01, 0.03, 0.06), "first and last name in each other's place", swapped_names),
    Damage("initial", (0.01, 0.04, 0.10), "the first name as its initial", initial),
    Damage("name_in_one_field", (0.01, 0.02, 0.05), "both names in one field", name_in_one_field),
    Damage("slip_in_name", (0.02, 0.07, 0.15), "one letter wrong, left out, doubled or swapped", slip_in_name),
    Damage("slip_in_email", (0.01, 0.04, 0.08), "the same in the address", slip_in_email),
    Damage("slip_in_phone", (0.01, 0.03, 0.07), "a digit wrong, or two swapped", slip_in_phone),
    Damage("slip_elsewhere", (0.02, 0.06, 0.12), "the same in company, town or postcode", slip_elsewhere),
    Damage("gmail_marks", (0.06, 0.10, 0.15), "dots or a +tag in an address at Gmail", gmail_marks),
    Damage("case_and_space", (0.15, 0.20, 0.30), "one field in capitals, small letters, a space after", case_and_space),
    Damage("phone_format", (0.40, 0.50, 0.60), "+44 or 0044, spaces, brackets: six ways a country", phone_format),
    Damage("legal_form", (0.20, 0.25, 0.35), "Ltd, Plc, شرکت … with the company", legal_form),
    Damage("arabic_letters", (0.10, 0.15, 0.25), "ي and ك for ی and ک", arabic_letters, FA),
    Damage("persian_digits", (0.10, 0.15, 0.20), "Persian or Arabic digits in phone and postcode", persian_digits, FA),
    Damage("no_half_space", (0.15, 0.25, 0.35), "half-spaces gone or written as spaces", no_half_space, FA),
    Damage("no_first_name", (0.01, 0.03, 0.07), "not asked or left out", _dropped("first_name")),
    Damage("no_last_name", (0.01, 0.03, 0.07), "left out", _dropped("last_name")),
    Damage("no_email", (0.03, 0.08, 0.15), "left out, where a number is given", _dropped_contact("email", "phone")),
    Damage("no_phone", (0.10, 0.20, 0.35), "left out, where an address is given", _dropped_contact("phone", "email")),
    Damage("no_company", (0.10, 0.20, 0.35), "left out", _dropped("company")),
    Damage("no_job_title", (0.20, 0.30, 0.45), "left out", _dropped("job_title")),
    Damage("no_city", (0.10, 0.20, 0.30), "left out", _dropped("city")),
    Damage("no_postcode", (0.20, 0.30, 0.45), "left out", _dropped("postcode")),
)  # fmt: skip


def fill_in(hand: Hand, level: str) -> Row:
    """One form as this person fills it in: what they usually write, with each damage by its chance."""
    one, column = hand.one, LEVELS.index(level)
    row = {
        "first_name": one.first.written, "last_name": one.last.written, "email": one.emails[0], "phone": one.phones[0],
        "company": one.jobs[0].company.name, "job_title": one.jobs[0].title,
        "city": one.homes[0].city, "postcode": one.homes[0].postcode,
    }  # fmt: skip
    for damage in DAMAGES:
        if hand.dice.random() < damage.chance[column] and hand.lang in damage.langs:
            damage.does(row, hand)
    return row


def table() -> list[str]:
    """The damages as a table in Markdown, in per cent of records."""
    head = ["| damage | mild | middling | heavy | what it does |", "|---|---|---|---|---|"]
    return head + [
        f"| `{one.name}` | {' | '.join(f'{100 * chance:g} %' for chance in one.chance)} | "
        f"{one.what}{'' if one.langs != FA else ' (Persian only)'} |"
        for one in DAMAGES
    ]


if __name__ == "__main__":
    print(*table(), sep="\n")
