"""Forms in their versions, and what came in through them up to its verdict."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.schema import Id, Json, Serial, Utc, metadata, one_of, site

forms = Table(
    "forms", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("key", String(60), nullable=False, unique=True),  # rule 35: unique in the installation
    Column("draft", Text, nullable=False),  # TOML
    Column("published_version", Integer),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "site_id"),
)  # fmt: skip

form_versions = Table(
    "form_versions", metadata,
    Column("form_id", Id, ForeignKey("forms.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),  # TOML; never changed
    Column("published_at", Utc, nullable=False),
    Column("published_by", Id),
)  # fmt: skip

visitors = Table(
    "visitors", metadata,
    Column("id", Id, primary_key=True),  # the cookie's 128 random bits; its signature is not kept
    site(),
    Column("created_at", Utc, nullable=False),
    Column("lineage", Json, nullable=False),  # earlier ids of this browser, newest first (rule 8)
    Column("lead_id", Id),
    Index(None, "site_id", "lead_id"),
)  # fmt: skip

submissions = Table(
    "submissions", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("form_id", Id, ForeignKey("forms.id"), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("processed_at", Utc),
    Column("channel", String(6), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("answers", Json, nullable=False),
    Column("typed", Json, nullable=False),
    Column("asked", Json, nullable=False),
    Column("page", Json, nullable=False),
    Column("facts", Json, nullable=False),
    Column("visitor_id", Id),
    Column("lead_id", Id),
    Column("corrects", Id),
    Column("test", Boolean, nullable=False),
    Column("block_hash", String(32)),  # keyed daily hash of the /24 or /64 (rule 37)
    Column("content_hash", String(32)),  # of the free text, folded
    Column("content_print", String(16)),  # of the same text, 64 bits: few differ between texts that are nearly alike
    Column("email_domain", String(253)),  # in ASCII and lower case
    Column("proof", String(40)),  # the salt of the proof of work that came along
    Column("wants_contact", Boolean),  # it was not accepted at once though it asks for a call: staff are told soon
    Column("alerted_at", Utc),  # staff were told that it is held though it asks to be contacted
    Column("forgotten_at", Utc),  # its evidence went (rule 37)
    one_of("status", "pending", "accepted", "held", "rejected", "stuck", "erased"),
    one_of("channel", "hosted", "embed", "frame", "api"),
    Index(None, "site_id", "status", "received_at"),
    Index(None, "site_id", "lead_id"),
    Index(None, "site_id", "visitor_id"),
    Index(None, "site_id", "block_hash", "received_at"),
    Index(None, "site_id", "content_hash", "received_at"),
    Index(None, "site_id", "received_at"),
    Index(None, "site_id", "email_domain", "received_at"),
    Index(None, "form_id", "received_at"),
    Index(None, "proof"),
    Index(None, "forgotten_at", "received_at"),
)  # fmt: skip

# The truth of what is still to be processed; the queue is only a doorbell.
outbox = Table(
    "outbox", metadata,
    Column("id", Serial, primary_key=True),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, unique=True),
    Column("due_at", Utc, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("error", Text),  # of the last try: the exception's type and place, no personal data
)  # fmt: skip

# Used tickets and idempotency keys (rule 10): a small table of its own, kept longer than tickets live.
nonces = Table(
    "nonces", metadata,
    Column("nonce", String(80), primary_key=True),
    Column("site_id", Id, primary_key=True),
    Column("digest", String(64), primary_key=True),  # of the cleaned answers
    Column("submission_id", Id, nullable=False),
    Column("use", Integer, nullable=False),  # 1 the first, 2–3 corrections, 4 and on replays
    Column("at", Utc, nullable=False, index=True),
)  # fmt: skip

# Forms that somebody saw and did not send: one a browser, form and day, until a ticket's life is over.
unsent = Table(
    "unsent", metadata,
    Column("form_id", Id, ForeignKey("forms.id"), primary_key=True),
    Column("visitor_id", Id, primary_key=True),
    Column("day", Utc, primary_key=True),  # its midnight
    site(),
    Column("form_version", Integer, nullable=False),
    Column("nonce", String(80), nullable=False),  # of the ticket: once it is used, the form was sent after all
    Column("asked", Json, nullable=False),  # names of questions and consents
    Column("field", String(60)),  # where they were last; none: nothing was touched
    Column("at", Utc, nullable=False, index=True),
)  # fmt: skip

# The same, counted: no browser stands in it.
unsent_counts = Table(
    "unsent_counts", metadata,
    Column("form_id", Id, ForeignKey("forms.id"), primary_key=True),
    Column("day", Utc, primary_key=True),
    Column("form_version", Integer, primary_key=True),
    Column("field", String(60), primary_key=True),  # a question or consent; empty: the form as a whole
    site(),
    Column("asked", Integer, nullable=False),  # begun and not sent; of the whole form: shown and not sent
    Column("left", Integer, nullable=False),  # and this was where they were last; of the whole form: untouched
)  # fmt: skip

verdicts = Table(
    "verdicts", metadata,
    Column("id", Serial, primary_key=True),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("outcome", String(6), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("findings", Json, nullable=False),
    Column("evidence", Json),  # what was looked up and counted, so that another policy can be tried on it (180 days)
    Column("decided_by", Id),  # a user, "command" or "visitor" (confirmed); none: the pipeline
    Column("forgotten_at", Utc),  # its evidence and what its findings saw went (rule 37)
    Index(None, "forgotten_at", "at"),
    one_of("outcome", "accept", "hold", "reject"),
)  # fmt: skip
