"""Ours: the one place where the bench touches the matcher, by two functions of `verification.matching.bulk`.

`cluster(rows)`: rows are dicts of str with first_name, last_name, email, phone, company, job_title, city, postcode and
created_at (missing: "" or absent); gives a cluster's number for each row, in order. `arrivals(rows)`: rows in the order
of their coming; gives for each the index of the earlier row that it is linked to, or None, having seen nothing later.
Further columns of FEBRL and fake_1000 are handed over under the names that `sarnakh dedupe --map` would give them.
"""

from __future__ import annotations

import importlib
import time

from bench.identity.answer import Answer, Row

MATCHER = "verification.matching.bulk"
_ADDRESS = ("street_number", "address_1", "address_2")  # FEBRL's, written as one


class MissingError(Exception):
    """Whom there is nothing to measure of yet; the words say why."""


def solve(rows: list[Row]) -> Answer:
    """Raises MissingError where the matcher is not there."""
    try:
        matcher = importlib.import_module(MATCHER)
    except ModuleNotFoundError as error:
        if error.name is None or not MATCHER.startswith(error.name):
            raise
        raise MissingError(f"{MATCHER} is not there yet") from error
    rows = [_named(row) for row in rows]
    began = time.perf_counter()
    clusters = [int(number) for number in matcher.cluster(rows)]
    clustered = time.perf_counter()
    links = list(matcher.arrivals(rows))
    return Answer({"": clusters}, clustered - began, {"": links}, time.perf_counter() - clustered)


def _named(row: Row) -> Row:
    """FEBRL's street and number of insurance under the names that a file of leads has; other rows as they are."""
    if "soc_sec_id" not in row:
        return row
    address = " ".join(row[part] for part in _ADDRESS if row.get(part))
    return {**row, "address": address, "national_id": row["soc_sec_id"]}
