"""`odoo`: a lead of its CRM, or a contact, over JSON-RPC.

https://www.odoo.com/documentation/18.0/developer/reference/external_api.html. Which fields a model has, and of which
sort, is asked of Odoo itself: databases differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from gateway.delivery import crm, mapping
from gateway.delivery.crm import Held
from gateway.delivery.mapping import Rule, Wanted
from gateway.delivery.outgoing import Answer, AnsweredError, Asked, Kind, Outgoing, Said, Sent, Ways, reason
from gateway.delivery.settings import answers
from gateway.http import Reply

LEAD, PARTNER = "crm.lead", "res.partner"
# What a contact calls the properties of a lead.
OF_PARTNER = {
    "email_from": "email", "contact_name": "name", "partner_name": "company_name", "description": "comment",
    "referred": "ref",
}  # fmt: skip
OWNERS = ("user_id", "team_id", "stage_id", "type")  # whose it is, and how far: the CRM's own to say
NUMBERS = ("integer", "float", "monetary")
RELATIONS = ("many2one", "one2many", "many2many", "reference", "binary")  # take ids, which we do not know
ENGLISH = "en_US"  # its messages are read, whatever language the user whose key it is has chosen
INVALID = re.compile(r"[Ii]nvalid field '?([\w.]+)'?")
WRONG = re.compile(r"Wrong value for [\w.]+\.(\w+)")
MISSING = re.compile(r"Missing required value for the field '[^']*' \((\w+)\)")
# The Python class of what Odoo raised (`error.data.name`).
MEANS: Mapping[str, tuple[Answer, str]] = {
    "odoo.exceptions.AccessDenied": ("refuse", "crm_access"),
    "odoo.exceptions.AccessError": ("refuse", "crm_right"),
    "odoo.exceptions.ValidationError": ("park", "crm_refused"),
    "odoo.exceptions.UserError": ("park", "crm_refused"),
    "odoo.exceptions.MissingError": ("retry", "crm_busy"),  # deleted between our look and our write: looked for again
    "psycopg2.errors.SerializationFailure": ("retry", "crm_busy"),
    "psycopg2.errors.LockNotAvailable": ("retry", "crm_busy"),
}
ASKS = (
    Asked(
        "url",
        Said("نشانی اودو", "Odoo's address"),
        Said("مثل https://company.odoo.com", "Such as https://company.odoo.com"),
        sort="url",
    ),
    Asked(
        "db",
        Said("پایگاه داده", "Database"),
        Said("نامش در نشانی صفحهٔ ورود یا نزد مدیر اودوست.", "Its name; on odoo.com the first part of the address."),
    ),
    Asked(
        "login",
        Said("کاربر", "User"),
        Said("کاربری جدا برای سرنخ، با دسترسی فروش.", "A user of its own for Sarnakh, with rights in Sales."),
    ),
    Asked(
        "key",
        Said("کلید API", "API key"),
        Said(
            "در اودو: Preferences ← Account Security ← New API Key. گذرواژه هم کار می‌کند، کلید بهتر است.",
            "In Odoo: Preferences, Account Security, New API Key. A password works too; a key is better.",
        ),
        secret=True,
    ),
    Asked(
        "model",
        Said("چه بسازد", "What to make"),
        Said("ویژگی‌های جدول پایین از همین‌اند.", "The properties in the table below are its own."),
        required=False,
        choices={
            LEAD: Said("سرنخ در CRM (crm.lead)", "A lead in CRM (crm.lead)"),
            PARTNER: Said("مخاطب (res.partner)", "A contact (res.partner)"),
        },
        default=LEAD,
    ),
)
RULES = {
    "lead.name": Rule("contact_name"),
    "email": Rule("email_from"),
    "phone": Rule("phone"),
    "company": Rule("partner_name"),
    "job_title": Rule("function"),
    "website": Rule("website"),
    "city": Rule("city"),
    "message": Rule("description"),
    "lead.id": Rule("referred"),  # by which a lead without an address is found again
}


@dataclass(frozen=True)
class Settings:
    url: str
    db: str
    login: str
    key: str = field(repr=False)
    model: str = LEAD


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    return Settings(**answers(ASKS, given))


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Bring one version to its record. Raises ConnectError, AnsweredError."""
    return crm.bring(outgoing, Odoo(outgoing, settings, ways), ways)


