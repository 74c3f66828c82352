"""`bottlecrm`: BottleCRM's public lead webhook (Settings, Lead webhooks; the PyPI package `django-crm`).

It fills what is blank in a lead with the same e-mail or phone, whatever we ask for, and keeps each post as an enquiry.
The same `external_id` is taken once, so ours is the lead with what is told of it: a version that says nothing new
makes no enquiry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.delivery import crm, mapping
from gateway.delivery.mapping import Rule
from gateway.delivery.outgoing import Asked, Kind, Outgoing, Record, Said, Sent, Ways, reason
from gateway.delivery.settings import answers
from gateway.http import Reply

ASKS = (
    Asked(
        "url",
        Said("نشانی وب‌هوک", "Webhook address"),
        Said(
            "در BottleCRM یک Lead webhook با قالب generic بسازید؛ مثل https://crm.example.com/api/public/leads/…/",
            "In BottleCRM, make a lead webhook, preset generic: https://crm.example.com/api/public/leads/…/",
        ),
        sort="url",
    ),
    Asked("key", Said("کلید", "Key"), Said("کنار همان نشانی است.", "It stands beside the address."), secret=True),
)
RULES = {
    source: Rule(name)
    for source, name in {
        "email": "email", "first_name": "first_name", "last_name": "last_name", "phone": "phone",
        "company": "company_name", "job_title": "job_title", "website": "website", "city": "city", "country": "country",
        "message": "message", "lead.link": "sarnakh",
    }.items()
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    url: str
    key: str = field(repr=False)


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    return Settings(**answers(ASKS, given))


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Post what is told of the lead. An erasure cannot be told. Raises ConnectError."""
    if outgoing.type == "lead.erased":
        # Without a record its answer never came: it may have the lead, under its `external_id` alone.
        theirs = " ".join(record.id for record in outgoing.records) or outgoing.data["id"]
        return ways.sent(None, answer="park", reason=reason("erase_untold", theirs))
    if outgoing.type == "lead.merged" or "withheld" in outgoing.data:
        return ways.sent(None)
    told = mapping.first(mapping.wanted(outgoing.data, outgoing.rules, ways.base_url))
    whole = json.dumps([outgoing.data["id"], told], ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(whole.encode()).hexdigest()[:24]
    body = {**told, "external_id": f"{outgoing.data['id']}:{digest}", "occurred_at": outgoing.event["timestamp"]}
    headers = {"Authorization": f"Bearer {settings.key}", "Content-Type": "application/json"}
    content = json.dumps(body, ensure_ascii=False).encode()
    return judged(ways.request("POST", settings.url, headers=headers, body=content), ways)


def judged(reply: Reply, ways: Ways) -> Sent:
    """What its answer means: `result` is created, merged, duplicate or rejected."""
    answer = crm.read(reply)
    told = answer if isinstance(answer, dict) else {}
    if reply.status in {200, 201} and told.get("lead"):
        record = Record(str(told["lead"])[:200], made=told.get("result") == "created")
        return ways.sent(reply, record=record)
    if reply.status == 401:
        return ways.sent(reply, answer="refuse", reason="crm_access")
    if reply.status == 400 and isinstance(told.get("errors"), dict) and told["errors"]:
        return ways.sent(reply, answer="park", reason=reason("crm_value", ", ".join(told["errors"])))
    if reply.status == 400:
        return ways.sent(reply, answer="park", reason="crm_refused")
    return ways.sent(reply)


KIND = Kind(
    "bottlecrm",
    Settings,
    parse,
    send,
    title=Said("BottleCRM", "BottleCRM"),
    help=Said(
        "هر سرنخ به وب‌هوک عمومی BottleCRM می‌رود؛ خودش جاهای خالی را پر می‌کند.",
        "Each lead goes to BottleCRM's public webhook, which fills what is blank.",
    ),
    asks=ASKS,
    rules=RULES,
)
