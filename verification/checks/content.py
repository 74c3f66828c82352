"""What was written. Content alone can only hold, never reject."""

from __future__ import annotations

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note

FREE_TEXT = frozenset({"text", "long_text"})  # field types in which people write what they like
SHORT = 40  # characters: "please call me" is said by many
REPEATED, TEMPLATE = 3, 10  # others with the same text in the last hour


def same_content(evidence: Evidence) -> Finding:
    """Did others send the very same text within the hour? Short texts are alike by chance and only noted."""
    if evidence.test:
        return NOT_APPLICABLE
    count = evidence.recent_same_content
    if count < REPEATED:
        return PASS
    if _free_text_length(evidence) < SHORT:
        return note("same_short_content", count=count)
    return fail("same_content", weight=50 if count >= TEMPLATE else 25, count=count)


def _free_text_length(evidence: Evidence) -> int:
    free = (value for name, value in evidence.answers.items() if evidence.field_types.get(name) in FREE_TEXT)
    return sum(len(value) for value in free if isinstance(value, str))