class Odoo:
    """The records of one model in one database, for one lead."""

    def __init__(self, outgoing: Outgoing, settings: Settings, ways: Ways) -> None:
        self.last: Reply | None = None
        self._outgoing = outgoing
        self._settings = settings
        self._ways = ways
        self._user: int | None = None
        self._sorts: dict[str, str] = {}

    def wanted(self, outgoing: Outgoing) -> list[Wanted]:
        """What we would write, as this database's fields take it; a field that it does not have ends the try."""
        found = mapping.wanted(outgoing.data, outgoing.rules, self._ways.base_url)
        if self._settings.model == PARTNER:
            found = [replace(one, property=self._property(one.property)) for one in found]
        names = [one.property for one in found]
        told = self._call("fields_get", [names], {"attributes": ["type", "readonly"]}) if names else {}
        if not isinstance(told, dict) or not all(isinstance(one, dict) and "type" in one for one in told.values()):
            raise crm.strange(self.last, self._ways)
        for name in names:
            if name not in told or told[name].get("readonly") or told[name]["type"] in RELATIONS:
                raise AnsweredError(self._ways.sent(self.last, answer="refuse", reason=reason("crm_field", name)))
        self._sorts = {name: told[name]["type"] for name in names}
        html = [replace(one, value=_html(one.value)) if self._sorts[one.property] == "html" else one for one in found]
        return crm.guarded(html, OWNERS)

    def held(self, record: str | None, wanted: Sequence[Wanted]) -> Held | None:
        if record and record.isdigit():
            kept = self._search([["id", "=", int(record)]], wanted, archived=True)
            if kept:
                return kept
        email = mapping.told(self._outgoing.data, "email")[0]
        if email:
            return self._search([["email_normalized", "=", email.lower()]], wanted)
        rule = self._outgoing.rules.get("lead.id")  # a phone number may be several people's (rule 9)
        ours = [[self._property(rule.property), "=", self._outgoing.data["id"]]] if rule else None
        return self._search(ours, wanted) if ours else None

    def create(self, values: Mapping[str, str]) -> str:
        """Nobody's yet: else it would be the salesperson whose key we use."""
        told = (mapping.told(self._outgoing.data, source)[0] for source in ("lead.name", "email", "phone"))
        named = {"name": next((one for one in told if one), str(self._outgoing.data["id"]))}
        first = {**named, **({"user_id": False} if self._settings.model == LEAD else {}), **values}
        made = self._call("create", [first])
        if not isinstance(made, int):
            raise crm.strange(self.last, self._ways)
        return str(made)

    def update(self, held: Held, values: Mapping[str, str]) -> None:
        self._call("write", [[int(held.id)], dict(values)])

    def erase(self, record: str) -> None:
        if record.isdigit() and self._search([["id", "=", int(record)]], (), archived=True):
            self._call("unlink", [[int(record)]])

    def _search(self, terms: Sequence[Any], wanted: Sequence[Wanted], *, archived: bool = False) -> Held | None:
        """The oldest that fits. archived: lost and put-away ones as well."""
        names = [one.property for one in wanted] or ["id"]
        more = {"fields": names, "limit": 1, "order": "id", "context": {"active_test": not archived}}
        found = self._call("search_read", [terms], more)
        if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
            raise crm.strange(self.last, self._ways)
        if not found:
            return None
        return Held(str(found[0]["id"]), {name: self._plain(name, found[0].get(name)) for name in names})

    def _property(self, name: str) -> str:
        """As the model calls it."""
        return OF_PARTNER.get(name, name) if self._settings.model == PARTNER else name

    def _plain(self, name: str, value: Any) -> Any:
        """Odoo keeps 0 where no number stands."""
        return None if self._sorts.get(name) in NUMBERS and not value else value

    def _call(self, method: str, args: Sequence[Any], more: Mapping[str, Any] | None = None) -> Any:
        given = self._settings
        if self._user is None:
            user = self._ask("common", "authenticate", [given.db, given.login, given.key, {}])
            if not user or not isinstance(user, int):
                raise AnsweredError(self._ways.sent(self.last, answer="refuse", reason="crm_access"))
            self._user = int(user)
        told = dict(more or {})
        told["context"] = {**told.get("context", {}), "lang": ENGLISH}
        whole = [given.db, self._user, given.key, given.model, method, args, told]
        return self._ask("object", "execute_kw", whole)

    def _ask(self, service: str, method: str, args: Sequence[Any]) -> Any:
        """One call; Odoo answers its errors with status 200."""
        call = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": method, "args": args},
            "id": 1,
        }
        url = self._settings.url.rstrip("/") + "/jsonrpc"
        body = json.dumps(call, ensure_ascii=False).encode()
        self.last = self._ways.request("POST", url, headers={"Content-Type": "application/json"}, body=body)
        told = crm.read(self.last)
        if self.last.status != 200:
            raise AnsweredError(self._ways.sent(self.last))
        if not isinstance(told, dict) or not {"result", "error"} & told.keys():
            raise crm.strange(self.last, self._ways)
        if "error" in told:
            if not isinstance(told["error"], dict):
                raise crm.strange(self.last, self._ways)
            answer, why = judged(told["error"], self._settings.model)
            raise AnsweredError(self._ways.sent(self.last, answer=answer, reason=why))
        return told["result"]


def judged(error: Mapping[str, Any], model: str) -> tuple[Answer, str]:
    """What an error of Odoo's means, and why."""
    data = error["data"] if isinstance(error.get("data"), dict) else {}
    name, message = str(data.get("name", "")), str(data.get("message", ""))
    if field_ := INVALID.match(message):  # from its first word on: what somebody typed may stand further on
        return "refuse", reason("crm_field", field_[1])
    if wrong := WRONG.match(message):
        return "park", reason("crm_value", wrong[1])
    if needed := MISSING.search(message):
        return "park", reason("crm_needs", needed[1])
    gone = "does not exist" in message and name == "psycopg2.OperationalError"
    if gone or (name == "odoo.exceptions.UserError" and message.startswith("Object ")):
        return "refuse", "crm_database"
    answer, code = MEANS.get(name, ("retry", "crm_refused"))
    return answer, reason(code, model) if code == "crm_right" else code


def _html(text: str) -> str:
    """What somebody typed, as Odoo's notes keep it."""
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


KIND = Kind(
    "odoo",
    Settings,
    parse,
    send,
    title=Said("اودو", "Odoo"),
    help=Said(
        "هر سرنخ در CRM اودو ساخته می‌شود یا همانی را که هست کامل می‌کند.",
        "Each lead is made in Odoo's CRM, or completes the one that is there.",
    ),
    asks=ASKS,
    rules=RULES,
)
