"""`salesforce`: a Lead or Contact, upserted by an external id that holds ours.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/ ("Insert or Update (Upsert) a Record Using an
External ID", "Status Codes and Error Responses"); OAuth as in "OAuth 2.0 Client Credentials Flow" and "… Refresh Token
Flow". The upsert itself begins a record, so a crash between begins it once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from gateway.delivery import crm, mapping
from gateway.delivery.crm import Held
from gateway.delivery.mapping import Rule, Wanted
from gateway.delivery.outgoing import (
    Answer,
    AnsweredError,
    Asked,
    Kind,
    Outgoing,
    Said,
    Sent,
    SettingsError,
    Ways,
    reason,
)
from gateway.delivery.settings import answers
from gateway.http import Reply

API = "/services/data/v61.0"
LEAD, CONTACT = "Lead", "Contact"
NAME = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
# What a contact calls the properties of a lead; empty: it has none such.
OF_CONTACT = {"City": "MailingCity", "Country": "MailingCountry", "Company": "", "Website": ""}
OWNERS = ("OwnerId", "Status", "RecordTypeId")  # whose it is, and how far: the CRM's own to say
DAY, MINUTE = "3600", "60"  # seconds to wait: the daily allowance comes back hour by hour, places for calls at once
NAMED = ("crm_field", "crm_right", "crm_needs", "crm_value")  # reasons that say which one
COLUMN = re.compile(r"No such column '(\w+)'|not accessible: (\w+)|field (\w+) does not exist", re.IGNORECASE)
# `errorCode` of what Salesforce refuses.
MEANS: Mapping[str, tuple[Answer, str]] = {
    "REQUEST_LIMIT_EXCEEDED": ("retry", "crm_limit"),  # comes with 403
    "SERVER_UNAVAILABLE": ("retry", "crm_busy"),
    "UNABLE_TO_LOCK_ROW": ("retry", "crm_busy"),
    "DUPLICATE_VALUE": ("retry", "crm_busy"),  # somebody began it with our id this moment: it is found next time
    "ENTITY_IS_DELETED": ("retry", "crm_busy"),
    "INVALID_SESSION_ID": ("refuse", "crm_access"),
    "INVALID_FIELD": ("refuse", "crm_field"),
    "INVALID_FIELD_FOR_INSERT_UPDATE": ("refuse", "crm_field"),
    "INVALID_TYPE": ("refuse", "crm_right"),
    "API_DISABLED_FOR_ORG": ("refuse", "crm_right"),
    "API_CURRENTLY_DISABLED": ("refuse", "crm_right"),
    "INSUFFICIENT_ACCESS": ("refuse", "crm_right"),
    "INSUFFICIENT_ACCESS_OR_READONLY": ("refuse", "crm_right"),
    "REQUIRED_FIELD_MISSING": ("park", "crm_needs"),
    "STRING_TOO_LONG": ("park", "crm_value"),
    "NUMBER_OUTSIDE_VALID_RANGE": ("park", "crm_value"),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": ("park", "crm_value"),
    "FIELD_INTEGRITY_EXCEPTION": ("park", "crm_value"),
    "JSON_PARSER_ERROR": ("park", "crm_value"),
    "INVALID_EMAIL_ADDRESS": ("park", "crm_email"),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": ("park", "crm_refused"),
    "DUPLICATES_DETECTED": ("park", "crm_duplicate"),
    "CANNOT_UPDATE_CONVERTED_LEAD": ("park", "crm_converted"),
}
ASKS = (
    Asked(
        "url",
        Said("نشانی سیلزفورس", "Salesforce address"),
        Said("نشانی My Domain: https://company.my.salesforce.com", "My Domain: https://company.my.salesforce.com"),
        sort="url",
    ),
    Asked(
        "client_id",
        Said("Consumer Key", "Consumer key"),
        Said(
            "از یک External Client App یا Connected App که Client Credentials Flow در آن روشن است.",
            "Of an external client app or connected app that has the client credentials flow on.",
        ),
    ),
    Asked(
        "client_secret",
        Said("Consumer Secret", "Consumer secret"),
        Said("کنار همان Consumer Key است.", "It stands beside the key."),
        secret=True,
    ),
    Asked(
        "refresh_token",
        Said("Refresh token", "Refresh token"),
        Said(
            "فقط اگر برنامه به‌جای Client Credentials با Refresh Token کار می‌کند.",
            "Only where the app works by a refresh token instead of client credentials.",
        ),
        secret=True,
        required=False,
    ),
    Asked(
        "external_id",
        Said("ویژگی شناسهٔ ما", "Field for our id"),
        Said(
            "در سیلزفورس یک ویژگی متنی ۴۰ نویسه‌ای با نشان External ID و Unique بسازید.",
            "In Salesforce, make a text field of 40 characters, marked External ID and Unique.",
        ),
        required=False,
        default="Sarnakh_Id__c",
    ),
    Asked(
        "object",
        Said("چه بسازد", "What to make"),
        Said("ویژگی‌های جدول پایین از همین‌اند.", "The properties in the table below are its own."),
        required=False,
        choices={LEAD: Said("سرنخ (Lead)", "A lead"), CONTACT: Said("مخاطب (Contact)", "A contact")},
        default=LEAD,
    ),
)
RULES = {
    "email": Rule("Email"),
    "first_name": Rule("FirstName"),
    "last_name": Rule("LastName"),
    "phone": Rule("Phone"),
    "company": Rule("Company"),
    "job_title": Rule("Title"),
    "website": Rule("Website"),
    "city": Rule("City"),
    "country": Rule("Country"),
    "message": Rule("Description"),
}


@dataclass(frozen=True)
class Settings:
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    external_id: str = "Sarnakh_Id__c"
    object: str = LEAD


@dataclass(frozen=True)
class Session:
    token: str = field(repr=False)
    instance: str


SESSIONS: dict[str, Session] = {}  # of this process, by a digest of the settings: a token serves for hours
MOST_SESSIONS = 200


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    entered = answers(ASKS, given)
    if not NAME.fullmatch(entered["external_id"]):
        raise SettingsError("external_id", "bad_property")
    return Settings(**entered)


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Bring one version to its record. Raises ConnectError, AnsweredError."""
    return crm.bring(outgoing, Salesforce(outgoing, settings, ways), ways)


