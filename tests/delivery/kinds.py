"""What the tests of kinds share: a delivery as it goes out, and the ways out to local servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from gateway.delivery.destinations import DESTINATIONS
from gateway.delivery.outgoing import AnsweredError, Outgoing, Record, Sent, Ways
from gateway.delivery.retries import check, reason_key
from gateway.http import Connector
from gateway.words import say

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LEAD = "lead_06dud5s4kns67r22qk9a1v6h8g"
SARA = {"email": "sara@example.ir", "first_name": "سارا", "last_name": "زند", "phone": "+989121234567"}


def payload(type_: str = "lead.qualified", fields: Mapping[str, Any] = SARA, **data: Any) -> str:
    """The body of a delivery. fields: values, or (value, strength); confirmed unless said."""
    pairs = {name: one if isinstance(one, tuple) else (one, "confirmed") for name, one in fields.items()}
    told = {
        name: {"value": value, "strength": strength, "from": "sub_1", "at": "2026-11-22T09:00:00Z"}
        for name, (value, strength) in pairs.items()
    }
    whole = {
        "id": LEAD, "version": 1, "earlier_ids": [], "site": "demo", "test": False, "fields": told, "score": 61,
        "interest": 2, "grade": "B", "cell": "B2", "stage": "SQL", "reasons": [], "consents": [], "verdict": None,
        "source": {"form": "guide", "page": "https://example.ir/guide", "first_touch": {"utm_source": "news"}},
        "same_as": [], "crm_ids": {}, "organisation": None,
    }  # fmt: skip
    if type_ in {"lead.erased", "lead.merged"}:
        whole = {name: whole[name] for name in ("id", "version", "earlier_ids", "site", "test")}
    event = {"type": type_, "timestamp": "2026-11-22T09:00:00Z", "data": {**whole, **data}}
    return json.dumps(event, ensure_ascii=False)


def outgoing(kind: str, body: str | None = None, rules: Mapping[str, str] | None = None, **more: Any) -> Outgoing:
    """One try. rules: `map.…` and `write.…` put over the shipped ones. records: ids of records that we began."""
    ruled = DESTINATIONS[kind].mapped({})
    if rules:
        from gateway.delivery.mapping import edited

        ruled = edited(ruled, rules)
    records = [one if isinstance(one, Record) else Record(one, made=True) for one in more.pop("records", ())]
    return Outgoing(
        more.pop("id", "dlv_1"), body or payload(), NOW, ruled, records, site="demo", **{"lang": "en", **more}
    )


def ways(*host_ports: str, exports: Path | None = None, post: Callable[[EmailMessage], None] | None = None) -> Ways:
    connector = Connector(frozenset(host_ports))
    return Ways(connector, exports=exports, post=post, sender="sarnakh@example.ir", base_url="https://leads.example.ir")


def tried(kind: str, send: Callable[[], Sent]) -> tuple[Sent, str, str | None]:
    """The answer, what it means for the ledger and in which words' code; the words are there in both languages."""
    from gateway.delivery.outgoing import DeliveryError

    try:
        sent = send()
    except AnsweredError as end:
        sent = end.sent
    try:
        check(sent, NOW, DESTINATIONS[kind].answers)
    except DeliveryError as error:
        key, params = reason_key(error.reason)
        assert all(say(lang, key, **params) for lang in ("fa", "en"))
        return sent, error.answer, error.reason
    return sent, "ok", None
