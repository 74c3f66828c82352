"""A form's TOML with another `[policy]`, and everything else, comments too, as the marketer wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import tomli_w

from forms.edited_text import reads_as
from forms.model import from_toml, to_toml

_TABLE = re.compile(r"^[ \t]*\[[ \t]*policy[ \t]*\][^\n]*\n?(?:(?![ \t]*\[)[^\n]*\n?)*", re.MULTILINE)


def with_policy(text: str, policy: Mapping[str, Any]) -> str:
    """The same form with this policy; empty: none of its own. Where the table cannot be cut out of the text, as when it
    is written inline, the form is written anew. Raises FormError for a text that is no form, and for a policy that the
    form cannot have."""
    wanted = from_toml(to_toml(replace(from_toml(text), policy=dict(policy))))
    section = tomli_w.dumps({"policy": dict(policy)}) if policy else ""
    found = list(_TABLE.finditer(text))
    if len(found) == 1:
        start, end = found[0].span()
        rest = text[end:]
        changed = text[:start] + section + ("\n" if section and rest and not rest.startswith("\n") else "") + rest
    else:
        changed = text.rstrip("\n") + "\n" + (f"\n{section}" if section else "")
    return changed if reads_as(changed, wanted) else to_toml(wanted)
