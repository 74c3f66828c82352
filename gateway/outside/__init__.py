"""Every outside check: off unless a form's policy names it and the operator has set it up. A new one is a file here, a
line below, its test, and its line in docs/verification.md.

Nothing here is asked while a visitor waits: `gateway.asking` does it in the worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.outside import hcaptcha, reacher, turnstile
from gateway.outside.kind import Kind

OUTSIDE: Mapping[str, Kind[Any]] = {
    "turnstile": turnstile.KIND,
    "hcaptcha": hcaptcha.KIND,
    "reacher": reacher.KIND,
}
NAMES = frozenset(OUTSIDE)  # what a form's `[policy] outside` may name
