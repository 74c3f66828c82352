"""`csv`: a line a version in files under DATA_DIR/exports/<site>/, for a spreadsheet or a program."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.delivery import mapping
from gateway.delivery.mapping import Rule
from gateway.delivery.outgoing import Asked, Kind, Outgoing, Said, Sent, Ways
from gateway.delivery.settings import answers
from gateway.files import Table

FIRST = ("delivery", "lead", "version", "event", "at")  # columns of every file, before those of the rules
LEAD = FIRST.index("lead")
OURS = re.compile(r"(leads-[0-9a-f]{6})-.+\.csv")  # a file's name, and which destination's it is
PERIODS = {"month": Said("هر ماه یک فایل", "A file a month"), "day": Said("هر روز یک فایل", "A file a day")}
ASKS = (
    Asked(
        "period",
        Said("فایل‌ها", "Files"),
        Said(
            "فایل‌ها در DATA_DIR/exports می‌مانند و از همین صفحه هم گرفته می‌شوند.",
            "They stand under DATA_DIR/exports and can be fetched from this page.",
        ),
        required=False,
        choices=PERIODS,
        default="month",
    ),
)
RULES = {
    name: Rule(name.removeprefix("lead.").removeprefix("source."), "always")
    for name in (
        "email", "phone", "first_name", "last_name", "company", "job_title", "message",
        "lead.score", "lead.interest", "lead.grade", "lead.stage", "source.form", "source.utm_source",
        "source.utm_campaign",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """key: begins the names of this destination's files; made once."""

    period: str = "month"
    key: str = ""


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    return Settings(answers(ASKS, given)["period"], f"leads-{secrets.token_hex(3)}")


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Write one line, or for an erased lead take all of its lines away. The same delivery never makes two."""
    table = Table(ways.exports, settings.key)
    data = outgoing.data
    try:
        if outgoing.type == "lead.erased":
            table.remove(LEAD, {data["id"], *data["earlier_ids"]})
        else:
            stem = "test" if data["test"] else _stem(outgoing, settings)
            columns = [rule.property for rule in outgoing.rules.values() if rule.write != "never"]
            table.append(stem, [*FIRST, *columns], _row(outgoing, ways.base_url))
    except OSError:
        return ways.sent(None, answer="retry", reason="file")
    return ways.sent(None)


def forget(folder: Path, lead_ids: Collection[str]) -> None:
    """Take a person's lines out of every file here: those of a destination that was removed stay, and nobody tells it
    of erasures. Raises OSError."""
    found = [OURS.fullmatch(one.name) for one in folder.glob("*.csv")]
    for owner in sorted({one[1] for one in found if one}):
        Table(folder, owner).remove(LEAD, lead_ids)


def _row(outgoing: Outgoing, base_url: str) -> list[str]:
    """Ids, and the facts in the order of their columns; after a merge or without the consent, ids alone."""
    data = outgoing.data
    event = "withheld" if "withheld" in data else outgoing.type.removeprefix("lead.")
    said = f"merged into {data['merged_into']}" if "merged_into" in data else event
    bare = outgoing.type == "lead.merged" or "withheld" in data
    rules = [source for source, rule in outgoing.rules.items() if rule.write != "never"]
    facts = ["" if bare else mapping.told(data, source, base_url)[0] for source in rules]
    return [outgoing.id, data["id"], str(data["version"]), said, outgoing.event["timestamp"], *facts]


def _stem(outgoing: Outgoing, settings: Settings) -> str:
    """By when the version was made, where the site is: the same on every try."""
    made = datetime.fromisoformat(outgoing.event["timestamp"]).astimezone(ZoneInfo(outgoing.zone))
    return made.strftime("%Y-%m" if settings.period == "month" else "%Y-%m-%d")


KIND = Kind(
    "csv",
    Settings,
    parse,
    send,
    title=Said("فایل CSV", "CSV files"),
    help=Said(
        "هر سرنخ یک سطر در فایلی روی همین سرور، برای اکسل یا برنامه‌ای دیگر.",
        "Each lead is a line in a file on this server, for a spreadsheet or another program.",
    ),
    asks=ASKS,
    rules=RULES,
    named=mapping.COLUMN,
)
