"""Judging past submissions by another policy: the evidence is built again from what was kept, nothing is changed.

`kept` is what a verdict keeps beside the submission's own row: counts, look-ups, what was confirmed. What was erased
(rejected after 30 days, held after 90, evidence after 180) cannot be judged again, and is counted as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlalchemy import Connection

from forms.model import Form
from gateway.gathering import own_evidence
from gateway.records import Submission
from gateway.store import forms, judged
from verification.evidence import Evidence
from verification.verdict import Decision, Policy, Verdict, verify

# What a submission's row and its form tell again at any time; everything else is kept with the verdict.
OWN = frozenset({
    "channel", "received_at", "answers", "field_types", "test", "honeypot", "fill_seconds", "fields_asked", "script",
    "user_agent", "missing_headers", "signals", "ticket_use", "email", "email_domain", "phone",
})  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """One past submission: how it was judged, and how it would be."""

    submission: Submission
    then: Decision
    verdict: Verdict
    decided: str | None = None  # what staff or the visitor made of it since

    @property
    def changes(self) -> bool:
        return self.verdict.outcome != self.then


@dataclass
class Tally:
    """counts: (then, now) → how many. left_out: why a submission could not be judged again → how many."""

    counts: Counter[tuple[Decision, Decision]] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def of(self, outcome: Decision, *, now: bool) -> int:
        """How many were (or would be) accepted, held or rejected, of those that could be judged again."""
        return sum(number for pair, number in self.counts.items() if pair[now] == outcome)

    @property
    def judged(self) -> int:
        return sum(self.counts.values())


def kept(evidence: Evidence) -> dict[str, Any]:
    """What to keep of the evidence beside the row, as JSON; what stands at its default is left out."""
    named = ((one.name, getattr(evidence, one.name)) for one in fields(evidence) if one.name not in OWN)
    blank = Evidence(evidence.channel, evidence.received_at, answers={}, field_types={})
    return {name: _plain(value) for name, value in named if value != getattr(blank, name)}


def rebuild(submission: Submission, form: Form, found: Mapping[str, Any]) -> Evidence:
    """The evidence as it was: the row's part anew, the rest from what was kept. What a later release asks for and an
    earlier one did not keep stays at its default."""
    known = {one.name for one in fields(Evidence)} - OWN
    values = {name: _frozen(value) for name, value in found.items() if name in known}
    return replace(own_evidence(submission, form), **values)


def judge(submission: Submission, form: Form, found: Mapping[str, Any], policy: Policy) -> Verdict:
    """One submission under a policy, which may also ask others to confirm than the form did then."""
    evidence = rebuild(submission, form, found)
    if policy.confirm != Policy.from_mapping(form.policy).confirm:
        evidence = replace(evidence, confirm_always=policy.confirm == "always")
    told = {name: said for name, said in evidence.outside.items() if name in policy.outside}  # nobody is asked anew
    return verify(replace(evidence, outside=told), policy)


def replay(
    conn: Connection, found: judged.Wanted, changed: Mapping[str, Any] | None, *, tally: Tally
) -> Iterator[Replayed]:
    """Each submission of `found` judged again, the newest first, while `tally` counts. `changed`: keys of a
    `[policy]` laid over the policy that each form version had; none: exactly that policy. Streams: only what the
    caller keeps stays in memory. Raises PolicyError."""
    policies: dict[tuple[str, int], tuple[Form, Policy]] = {}
    for row in judged.stream(conn, found):
        reason = _left_out(row)
        if reason is not None:
            tally.left_out[reason] += 1
            continue
        submission = row.submission
        version = (submission.form_id, submission.form_version)
        if version not in policies:
            form = forms.version(conn, *version)
            policies[version] = form, Policy.from_mapping({**form.policy, **(changed or {})})
        form, policy = policies[version]
        assert row.outcome is not None
        again = Replayed(submission, row.outcome, judge(submission, form, row.evidence or {}, policy), row.decided)
        tally.counts[again.then, again.verdict.outcome] += 1
        yield again


def _left_out(row: judged.Judged) -> str | None:
    """Why it cannot be judged again: erased, not judged yet, or its evidence is past its time."""
    if row.submission.status == "erased":
        return "erased"
    if row.outcome is None:
        return "not_judged"
    facts_gone = row.submission.channel != "api" and not row.submission.facts
    return "forgotten" if row.evidence is None or facts_gone else None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | frozenset):
        return list(value) if isinstance(value, tuple) else sorted(value)
    return dict(value) if isinstance(value, Mapping) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
