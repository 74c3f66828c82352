"""What verification keeps: confirmations, stopped mailboxes, renewed lists, and what staff taught."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from gateway.store.tables.schema import Id, Json, Serial, Utc, metadata, one_of, site

# A link or code by which somebody confirms that a mailbox or phone is theirs (rules 16–18).
confirmations = Table(
    "confirmations", metadata,
    Column("id", Id, primary_key=True),
    site(),
    Column("form_id", Id, ForeignKey("forms.id"), nullable=False),
    Column("submission_id", Id, ForeignKey("submissions.id"), nullable=False, index=True),
    Column("channel", String(5), nullable=False),
    Column("mailbox", String(64), nullable=False),  # keyed hash of the canonical address: limits hold over all sites
    Column("block_hash", String(32)),  # of the submission: budgets by address block
    Column("code_hash", String(64)),  # phones: of the digits that were sent
    Column("tries", Integer, nullable=False),  # codes that were typed
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("sent_at", Utc),
    Column("kept_back", String(20)),  # by which limit of rule 18: nothing was sent
    Column("failed", String(40)),  # what the mail server or SMS provider said in the end
    Column("confirmed_at", Utc),
    Column("visitor_id", Id),  # the browser that confirmed, where it is the one that sent the form (rule 1)
    Column("refused_at", Utc),  # "it wasn't me"
    Column("evidence", Json, nullable=False),  # of the confirming request: block, user agent
    Column("forgotten_at", Utc),  # what requests told of themselves went (rule 37)
    one_of("channel", "email", "phone"),
    Index(None, "mailbox", "created_at"),
    Index(None, "form_id", "created_at"),
    Index(None, "block_hash", "created_at"),
    Index(None, "site_id", "visitor_id"),
    Index(None, "forgotten_at", "created_at"),
)  # fmt: skip

# Mailboxes whose owner said "it wasn't me": no confirmation goes there any more, from any site.
mail_stops = Table(
    "mail_stops", metadata,
    Column("mailbox", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("reason", String(10), nullable=False),
    one_of("reason", "not_me", "bounced"),
)  # fmt: skip

# The lists that were fetched while running; the newest in force of each name counts, the packaged one before it.
list_versions = Table(
    "list_versions", metadata,
    Column("name", String(60), primary_key=True),
    Column("version", String(60), primary_key=True),
    Column("sha256", String(64), nullable=False),  # of the package's file as its index published it
    Column("source", String(300), nullable=False),
    Column("published_at", Utc),
    Column("fetched_at", Utc, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the names, one a line, zlib
    Index(None, "name", "fetched_at"),
)  # fmt: skip

# What outside checks said, where a form asks them: each question is asked once. No address and no token stands here.
outside_answers = Table(
    "outside_answers", metadata,
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("asked_at", Utc, nullable=False, index=True),
    Column("answer", String(8)),  # none: under way, or lost with its worker
    one_of("answer", "good", "doubtful", "bad", "unknown", "missing", "silent"),
)  # fmt: skip

# What staff taught by releasing and rejecting; a lesson can be taken back.
lessons = Table(
    "lessons", metadata,
    Column("id", Serial, primary_key=True),
    site(),
    Column("submission_id", Id, nullable=False),
    Column("label", String(4), nullable=False),
    Column("words", Json, nullable=False),  # keyed hashes of the text's words, no text
    Column("at", Utc, nullable=False),
    Column("undone_at", Utc),
    one_of("label", "spam", "ham"),
    Index(None, "submission_id"),
)  # fmt: skip

# The lessons' sums, as the scorer reads them. The word "" counts the texts themselves.
word_counts = Table(
    "word_counts", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("word", String(16), primary_key=True),
    Column("spam", Integer, nullable=False),
    Column("ham", Integer, nullable=False),
)  # fmt: skip

# Each week a few of the rejected are drawn for a second look: were these right?
samples = Table(
    "samples", metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("week", String(8), primary_key=True),  # in which they were rejected, by ISO 8601: 2026-W47
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True),
    Column("drawn_at", Utc, nullable=False),
    Column("answer", String(5)),
    Column("answered_at", Utc),
    Column("answered_by", Id),
    one_of("answer", "right", "wrong"),
)  # fmt: skip
