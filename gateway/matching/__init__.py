"""Who may be one person: each lead is held against those that share a key with it, as soon as it begins or what tells
who it is changes (docs/identity-matching.md, verification/ladder.py).

That has transactions of its own, right after the one that brought the change: two leads of one person that begin at the
same moment would else never see each other; and a lock for the site comes before any row, as merging wants it.
"""

from gateway.matching.context import context
from gateway.matching.joining import Found
from gateway.matching.known import Known, newcomer, record_of
from gateway.matching.weighing import Weighing, preview, weigh_in
from gateway.matching.working import keep_keys_new, weigh, weigh_due

__all__ = [
    "Found",
    "Known",
    "Weighing",
    "context",
    "keep_keys_new",
    "newcomer",
    "preview",
    "record_of",
    "weigh",
    "weigh_due",
    "weigh_in",
]
