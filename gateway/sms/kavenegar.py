"""Kavenegar (kavenegar.com/rest.html): `kavenegar://API-KEY?template=NAME`, or `kavenegar://API-KEY?sender=NUMBER`.

With a template, made and approved in its panel with `%token` for the code, `verify/lookup` sends it, which also reaches
numbers that block advertising; without one, `sms/send` sends our text. Built against the documentation alone: no
account was at hand.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from gateway.http import ConnectError, Connector
from gateway.sms.message import OK, Message, SmsError

API = "https://api.kavenegar.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BAD_RECEPTOR = 411  # its code for a number it cannot send to; all others are the account's, and may be mended


def send(url: str, message: Message, api: str = API) -> None:
    """Hand one message to Kavenegar, within ten seconds. Raises SmsError."""
    parts = urlsplit(url)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    key = quote(unquote(parts.netloc.rpartition("@")[0] or parts.netloc), safe="")
    fields = {"receptor": message.number}
    if "template" in given:
        method, fields = "verify/lookup", {**fields, "token": message.code, "template": given["template"]}
    else:
        method, fields = "sms/send", {**fields, "message": message.text}
        fields |= {"sender": given["sender"]} if "sender" in given else {}
    connector = Connector(frozenset({api.partition("//")[2]}))
    try:
        reply = connector.request(
            "POST", f"{api}/v1/{key}/{method}.json", headers=FORM, body=urlencode(fields).encode()
        )
    except ConnectError as error:
        raise SmsError(error.code) from error
    if reply.status not in OK:
        raise SmsError(f"kavenegar_{reply.status}", permanent=reply.status == BAD_RECEPTOR)
