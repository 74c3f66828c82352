"""How good are learnt points on leads that they have not seen? Two public tables, and a fit's time.

    make bench-learning ARGS="--education Leads.csv --bank bank-additional-full.csv"

For each table a fixed third is held out (by a hash of the row's number). On it: AUC of the points that a marketer gave
before seeing outcomes (`lead_tables`), of the learnt scorecard, of the same fit before rounding, and of gradient
boosting, on the rules and on the columns behind them; and the won rate of five bands of the learnt score, whose borders
are those of the other two thirds: A above four fifths of their leads, and so on down to E.
"""

from __future__ import annotations

import argparse
import random
import statistics
from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from bench.scoring.lead_tables import LeadTable, Row, number
from bench.scoring.lead_tables.bank import BANK
from bench.scoring.lead_tables.education import EDUCATION
from gateway.scoring.calibrating.calibrate import calibrate
from gateway.scoring.calibrating.cells import Cells, Floats
from gateway.scoring.calibrating.records import Calibration, Leads
from gateway.scoring.calibrating.ridge import LOG_ODDS, Pull, fit

HELD_OUT = 256 // 3  # of the 256 values of the hash's first byte
GRADES = "ABCDE"
SIZES = (100, 200, 400, 800, 1600, 3200)


@dataclass(frozen=True)
class Part:
    """Rules as 0 and 1, the columns behind them, and the outcome."""

    has: Floats
    raw: np.ndarray
    won: np.ndarray


def read(table: LeadTable, path: Path, doubtful: bool) -> tuple[Part, Part]:
    """Those to learn from, and those held out."""
    parts: tuple[list[Row], list[Row]] = ([], [])
    for place, row in enumerate(table.rows(path)):
        held = blake2b(str(place).encode(), digest_size=1).digest()[0] < HELD_OUT
        parts[held].append(row)
    learn, held_out = (_part(table, rows, doubtful) for rows in parts)
    return learn, held_out


def _part(table: LeadTable, rows: list[Row], doubtful: bool) -> Part:
    rules = [rule for rule in table.rules if doubtful or not rule.doubtful]
    words = [name for name in table.words if doubtful or name not in table.doubtful]
    has = np.array([[rule.holds(row) for rule in rules] for row in rows], float)
    numbers = [[number(row[name]) if row[name].strip() else None for name in table.numbers] for row in rows]
    raw = [[*some, *(row[name] for name in words)] for some, row in zip(numbers, rows, strict=True)]
    return Part(has, np.array(raw, object), np.array([row[table.outcome] == table.won for row in rows]))


def measure(table: LeadTable, path: Path, doubtful: bool = False) -> None:
    learn, held = read(table, path, doubtful)
    rules = [rule for rule in table.rules if doubtful or not rule.doubtful]
    by_hand = {rule.code: rule.points for rule in rules}
    leads = Leads(tuple(by_hand), learn.has.astype(np.uint8).tobytes(), learn.won.astype(np.uint8).tobytes())
    begun = process_time()
    found = calibrate(leads, by_hand)
    seconds = process_time() - begun
    size = f"{len(learn.won)} leads to learn from ({learn.won.sum()} won), {len(held.won)} held out ({held.won.sum()})"
    print(
        f"\n{table.name}{' with doubtful columns' if doubtful else ''}: {size}, {len(rules)} rules, {seconds:.2f} s CPU"
    )
    wary = ", ".join(one.code for one in found.warnings)
    print(f"adopt: {found.adopt} ({found.why.code}), spread {found.spread}, warnings: {wary}")
    _tell_aucs(
        found, learn, held, np.array(list(by_hand.values()), float), words=len(learn.raw[0]) - len(table.numbers)
    )
    _tell_bands(np.array(list(found.points.values()), float), learn, held)
    _tell_growth(learn, held, by_hand)
    paired = calibrate(leads, by_hand, pairs=True)
    pairs = [(rule.rule, rule.points) for rule in paired.rules if rule.both]
    joined = [learn_both(held.has, list(by_hand), rule.both) for rule in paired.rules if rule.both]
    score = np.column_stack([held.has, *joined]) @ np.array(list(paired.points.values()), float)
    print(f"with pairs: {roc_auc_score(held.won, score):.4f} {pairs}")
    print("points (by hand → learnt ± chance): " + ", ".join(
        f"{rule.rule} {rule.in_force}→{rule.points}±{rule.error:.0f}" for rule in found.rules
    ))  # fmt: skip


def learn_both(has: Floats, rules: list[str], both: tuple[str, str]) -> Floats:
    return np.asarray(has[:, rules.index(both[0])] * has[:, rules.index(both[1])])


