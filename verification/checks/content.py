"""What was written. Content alone can only hold, never reject; confirming an address clears none of it (rule 16)."""

from __future__ import annotations

import re

from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note
from verification.spam.features import read_part
from verification.spam.links import find_links
from verification.spam.model import DOUBT, HOLD, INSISTS, opinion
from verification.spam.names import gibberish
from verification.spam.score import LEAST_FAMILIES, score
from verification.spam.scripts import mixed_words
from verification.spam.weights import weights

FREE_TEXT = frozenset({"text", "long_text"})  # field types in which people write what they like
# Fields that hold a person's name, by the names that the docs give them; a company may well be called acme.ir.
NAMES = frozenset(
    {"name", "first_name", "last_name", "full_name", "given_name", "family_name", "surname", "middle_name"}
)
SHORT = 40  # characters: "please call me" is said by many
REPEATED, TEMPLATE = 3, 10  # others with the same text in the last hour
MANY_LINKS = 5  # different places: a customer shows the pages that are broken, a spammer a list
SURE, UNSURE = 50, 25  # what a text weighs
SURE_SPAM, SURE_HAM = 0.95, 0.01  # of what the site's own lessons say
# A handle, an address, or seven digits and more: none of them is part of anybody's name.
_CONTACT = re.compile(r"(?:^|\s)@\w{3}|[\w.+-]@[\w-]|(?:\d[ .()/-]{0,2}){7}")


def same_content(evidence: Evidence) -> Finding:
    """Did others send the very same text within the hour? Short texts are alike by chance and only noted."""
    if evidence.test:
        return NOT_APPLICABLE
    count = evidence.recent_same_content
    if count < REPEATED:
        return PASS
    if len(_said(evidence)) < SHORT:
        return note("same_short_content", count=count)
    return fail("same_content", weight=_alike(count), count=count)


def near_same_content(evidence: Evidence) -> Finding:
    """Did others send nearly the same text? What same_content weighs already is not weighed again."""
    if evidence.test:
        return NOT_APPLICABLE
    count = evidence.recent_near_content
    weight = _alike(count) - _alike(evidence.recent_same_content)
    return fail("near_same_content", weight=weight, count=count) if weight > 0 else PASS


def links(evidence: Evidence) -> Finding:
    """Are there links where none belong, hidden ones, or a whole list? A link by itself is nothing."""
    text = _said(evidence)
    if not text:
        return NOT_APPLICABLE
    if any(find_links(name).count for name in _names(evidence)):
        return fail("link_in_name", weight=25)
    found = find_links(read_part(text))
    hidden = found.shortener or found.bbcode or found.html or found.obfuscated
    if hidden:
        return fail("hidden_link", weight=20, shown=hidden)
    return fail("many_links", weight=20, count=found.count) if found.count >= MANY_LINKS else PASS


def spam_text(evidence: Evidence) -> Finding:
    """Does the text read like known spam? Never by its words alone, and not where staff released such texts."""
    text = _said(evidence)
    if not text:
        return NOT_APPLICABLE
    weight, shown = max(_by_points(text), _by_voice(text))
    if not weight:
        return PASS
    if evidence.learnt_spam is not None and evidence.learnt_spam < SURE_HAM:
        return note("spam_text_released", shown=shown)
    return fail("spam_doubt" if weight < SURE else "spam_text", weight=weight, shown=shown)


def learnt_spam(evidence: Evidence) -> Finding:
    """Do this site's own rejections say that such texts are spam?"""
    if evidence.learnt_spam is None:
        return NOT_APPLICABLE
    if evidence.learnt_spam <= SURE_SPAM:
        return PASS
    return fail("learnt_spam", weight=50, percent=min(round(evidence.learnt_spam * 100), 99))


def mixed_script(evidence: Evidence) -> Finding:
    """Are look-alike letters of two scripts mixed within a word? Once may be a slip of the keyboard (rule 20)."""
    text = _said(evidence)
    if not text:
        return NOT_APPLICABLE
    count = len(mixed_words(read_part(text)))
    return fail("mixed_script", weight=15 if count == 1 else 25, count=count) if count else PASS


def gibberish_name(evidence: Evidence) -> Finding:
    """Is the name keys pressed at random? Rare and short names are not (rule 20); weighs too little to hold alone."""
    names = _names(evidence)
    if evidence.test or not names:
        return NOT_APPLICABLE
    return fail("gibberish_name", weight=25) if any(map(gibberish, names)) else PASS


def contact_in_name(evidence: Evidence) -> Finding:
    """Does a name hold a phone number, an address or a handle?"""
    names = _names(evidence)
    if not names:
        return NOT_APPLICABLE
    return fail("contact_in_name", weight=25) if any(map(_CONTACT.search, names)) else PASS


def _by_points(text: str) -> tuple[int, str]:
    """Weight by the lists of phrases and tricks, and what was met."""
    found, limits = score(text), weights()
    if found.points < limits["doubt"] or found.families < LEAST_FAMILIES:
        return 0, ""
    return (SURE if found.points >= limits["hold"] else UNSURE), found.shown


def _by_voice(text: str) -> tuple[int, str]:
    """Weight by who speaks to whom; without a sign that sells, words alone weigh nothing."""
    found = opinion(text)
    if found.odds < DOUBT or not found.shown:
        return 0, ""
    return (SURE if found.odds >= HOLD and found.insists >= INSISTS else UNSURE), found.shown


def _alike(count: int) -> int:
    if count < REPEATED:
        return 0
    return 25 if count < TEMPLATE else 50


def _said(evidence: Evidence) -> str:
    """All free text, an answer a line."""
    free = (value for name, value in evidence.answers.items() if evidence.field_types.get(name) in FREE_TEXT)
    return "\n".join(value for value in free if isinstance(value, str) and value)


def _names(evidence: Evidence) -> list[str]:
    named = (evidence.answers.get(name) for name in NAMES & evidence.answers.keys())
    return [value for value in named if isinstance(value, str) and value]
