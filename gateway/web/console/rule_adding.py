"""A new rule from a small form: something that happens, an answer, or what is known of a lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.scoring.editing import whole
from gateway.web.console.settings import lines

KINDS = ("event", "answer", "attribute")
MARK = "="  # between a question and an option, in the value of one choice; no name of a question holds it


def rule(kind: str, typed: Mapping[str, str], code: str) -> dict[str, Any]:
    """As TOML has it, with what was typed as typed; what was left empty is left out, and the reader says whether it
    may be."""
    said = {name.removeprefix(f"{kind}_"): text.strip() for name, text in typed.items() if name.startswith(f"{kind}_")}
    title = {lang: said[f"called_{lang}"] for lang in ("fa", "en") if said.get(f"called_{lang}")}
    points = {"points": whole(said.get("points", ""))}
    if kind == "event":
        told = {key: said[key] for key in ("event", "name", "level", "url_prefix") if said.get(key)}
        caps = {"per_day": whole(said["per_day"])} if said.get("per_day") else {}
        return {"code": code, **told, **points, **caps, "title": title}
    if kind == "answer":
        field, _, value = said.get("choice", "").partition(MARK)
        return {
            "code": code,
            "field": field,
            "answers": [{"values": [value] if value else [], **points, "title": title}],
        }
    when = {"field": said.get("field", ""), "any_of": lines(said.get("values"))}
    return {"code": code, **points, "when": [when], "title": title}
