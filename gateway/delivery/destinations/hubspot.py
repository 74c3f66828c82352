"""`hubspot`: a contact for each lead, found by the id that HubSpot gave it, else by its e-mail address.

https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide and …/guides/api/usage-details (limits, errors).
The search is not asked for addresses: a contact of this minute is not in its index yet, which made others lose leads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from gateway.delivery import crm, mapping
from gateway.delivery.crm import Held, TakenError
from gateway.delivery.mapping import Rule, Wanted
from gateway.delivery.outgoing import Answer, AnsweredError, Asked, Kind, Outgoing, Pace, Said, Sent, Ways, reason
from gateway.delivery.settings import answers
from gateway.http import Reply

BASE = "https://api.hubapi.com"
CONTACTS = "/crm/v3/objects/contacts"
EXISTING = re.compile(r"Existing ID: (\d+)")
STAGE = "lifecyclestage"
# HubSpot's own stages in their order; a portal's own ones are left alone.
RANKS = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist",
)  # fmt: skip
STAGES = {
    "IQL": "lead",
    "MQL": "marketingqualifiedlead",
    "SQL": "salesqualifiedlead",
    "PQL": "salesqualifiedlead",
    "SeQL": "customer",
    "customer": "customer",
}
OWNERS = ("hubspot_owner_id",)
NEEDED = ("email", "firstname", "lastname")  # one of them at least (guide, "Create contacts")
# What a refusal names: HubSpot's `category`, `errorType` or an error's `code`.
MEANS: Mapping[str, tuple[Answer, str]] = {
    "PROPERTY_DOESNT_EXIST": ("refuse", "crm_field"),
    "READ_ONLY_VALUE": ("refuse", "crm_field"),
    "INVALID_EMAIL": ("park", "crm_email"),
    "MISSING_SCOPES": ("refuse", "crm_right"),
    "INVALID_AUTHENTICATION": ("refuse", "crm_access"),
    "EXPIRED_AUTHENTICATION": ("refuse", "crm_access"),
    "VALIDATION_ERROR": ("park", "crm_value"),
    "RATE_LIMIT": ("retry", "crm_limit"),
    "RATE_LIMITS": ("retry", "crm_limit"),
}
# Seconds to wait where HubSpot says which limit it was, and no Retry-After.
POLICIES = {"SECONDLY": "1", "TEN_SECONDLY_ROLLING": "10", "DAILY": "3600"}
ASKS = (
    Asked(
        "token",
        Said("توکن", "Access token"),
        Said(
            "در هاب‌اسپات یک Private app با دسترسی crm.objects.contacts.read و write بسازید و توکنش را بگذارید.",
            "In HubSpot, make a private app with crm.objects.contacts.read and write, and paste its token.",
        ),
        secret=True,
    ),
    Asked(
        "url",
        Said("نشانی API", "API address"),
        Said("معمولاً همین است؛ عوضش نکنید.", "As it is, unless a gateway of yours stands before it."),
        required=False,
        default=BASE,
        sort="url",
    ),
)
RULES = {
    "email": Rule("email"),
    "first_name": Rule("firstname"),
    "last_name": Rule("lastname"),
    "phone": Rule("phone"),
    "company": Rule("company"),
    "job_title": Rule("jobtitle"),
    "website": Rule("website"),
    "city": Rule("city"),
    "country": Rule("country"),
    "message": Rule("message"),
    "lead.stage": Rule(STAGE, "always"),
}


@dataclass(frozen=True)
class Settings:
    token: str = field(repr=False)
    url: str = BASE


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    return Settings(**answers(ASKS, given))


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Bring one version to its contact. Raises ConnectError, AnsweredError."""
    return crm.bring(outgoing, HubSpot(outgoing, settings, ways), ways)


