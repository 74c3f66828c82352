"""Leads that are alike in every rule put together, and dealt into folds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gateway.scoring.calibrating.records import LOST, OPEN, WON, Leads

Floats = NDArray[np.float64]

FOLDS = 5
_SEED = 1


@dataclass(frozen=True)
class Cells:
    """has: a row a kind of lead, a column a rule, 0 or 1. won, lost: how many of each kind, a column a fold."""

    has: Floats
    won: Floats
    lost: Floats

    @cached_property
    def all_won(self) -> Floats:
        return np.asarray(self.won.sum(axis=1))

    @cached_property
    def all_lost(self) -> Floats:
        return np.asarray(self.lost.sum(axis=1))

    @property
    def folds(self) -> int:
        return int(self.won.shape[1])

    def without(self, *folds: int) -> tuple[Floats, Floats]:
        """How many were won and lost of each kind, these folds left out."""
        gone = list(folds)
        return self.all_won - self.won[:, gone].sum(axis=1), self.all_lost - self.lost[:, gone].sum(axis=1)

    def joined(self, pairs: list[tuple[int, int]]) -> Cells:
        """With a column more for each pair of columns: 1 where both are."""
        more = [self.has[:, one] * self.has[:, other] for one, other in pairs]
        return replace(self, has=np.column_stack([self.has, *more])) if more else self


def matrix(leads: Leads) -> NDArray[np.uint8]:
    """A row a lead, a column a rule."""
    return np.frombuffer(leads.has, np.uint8).reshape(len(leads.outcome), len(leads.rules))


def cells_of(leads: Leads, columns: NDArray[np.intp]) -> Cells:
    """The leads with an outcome by these columns. The order of the leads changes nothing."""
    outcome = np.frombuffer(leads.outcome, np.uint8)
    rows = matrix(leads)[outcome != OPEN][:, columns]
    packed = np.packbits(rows, axis=1) if len(columns) else np.zeros((len(rows), 1), np.uint8)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    known = outcome[outcome != OPEN]
    folds = max(1, min(FOLDS, int((known == WON).sum()), int((known == LOST).sum())))
    counts = [_dealt(np.bincount(kind[known == what], minlength=len(first)), folds) for what in (WON, LOST)]
    return Cells(rows[first].astype(np.float64), *counts)


def _dealt(counts: NDArray[np.intp], folds: int) -> Floats:
    """How many of each kind fall into each fold: all as large as each other, and by a draw that knows no kinds, or
    chance in the one would be found again in the other."""
    kinds = np.repeat(np.arange(len(counts)), counts)
    drawn = np.random.RandomState(_SEED).permutation(kinds)  # its stream is frozen: the same in every numpy
    dealt = [np.bincount(drawn[fold::folds], minlength=len(counts)) for fold in range(folds)]
    return np.column_stack(dealt).astype(np.float64)
