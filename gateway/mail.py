"""Mail to staff and to visitors: composed from the catalogues, sent by SMTP through the one connector (rule 32).

The operator's own SMTP_URL counts as listed, so a mail server on a private address may be used; a metadata address
never. Nothing of a lead stands in a mail to staff: it leads to the console. Nothing that a visitor typed stands in a
mail to visitors (rule 18).
"""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import Connection

from config import Config
from gateway import posting
from gateway.http import TIMEOUT, ConnectError, Connector
from gateway.net import parsed
from gateway.parts import Parts
from gateway.posting import NotSentError
from gateway.store import mails
from gateway.store.mails import DueMail
from gateway.words import say
from verification.addresses import email_domain

# Each template and the page that its button opens; None: the link is a param, made for this mail.
TEMPLATES: Mapping[str, str | None] = {
    "new_qualified_lead": "/console/leads/{lead_id}",
    "held_waiting": "/console/review?site={site_key}",
    "held_contact": "/console/review?site={site_key}&contact=1",
    "destination_stopped": "/console/destinations?site={site_key}",
    "erasure_asked": "/console/erasures?site={site_key}",
    "rejects_sample": "/console/review/sample?site={site_key}",
    "password_reset": None,
    "sign_in": None,
    "invite": None,
    "confirm": "/confirm/{token}",
}
TO_VISITORS = frozenset({"confirm"})
FOLDER = Path(__file__).parent.parent / "templates" / "mail"
PORTS = {"smtp": 25, "smtps": 465}
NO_SMTPUTF8 = "no_smtputf8"
ZWNJ = "\N{ZERO WIDTH NON-JOINER}"  # half of Persian spelling, though not printable to Python


class MailError(NotSentError):
    """A mail that did not go out."""


class SomeRefusedError(MailError):
    """It went out, but not to these. missed: the server's code for each recipient that it did not take, by
    their place among all, from 1; its words stay out, since it may be a private host (rule 32)."""

    def __init__(self, missed: Mapping[int, int]) -> None:
        super().__init__("some_refused", permanent=True)
        self.missed = missed


@dataclass(frozen=True)
class Server:
    """SMTP_URL, taken apart."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    @property
    def local(self) -> bool:
        address = parsed(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)


def compose(config: Config, mail: DueMail, now: datetime) -> EmailMessage:
    """The message, as text and HTML in the mail's language. Raises MailError for an address or link that is none."""
    words = f"mail.{mail.template}"
    texts = {part: say(mail.lang, f"{words}.{part}", **mail.params) for part in ("subject", "body", "action")}
    footer = "footer_visitor" if mail.template in TO_VISITORS else "footer"
    link = _link(config, mail)
    message = EmailMessage(POLICY)
    message["Subject"] = one_line(texts["subject"])
    message["From"] = config.mail_from
    message["To"] = address(mail.recipient)
    message["Date"] = format_datetime(now)
    # The same on each try, so that a mail that was sent twice is recognised as one.
    host = urlsplit(config.base_url).hostname or "localhost"
    message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    values = {
        "lang": mail.lang,
        "direction": "rtl" if mail.lang == "fa" else "ltr",
        "paragraphs": texts["body"].strip().split("\n\n"),
        "link": link,
        "footer": say(mail.lang, f"mail.{footer}", **{**mail.params, "address": config.base_url}),
        **texts,
    }
    message.set_content(_templates().get_template("message.txt").render(values))
    message.add_alternative(_templates().get_template("message.html").render(values), subtype="html")
    message["Content-Language"] = mail.lang  # set earlier, it would move into the first part
    return message


