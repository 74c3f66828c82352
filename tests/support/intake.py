"""A site, a form and submissions, as the edge would hand them over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.ids import new_id
from gateway.records import Site
from gateway.store import forms, sites
from gateway.store.submissions import NewSubmission

# One machine plays everybody, and not with their hands: what counts crowds and browsers' manners is left out.
ONE_ADDRESS = """
[policy]
skip = [
  "volume", "form_volume", "domain_volume", "headers", "user_agent", "event_times", "window_shape", "mouse_path",
  "key_presses",
]
"""
GUIDE = """
key = "guide"
languages = ["fa", "en"]
questions_per_visit = 2

[title]
fa = "راهنما"
en = "Guide"

[submit_label]
fa = "راهنما را بفرست"
en = "Send me the guide"

[offer]
kind = "download"
level = "top"
file = "guide.pdf"
title = { fa = "راهنما", en = "The guide" }

[[fields]]
name = "email"
type = "email"
always = true
label = { fa = "ایمیل", en = "E-mail" }

[[fields]]
name = "first_name"
type = "text"
label = { fa = "نام", en = "First name" }

[[fields]]
name = "job_title"
type = "text"
required = false
label = { fa = "سمت", en = "Job title" }

[[fields]]
name = "phone"
type = "phone"
required = false
label = { fa = "تلفن", en = "Phone" }

[[fields]]
name = "time_to_buy"
type = "choice"
required = false
label = { fa = "کی می‌خرید؟", en = "When will you buy?" }
options = [
  { value = "0_3", label = { fa = "تا سه ماه", en = "0–3 months" } },
  { value = "3_6", label = { fa = "سه تا شش ماه", en = "3–6 months" } },
]

[[consents]]
purpose = "marketing"
legal_basis = "consent"
text = { fa = "خبر بدهید", en = "Keep me posted" }
"""


def make_site(conn: Connection, now: datetime, key: str = "demo", **columns: Any) -> Site:
    return sites.add(conn, key, key.title(), now, origins=["http://landing.example"], **columns)


def make_form(conn: Connection, site: Site, now: datetime, toml: str = GUIDE) -> str:
    """Publishes the form; returns its id."""
    row = forms.save_draft(conn, site.id, toml, now)
    forms.publish(conn, site.id, row.key, now)
    return row.id


def submission(site: Site, form_id: str, answers: Mapping[str, Any], now: datetime, **more: Any) -> NewSubmission:
    """A first, honest, human submission; `more` puts other columns over it."""
    made = new_id("sub", now)
    columns: dict[str, Any] = {
        "id": made,
        "site_id": site.id,
        "form_id": form_id,
        "form_version": 1,
        "channel": "hosted",
        "lang": "en",
        "received_at": now,
        "nonce": made,
        "digest": hashlib.sha256(repr(sorted(answers.items())).encode()).hexdigest(),
        "answers": answers,
        "asked": tuple(answers),
        "facts": {"script": True, "fill_seconds": 30.0, "user_agent": "Mozilla/5.0"},
    }
    return NewSubmission(**{**columns, **more})
