"""Spam and ham of the reported half, brought by the API: there only content is looked at."""

from __future__ import annotations

import random
from typing import Any

from bench.verification import identities, split
from bench.verification.product import Product


def measure(product: Product) -> dict[str, Any]:
    """{"spam.en": {"sent": …, "held": …, "codes": {…}}, …}"""
    sent: dict[str, tuple[str, str]] = {}
    order = [
        (kind, lang, text) for kind in ("spam", "ham") for lang in ("en", "fa") for text in split.halves(kind, lang)[1]
    ]
    random.shuffle(order)
    somebody = identities.people(random.randrange(10_000))
    for kind, lang, text in order:
        person = next(somebody)(lang, "ham") | {"message": text}
        sent[product.bring(person)] = (f"{kind}.{lang}", text)
    product.settle()
    found: dict[str, Any] = {}
    for one in product.submissions():
        if one["id"] not in sent:
            continue
        name, text = sent[one["id"]]
        row = found.setdefault(name, {"sent": 0, "held": 0, "codes": {}, "wrong": []})
        row["sent"] += 1
        row["held"] += one["status"] != "accepted"
        if (one["status"] == "accepted") == name.startswith("spam"):
            row["wrong"].append(text)
        for finding in one["findings"]:
            if finding["outcome"] == "fail":
                row["codes"][finding["code"]] = row["codes"].get(finding["code"], 0) + 1
    return found
