"""`smtp`: a mail to sales, one lead a mail, or several in one every hour or every morning."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.delivery import summary
from gateway.delivery.outgoing import Answer, Asked, Kind, Outgoing, Said, Sent, SettingsError, Ways, reason
from gateway.delivery.settings import answers
from gateway.delivery.summary import Summary
from gateway.mail import POLICY, MailError, SomeRefusedError, address, one_line

MAX_RECIPIENTS = 10
MORNING = 8  # o'clock where the site is: when a daily mail goes out, unless somebody says otherwise
EVERY = {
    "each": Said("هر سرنخ جدا", "Each lead by itself"),
    "hourly": Said("ساعتی یک‌بار، همه با هم", "Once an hour, together"),
    "daily": Said("روزی یک‌بار، همه با هم", "Once a day, together"),
}
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
HOURS = {str(hour): Said(f"{hour}:00".translate(PERSIAN), f"{hour}:00") for hour in range(24)}
ASKS = (
    Asked(
        "to",
        Said("گیرنده", "Recipients"),
        Said(
            "ایمیل همکار یا گروه فروش؛ چند نشانی را با ویرگول جدا کنید.",
            "The sales team's e-mail address; several are set apart by commas.",
        ),
    ),
    Asked(
        "every",
        Said("چه وقت", "When"),
        Said(
            "پاک شدن و پس گرفتن رضایت هم در همین نوبت‌ها گفته می‌شود.",
            "Erasures and withdrawn consents are told at the same times.",
        ),
        required=False,
        choices=EVERY,
        default="each",
    ),
    Asked(
        "hour",
        Said("ساعت نامهٔ روزانه", "Hour of the daily mail"),
        Said("به وقت سایت.", "In the site's time zone."),
        required=False,
        choices=HOURS,
        default=str(MORNING),
    ),
    summary.UPDATES,
)
# What a mail server's refusal means here. Settings of the installation are wrong for every lead alike.
MEANS: Mapping[str, tuple[Answer, str]] = {
    "no_smtp_url": ("refuse", "mail_off"),
    "recipient_refused": ("refuse", "mail_refused"),
    "bad_recipient": ("refuse", "mail_refused"),
    "no_smtputf8": ("refuse", "mail_refused"),
    "no_tls_for_password": ("refuse", "mail_setup"),
    "not_supported": ("refuse", "mail_setup"),
    "smtp_535": ("refuse", "mail_setup"),  # RFC 4954: credentials invalid
}


@dataclass(frozen=True)
class Settings:
    to: str
    every: str = "each"
    hour: str = str(MORNING)
    updates: str = "all"


def parse(given: Mapping[str, str]) -> Settings:
    """Settings from what somebody entered. Raises SettingsError."""
    entered = answers(ASKS, given)
    to = [one.strip() for one in entered["to"].replace("،", ",").split(",") if one.strip()]
    if not 0 < len(to) <= MAX_RECIPIENTS:
        raise SettingsError("to", "recipients")
    for one in to:
        try:
            address(one)
        except MailError as error:
            raise SettingsError("to", "recipients") from error
    return Settings(", ".join(to), entered["every"], entered["hour"], entered["updates"])


def waits(settings: Settings, made: datetime, zone: str) -> datetime | None:
    """The next full hour, or the next morning, after a delivery was made; None: it goes out at once."""
    local = made.astimezone(ZoneInfo(zone))
    if settings.every == "hourly":  # in some zones the clock strikes at half past
        return (local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)).astimezone(made.tzinfo)
    if settings.every == "daily":
        at = datetime.combine(local.date(), time(int(settings.hour)), local.tzinfo)
        return (at if at > made else at + timedelta(days=1)).astimezone(made.tzinfo)
    return None


def send(outgoing: Outgoing, settings: Settings, ways: Ways) -> Sent:
    """One mail for one lead."""
    return send_all([outgoing], settings, ways)


def send_all(outgoings: Sequence[Outgoing], settings: Settings, ways: Ways) -> Sent:
    """One mail for all of them; none where there is nothing to tell."""
    told = [summary.tell(one, ways.base_url) for one in outgoings if _worth(one, settings)]
    if not told:
        return ways.sent(None)
    if ways.post is None:
        return ways.sent(None, answer="refuse", reason="mail_off")
    try:
        ways.post(compose(outgoings, told, settings, ways))
    except SomeRefusedError as some:  # trying again would send it anew to those who have it
        return replace(ways.sent(None), reply=_missed(some.missed, len(settings.to.split(", "))))
    except MailError as error:
        answer, code = MEANS.get(error.code, ("retry", error.code))
        if error.code == "recipient_refused" and not error.permanent:  # put off (RFC 5321 4.2.1), as by greylisting
            answer = "retry"
        said = reason("mail_said", code.removeprefix("smtp_")) if code.startswith("smtp_") else code
        return ways.sent(None, answer=answer, reason=said)
    return ways.sent(None)


def compose(outgoings: Sequence[Outgoing], told: Sequence[Summary], settings: Settings, ways: Ways) -> EmailMessage:
    """The message in the site's language. What people typed stands in the body, in the subject on one line, and
    nowhere else; an answer goes to the lead. The same deliveries make the same Message-ID."""
    first, lang = outgoings[0], outgoings[0].lang
    message = EmailMessage(POLICY)
    message["Subject"] = one_line(told[0].headline if len(told) == 1 else summary.count(len(told), lang))
    message["From"] = ways.sender
    message["To"] = tuple(address(one) for one in settings.to.split(", "))
    if len(told) == 1 and _plain(told[0].email):
        message["Reply-To"] = told[0].email
    message["Date"] = format_datetime(first.at)
    host = urlsplit(ways.base_url).hostname or "localhost"
    message["Message-ID"] = f"<{_digest(*sorted(one.id for one in outgoings))}@{host}>"
    if len(told) == 1:  # a lead's mails stand together in the reader's list
        message["References"] = f"<{_digest(str(first.data['id']))}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content("\n\n".join(_text(one, lang) for one in told))
    message.add_alternative(_html(told, lang), subtype="html")
    message["Content-Language"] = lang
    return message


def _missed(missed: Mapping[int, int], among: int) -> str:
    """A line for each recipient that was not taken, by their place in the settings; the addresses stand there."""
    return "\n".join(f"{code}: recipient {place} of {among}, {_why(code)}" for place, code in sorted(missed.items()))


def _why(code: int) -> str:
    return "refused" if code >= 500 else "put off, not tried again"  # RFC 5321 4.2.1


def _worth(outgoing: Outgoing, settings: Settings) -> bool:
    """Is there anything that these readers want to hear? A merge changes nothing for them."""
    if outgoing.type == "lead.updated":
        return settings.updates == "all" or "withheld" in outgoing.data
    return outgoing.type != "lead.merged"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _plain(email: str) -> bool:
    """An address that stands in a header as it is: one, in ASCII, without a name or a break."""
    return email.isascii() and email.isprintable() and parseaddr(email) == ("", email) and email.count("@") == 1


def _text(one: Summary, lang: str) -> str:
    rows = [f"{label}: {value}" for label, value in one.rows]
    link = [f"{summary.open_words(lang)}: {one.link}"] if one.link else []
    return "\n".join([one.headline, *([one.note] if one.note else []), *rows, *link])


def _html(told: Sequence[Summary], lang: str) -> str:
    """A mail that any reader shows alike: one table a lead, styles on the elements."""
    direction = "rtl" if lang == "fa" else "ltr"
    leads = "".join(_lead(one, lang) for one in told)
    return (
        f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;padding:24px;background:#f4f5f7" dir="{direction}">{leads}</body></html>'
    )


def _lead(one: Summary, lang: str) -> str:
    cell = "padding:4px 0;vertical-align:top;font-size:15px;line-height:1.6"
    rows = "".join(
        f'<tr><td style="{cell};color:#5b6472;width:34%;padding-inline-end:12px">{escape(label)}</td>'
        f'<td style="{cell};color:#1d2430"><span dir="auto">{_broken(value)}</span></td></tr>'
        for label, value in one.rows
    )
    note = f'<p style="margin:0;font-size:15px;line-height:1.7">{escape(one.note)}</p>' if one.note else ""
    link = (
        f'<p style="margin:20px 0 0"><a href="{escape(one.link)}" style="display:inline-block;padding:10px 20px;'
        f'background:#0b6b66;color:#ffffff;text-decoration:none;border-radius:6px">{summary.open_words(lang)}</a></p>'
        if one.link
        else ""
    )
    return (
        '<div style="max-width:560px;margin:0 auto 16px;padding:24px;background:#ffffff;border:1px solid #e2e5ea;'
        "border-radius:8px;overflow-wrap:anywhere;"
        "font-family:Vazirmatn,Tahoma,-apple-system,'Segoe UI',Roboto,sans-serif\">"
        f'<h1 style="margin:0 0 12px;font-size:18px;line-height:1.5;color:#1d2430">{escape(one.headline)}</h1>'
        f'{note}<table role="presentation" style="width:100%;border-collapse:collapse">{rows}</table>{link}</div>'
    )


def _broken(text: str) -> str:
    return escape(text).replace("\n", "<br>")


KIND = Kind(
    "smtp",
    Settings,
    parse,
    send,
    title=Said("ایمیل به فروش", "Mail to sales"),
    help=Said(
        "هر سرنخ در یک ایمیل، یا چند سرنخ با هم در نوبت‌های ساعتی یا روزانه.",
        "Each lead in a mail, or several together every hour or every day.",
    ),
    asks=ASKS,
    waits=waits,
    send_all=send_all,
)
