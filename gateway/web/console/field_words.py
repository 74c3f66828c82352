"""What the forms of the rules call their fields: for the list of what is wrong, above the fields themselves."""

from __future__ import annotations

from forms.toml import Path
from gateway.words import known_keys, say

LINES = {"when": "condition_n", "answers": "answer_n", "facts": "fact_n"}  # lists within a thing → words of one line
# The last key of a place → words, where these are not called like the key itself.
KEYS = {
    "any_of": "cond_any_of",
    "answers": "answers",
    "at_least": "cond_at_least",
    "back_from": "way_back_from",
    "band": "cond_band",
    "by_band": "how_many",
    "cells": "cond_cells",
    "code": "why_out",
    "contact_requested": "cond_contact",
    "contains": "cond_contains",
    "cooled": "way_cooled_to",
    "days": "decay_days",
    "email_domains": "cond_email_domains",
    "en": "called_in_en",
    "events": "way_any_event",
    "fa": "called_in_fa",
    "facts": "facts_weighted",
    "field": "cond_fact",
    "grades": "way_any_grade",
    "interest": "way_interest_from",
    "max": "cond_max",
    "min": "cond_min",
    "reopens": "way_reopens_long",
    "score_max": "cond_score_max",
    "score_min": "cond_score_min",
    "stages": "cond_stages",
    "timezone": "zone",
    "title": "called",
    "values": "cond_any_of",
    "when": "when_all",
}
CAPS = ("per_day", "per_subject", "times", "within_days", "visit_minutes", "lasts_days")


def where(lang: str, path: Path) -> str:
    """A place within a thing, as its form calls it: ("when", 0, "within_days") → condition 1: within so many days."""
    said = [
        say(lang, f"rules.{LINES[str(key)]}", n=int(number) + 1)
        for key, number in zip(path, path[1:], strict=False)
        if key in LINES and isinstance(number, int)
    ]
    if path and isinstance(path[-1], str):
        said.append(_field(lang, path))
    return ("، " if lang == "fa" else ", ").join(said)


def _field(lang: str, path: Path) -> str:
    key = str(path[-1])
    word = f"limit_{key}" if key in CAPS else KEYS.get(key, key)
    if "when" in path and key == "within_days":
        word = "cond_within"
    return say(lang, f"rules.{word}") if f"rules.{word}" in known_keys("rules") else key
