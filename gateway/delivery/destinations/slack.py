"""`slack`: a message in a channel, by an incoming webhook. What leads typed mentions nobody (rule 34).

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.delivery import summary
from gateway.delivery.outgoing import Answer, Asked, Kind, Outgoing, Pace, Said, Sent, Ways
from gateway.delivery.settings import answers
from gateway.delivery.summary import Summary

MAX_TEXT = 3000  # of a section's text (Slack, "Section block")
MAX_HEADLINE = 150
MARKS = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])")  # of bold, struck, code and italic text
ASKS = (
    Asked(
        "url",
        Said("نشانی وب‌هوک اسلک", "Slack webhook address"),
        Said(
            "در اسلک: Apps ← Incoming Webhooks ← Add to Slack، بعد کانال را برگزینید. این نشانی خودش رمز است.",
            "In Slack: Apps, Incoming Webhooks, Add to Slack, then choose a channel. The address is itself a secret.",
        ),
        secret=True,
        sort="url",
    ),
    summary.UPDATES,
)
# The body of a refusal is one of these words ("Handling errors" on the page above).
MEANS: Mapping[str, tuple[Answer, str]] = {
    "invalid_payload": ("park", "crm_refused"),
    "user_not_found": ("refuse", "slack_gone"),
    "channel_not_found": ("refuse", "slack_gone"),
    "no_service": ("refuse", "slack_gone"),
    "no_active_hooks": ("refuse", "slack_gone"),
    "no_team": ("refuse", "slack_gone"),
    "team_disabled": ("refuse", "slack_gone"),
    "invalid_token": ("refuse", "crm_access"),
    "action_prohibited": ("refuse", "slack_forbidden"),
    "posting_to_general_channel_denied": ("refuse", "slack_forbidden"),
    "channel_is_archived": ("refuse", "slack_archived"),  # 410, yet somebody may well bring it back
    "rollup_error": ("retry", "crm_busy"),
}


@dataclass(frozen=True)
class Settings:
    url: str = field(repr=False)
    updates: str = "all"


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    return Settings(**answers(ASKS, given))


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """Post one message. Raises ConnectError."""
    if outgoing.type == "lead.merged" or (
        outgoing.type == "lead.updated" and settings.updates == "none" and "withheld" not in outgoing.data
    ):
        return ways.sent(None)
    told = summary.tell(outgoing, ways.base_url)
    body = json.dumps(message(told, outgoing.lang), ensure_ascii=False).encode()
    reply = ways.request("POST", settings.url, headers={"Content-Type": "application/json; charset=utf-8"}, body=body)
    answer, reason = MEANS.get(reply.body[:100].decode("utf-8", "replace").strip(), (None, None))
    return ways.sent(reply) if reply.status == 200 else ways.sent(reply, answer=answer, reason=reason)


def message(told: Summary, lang: str) -> dict[str, object]:
    """Text for notifications, blocks for the channel. Nothing is parsed for names: only <…> could mention anybody."""
    lines = [f"*{escape(_cut(told.headline, MAX_HEADLINE))}*"]
    if told.note:
        lines.append(escape(told.note))
    lines += [f"*{escape(label)}:* {escape(value)}" for label, value in told.rows]
    if told.link:
        lines.append(f"<{told.link}|{escape(summary.open_words(lang))}>")
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": one, "verbatim": True}} for one in _sections(lines)
    ]
    return {"text": escape(told.headline), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """The three characters by which Slack knows a mention or a link; its marks for bold and code lose their meaning
    behind a word joiner. Within a word an underscore marks nothing, and an address or id is copied as it is."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MARKS.sub("\u2060\\g<0>", plain)


def _sections(lines: list[str]) -> list[str]:
    """The lines in as few sections as their limit allows."""
    found: list[str] = []
    for line in lines:
        short = _cut(line, MAX_TEXT)
        if found and len(found[-1]) + len(short) < MAX_TEXT:
            found[-1] += f"\n{short}"
        else:
            found.append(short)
    return found


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


KIND = Kind(
    "slack",
    Settings,
    parse,
    send,
    title=Said("اسلک", "Slack"),
    help=Said("هر سرنخ یک پیام در کانال فروش.", "Each lead is a message in the sales channel."),
    asks=ASKS,
    pace=Pace(1, 3),  # Slack, "Rate limits": one message a second, short bursts allowed
)
