"""`hcaptcha`: https://docs.hcaptcha.com/#verify-the-user-response-server-side"""

from __future__ import annotations

from dataclasses import dataclass, field

from config import Config
from gateway.http import Connector
from gateway.outside.kind import Kind, Widget, siteverify
from verification.evidence import OutsideAnswer

HOSTS = "https://hcaptcha.com https://*.hcaptcha.com"
# Of our own request; what is left is of the token: invalid, expired (after two minutes), already seen.
OURS = frozenset({
    "missing-input-secret", "invalid-input-secret", "bad-request", "missing-remoteip", "invalid-remoteip",
    "not-using-dummy-passcode", "not-using-dummy-secret", "sitekey-secret-mismatch",
})  # fmt: skip


@dataclass(frozen=True)
class Settings:
    sitekey: str
    secret: str = field(repr=False)
    url: str = "https://api.hcaptcha.com/siteverify"


def settings(config: Config) -> Settings | None:
    if config.hcaptcha_sitekey is None or config.hcaptcha_secret is None:
        return None
    return Settings(config.hcaptcha_sitekey, config.hcaptcha_secret)


def ask(token: str, found: Settings, http: Connector) -> OutsideAnswer:
    """The site key goes along, so that a token of somebody else's widget is none. The visitor's address does not."""
    fields = {"secret": found.secret, "response": token, "sitekey": found.sitekey}
    return siteverify(http, found.url, fields, OURS)


WIDGET = Widget(
    field="h-captcha-response",
    script="https://js.hcaptcha.com/1/api.js?render=explicit",
    hosts=dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), HOSTS),
)
KIND = Kind("hcaptcha", settings, ask, WIDGET, longest=8192)
