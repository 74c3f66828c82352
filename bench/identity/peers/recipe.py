"""recordlinkage's documented recipe: block on the first name, compare six fields, together from four that agree.

https://recordlinkage.readthedocs.io/en/latest/guides/data_deduplication.html, word for word on FEBRL; on leads with the
same thresholds for a lead's fields: address and number for date of birth and state, company for the address.
"""

from __future__ import annotations

import time

import pandas
import recordlinkage

from bench.identity.answer import Answer, Row, best_earlier, components
from bench.identity.cleaning import clean

AGREEING = 3  # "matches = features[features.sum(axis=1) > 3]"


def solve(rows: list[Row]) -> Answer:
    febrl = "soc_sec_id" in rows[0]
    began = time.perf_counter()
    frame = pandas.DataFrame(rows if febrl else [clean(row) for row in rows]).replace("", None)
    blocks = recordlinkage.Index()
    blocks.block(left_on="first_name")
    compare = _febrl() if febrl else _lead(set(frame.columns))
    agreeing = compare.compute(blocks.index(frame), frame).sum(axis=1)
    agreeing = agreeing[agreeing > AGREEING]
    scored = [(int(one), int(other), float(sum_)) for (one, other), sum_ in agreeing.items()]
    clusters = components(len(rows), [pair[:2] for pair in scored])
    seconds = time.perf_counter() - began
    return Answer({"": clusters}, seconds, {"": best_earlier(len(rows), scored, AGREEING)})


def _febrl() -> recordlinkage.Compare:
    compare = recordlinkage.Compare()
    compare.exact("first_name", "first_name")
    compare.string("last_name", "last_name", method="jarowinkler", threshold=0.85)
    compare.exact("date_of_birth", "date_of_birth")
    compare.exact("city", "city")
    compare.exact("state", "state")
    compare.string("address_1", "address_1", threshold=0.85)
    return compare


def _lead(columns: set[str]) -> recordlinkage.Compare:
    compare = recordlinkage.Compare()
    compare.exact("first_name", "first_name")
    compare.string("last_name", "last_name", method="jarowinkler", threshold=0.85)
    for column in columns & {"email", "phone", "city", "date_of_birth"}:
        compare.exact(column, column)
    if "company" in columns:
        compare.string("company", "company", threshold=0.85)
    return compare
