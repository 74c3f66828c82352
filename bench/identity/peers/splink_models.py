"""How Splink is set up for each sort of data: by its own documentation, with the comparisons made for such columns.

Leads have no example there. Theirs follows "Linking a dataset of real historical persons" (names compared together with
term frequencies of the whole name, ten blocking rules, rules and recall for the prior, EM twice) with the library's own
comparisons for address and postcode, and the tutorial's for the town. FEBRL is the documentation's example "febrl3" and
fake_1000 its tutorial, word for word but for the names of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import splink.comparison_library as cl
from splink import SettingsCreator, block_on

from bench.identity.answer import Row
from bench.identity.cleaning import clean

SWAPPED = "l.first_name = r.last_name and l.last_name = r.first_name"


@dataclass(frozen=True)
class Model:
    """`certain` rules hold for nearly true pairs alone and find `recall` of them; EM is run on each of `training`."""

    comparisons: Sequence[cl.ComparisonCreator]
    blocking: Sequence[object]
    certain: Sequence[object]
    recall: float
    training: Sequence[object]
    pairs: float = 1e7  # sampled for the chance of agreeing by accident
    frequencies_in_training: bool = True
    extra: dict[str, str] = field(default_factory=dict)

    def settings(self) -> SettingsCreator:
        return SettingsCreator(
            link_type="dedupe_only", comparisons=list(self.comparisons), unique_id_column_name="row",
            blocking_rules_to_generate_predictions=list(self.blocking), retain_matching_columns=False,
        )  # fmt: skip


def model(rows: list[Row]) -> Model:
    if "soc_sec_id" in rows[0]:
        return febrl()
    return fake_1000() if "date_of_birth" in rows[0] else leads(rows)


def prepared(rows: list[Row]) -> list[dict[str, object]]:
    """Leads cleaned, with the whole name as a column for its frequencies; missing ones as null."""
    as_leads = "date_of_birth" not in rows[0]
    out: list[dict[str, object]] = []
    for number, row in enumerate(rows):
        one = clean(row) if as_leads else row
        both = f"{one['first_name']} {one['last_name']}" if one["first_name"] and one["last_name"] else ""
        out.append({"row": number} | {key: value or None for key, value in (one | {"name": both}).items()})
    return out


def leads(rows: list[Row]) -> Model:
    """Postcodes with letters are British and compared as such; others by their digits."""
    lettered = sum(any(sign.isascii() and sign.isalpha() for sign in row["postcode"]) for row in rows) > len(rows) / 4
    return Model(
        comparisons=(
            cl.ForenameSurnameComparison("first_name", "last_name", forename_surname_concat_col_name="name"),
            cl.EmailComparison("email").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("phone", [1]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("company", [0.92, 0.85]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("job_title").configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.PostcodeComparison("postcode") if lettered else cl.DamerauLevenshteinAtThresholds("postcode", [1]),
        ),
        blocking=(
            block_on("email"), block_on("phone"), block_on("first_name", "last_name"), SWAPPED,
            block_on("last_name", "company"), block_on("first_name", "company"),
            block_on("last_name", "postcode"), block_on("first_name", "postcode"),
            block_on("substr(first_name,1,3)", "substr(last_name,1,4)"),
            block_on("split_part(email, '@', 1)", "substr(last_name,1,2)"),
        ),
        certain=(
            block_on("email", "last_name"), block_on("phone", "last_name"),
            block_on("first_name", "last_name", "postcode"),
        ),
        recall=0.7,
        training=(block_on("first_name", "last_name"), block_on("email")),
    )  # fmt: skip


def febrl() -> Model:
    """docs/demos/examples/duckdb/febrl3 as of 5.0.0."""
    return Model(
        comparisons=(
            cl.NameComparison("first_name"),
            cl.NameComparison("last_name"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ),
        blocking=[block_on(one) for one in ("soc_sec_id", "first_name", "last_name", "date_of_birth", "postcode")],
        certain=(
            block_on("soc_sec_id"), block_on("first_name", "last_name", "date_of_birth"),
            f"{SWAPPED} and l.date_of_birth = r.date_of_birth",
        ),
        recall=0.9,
        training=(block_on("date_of_birth"), block_on("postcode")),
        pairs=1e6,
        frequencies_in_training=False,
    )  # fmt: skip


def fake_1000() -> Model:
    """docs/demos/tutorials/04_Estimating_model_parameters as of 5.0.0."""
    return Model(
        comparisons=(
            cl.NameComparison("first_name"),
            cl.NameComparison("last_name"),
            cl.LevenshteinAtThresholds("date_of_birth", 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ),
        blocking=(block_on("first_name", "city"), block_on("last_name"), block_on("date_of_birth")),
        certain=(
            block_on("first_name", "date_of_birth"),
            "l.first_name = r.first_name and levenshtein(r.last_name, l.last_name) <= 2",
            block_on("email"),
        ),
        recall=0.7,
        training=(block_on("first_name", "last_name"), block_on("date_of_birth")),
        pairs=1e6,
        frequencies_in_training=False,
    )  # fmt: skip
