"""Every setting once: name, type, default, reason. Read from the environment and an optional `.env` file.

A bad value stops the start and is named: `ConfigError`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

Network = IPv4Network | IPv6Network
SMS_SCHEMES = ("console", "http", "https", "kavenegar")


class ConfigError(Exception):
    """A setting that cannot be used; the message names it and says what to write."""


@dataclass(frozen=True)
class Config:
    data_dir: Path  # DATA_DIR: all that must survive: database, keys, exports, Valkey's log
    port: int  # PORT: where the web server listens
    host: str  # SARNAKH_HOST: loopback unless a proxy or container needs more
    base_url: str  # BASE_URL: the public address, used in mails and snippets
    database_url: str = field(repr=False)  # DATABASE_URL: may hold a password
    redis_url: str = field(repr=False)  # REDIS_URL: may hold a password
    embedded_valkey: bool  # true when REDIS_URL is absent: the supervisor then owns a Valkey
    secret_key: str = field(repr=False)  # SECRET_KEY: signs tickets, cookies, links; encrypts destination secrets
    trusted_proxies: tuple[Network, ...]  # TRUSTED_PROXIES: whose X-Forwarded-For is believed
    smtp_url: str | None = field(repr=False)  # SMTP_URL: smtp[s]://user:password@host:port
    mail_from: str  # SARNAKH_MAIL_FROM: the sender of every mail
    private_destinations: frozenset[str]  # SARNAKH_PRIVATE_DESTINATIONS: host:port pairs that rule 32 lets through
    web_workers: int  # SARNAKH_WEB_WORKERS: server processes; one a core
    web_threads: int  # SARNAKH_WEB_THREADS: threads a process; also the size of a group commit
    demo_port: int  # SARNAKH_DEMO_PORT: the demo's landing page and CRM inbox
    dns: bool  # SARNAKH_DNS: false leaves every name unknown (tests, closed networks)
    metrics_token: str | None = field(repr=False)  # SARNAKH_METRICS_TOKEN: lets a scraper beyond loopback in
    log_level: str  # SARNAKH_LOG_LEVEL
    sms_url: str | None = field(default=None, repr=False)  # SARNAKH_SMS_URL: who sends codes; may hold a key
    lists_index: str = "https://pypi.org"  # SARNAKH_LISTS_INDEX: whom the lists are renewed from; a mirror's address
    lists_renew: bool = True  # SARNAKH_LISTS_RENEW: renew the lists daily; by default wherever names are looked up
    turnstile_sitekey: str | None = None  # SARNAKH_TURNSTILE_SITEKEY: an outside check that a form may name
    turnstile_secret: str | None = field(default=None, repr=False)  # SARNAKH_TURNSTILE_SECRET
    hcaptcha_sitekey: str | None = None  # SARNAKH_HCAPTCHA_SITEKEY: the same
    hcaptcha_secret: str | None = field(default=None, repr=False)  # SARNAKH_HCAPTCHA_SECRET
    reacher_url: str | None = None  # SARNAKH_REACHER_URL: an e-mail verifier's check_email, the same
    reacher_token: str | None = field(default=None, repr=False)  # SARNAKH_REACHER_TOKEN
    post_limit: str = "600/minute"  # SARNAKH_POST_LIMIT: posts of one address block to one form, far over a crowd's

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Config:
    """The settings of this process. `environ` wins over the `.env` file. Raises ConfigError."""
    env = _merged(os.environ if environ is None else environ, dotenv)
    data_dir = _data_dir(env.get("DATA_DIR", "var"))
    port = _integer(env, "PORT", 8000, 1, 65535)
    redis_url = _redis_url(env.get("REDIS_URL"))
    dns = _boolean(env, "SARNAKH_DNS", True)
    return Config(
        data_dir=data_dir,
        port=port,
        host=env.get("SARNAKH_HOST", "127.0.0.1"),
        base_url=_base_url(env.get("BASE_URL", f"http://127.0.0.1:{port}")),
        database_url=_database_url(env.get("DATABASE_URL"), data_dir),
        redis_url=redis_url or f"unix://{data_dir / 'valkey.sock'}",
        embedded_valkey=redis_url is None,
        secret_key=env.get("SECRET_KEY") or _kept_secret(data_dir / "secret_key"),
        trusted_proxies=tuple(_network(text) for text in _words(env.get("TRUSTED_PROXIES"))),
        smtp_url=_smtp_url(env.get("SMTP_URL")),
        mail_from=env.get("SARNAKH_MAIL_FROM", "sarnakh@localhost"),
        private_destinations=frozenset(
            _host_and_port(text) for text in _words(env.get("SARNAKH_PRIVATE_DESTINATIONS"))
        ),
        web_workers=_integer(env, "SARNAKH_WEB_WORKERS", min(2, os.cpu_count() or 1), 1, 64),
        web_threads=_integer(env, "SARNAKH_WEB_THREADS", 16, 1, 256),
        demo_port=_integer(env, "SARNAKH_DEMO_PORT", port + 1, 1, 65535),
        dns=dns,
        metrics_token=env.get("SARNAKH_METRICS_TOKEN") or None,
        log_level=_choice(env, "SARNAKH_LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        lists_index=_lists_index(env.get("SARNAKH_LISTS_INDEX", "https://pypi.org")),
        lists_renew=_boolean(env, "SARNAKH_LISTS_RENEW", dns),
        turnstile_sitekey=_key(env, "SARNAKH_TURNSTILE_SITEKEY", "SARNAKH_TURNSTILE_SECRET"),
        turnstile_secret=_key(env, "SARNAKH_TURNSTILE_SECRET", "SARNAKH_TURNSTILE_SITEKEY"),
        hcaptcha_sitekey=_key(env, "SARNAKH_HCAPTCHA_SITEKEY", "SARNAKH_HCAPTCHA_SECRET"),
        hcaptcha_secret=_key(env, "SARNAKH_HCAPTCHA_SECRET", "SARNAKH_HCAPTCHA_SITEKEY"),
        reacher_url=_reacher_url(env.get("SARNAKH_REACHER_URL")),
        reacher_token=_key(env, "SARNAKH_REACHER_TOKEN", "SARNAKH_REACHER_URL"),
        post_limit=_rate(env.get("SARNAKH_POST_LIMIT", "600/minute")),
        sms_url=_sms_url(env.get("SARNAKH_SMS_URL"), _base_url(env.get("BASE_URL", f"http://127.0.0.1:{port}"))),
    )


def _merged(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    path = dotenv or Path(".env")
    try:
        found = dotenv_values(path) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: cannot be read ({error})") from error
    from_file = {name: value for name, value in found.items() if value}
    return {**from_file, **{name: value for name, value in environ.items() if value}}


def _data_dir(text: str) -> Path:
    path = Path(text).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"DATA_DIR={text!r}: cannot be made ({error.strerror})") from error
    if not os.access(path, os.W_OK):
        raise ConfigError(f"DATA_DIR={text!r}: not writable for this user")
    return path


def _kept_secret(path: Path) -> str:
    """The secret made at the first start."""
    try:
        if not path.exists():
            _make_secret(path)
        text = path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"SECRET_KEY: {path} cannot be made or read ({error.strerror})") from error
    if not text:
        raise ConfigError(f"SECRET_KEY: {path} is empty; delete it or set SECRET_KEY")
    return text


def _make_secret(path: Path) -> None:
    """It gets its name when it is whole and closed to others, so that of two processes that race both read the same."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):  # made by a process that started beside this one
        os.link(draft, path)
    draft.unlink()


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:  # noqa: PLR0917
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ConfigError(f"{name}={text!r}: write a number from {low} to {high}")
    return int(text)


