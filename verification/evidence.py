"""What a check may look at, and what it may say. Plain records, no behaviour beyond making a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["pass", "fail", "unknown", "not_applicable"]
# solved · missing: none came though the script ran · wrong: forged or no solution · expired · used: by another
# ticket · slow: the browser says that it could not finish in time (rule 20: unknown)
Proof = Literal["solved", "missing", "wrong", "expired", "used", "slow"]

# good · doubtful · bad · unknown: what an outside check said · missing: the visitor's browser brought no token ·
# silent: no answer (a time-out, an error, a spent quota, not set up)
OutsideAnswer = Literal["good", "doubtful", "bad", "unknown", "missing", "silent"]


@dataclass(frozen=True)
class Finding:
    """What one check says (rule 14). `code` finds the words in the catalogues (`findings.<code>`).

    weight: 0–100, added up by verify(); only a fail weighs. What rejects is no finding's business but
    REJECT_RULES' (rule 15). clears: would the visitor's own confirmation clear it (rule 16)? check, ms, source:
    filled in by the runner, not by the check.
    """

    outcome: Outcome
    code: str = ""
    weight: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    clears: bool = False
    check: str = ""
    ms: float = 0.0
    source: str = ""  # list and rule versions the check used


PASS = Finding("pass")
NOT_APPLICABLE = Finding("not_applicable")


def fail(code: str, weight: int, clears: bool = False, **params: Any) -> Finding:
    """A finding that speaks against the submission, with its weight (0–100)."""
    return Finding("fail", code, weight, params, clears)


def note(code: str, **params: Any) -> Finding:
    """Worth showing to staff, held against nobody: role address, free mail."""
    return Finding("pass", code, 0, params)


def unknown(code: str, **params: Any) -> Finding:
    """The question could not be answered (a time-out, a missing ability): never held against the lead."""
    return Finding("unknown", code, 0, params)


@dataclass(frozen=True)
class Evidence:
    """All that a check may look at, gathered beforehand. None means: not known."""

    channel: Literal["hosted", "embed", "frame", "api"]
    received_at: datetime
    answers: Mapping[str, Any]
    field_types: Mapping[str, str]  # answer name → field type, so that content checks find free text
    test: bool = False
    # The browser's part; absent on channel "api" (rule 14).
    honeypot: str = ""
    fill_seconds: float | None = None
    fields_asked: int = 0
    script: bool | None = None  # did the form's script run
    user_agent: str | None = None
    missing_headers: tuple[str, ...] = ()  # that the named browser always sends
    signals: Mapping[str, Any] = field(default_factory=dict)
    proof: Proof | None = None  # of work (rule 21); None: not known, as for what came before there was one
    # The ticket's part (rules 10, 11): which use of the ticket this is, 1 for the first.
    ticket_use: int = 1
    same_identifier: bool = True  # a correction carries the identifier of the first
    # The e-mail's part.
    email: str | None = None  # as typed, trimmed
    email_domain: str | None = None  # ASCII (IDNA), lower case
    mail_hosts: tuple[str, ...] | None = None  # by preference; () = the domain takes no mail; None = DNS silent
    email_domain_exists: bool | None = None
    disposable_source: str | None = None  # the list that names the domain or its mail host, with its date
    # The phone's part.
    phone: str | None = None  # E.164
    # Confirming (rules 16, 27).
    confirm_always: bool = False  # the form wants every identifier confirmed
    confirmed: bool = False  # the visitor did
    # Outside checks that the form asked (off by default): name → what they said.
    outside: Mapping[str, OutsideAnswer] = field(default_factory=dict)
    # The address's part, as weights only with weak interaction evidence (rule 19).
    recent_from_block: int = 0  # submissions from this /24 or /64 in the last hour
    burst_from_block: int = 0  # from that block in the last five minutes
    recent_on_form: int = 0  # to this form in the last hour
    recent_from_domain: int = 0  # with this e-mail domain in the last hour
    recent_same_content: int = 0  # with the very same free text
    recent_near_content: int = 0  # with nearly the same free text
    # What the site's own releases and rejections say of the free text: 0 (ham) to 1 (spam); None: too few lessons.
    learnt_spam: float | None = None
