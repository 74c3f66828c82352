"""Company names without what any company is called: legal forms, `Group`, «شرکت»."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from forms.text import fold, squeeze
from verification.data_files import entries

_INNER_DOTS = re.compile(r"(?<=\w)[.'’](?=\w)|(?<=\w)\.")
_WORD = re.compile(r"[^\W_]+")


@lru_cache(1 << 16)
def folded_company(text: str) -> str:
    """Its words without legal forms, one space between; a company that is called nothing else keeps them.

    >>> folded_company("ACME Co., Ltd.")
    'acme'
    """
    words = _WORD.findall(_INNER_DOTS.sub("", fold(text)))
    return " ".join([word for word in words if word not in _legal_forms()] or words)


@cache
def _legal_forms() -> frozenset[str]:
    return frozenset(map(squeeze, entries("legal_forms.txt")))
