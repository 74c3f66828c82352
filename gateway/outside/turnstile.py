"""`turnstile`: Cloudflare's captcha. https://developers.cloudflare.com/turnstile/get-started/server-side-validation/"""

from __future__ import annotations

from dataclasses import dataclass, field

from config import Config
from gateway.http import Connector
from gateway.outside.kind import Kind, Widget, siteverify
from verification.evidence import OutsideAnswer

HOST = "https://challenges.cloudflare.com"
# Of our own request or of the service; `timeout-or-duplicate` and `invalid-input-response` are of the token.
OURS = frozenset({"missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"})


@dataclass(frozen=True)
class Settings:
    sitekey: str
    secret: str = field(repr=False)
    url: str = f"{HOST}/turnstile/v0/siteverify"


def settings(config: Config) -> Settings | None:
    if config.turnstile_sitekey is None or config.turnstile_secret is None:
        return None
    return Settings(config.turnstile_sitekey, config.turnstile_secret)


def ask(token: str, found: Settings, http: Connector) -> OutsideAnswer:
    """Each token is good for one question within five minutes. The visitor's address is not sent along."""
    return siteverify(http, found.url, {"secret": found.secret, "response": token}, OURS)


WIDGET = Widget(
    field="cf-turnstile-response",
    script=f"{HOST}/turnstile/v0/api.js?render=explicit",
    hosts={"script-src": HOST, "frame-src": HOST},
)
KIND = Kind("turnstile", settings, ask, WIDGET, longest=2048)
