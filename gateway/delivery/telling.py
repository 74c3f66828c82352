"""The stories of several leads at once, for a round of deliveries: `payload.tell` for each, in a dozen queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from gateway.delivery import payload
from gateway.records import Lead
from gateway.store import told


def tell_all(
    conn: Connection, people: Sequence[Lead], site_key: str, reasons: Mapping[str, Iterable[payload.Line]]
) -> dict[str, payload.LeadStory]:
    """Lead id → what a payload of it is made of. people: of one site, each once. reasons: lead id → its score's
    lines."""
    return {
        lead_id: payload.LeadStory(
            lead=lead,
            site=site_key,
            verdict=found.verdict,
            consents=[row for _, row in sorted(found.consents.items())],
            touches=found.touches,
            submission=found.submission,
            reasons=reasons.get(lead_id, ()),
            same_as=found.same_as,
            crm_ids=payload.crm_ids(found.crm),
            organisation=found.organisation,
        )
        for lead, (lead_id, found) in zip(people, told.told_of(conn, people).items(), strict=True)
    }