class HubSpot:
    """The contacts of one portal, for one lead."""

    def __init__(self, outgoing: Outgoing, settings: Settings, ways: Ways) -> None:
        self.last: Reply | None = None
        self._outgoing = outgoing
        self._settings = settings
        self._ways = ways

    def wanted(self, outgoing: Outgoing) -> list[Wanted]:
        found = mapping.wanted(outgoing.data, outgoing.rules, self._ways.base_url)
        return crm.guarded([one for one in map(_staged, found) if one.value], OWNERS)

    def held(self, record: str | None, wanted: Sequence[Wanted]) -> Held | None:
        if record:
            found = self._read(quote(record, safe=""), wanted)
            if found:
                return found
        email = mapping.told(self._outgoing.data, "email")[0]
        if email:
            return self._read(quote(email, safe=""), wanted, by="email")
        rule = self._outgoing.rules.get("lead.id")
        return self._by_our_id(rule.property, wanted) if rule else None

    def create(self, values: Mapping[str, str]) -> str:
        named = any(name.casefold() in NEEDED for name in values)
        needed = {} if named else {"lastname": mapping.told(self._outgoing.data, "lead.name")[0] or crm.NOTHING}
        reply = self._ask("POST", CONTACTS, {"properties": {**needed, **values}}, (201, 409))
        if reply.status == 201:
            return str(crm.holding(reply, "id", self._ways)["id"])
        known = EXISTING.search(str(crm.holding(reply, "message", self._ways)["message"]))
        if not known:
            raise AnsweredError(self._ways.sent(reply, answer="park", reason="crm_refused"))
        raise TakenError(known[1])

    def update(self, held: Held, values: Mapping[str, str]) -> None:
        self._ask("PATCH", f"{CONTACTS}/{quote(held.id, safe='')}", {"properties": values}, (200,))

    def erase(self, record: str) -> None:
        """For good, as the person asked ("GDPR delete"), not into HubSpot's bin."""
        self._ask("POST", f"{CONTACTS}/gdpr-delete", {"objectId": record}, (204, 404))

    def _read(self, key: str, wanted: Sequence[Wanted], by: str | None = None, *, fine: int = 404) -> Held | None:
        names = ",".join(quote(one.property, safe="") for one in wanted)
        query = f"?archived=false&properties={names}" + (f"&idProperty={quote(by, safe='')}" if by else "")
        reply = self._ask("GET", f"{CONTACTS}/{key}{query}", None, (200, 404, fine))
        return self._held(crm.holding(reply, "id", self._ways)) if reply.status == 200 else None

    def _by_our_id(self, name: str, wanted: Sequence[Wanted]) -> Held | None:
        """Where it is mapped: a phone number may be several people's (rule 9). `idProperty` takes properties with
        unique values alone, and knows them at once; others are searched, half a minute late."""
        found = self._read(quote(self._outgoing.data["id"], safe=""), wanted, by=name, fine=400)
        if found is not None or self.last is None or self.last.status == 404:
            return found
        return self._search(name, wanted)

    def _search(self, name: str, wanted: Sequence[Wanted]) -> Held | None:
        term = {"propertyName": name, "operator": "EQ", "value": self._outgoing.data["id"]}
        body = {"filterGroups": [{"filters": [term]}], "properties": [one.property for one in wanted], "limit": 1}
        told = crm.holding(self._ask("POST", f"{CONTACTS}/search", body, (200,)), "results", self._ways)
        found = told["results"]
        if not isinstance(found, list):
            raise crm.strange(self.last, self._ways)
        return self._held(found[0]) if found else None

    def _held(self, told: Any) -> Held:
        if not isinstance(told, dict) or "id" not in told or not isinstance(told.get("properties", {}), dict):
            raise crm.strange(self.last, self._ways)
        return Held(str(told["id"]), told.get("properties", {}))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, fine: Sequence[int]) -> Reply:
        headers = {"Authorization": f"Bearer {self._settings.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        url = self._settings.url.rstrip("/") + path
        self.last = self._ways.request(method, url, headers=headers, body=content)
        if self.last.status not in fine:
            raise AnsweredError(judged(self.last, self._ways))
        return self.last


def judged(reply: Reply, ways: Ways) -> Sent:
    """What a refusal means, by the words that HubSpot documents for it."""
    told = crm.read(reply)
    if not isinstance(told, dict):
        return ways.sent(reply)
    code, name = _named(told)
    answer, meaning = MEANS.get(code, (None, None))
    sent = ways.sent(reply, answer=answer, reason=reason(meaning, name) if meaning else None)
    if meaning == "crm_limit" and sent.retry_after is None:
        return replace(sent, retry_after=POLICIES.get(str(told.get("policyName", "")), "10"))
    return sent


def _named(told: Mapping[str, Any]) -> tuple[str, str]:
    """(code, which property or right) of a refusal; the codes of its parts before that of the whole."""
    inner = str(told.get("message", "")).partition("Property values were not valid: ")[2]
    parts = [*_list(inner), *(one for one in _objects(told.get("errors")))]
    for part in parts:
        code = str(part.get("error") or part.get("code") or "")
        context = part["context"] if isinstance(part.get("context"), dict) else {}
        names = context.get("propertyName") or context.get("requiredGranularScopes") or [part.get("name", "")]
        name = ", ".join(map(str, names)) if isinstance(names, list) else str(names)
        if code in MEANS:
            return code, name
        if name and told.get("category") in ("VALIDATION_ERROR", "MISSING_SCOPES"):
            return str(told["category"]), name
    return str(told.get("errorType") or told.get("category") or ""), ""


def _list(text: str) -> list[dict[str, Any]]:
    try:
        return _objects(json.loads(text) if text else [])
    except (ValueError, RecursionError):
        return []


def _objects(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _staged(one: Wanted) -> Wanted:
    """Our stage as the one of HubSpot's that says the same; none for a lost lead."""
    return replace(one, value=STAGES.get(one.value, ""), ranks=RANKS) if one.property == STAGE else one


KIND = Kind(
    "hubspot",
    Settings,
    parse,
    send,
    # HubSpot, "Usage guidelines": 423 while a record is locked, 477 while an account moves.
    answers={423: "retry", 477: "retry"},
    title=Said("هاب‌اسپات", "HubSpot"),
    help=Said(
        "هر سرنخ یک Contact می‌شود یا همانی را که هست کامل می‌کند.",
        "Each lead becomes a contact, or completes the one that is there.",
    ),
    asks=ASKS,
    pace=Pace(3, 10),  # HubSpot: 100 calls in 10 seconds on the smallest plan; one lead takes up to three
    rules=RULES,
    # Properties with unique values: HubSpot, "Create unique identifier properties"; a contact is found by e-mail else.
    advised={
        "lead.id": Said(
            "سرنخی که فقط شماره دارد ممکن است در هاب‌اسپات دو بار ساخته شود: اگر پاسخ نرسد، هاب‌اسپات جز با ایمیل پیدایش "
            "نمی‌کند. آنجا برای Contact یک ویژگی متنی با «Require unique values» بسازید، مثلاً sarnakh_id، "
            "و شناسهٔ سرنخ را پایین به آن بفرستید.",
            "A lead with a phone number alone may be begun twice: where an answer is lost, HubSpot finds nobody but by "
            "e-mail. Make a contact property there, single-line text with “Require unique values”, such as sarnakh_id, "
            "and send the lead’s id to it below.",
        )
    },
)
