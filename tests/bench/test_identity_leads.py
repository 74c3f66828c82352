"""Made-up leads: the same for a seed, damage as the table says, look-alikes that share what they should."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from bench.identity import cleaning, names
from bench.identity.damage import DAMAGES, LEVELS, Hand, fill_in, table
from bench.identity.leads import COLUMNS, Dataset, make, write
from bench.identity.lookalikes import KINDS, plant
from bench.identity.ours import MissingError
from bench.identity.people import People
from bench.identity.seeds import REPORT_SEEDS, TUNING_SEED
from bench.identity.slips import slip
from bench.identity.world import World, written

ROOT = Path(__file__).parents[2]
SEED = 5  # neither for tuning nor for reports


def people_of(lang: str) -> People:
    dice = Random(SEED)
    return People(World(lang, 60, dice), dice)


@pytest.fixture(scope="module", params=["en", "fa"])
def mild(request: pytest.FixtureRequest) -> Dataset:
    return make(request.param, 600, "mild", SEED)


def test_nobody_tunes_on_what_is_reported() -> None:
    assert TUNING_SEED not in REPORT_SEEDS


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_all_follows_from_the_seed(lang: str) -> None:
    assert make(lang, 200, "heavy", SEED) == make(lang, 200, "heavy", SEED)
    assert make(lang, 200, "heavy", SEED).rows != make(lang, 200, "heavy", SEED + 1).rows


def test_each_level_damages_the_same_people_more() -> None:
    sets = [make("en", 400, level, SEED) for level in LEVELS]
    assert sets[0].truth == sets[1].truth == sets[2].truth
    assert sets[0].lookalikes == sets[2].lookalikes
    filled = [sum(bool(value) for row in data.rows for value in row.values()) for data in sets]
    assert filled == sorted(filled, reverse=True)


def test_rows_come_in_time_order_with_the_columns_of_a_crm_and_a_way_to_reach_the_lead(mild: Dataset) -> None:
    times = [row["created_at"] for row in mild.rows]
    assert (len(mild.rows), times) == (600, sorted(times))
    assert all(set(row) == set(COLUMNS) for row in mild.rows)
    assert all(row["email"] or row["phone"] for row in mild.rows)


def test_persian_names_are_persian_and_their_addresses_latin() -> None:
    rows = make("fa", 400, "mild", SEED).rows
    persian = [row for row in rows if re.search("[\u0600-\u06ff]", row["first_name"] + row["last_name"])]
    assert 0.85 < len(persian) / len(rows) < 0.99
    assert all(row["email"].isascii() for row in rows)


@pytest.mark.parametrize("lang, common, share", [("en", "Smith", (0.005, 0.03)), ("fa", "محمدی", (0.005, 0.03))])
def test_common_names_are_as_common_as_in_the_world(lang: str, common: str, share: tuple[float, float]) -> None:
    dice = Random(SEED)
    drawn = Counter(names.last_names(lang).draw(dice).written for _ in range(20_000))
    assert share[0] < drawn[common] / 20_000 < share[1]
    assert len(drawn) > 1_000


def test_lookalikes_share_what_their_kind_says_and_are_two_people() -> None:
    for lang in ("en", "fa"):
        people, dice = people_of(lang), Random(SEED)
        for kind in KINDS:
            one, other = kind.plant(people.draw(), people, dice)
            shared = {
                "mail": one.emails[0] == other.emails[0],
                "phone": one.phones[0] == other.phones[0],
                "name": (one.first, one.last) == (other.first, other.last),
            }
            wanted = {"company_mailbox": "mail", "family_mailbox": "mail", "same_name": "name"}.get(kind.name, "phone")
            assert [name for name, same in shared.items() if same] == [wanted]
            assert one.id != other.id


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_two_people_have_one_mailbox_only_where_a_lookalike_is_planted_so(lang: str) -> None:
    people, dice = people_of(lang), Random(SEED)
    owner: dict[str, int] = {}
    for number in range(4_000):
        one = people.draw()
        planted, kind = plant(one, people, dice) if number % 10 == 0 else ((one,), "")
        for person in planted:
            shared = person.emails[:1] if kind in {"company_mailbox", "family_mailbox"} else ()
            own = {cleaning.email(email) for email in person.emails if email not in shared}
            assert [box for box in own if owner.setdefault(box, person.id) != person.id] == []


def test_without_luck_a_form_says_what_is_true() -> None:
    class NoLuck(Random):
        def random(self) -> float:
            return 1.0

    people = people_of("en")
    one = people.draw()
    row = fill_in(Hand(one, people, NoLuck(SEED)), "heavy")
    assert (row["first_name"], row["email"], row["phone"]) == (one.first.written, one.emails[0], one.phones[0])


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_every_damage_does_something_and_keeps_a_way_to_reach_the_lead(lang: str) -> None:
    people, dice = people_of(lang), Random(SEED)
    for damage in DAMAGES:
        if lang not in damage.langs:
            continue
        assert list(damage.chance) == sorted(damage.chance)
        changed = 0
        for _ in range(150):
            hand = Hand(people.draw(), people, dice)
            row = before = fill_in(hand, "mild")
            damage.does(row := dict(before), hand) if before["email"] and before["phone"] else None
            assert row["email"] or row["phone"]
            changed += row != before
        assert changed, damage.name


@pytest.mark.parametrize("lang, number", [("en", "07911123456"), ("fa", "09121234567")])
def test_a_number_is_the_same_in_each_way_to_write_it(lang: str, number: str) -> None:
    assert {cleaning.phone(written(lang, number, form)) for form in range(6)} == {number[-10:]}


def test_a_slip_changes_one_place_and_never_the_first_letter() -> None:
    dice = Random(SEED)
    for text in ("Johnson", "محمدی", "ab"):
        slipped = [slip(text, dice) for _ in range(50)]
        assert all(one[0] == text[0] and abs(len(one) - len(text)) <= 1 for one in slipped)
    assert slip("ab", dice) == "ab"


@pytest.mark.parametrize(
    "clean, value, wanted",
    [
        (cleaning.email, " An.Na+x@Gmail.com", "anna@gmail.com"),
        (cleaning.email, "an.na@acme.example", "an.na@acme.example"),
        (cleaning.email, "nobody", ""),
        (cleaning.phone, "۰۹۱۲ ۱۲۳ ۴۵۶۷", "9121234567"),
        (cleaning.phone, "+44 (0)7911 123456", "7911123456"),
        (cleaning.company, "Acme Foods Ltd.", "acme foods"),
        (cleaning.company, "شركت پارس پليمر", "پارس پلیمر"),
        (cleaning.text, "حسن‌زاده", "حسن زاده"),
    ],
)
def test_peers_get_details_in_one_form(clean: object, value: str, wanted: str) -> None:
    assert callable(clean)
    assert clean(value) == wanted


def test_files_hold_the_answers_apart_from_the_leads(tmp_path: Path, mild: Dataset) -> None:
    with write(mild, tmp_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == mild.rows
    assert (tmp_path / "truth.csv").read_text().split()[1:] == [str(person) for person in mild.truth]


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.identity import ours

    monkeypatch.setattr(ours, "MATCHER", "verification.no_such_place.bulk")
    with pytest.raises(MissingError, match="is not there yet"):
        ours.solve([])


def test_the_docs_show_the_table_of_damages_and_each_kind_of_lookalike() -> None:
    page = (ROOT / "docs/identity.md").read_text("utf-8")
    assert [line for line in table() if line not in page] == []
    assert [kind.name for kind in KINDS if f"| `{kind.name}` | {kind.share} % | {kind.what} |" not in page] == []
