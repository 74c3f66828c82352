"""Every kind of destination. A new one is a file here, a line below, its test, and its line in docs/destinations.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.delivery.destinations import bottlecrm, csv, hubspot, odoo, salesforce, slack, smtp, webhook
from gateway.delivery.outgoing import Kind

DESTINATIONS: Mapping[str, Kind[Any]] = {
    "webhook": webhook.KIND,
    "smtp": smtp.KIND,
    "slack": slack.KIND,
    "csv": csv.KIND,
    "hubspot": hubspot.KIND,
    "salesforce": salesforce.KIND,
    "odoo": odoo.KIND,
    "bottlecrm": bottlecrm.KIND,
}
