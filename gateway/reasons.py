"""Why two records are, or may be, one person's, in words."""

from __future__ import annotations

from functools import lru_cache

from gateway.words import say
from verification.matching.judge import Match


def reasons(match: Match, lang: str) -> str:
    """Each line of a match in words with its bits, such as `e-mail: the same (+20.7)`; a contradiction first."""
    lines = [_line(lang, part.field, part.level, round(part.weight, 1)) for part in match.parts]
    if match.contradicted:
        lines.insert(0, say(lang, "matching.contradicted"))
    return say(lang, "matching.between").join(lines)


@lru_cache(1 << 14)
def _line(lang: str, field: str, level: str, weight: float) -> str:
    """One line in words; kept, since the same lines come by the thousand."""
    return say(
        lang,
        "matching.line",
        field=say(lang, f"matching.field.{field}"),
        level=say(lang, f"matching.level.{level}"),
        sign="+" if weight >= 0 else "−",
        bits=abs(weight),
    )
