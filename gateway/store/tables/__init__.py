"""Every table once. Closed lists stand beside their column; keys begin with the site (rule 35).

The same schema serves SQLite and PostgreSQL; `migrations/` brings a database to it and a test compares the two.
"""

from __future__ import annotations

from gateway.store.tables.counting import arrivals, beginnings
from gateway.store.tables.feeding import dropped_leads, feeds
from gateway.store.tables.forwarding import attempts, crm_records, deliveries, destinations, mails
from gateway.store.tables.imports import import_rows, imports
from gateway.store.tables.inbound import erasure_requests, heard_messages, inbound_keys
from gateway.store.tables.intake import (
    form_versions,
    forms,
    nonces,
    outbox,
    submissions,
    unsent,
    unsent_counts,
    verdicts,
    visitors,
)
from gateway.store.tables.leads import (
    consents,
    duplicates,
    events,
    facts,
    identifiers,
    identity_links,
    lead_keys,
    lead_records,
    leads,
    merges,
    site_weights,
    stage_moves,
    touches,
    unscored,
    unweighed,
)
from gateway.store.tables.learning import calibrations
from gateway.store.tables.moved import relinks
from gateway.store.tables.organisations import organisation_people, organisations, ungrouped
from gateway.store.tables.people import api_tokens, audit, memberships, one_time_links, sites, users
from gateway.store.tables.routing import routing, routing_dealt, routing_rules
from gateway.store.tables.schema import Utc, metadata
from gateway.store.tables.scoring import answer_counts, rescorings, rulebook_drafts, rulebooks, segment_members
from gateway.store.tables.trust import (
    confirmations,
    lessons,
    list_versions,
    mail_stops,
    outside_answers,
    samples,
    word_counts,
)

__all__ = [
    "Utc",
    "answer_counts",
    "api_tokens",
    "arrivals",
    "attempts",
    "audit",
    "beginnings",
    "calibrations",
    "confirmations",
    "consents",
    "crm_records",
    "deliveries",
    "destinations",
    "dropped_leads",
    "duplicates",
    "erasure_requests",
    "events",
    "facts",
    "feeds",
    "form_versions",
    "forms",
    "heard_messages",
    "identifiers",
    "identity_links",
    "import_rows",
    "imports",
    "inbound_keys",
    "lead_keys",
    "lead_records",
    "leads",
    "lessons",
    "list_versions",
    "mail_stops",
    "mails",
    "memberships",
    "merges",
    "metadata",
    "nonces",
    "one_time_links",
    "organisation_people",
    "organisations",
    "outbox",
    "outside_answers",
    "routing",
    "routing_dealt",
    "routing_rules",
    "relinks",
    "rescorings",
    "rulebook_drafts",
    "rulebooks",
    "samples",
    "segment_members",
    "site_weights",
    "sites",
    "stage_moves",
    "submissions",
    "touches",
    "ungrouped",
    "unscored",
    "unsent",
    "unsent_counts",
    "unweighed",
    "users",
    "verdicts",
    "visitors",
    "word_counts",
]
