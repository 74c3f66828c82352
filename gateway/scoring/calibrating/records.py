"""What a calibration is given and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

LEAST_EACH = 50  # won leads, and lost ones, before points may be adopted
LEAK_AUC = 0.95  # nobody foresees customers that well: some fact was written down after the outcome
DOUBLES_EVERY = 10  # points that double the odds of winning
MOST_POINTS = 100  # as in a rulebook

LOST, WON, OPEN = 0, 1, 2


class NothingToLearnError(ValueError):
    """No lead was won, or none was lost. `code`: `none_won` or `none_lost`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Leads:
    """Leads as they were at intake, in any order. has: lead after lead a byte a rule, 1 where its rule applied, else 0;
    outcome: a byte a lead, LOST, WON or OPEN (no outcome yet, or never worked)."""

    rules: tuple[str, ...]
    has: bytes
    outcome: bytes


@dataclass(frozen=True)
class Sorted:
    """A site's leads by what became of them; tests, merged and erased ones are in none of these. won and lost are
    learnt from, `explored` of them came to sales by exploration. Left out: bad (no outcome of selling), customers
    (before the hand-over), early (their outcome is older than all we know of them), disqualified, open (handed over,
    no outcome yet), never (handed to nobody, no outcome)."""

    won: int = 0
    lost: int = 0
    explored: int = 0
    bad: int = 0
    customers: int = 0
    early: int = 0
    disqualified: int = 0
    open: int = 0
    never: int = 0


@dataclass(frozen=True)
class Said:
    """Words of the catalogue: `calibration.<code>`."""

    code: str
    params: Mapping[str, Any] = made(default_factory=dict)


@dataclass(frozen=True)
class LearntRule:
    """One rule's points. leads: how many had it, of these `won` and `lost`, the rest open. error: how far the learnt
    points may be off by chance, one standard deviation in points. note: `never` or `always` (all leads with an
    outcome are alike in it, so its points stay), or empty. both: the two rules that a found pair joins. times: how
    often it counts for a lead that has it; all points, and the error, are of one time."""

    rule: str
    in_force: int
    points: int
    leads: int
    won: int
    lost: int
    error: float
    note: str = ""
    both: tuple[str, str] | None = None
    times: float = 1.0


@dataclass(frozen=True)
class Comparison:
    """Learnt points beside those in force, each lead judged by points that were learnt without it.

    auc: how often, 0–1, a won lead stands above a lost one. loss: mean negative log-likelihood a lead, in nats, with
    the scale of the points in force fitted too, so that they are not blamed for it. gain: learnt over in force, above
    0 is better; error: its standard error (Nadeau and Bengio 2003: leads train several folds). chance: how likely
    chance alone would speak so strongly against the points in force, 0–1."""

    auc_in_force: float
    auc: float
    auc_gain: float
    auc_error: float
    loss_in_force: float
    loss: float
    loss_gain: float
    loss_error: float
    chance: float


@dataclass(frozen=True)
class Band:
    """A tenth of the leads, the highest score first. won: may be a fraction where equal scores lie across a border.
    lift: its rate over the rate of all. reached: the share of all won leads down to here."""

    leads: int
    won: float
    rate: float
    lift: float
    reached: float


@dataclass(frozen=True)
class Reliability:
    """Leads of nearly the same expected rate: what was expected, what came, and the 95 % interval of what came
    (Wilson)."""

    leads: int
    expected: float
    came: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """What was learnt. `rules` in the order given, found pairs after them; spread: how far, in points, the fit let a
    rule move from those in force (one standard deviation; chosen by cross-validation); rate_at_zero: how many of 100
    leads with a score of 0 become customers, as a share. comparison: None where too few leads have an outcome."""

    won: int
    lost: int
    open: int
    rules: tuple[LearntRule, ...]
    adopt: bool
    why: Said
    warnings: tuple[Said, ...]
    spread: int
    rate_at_zero: float
    comparison: Comparison | None = None
    lift: tuple[Band, ...] = ()
    lift_in_force: tuple[Band, ...] = ()
    reliability: tuple[Reliability, ...] = ()

    @property
    def points(self) -> dict[str, int]:
        return {rule.rule: rule.points for rule in self.rules}
