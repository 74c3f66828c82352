"""Whether learnt points deserve to be used, and what to be wary of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.scoring.calibrating.records import LEAK_AUC, LEAST_EACH, Comparison, LearntRule, Said

CHANCE = 0.01
FEW_LEADS = 10  # that have a rule


def decide(won: int, lost: int, rules: Sequence[LearntRule], found: Comparison | None) -> tuple[bool, Said]:
    """Enough won and lost leads; points that differ; better by more than the standard error, both in the order of
    leads and in what is expected of each; and more than chance finds in 99 of 100 tables without any sense."""
    if found is None or min(won, lost) < LEAST_EACH:
        return False, Said("too_few", {"won": won, "lost": lost, "needed": LEAST_EACH})
    if all(rule.points == rule.in_force for rule in rules):
        return False, Said("unchanged")
    params = {name: round(100 * value, 1) for name, value in (
        ("before", found.auc_in_force), ("after", found.auc), ("error", found.auc_error),
    )}  # fmt: skip
    if found.auc_gain <= found.auc_error:
        return False, Said("not_better", params)
    if found.loss_gain <= found.loss_error:
        return False, Said("not_surer", params)
    if found.chance >= CHANCE:
        return False, Said("by_chance", {"percent": round(100 * found.chance, 1)})
    return True, Said("adopted", params)


def warnings(
    rules: Sequence[LearntRule], still: int, found: Comparison | None, alone: tuple[str, float] | None
) -> tuple[Said, ...]:
    """alone: the rule that tells most by itself, and its AUC."""
    return tuple(_warnings(rules, still, found, alone))


def _warnings(
    rules: Sequence[LearntRule], still: int, found: Comparison | None, alone: tuple[str, float] | None
) -> Iterator[Said]:
    if found is not None and found.auc > LEAK_AUC and alone is not None:
        yield Said("leak", {"percent": round(100 * found.auc, 1), "rule": alone[0], "alone": round(100 * alone[1], 1)})
    if still:
        yield Said("open", {"count": still})
    rare = [rule.rule for rule in rules if not rule.note and rule.won + rule.lost < FEW_LEADS]
    if rare:
        yield Said("rare", {"rules": ", ".join(rare), "needed": FEW_LEADS})
    silent = [rule.rule for rule in rules if rule.note]
    if silent:
        yield Said("silent", {"rules": ", ".join(silent)})
