"""The first page: what waits, how each form does, where the leads stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gateway import confirming, renewing
from gateway.confirming import Ways
from gateway.store import forms as form_rows
from gateway.store import overview as counts
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import page

FUNNEL_DAYS = 30
HEAT = ((0.5, "hot"), (0.2, "warm"), (0.0, "mild"))  # from this share of the fullest cell on
STEPS = ("submitted", "accepted", "leads", "qualified", "delivered")


@blueprint.get("", strict_slashes=False)
def overview() -> Any:
    site = seat().site
    now = parts().clock()
    with parts().db.read() as conn:
        waiting = counts.waiting(conn, site.id, now)
        funnel = counts.funnel(conn, site.id, now - timedelta(days=FUNNEL_DAYS))
        matrix = counts.matrix(conn, site.id)
        lists_old = any(age.old(now) for age in renewing.ages(conn))
        published = [
            form_rows.version(conn, row.id, row.published_version)
            for row in form_rows.of_site(conn, site.id)
            if row.published_version
        ]
    return page(
        "overview.html",
        waits=waiting,
        lists_old=lists_old,
        funnel=funnel,
        steps=STEPS,
        matrix=matrix,
        heat={cell: _heat(number / max(matrix.values())) for cell, number in matrix.items()},
        of_grade=_summed(matrix, 0),
        of_interest=_summed(matrix, 1),
        days=FUNNEL_DAYS,
        has_form=bool(published),
        cannot_confirm=[form.key for form in published if confirming.lacking(form, Ways.of(parts().config))],
    )


def _heat(share: float) -> str:
    """How full a cell is beside the fullest, for its colour."""
    return next(name for least, name in HEAT if share >= least)


def _summed(matrix: Mapping[tuple[str, int], int], part: int) -> Counter[str | int]:
    """Leads by grade (part 0) or by interest (part 1)."""
    found: Counter[str | int] = Counter()
    for cell, number in matrix.items():
        found[cell[part]] += number
    return found
