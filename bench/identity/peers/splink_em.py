"""Splink 5 on DuckDB: trained on the rows themselves, without answers, then clustered at many thresholds."""

from __future__ import annotations

import time
from math import log2

import pyarrow
from splink import DuckDBAPI, Linker

from bench.identity.answer import Answer, Row, best_earlier, components
from bench.identity.peers import splink_models

FIXED = 0.95  # the probability that its examples cluster at
WEIGHTS = (*range(-12, 21), *range(22, 42, 2))  # log₂ odds, to pick the best from
SEED = 1


def solve(rows: list[Row]) -> Answer:
    began = time.perf_counter()
    scored = _scored(rows)
    first = components(len(rows), [pair[:2] for pair in scored if pair[2] >= _weight(FIXED)])
    answer = Answer({f"{FIXED}": first}, time.perf_counter() - began, picks=True)
    answer.arrivals[f"{FIXED}"] = best_earlier(len(rows), scored, _weight(FIXED))
    for weight in WEIGHTS:
        kept = [pair for pair in scored if pair[2] >= weight]
        answer.clusters[f"2^{weight}"] = components(len(rows), [pair[:2] for pair in kept])
        answer.arrivals[f"2^{weight}"] = best_earlier(len(rows), kept, weight)
    answer.note = "links at arrival: the likeliest earlier row, by a model trained on all rows, later ones too"
    return answer


def _weight(probability: float) -> float:
    return log2(probability / (1 - probability))


def _scored(rows: list[Row]) -> list[tuple[int, int, float]]:
    model = splink_models.model(rows)
    api = DuckDBAPI()
    linker = Linker(api.register(pyarrow.Table.from_pylist(splink_models.prepared(rows))), model.settings())
    training = linker.training
    training.estimate_probability_two_random_records_match(list(model.certain), recall=model.recall)
    training.estimate_u_using_random_sampling(max_pairs=model.pairs, seed=SEED)
    for rule in model.training:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=model.frequencies_in_training
        )
    found = linker.inference.predict(threshold_match_weight=min(WEIGHTS))
    table = found.as_duckdbpyrelation().select("row_l, row_r, match_weight").fetchall()
    return [(int(one), int(other), float(weight)) for one, other, weight in table]
