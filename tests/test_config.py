"""Every setting is read, and nonsense is refused by name."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

import config


def load(tmp_path: Path, **environ: str) -> config.Config:
    return config.load({"DATA_DIR": str(tmp_path / "data"), **environ}, dotenv=tmp_path / ".env")


REFUSED = [
    ("PORT", "0"),
    ("PORT", "eighty"),
    ("PORT", "８０００"),
    ("BASE_URL", "leads.example.com"),
    ("BASE_URL", "https://leads.example.com/?a=1"),
    ("DATABASE_URL", "mysql://root@localhost/leads"),
    ("DATABASE_URL", "postgresql://localhost/leads"),
    ("BASE_URL", "https://leads.example.com:eighty"),
    ("DATABASE_URL", "postgresql+psycopg://me@db:port/leads"),
    ("REDIS_URL", "10.0.0.1:6379"),
    ("REDIS_URL", "redis://10.0.0.1:port"),
    ("TRUSTED_PROXIES", "10.0.0.0/99"),
    ("SARNAKH_PRIVATE_DESTINATIONS", "10.0.0.5:80, crm.local"),
    ("SARNAKH_PRIVATE_DESTINATIONS", "crm.local:99999"),
    ("SMTP_URL", "mail.example.com"),
    ("SMTP_URL", "smtp://mail.example.com:mail"),
    ("SARNAKH_DNS", "no"),
    ("SARNAKH_LISTS_INDEX", "pypi.org"),
    ("SARNAKH_LISTS_RENEW", "daily"),
    ("SARNAKH_TURNSTILE_SITEKEY", "1x00AA"),
    ("SARNAKH_TURNSTILE_SECRET", "1x00AA"),
    ("SARNAKH_HCAPTCHA_SITEKEY", "10000000-ffff-ffff-ffff-000000000001"),
    ("SARNAKH_HCAPTCHA_SECRET", "0x00"),
    ("SARNAKH_REACHER_URL", "https://reacher.example.com"),
    ("SARNAKH_REACHER_URL", "reacher:8080/v1/check_email"),
    ("SARNAKH_REACHER_URL", "https://me:hush@reacher.example.com/v1/check_email"),
    ("SARNAKH_REACHER_TOKEN", "hush"),
    ("SARNAKH_LOG_LEVEL", "loud"),
    ("SARNAKH_WEB_WORKERS", "-1"),
    ("SARNAKH_WEB_THREADS", "1000"),
    ("SARNAKH_DEMO_PORT", "70000"),
]


@pytest.mark.parametrize("name, value", REFUSED)
def test_a_bad_value_stops_the_start_by_name(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match=name) as found:
        load(tmp_path, **{name: value})
    assert len(str(found.value).splitlines()) == 1


READ = [
    ("PORT", "9000", "port", 9000),
    ("PORT", "9000", "base_url", "http://127.0.0.1:9000"),
    ("PORT", "9000", "demo_port", 9001),
    ("BASE_URL", "https://leads.example.com/", "base_url", "https://leads.example.com"),
    ("REDIS_URL", "redis://10.0.0.1:6379/1", "embedded_valkey", False),
    ("DATABASE_URL", "postgresql+psycopg://me@db/leads", "sqlite", False),
    ("SARNAKH_PRIVATE_DESTINATIONS", "10.0.0.5:80, crm.local:443", "private_destinations",
     frozenset({"10.0.0.5:80", "crm.local:443"})),
    ("SARNAKH_DNS", "false", "dns", False),
    ("SARNAKH_DNS", "false", "lists_renew", False),
    ("SARNAKH_LISTS_INDEX", "http://mirror.lan:8080/", "lists_index", "http://mirror.lan:8080"),
    ("SARNAKH_METRICS_TOKEN", "", "metrics_token", None),
    ("SARNAKH_REACHER_URL", "http://reacher:8080/v0/check_email", "reacher_url", "http://reacher:8080/v0/check_email"),
]  # fmt: skip


@pytest.mark.parametrize("name, value, field, meaning", READ)
def test_a_setting_is_read(name: str, value: str, field: str, meaning: object, tmp_path: Path) -> None:
    assert getattr(load(tmp_path, **{name: value}), field) == meaning


def test_without_settings_everything_is_embedded_and_local(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert found.sqlite
    assert found.embedded_valkey
    assert (found.host, found.port) == ("127.0.0.1", 8000)
    assert found.trusted_proxies == ()
    assert found.smtp_url is None
    assert found.private_destinations == frozenset()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=7000\nSARNAKH_LOG_LEVEL=debug\n")
    found = load(tmp_path, PORT="7001")
    assert (found.port, found.log_level) == (7001, "debug")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\n")
    with pytest.raises(config.ConfigError, match=r"\.env"):
        load(tmp_path)


def test_the_secret_is_made_once_and_kept_closed(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.secret_key == second.secret_key
    assert (first.data_dir / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["a file", "in a file"])
def test_a_data_dir_that_cannot_be_made_is_named(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" if kind == "a file" else tmp_path / "file" / "data"
    with pytest.raises(config.ConfigError, match="DATA_DIR"):
        config.load({"DATA_DIR": str(path)}, dotenv=tmp_path / ".env")


def test_a_data_dir_that_is_not_writable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so the mode is no test
    with pytest.raises(config.ConfigError, match="DATA_DIR.*not writable"):
        load(tmp_path)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    hush = {
        "SECRET_KEY": "hush-1",
        "REDIS_URL": "redis://:hush-2@h",
        "DATABASE_URL": "postgresql+psycopg://me:hush-3@h/d",
        "SMTP_URL": "smtps://me:hush-4@h",
        "SARNAKH_METRICS_TOKEN": "hush-5",
        "SARNAKH_TURNSTILE_SITEKEY": "1x00AA",
        "SARNAKH_TURNSTILE_SECRET": "hush-6",
        "SARNAKH_HCAPTCHA_SITEKEY": "10000000",
        "SARNAKH_HCAPTCHA_SECRET": "hush-7",
        "SARNAKH_REACHER_URL": "https://reacher.example.com/v1/check_email",
        "SARNAKH_REACHER_TOKEN": "hush-8",
    }
    assert "hush" not in repr(load(tmp_path, **hush))


@pytest.mark.parametrize("key", ["two words", "two\nlines", "کلید", "x" * 501])
def test_a_key_that_no_service_gives_is_refused_and_not_shown(key: str, tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match="SARNAKH_TURNSTILE_SECRET") as found:
        load(tmp_path, SARNAKH_TURNSTILE_SITEKEY="1x00AA", SARNAKH_TURNSTILE_SECRET=key)
    assert key not in str(found.value)


def test_every_setting_says_where_it_comes_from() -> None:
    source = Path(config.__file__).read_text("utf-8")
    for field in fields(config.Config):
        line = next(line for line in source.splitlines() if line.startswith(f"    {field.name}: "))
        assert "  # " in line, field.name
