"""From findings to one verdict: accept, hold or reject (rules 14–17), with every finding kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal, cast, get_args

from verification.checks import CHECKS, Check, source_of
from verification.evidence import Evidence, Finding

Decision = Literal["accept", "hold", "reject"]
Confirm = Literal["never", "doubtful", "always"]
POLICY_KEYS = ("hold_at", "refuse_disposable", "skip", "fail_closed", "confirm", "outside")
UNKNOWN_WEIGHS = 50  # an unknown of a check that the form wants closed: enough to hold

# What no person's browser does, autofill included. No script is not among them: text browsers have none (rule 15).
SIGNS_OF_AUTOMATION = frozenset({
    "filled_at_once", "webdriver", "automation_globals", "webdriver_hidden", "agent_tool", "proof_wrong", "proof_used",
})  # fmt: skip


@dataclass(frozen=True)
class RejectRule:
    """Rejects when each of its groups has one of its codes among the failed findings."""

    name: str
    groups: tuple[frozenset[str], ...]

    def applies(self, failed: frozenset[str]) -> bool:
        return all(group & failed for group in self.groups)


# Rule 15: nothing else rejects, whatever the sum.
REJECT_RULES = (
    RejectRule("replay beyond corrections", (frozenset({"replay"}),)),
    RejectRule("honeypot and another sign of automation", (frozenset({"honeypot_filled"}), SIGNS_OF_AUTOMATION)),
)
# What holds whatever the sum and the form's own limit: its wish that every address be confirmed.
HOLDS = frozenset({"confirmation_wanted"})


class PolicyError(ValueError):
    """A form's policy that cannot be used; the message names the key and says what to write."""


@dataclass(frozen=True)
class Policy:
    """How a form judges. hold_at: the sum of weights (1–1000) from which a submission waits for staff."""

    hold_at: int = 50
    refuse_disposable: bool = False  # the form asks for another address at once (rule 15); read at the edge
    skip: frozenset[str] = field(default_factory=frozenset)  # names of checks that this form does without
    fail_closed: frozenset[str] = field(default_factory=frozenset)  # checks whose *unknown* holds, until confirmed
    confirm: Confirm = "doubtful"  # who is asked to confirm: nobody, whom confirming would release, everybody
    outside: frozenset[str] = field(default_factory=frozenset)  # outside checks that this form asks; none by default

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Policy:
        """A form's `[policy]`. Raises PolicyError."""
        for name in sorted(settings.keys() - POLICY_KEYS):
            raise PolicyError(f"policy.{name}: unknown; write {', '.join(POLICY_KEYS)}")
        return cls(
            hold_at=_hold_at(settings.get("hold_at", cls.hold_at)),
            refuse_disposable=_boolean(settings.get("refuse_disposable", False)),
            skip=_check_names("skip", settings.get("skip", ())),
            fail_closed=_check_names("fail_closed", settings.get("fail_closed", ())),
            confirm=_confirm(settings.get("confirm", "doubtful")),
            outside=_names("outside", settings.get("outside", ())),
        )


@dataclass(frozen=True)
class Verdict:
    """weight: the sum over the failed findings, 0 and up; findings: one a check, in the order they ran."""

    outcome: Decision
    weight: int
    findings: tuple[Finding, ...]
    clears: bool = False  # it holds, and what the visitor's own confirmation leaves over would be accepted (rule 16)


def verify(evidence: Evidence, policy: Policy | None = None, checks: Iterable[Check] = CHECKS) -> Verdict:
    """Run the checks and weigh what they found. A check that raises is a bug, and its error goes up."""
    policy = policy or Policy()
    if policy.confirm == "always":
        evidence = replace(evidence, confirm_always=True)
    found = (_run(check, evidence) for check in checks if check.__name__ not in policy.skip)
    findings = tuple(_closed(finding, policy) for finding in found)
    return judge(tuple(cleared(finding) for finding in findings) if evidence.confirmed else findings, policy)


def judge(findings: Iterable[Finding], policy: Policy) -> Verdict:
    """What these findings come to under this policy; also of findings that were kept."""
    found = tuple(findings)
    outcome = _decide(found, policy)
    left = tuple(cleared(finding) for finding in found)
    return Verdict(outcome, _weight(found), found, outcome == "hold" and _decide(left, policy) == "accept")


def cleared(finding: Finding) -> Finding:
    """The finding once the visitor has confirmed: what that clears is still told, and weighs nothing (rule 16)."""
    if finding.outcome != "fail" or not finding.clears:
        return finding
    return replace(finding, outcome="pass", weight=0)


def _run(check: Check, evidence: Evidence) -> Finding:
    started = perf_counter()
    finding = check(evidence)
    ms = round((perf_counter() - started) * 1000, 3)
    said = (finding.outcome, finding.code, finding.weight, finding.params, finding.clears)
    return Finding(*said, check.__name__, ms, source_of(check.__name__))  # replace() costs three times as much


def _closed(finding: Finding, policy: Policy) -> Finding:
    """A form may want certainty: what its named checks cannot tell then holds, until the visitor confirms."""
    if finding.outcome != "unknown" or finding.check not in policy.fail_closed:
        return finding
    return replace(finding, outcome="fail", weight=UNKNOWN_WEIGHS, clears=True)


def _weight(findings: Iterable[Finding]) -> int:
    return sum(finding.weight for finding in findings if finding.outcome == "fail")


def _decide(findings: tuple[Finding, ...], policy: Policy) -> Decision:
    failed = frozenset(finding.code for finding in findings if finding.outcome == "fail")
    if any(rule.applies(failed) for rule in REJECT_RULES):
        return "reject"
    return "hold" if _weight(findings) >= policy.hold_at or failed & HOLDS else "accept"


def _hold_at(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1000:
        raise PolicyError(f"policy.hold_at={value!r}: write a number from 1 to 1000")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"policy.refuse_disposable={value!r}: write true or false")
    return value


def _confirm(value: object) -> Confirm:
    if value not in get_args(Confirm):
        raise PolicyError(f"policy.confirm={value!r}: write {', '.join(get_args(Confirm))}")
    return cast(Confirm, value)


def _names(key: str, value: object) -> frozenset[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise PolicyError(f"policy.{key}={value!r}: write a list of names")
    return frozenset(value)


def _check_names(key: str, value: object) -> frozenset[str]:
    known = {check.__name__ for check in CHECKS}
    names = _names(key, value)
    if names - known:
        raise PolicyError(f"policy.{key}={sorted(names)}: write names of checks: {', '.join(sorted(known))}")
    return names
