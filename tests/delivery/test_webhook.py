"""The webhook kind: its settings, its signature, and its secret at rest."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.delivery.destinations import DESTINATIONS, webhook
from gateway.delivery.outgoing import Outgoing, SettingsError, Ways
from gateway.http import Connector
from gateway.secrets import SealError, seal, unseal
from gateway.store import destinations
from gateway.store.destinations import NewDestination
from gateway.store.tables import destinations as table
from gateway.words import known_keys
from tests.delivery.conftest import WHSEC, World
from tests.support.receiver import Receiver

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "given, field, code",
    [
        ({}, "url", "missing"),
        ({"url": "  "}, "url", "missing"),
        ({"url": "crm.example"}, "url", "bad_url"),
        ({"url": "ftp://crm.example/"}, "url", "bad_url"),
        ({"url": "http://user:pw@crm.example/"}, "url", "bad_url"),
        ({"url": "https://crm.example/" + "x" * 3000}, "url", "bad_url"),
        ({"url": "https://crm.example/", "token": "x"}, "token", "unknown"),
        ({"url": "https://crm.example/", "secret": "short"}, "secret", "bad_secret"),
        ({"url": "https://crm.example/", "secret": "whsec_" + "A" * 16}, "secret", "bad_secret"),
        ({"url": "https://crm.example/", "secret": "whsec_***"}, "secret", "bad_secret"),
    ],
)
def test_settings_that_cannot_work_are_named(given: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(SettingsError) as raised:
        webhook.parse(given)
    assert (raised.value.field, raised.value.code) == (field, code)
    assert f"delivery.settings.{code}" in known_keys("delivery")


def test_secrets_are_made_long_and_never_shown() -> None:
    made = {webhook.parse({"url": "https://crm.example/"}).secret for _ in range(20)}
    assert len(made) == 20
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in made)
    settings = webhook.parse({"url": "https://crm.example/", "secret": WHSEC})
    assert settings.secret == WHSEC
    assert WHSEC not in repr(settings)


def test_the_message_is_signed_by_standard_webhooks(receiver: Receiver) -> None:
    settings = webhook.Settings(receiver.url, WHSEC)
    body = '{"data": "سارا 👩"}'
    sent = webhook.send(Outgoing("dlv_1", body, NOW), settings, Ways(Connector(frozenset({receiver.host_port}))))
    assert (sent.status, sent.reply) == (200, None)
    [request] = receiver.requests
    assert request.headers["webhook-id"] == "dlv_1"
    assert request.headers["content-type"].startswith("application/json")
    with time_machine.travel(NOW):
        assert Webhook(WHSEC).verify(request.body, dict(request.headers)) == {"data": "سارا 👩"}
        with pytest.raises(WebhookVerificationError):
            Webhook(webhook.new_secret()).verify(request.body, dict(request.headers))


def test_sealed_settings_open_with_their_key_alone() -> None:
    sealed = seal("key", {"secret": WHSEC, "name": "سارا"})
    assert WHSEC not in sealed
    assert seal("key", {"secret": WHSEC}) != seal("key", {"secret": WHSEC})
    assert unseal("key", sealed) == {"secret": WHSEC, "name": "سارا"}
    for key, text in (("other", sealed), ("key", sealed[:-4] + "AAAA"), ("key", "")):
        with pytest.raises(SealError):
            unseal(key, text)


def test_secrets_lie_encrypted_and_only_who_asks_with_the_key_reads_them(world: World) -> None:
    place = world.destination()
    key = world.parts.config.secret_key
    with world.db.read() as conn:
        stored = conn.execute(select(table.c.settings)).scalar_one()
        [listed] = destinations.of_site(conn, world.site.id)
        opened = destinations.get(conn, world.site.id, place.id, key)
    assert WHSEC not in stored
    assert listed.settings == {}
    assert opened is not None
    assert opened.settings == {"url": world.receiver.url, "secret": WHSEC}
    assert WHSEC not in repr(opened)


def test_changed_settings_keep_what_was_not_entered(world: World) -> None:
    place = world.destination()
    key = world.parts.config.secret_key
    with world.db.write() as conn:
        changed = destinations.change_settings(conn, key, place, {"url": "https://new.example/"})
    assert changed.settings == {"url": "https://new.example/", "secret": WHSEC}


def test_an_unknown_kind_is_named(world: World) -> None:
    new = NewDestination(world.site.id, "fax", "Fax", {})
    with world.db.write() as conn, pytest.raises(SettingsError) as raised:
        destinations.add(conn, "key", new, NOW)
    assert raised.value.code == "unknown_kind"
    assert set(DESTINATIONS) == {kind.name for kind in DESTINATIONS.values()}