def _boolean(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "true" if default else "false")
    if text not in {"true", "false"}:
        raise ConfigError(f"{name}={text!r}: write 'true' or 'false'")
    return text == "true"


def _choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = env.get(name, default)
    if text not in allowed:
        raise ConfigError(f"{name}={text!r}: write one of {', '.join(allowed)}")
    return text


def _key(env: Mapping[str, str], name: str, partner: str) -> str | None:
    """A key of an outside service: of use only beside its partner. The message never shows it."""
    text = (env.get(name) or "").strip()
    if text and not env.get(partner):
        raise ConfigError(f"{name}: set {partner} as well, or neither")
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > 500:
        raise ConfigError(f"{name}: write the key as the service shows it, in one line")
    return text or None


def _reacher_url(text: str | None) -> str | None:
    """Plain http is for one's own network; a token is then read by whoever listens there."""
    if not text:
        return None
    parts = _parts(text)
    whole = parts and parts.scheme in {"http", "https"} and parts.hostname and parts.path.endswith("/check_email")
    if not whole or (parts and parts.username is not None):
        raise ConfigError(
            "SARNAKH_REACHER_URL: write the whole address, such as https://reacher.example.com/v1/check_email"
        )
    return text


def _rate(text: str) -> str:
    amount, _, unit = text.partition("/")
    if not amount.isdigit() or int(amount) < 1 or unit not in {"second", "minute", "hour", "day"}:
        raise ConfigError(f"SARNAKH_POST_LIMIT={text!r}: write a number and a time, such as 600/minute")
    return text


