"""Fingerprints of free text: one that is equal for the same text, one that is close for nearly the same (SimHash).

SimHash (Charikar 2002; as in Manku, Jain and Das Sarma, "Detecting near-duplicates for web crawling", 2007): each
word and each pair of neighbours votes on 64 bits, so that a few changed words turn over few of them. The package of
that name brings numpy along; this is the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b, sha256
from itertools import pairwise

from verification.spam.words import LOOKED_AT, WORD

HASH_FROM = 12  # characters of folded text that can be told apart from other people's; shorter is a name
PRINT_FROM = 60  # characters: below it two changed words are another text
MOST_WORDS = 150  # a print is made while the visitor waits, and costs 4 µs a word
# Bits. The paper's 3 is for web pages; a message of 50 words with three or four swapped differs in 8 (9 in 10 within
# 10), while of 719,400 pairs of unlike short messages (SMS Spam Collection, ham) 9 come within 10.
NEAR = 10
_BITS = [bytes(byte >> bit & 1 for byte in range(256)) for bit in range(8)]


def content_hash(folded: str) -> str | None:
    """32 hex digits, equal for equal folded texts; None for what is too short to tell people apart."""
    return sha256(folded.encode()).hexdigest()[:32] if len(folded) >= HASH_FROM else None


def content_print(folded: str) -> str | None:
    """64 bits as 16 hex digits, at most NEAR bits apart for texts that differ in a word or two; None for short ones."""
    if len(folded) < PRINT_FROM:
        return None
    words = WORD.findall(folded[:LOOKED_AT])[:MOST_WORDS]
    said = [*words, *map(" ".join, pairwise(words))]
    if not said:
        return None
    votes = b"".join([blake2b(one.encode(), digest_size=8).digest() for one in said])
    columns = [votes[place::8] for place in range(8)]
    bits = [column.translate(table).count(1) * 2 > len(said) for column in columns for table in _BITS]
    return f"{int(''.join('01'[bit] for bit in bits), 2):016x}"


def count_near(mine: str, others: Iterable[str | None]) -> int:
    """How many of the prints belong to nearly the same text as mine."""
    bits = int(mine, 16)
    return sum(1 for other in others if other and (bits ^ int(other, 16)).bit_count() <= NEAR)


def near(print_a: str, print_b: str) -> bool:
    """Do these two prints belong to nearly the same text?"""
    return count_near(print_a, [print_b]) == 1