def send(config: Config, message: EmailMessage) -> None:
    """Hand one message to the mail server, within ten seconds. Raises MailError: `no_smtputf8` where the recipient
    has letters beyond ASCII before the @ and the server takes no such addresses (RFC 6531); SomeRefusedError
    where only some of several recipients get it."""
    server = _server(config)
    try:
        with _conversation(server, urlsplit(config.base_url).hostname or "localhost") as smtp:
            if not str(message["To"]).isascii() and not smtp.has_extn("smtputf8"):
                raise MailError(NO_SMTPUTF8, permanent=True)
            missed = smtp.send_message(message)  # adds SMTPUTF8 by itself where an address asks for it
    except ConnectError as error:
        raise MailError(error.code) from error
    except smtplib.SMTPRecipientsRefused as error:
        refused = all(code >= 500 for code, _ in error.recipients.values())
        raise MailError("recipient_refused", permanent=refused) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError("not_supported") from error  # no signing in: SMTP_URL's fault, and no mail's
    except smtplib.SMTPResponseException as error:
        raise MailError(f"smtp_{error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError("timeout" if isinstance(error, TimeoutError) else "network") from error
    if missed:
        asked = [one for _, one in getaddresses([str(message["To"])])]  # as smtplib reads them
        raise SomeRefusedError({asked.index(one) + 1: code for one, (code, _) in missed.items()})


def greet(config: Config) -> bool:
    """Connect and sign in, as `doctor` does; returns whether every address can be written to (SMTPUTF8). Raises
    MailError."""
    try:
        with _conversation(_server(config), "localhost") as smtp:
            smtp.noop()
            return smtp.has_extn("smtputf8")
    except ConnectError as error:
        raise MailError(error.code) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError("network") from error


def send_due_mails(parts: Parts, limit: int) -> int:
    """Send what is due, at most `limit`; returns how many went out. Without SMTP_URL nothing happens. A server that
    does not answer ends the round."""
    config = parts.config
    if config.smtp_url is None:
        return 0

    def send_one(mail: DueMail) -> None:
        send(config, compose(config, mail, parts.clock()))

    return posting.send_due(parts, TEMPLATES, send_one, limit=limit)


def any_due(config: Config, conn: Connection, now: datetime) -> bool:
    """Does a mail wait that could be sent?"""
    return config.smtp_url is not None and mails.any_due(conn, now, TEMPLATES)


class _WordsApart(EmailPolicy):
    """The standard policy folds a long subject between two words and loses the space there: readers leave out the
    white space between two encoded words (RFC 2047, 6.2). The older folding keeps it inside of one."""

    def fold(self, name: str, value: str) -> str:
        if name.lower() != "subject" or value.isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


POLICY = _WordsApart()


class _Pinned(smtplib.SMTP):
    """SMTP over a socket that is open already."""

    def __init__(self, opened: socket.socket, local_hostname: str) -> None:
        self._opened = opened
        super().__init__(timeout=TIMEOUT, local_hostname=local_hostname)  # by itself it would ask DNS for its name

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._opened


def _conversation(server: Server, local_hostname: str) -> smtplib.SMTP:
    """Connected, encrypted where the server offers it, signed in. Certificates are checked; loopback needs none."""
    connector = Connector(frozenset({f"{server.host}:{server.port}"}))
    opened, _ = connector.open(server.host, server.port, tls=server.tls)
    smtp = _Pinned(opened, local_hostname)
    try:
        smtp.connect(server.host, server.port)
        smtp.ehlo_or_helo_if_needed()
        encrypted = server.tls
        if not encrypted and not server.local and smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            encrypted = True
        if server.user is not None:
            if not encrypted and not server.local:
                raise MailError("no_tls_for_password")
            smtp.login(server.user, server.password or "")
        smtp.ehlo_or_helo_if_needed()  # what it offers may change with encryption
    except BaseException:
        smtp.close()
        raise
    return smtp


def _server(config: Config) -> Server:
    parts = urlsplit(config.smtp_url or "")
    if not parts.hostname:
        raise MailError("no_smtp_url")
    return Server(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _link(config: Config, mail: DueMail) -> str:
    page = TEMPLATES[mail.template]
    link = str(mail.params["link"]) if page is None else config.base_url + page.format(**mail.params)
    if urlsplit(link).scheme not in {"http", "https"} or any(char.isspace() for char in link):
        raise MailError("bad_link", permanent=True)
    return link


def address(text: str) -> Address:
    """One address and nothing more: a comma or line break in it would reach other people. Letters beyond ASCII before
    the @ stay (RFC 6531), those after it go out in ASCII."""
    try:
        # Python's parser knows ASCII alone, so a letter stands for each of the others; what is no letter stays.
        Address(addr_spec="".join("x" if not char.isascii() and _in_a_name(char) else char for char in text))
        local, _, domain = text.rpartition("@")
        return (
            Address(addr_spec=text) if text.isascii() else Address(username=local, domain=email_domain(text) or domain)
        )
    except (ValueError, IndexError, MessageError) as error:
        raise MailError("bad_recipient", permanent=True) from error


def _in_a_name(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char == ZWNJ


def one_line(text: str) -> str:
    printable = "".join(char if char.isprintable() or char == ZWNJ else " " for char in text)
    return " ".join(printable.split(" "))[:200]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(["html"]))
