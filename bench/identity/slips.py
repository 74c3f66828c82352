"""Slips of the hand on an English and a Persian keyboard."""

from __future__ import annotations

from random import Random

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو")
BESIDE = {key: row[max(0, at - 1) : at] + row[at + 1 : at + 2] for row in ROWS for at, key in enumerate(row)}


def slip(text: str, dice: Random) -> str:
    """One letter beside its place, left out, doubled or swapped with its neighbour; too short a text stays."""
    if len(text) < 3:
        return text
    at = dice.randrange(1, len(text) - 1)  # people notice a wrong first letter
    here, there = text[at], text[at + 1]
    how = dice.randrange(4)
    if how == 0:
        return text[:at] + dice.choice(BESIDE.get(here, here)) + text[at + 1 :]
    if how == 1:
        return text[:at] + text[at + 1 :]
    if how == 2:
        return text[:at] + here + text[at:]
    return text[:at] + there + here + text[at + 2 :]