class Salesforce:
    """The records of one object in one org, for one lead."""

    def __init__(self, outgoing: Outgoing, settings: Settings, ways: Ways) -> None:
        self.last: Reply | None = None
        self._outgoing = outgoing
        self._settings = settings
        self._ways = ways
        self._objects = f"{API}/sobjects/{settings.object}"
        self._ours = f"{self._objects}/{settings.external_id}/{quote(str(outgoing.data['id']), safe='')}"

    def wanted(self, outgoing: Outgoing) -> list[Wanted]:
        """What we would write, and our own id, so that the next version finds a record that was there before."""
        found = mapping.wanted(outgoing.data, outgoing.rules, self._ways.base_url)
        if self._settings.object == CONTACT:
            found = [replace(one, property=OF_CONTACT.get(one.property, one.property)) for one in found]
        for one in found:
            if one.property and not NAME.fullmatch(one.property):  # it stands in a query
                why = reason("crm_field", one.property)
                raise AnsweredError(self._ways.sent(None, answer="refuse", reason=why))
        own = Wanted(self._settings.external_id, str(outgoing.data["id"]), "empty")
        others = [one for one in found if one.property and one.property.casefold() != own.property.casefold()]
        return crm.guarded([*others, own], OWNERS)

    def held(self, record: str | None, wanted: Sequence[Wanted]) -> Held | None:
        fields = ",".join(["Id", *(one.property for one in wanted)])
        for path in ([f"{self._objects}/{quote(record, safe='')}"] if record else []) + [self._ours]:
            reply = self._ask("GET", f"{path}?fields={quote(fields, safe=',')}", None, (200, 404))
            if reply.status == 200:
                return self._held(crm.holding(reply, "Id", self._ways))
            self._check_field(reply)
        email = mapping.told(self._outgoing.data, "email")[0]
        return self._by_email(email, fields) if email else None

    def create(self, values: Mapping[str, str]) -> str:
        """By our own id: told twice, it begins one record."""
        needed = {"LastName": mapping.told(self._outgoing.data, "lead.name")[0] or crm.NOTHING}
        needed |= {"Company": crm.NOTHING} if self._settings.object == LEAD else {}
        body = {**needed, **{name: value for name, value in values.items() if name != self._settings.external_id}}
        return str(crm.holding(self._ask("PATCH", self._ours, body, (200, 201)), "id", self._ways)["id"])

    def update(self, held: Held, values: Mapping[str, str]) -> None:
        self._ask("PATCH", f"{self._objects}/{quote(held.id, safe='')}", values, (200, 204))

    def erase(self, record: str) -> None:
        """Into Salesforce's bin, which empties itself after 15 days."""
        self._ask("DELETE", f"{self._objects}/{quote(record, safe='')}", None, (204, 404))

    def _by_email(self, email: str, fields: str) -> Held | None:
        """The oldest that carries this address; a converted lead is somebody's customer already and stays."""
        asked = "".join(f"\\{char}" if char in "\\'" else char for char in email)
        where = f"Email = '{asked}'" + (" AND IsConverted = false" if self._settings.object == LEAD else "")
        query = f"SELECT {fields} FROM {self._settings.object} WHERE {where} ORDER BY CreatedDate LIMIT 1"  # noqa: S608
        reply = self._ask("GET", f"{API}/query?{urlencode({'q': query})}", None, (200,))
        told = crm.holding(reply, "records", self._ways)
        found = told["records"]
        if not isinstance(found, list):
            raise crm.strange(reply, self._ways)
        return self._held(found[0]) if found else None

    def _held(self, told: Any) -> Held:
        if not isinstance(told, dict) or not told.get("Id"):
            raise crm.strange(self.last, self._ways)
        return Held(str(told["Id"]), told)

    def _check_field(self, reply: Reply) -> None:
        """No record is one thing, no such field for our id another."""
        told = crm.read(reply)
        if self._settings.external_id in json.dumps(told):
            why = reason("crm_field", self._settings.external_id)
            raise AnsweredError(self._ways.sent(reply, answer="refuse", reason=why))

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None, fine: Sequence[int]) -> Reply:
        """One call; a session that is over is begun anew, once."""
        reply = self._call(method, path, body, self._session())
        if reply.status == 401:
            SESSIONS.pop(self._key(), None)
            reply = self._call(method, path, body, self._session())
        if reply.status not in fine:
            raise AnsweredError(judged(reply, self._ways))
        return reply

    def _call(self, method: str, path: str, body: Mapping[str, str] | None, session: Session) -> Reply:
        headers = {"Authorization": f"Bearer {session.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        self.last = self._ways.request(method, session.instance + path, headers=headers, body=content)
        return self.last

    def _session(self) -> Session:
        key = self._key()
        if key not in SESSIONS:
            if len(SESSIONS) >= MOST_SESSIONS:
                SESSIONS.clear()
            SESSIONS[key] = self._begin()
        return SESSIONS[key]

    def _begin(self) -> Session:
        given = self._settings
        form = {"client_id": given.client_id, "client_secret": given.client_secret}
        form |= (
            {"grant_type": "refresh_token", "refresh_token": given.refresh_token}
            if given.refresh_token
            else {"grant_type": "client_credentials"}
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url = given.url.rstrip("/") + "/services/oauth2/token"
        reply = self.last = self._ways.request("POST", url, headers=headers, body=urlencode(form).encode())
        told = crm.read(reply)
        if reply.status in {400, 401, 403}:  # it refuses us, not this lead
            raise AnsweredError(self._ways.sent(reply, answer="refuse", reason="crm_access"))
        if reply.status != 200:
            raise AnsweredError(self._ways.sent(reply))
        if not isinstance(told, dict) or not {"access_token", "instance_url"} <= told.keys():
            raise AnsweredError(self._ways.sent(reply, answer="refuse", reason="crm_strange"))
        instance = str(told["instance_url"]).rstrip("/")
        if given.url.lower().startswith("https:") and not instance.lower().startswith("https:"):
            raise crm.strange(reply, self._ways)  # the token would travel in the clear
        return Session(str(told["access_token"]), instance)

    def _key(self) -> str:
        given = self._settings
        parts = (given.url, given.client_id, given.client_secret, given.refresh_token)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def judged(reply: Reply, ways: Ways) -> Sent:
    """What a refusal means, by its `errorCode`; 300 lists several records with our id."""
    told = crm.read(reply)
    if reply.status == 300:
        return ways.sent(reply, answer="park", reason="crm_several")
    if not isinstance(told, list) or not told or not isinstance(told[0], dict):
        return ways.sent(reply)
    code, message = str(told[0].get("errorCode", "")), str(told[0].get("message", ""))
    answer, meaning = MEANS.get(code, (None, None))
    if meaning is None:
        return ways.sent(reply)
    sent = ways.sent(reply, answer=answer, reason=reason(meaning, _name(told[0], code, message)))
    if meaning == "crm_limit":
        return replace(sent, retry_after=MINUTE if "Concurrent" in message else DAY)
    return sent


def _name(error: Mapping[str, Any], code: str, message: str) -> str:
    """Which field or right it is about."""
    if MEANS[code][1] in {
        "crm_limit",
        "crm_busy",
        "crm_access",
        "crm_refused",
        "crm_duplicate",
        "crm_converted",
        "crm_email",
    }:
        return ""
    if isinstance(error.get("fields"), list) and error["fields"]:
        return ", ".join(map(str, error["fields"]))
    found = COLUMN.search(message)
    return next((one for one in found.groups() if one), code) if found else code


KIND = Kind(
    "salesforce",
    Settings,
    parse,
    send,
    title=Said("سیلزفورس", "Salesforce"),
    help=Said(
        "هر سرنخ یک Lead یا Contact می‌شود یا همانی را که هست کامل می‌کند.",
        "Each lead becomes a Lead or Contact, or completes the one that is there.",
    ),
    asks=ASKS,
    rules=RULES,
)