def _words(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").split()


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ConfigError(f"TRUSTED_PROXIES={text!r}: write addresses or networks such as 10.0.0.0/8") from error


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"SARNAKH_PRIVATE_DESTINATIONS={text!r}: write pairs such as crm.local:8080")
    return text


def _parts(text: str) -> SplitResult | None:
    """The parts of a URL; none where they make no sense, such as a port that is no number."""
    try:
        parts = urlsplit(text)
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None


def _base_url(text: str) -> str:
    parts = _parts(text)
    fits = parts and parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
    if not fits:
        raise ConfigError(f"BASE_URL={text!r}: write an address such as https://leads.example.com")
    return text.rstrip("/")


def _lists_index(text: str) -> str:
    parts = _parts(text)
    fits = parts and parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
    if not fits:
        raise ConfigError(f"SARNAKH_LISTS_INDEX={text!r}: write an address such as https://pypi.org")
    return text.rstrip("/")


def _database_url(text: str | None, data_dir: Path) -> str:
    url = text or f"sqlite:///{data_dir / 'sarnakh.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")) or _parts(url) is None:
        raise ConfigError("DATABASE_URL: write sqlite:///path or postgresql+psycopg://user@host/name")
    return url


def _redis_url(text: str | None) -> str | None:
    if text and ((parts := _parts(text)) is None or parts.scheme not in {"redis", "rediss", "unix"}):
        raise ConfigError("REDIS_URL: write redis://host:6379/0, rediss://host:6379/0 or unix:///path")
    return text


def _sms_url(text: str | None, base_url: str) -> str | None:
    """`console:` writes codes on the worker's terminal, so it is for this machine alone."""
    if not text:
        return None
    parts = _parts(text)
    if parts is None or parts.scheme not in SMS_SCHEMES or not (parts.netloc or parts.scheme == "console"):
        raise ConfigError("SARNAKH_SMS_URL: write console:, https://… or kavenegar://API-KEY?template=NAME")
    if parts.scheme == "console" and urlsplit(base_url).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigError("SARNAKH_SMS_URL=console: is for trials on this machine; name a provider that sends")
    return text


def _smtp_url(text: str | None) -> str | None:
    if text and ((parts := _parts(text)) is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        raise ConfigError("SMTP_URL: write smtp://host:25, or smtps://user:password@host:465")
    return text