def _tell_aucs(found: Calibration, learn: Part, held: Part, by_hand: Floats, *, words: int) -> None:
    points = np.array(list(found.points.values()), float)
    won = learn.won.astype(float)
    unrounded = fit(learn.has, won, 1 - won, Pull(by_hand * LOG_ODDS, found.spread))[1:]
    on_rules = _boosted(learn.has, learn.won, words=0)
    on_columns = _boosted(learn.raw, learn.won, words=words)
    aucs = {
        "by hand": held.has @ by_hand,
        "learnt, whole points": held.has @ points,
        "learnt, unrounded": held.has @ unrounded,
        "boosting on the rules": on_rules.predict_proba(held.has)[:, 1],
        "boosting on the columns": on_columns.predict_proba(held.raw)[:, 1],
    }
    for name, score in aucs.items():
        print(f"  {name:25} AUC {roc_auc_score(held.won, score):.4f}")
    assert found.comparison is not None
    print(f"  inner cross-validation: {found.comparison.auc_in_force:.4f} by hand, {found.comparison.auc:.4f} learnt")


def _boosted(values: np.ndarray, won: np.ndarray, *, words: int) -> GridSearchCV:
    """Gradient boosting, its depth chosen by cross-validation on the leads to learn from."""
    columns = values.shape[1]
    coded = list(range(columns - words, columns))
    coding = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=200)
    front = make_column_transformer((coding, coded), remainder="passthrough", verbose_feature_names_out=False)
    model = HistGradientBoostingClassifier(
        categorical_features=list(range(words)) or None,
        early_stopping=True,
        random_state=1,
        max_iter=500,
        learning_rate=0.06,
    )
    ways = {"histgradientboostingclassifier__max_leaf_nodes": [4, 8, 31]}
    numbers = values if not words else np.where(np.equal(values, None), np.nan, values)
    return GridSearchCV(make_pipeline(front, model), ways, scoring="roc_auc", cv=3).fit(numbers, won)


def _tell_bands(points: Floats, learn: Part, held: Part) -> None:
    borders = np.quantile(learn.has @ points, [0.8, 0.6, 0.4, 0.2])
    score = held.has @ points
    band = (score[:, None] <= borders).sum(axis=1)
    told = [
        f"{letter} {held.won[band == place].mean():.3f} of {(band == place).sum()}"
        for place, letter in enumerate(GRADES)
        if (band == place).any()
    ]
    print("  won rate by band: " + ", ".join(told))


def _tell_growth(learn: Part, held: Part, by_hand: dict[str, int]) -> None:
    """Learnt from the first leads alone: how many does it take?"""
    told = []
    for size in SIZES:
        has, won = (values[:size].astype(np.uint8).tobytes() for values in (learn.has, learn.won))
        found = calibrate(Leads(tuple(by_hand), has, won), by_hand)
        score = held.has @ np.array(list(found.points.values()), float)
        told.append(f"{size} ({found.won} won) {roc_auc_score(held.won, score):.3f} {found.why.code}")
    print("  learnt from fewer: " + ", ".join(told))


def time_fit(leads: int, rules: int, runs: int = 5) -> None:
    """All of a calibration, cross-validation and curves too, on made-up leads."""
    chance = random.Random(1)
    weights, shares = [chance.gauss(0, 10) for _ in range(rules)], [chance.uniform(0.05, 0.4) for _ in range(rules)]
    has, outcome = bytearray(), bytearray()
    for _ in range(leads):
        row = [chance.random() < share for share in shares]
        odds = sum(weight for weight, mark in zip(weights, row, strict=True) if mark) * LOG_ODDS
        has.extend(row)
        outcome.append(chance.random() < 1 / (1 + exp(-odds)))
    table = Leads(tuple(f"rule_{place}" for place in range(rules)), bytes(has), bytes(outcome))
    cells = Cells(np.frombuffer(table.has, np.uint8).reshape(leads, rules).astype(float), *np.zeros((2, leads, 1)))
    won = np.frombuffer(table.outcome, np.uint8).astype(float)
    wall, cpu, alone = [], [], []
    for _ in range(runs):
        begun, begun_cpu = perf_counter(), process_time()
        calibrate(table, {})
        wall.append(perf_counter() - begun)
        cpu.append(process_time() - begun_cpu)
        begun_cpu = process_time()
        fit(cells.has, won, 1 - won, Pull(np.zeros(rules), 16))
        alone.append(process_time() - begun_cpu)
    whole, used, one = (statistics.median(times) for times in (wall, cpu, alone))
    print(f"{leads} leads × {rules} rules, median of {runs}: calibrate {whole:.2f} s by the clock, {used:.2f} s CPU; "
          f"one fit {one:.3f} s CPU")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--education", type=Path, metavar="Leads.csv")
    parser.add_argument("--bank", type=Path, metavar="bank-additional-full.csv")
    given = parser.parse_args()
    with threadpool_limits(1):  # two threads on a busy machine wait for each other
        run(given)


def run(given: argparse.Namespace) -> None:
    time_fit(10_000, 40)
    if given.education:
        measure(EDUCATION, given.education)
        measure(EDUCATION, given.education, doubtful=True)
    if given.bank:
        measure(BANK, given.bank)


if __name__ == "__main__":
    main()
