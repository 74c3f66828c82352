"""Any gateway that takes JSON: `POST {"to": "+98…", "text": "…", "code": "123456", "id": "…"}` to the address itself.

A password in the address (`https://:TOKEN@sms.example/send`) goes along as a bearer token. The id is the same on every
try, so that a gateway can tell a repeat.
"""

from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit, urlunsplit

from gateway.http import PORTS, ConnectError, Connector
from gateway.sms.message import Message, SmsError, check_status


def send(url: str, message: Message) -> None:
    """Hand one message to the gateway, within ten seconds. Raises SmsError."""
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    target = urlunsplit((parts.scheme, f"{host}:{port}", parts.path or "/", parts.query, ""))
    headers = {"Content-Type": "application/json"}
    if parts.password:
        headers["Authorization"] = f"Bearer {unquote(parts.password)}"
    body = {"to": message.number, "text": message.text, "code": message.code, "id": message.id}
    # The operator's own setting counts as listed, as SMTP_URL does (rule 32).
    connector = Connector(frozenset({f"{parts.hostname}:{port}"}))
    try:
        reply = connector.request("POST", target, headers=headers, body=json.dumps(body, ensure_ascii=False).encode())
    except ConnectError as error:
        raise SmsError(error.code) from error
    check_status(reply.status)
