"""How many people came, of each form and campaign: the report by person, also as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, get_args

from flask import Response, abort, request

from gateway.store import by_person as counts
from gateway.store.by_person import By, Line, Mark, Period, Touch
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import address, csv_file, page, t

DAYS = (7, 30, 90, 365)
SHOWN = 50  # campaigns on the page; anybody can make up more of them
IN_FILE = 10_000
COLUMNS = ("sent", "accepted", "people", "new", "returning", "duplicates", "folded", "qualified", "won")


@blueprint.get("/people-counted")
def by_person() -> Any:
    days, by, touch = _days(), _by(), _touch()
    period = _period(days)
    site_id = seat().site.id
    with parts().db.read() as conn:
        found = counts.report(conn, site_id, period, by, touch=touch)
    asked: dict[str, Any] = {"days": days, "by": by, "touch": touch}
    return page(
        "by_person.html",
        total=found.total,
        tables=[("form", found.forms, _file(asked, "form")), (by, found.marks[:SHOWN], _file(asked, by))],
        more=len(found.marks) > SHOWN,
        days=days,
        all_days=DAYS,
        by=by,
        touch=touch,
    )


@blueprint.get("/people-counted.csv")
def by_person_file() -> Response:
    """What the page shows, all of its lines."""
    wanted = request.args.get("of", "form")
    by: By | None = next((one for one in get_args(By) if one == wanted), None)
    if by is None:
        abort(400)
    with parts().db.read() as conn:
        found = counts.lines(conn, seat().site.id, _period(_days()), by, touch=_touch(), limit=IN_FILE)
    return csv_file(f"people-{by}-{_days()}-days.csv", _cells(by, found))


def _cells(by: By, found: Sequence[Line]) -> Iterator[list[object]]:
    yield [t(f"counted_by_{by}"), *(t(f"counted_{name}") for name in COLUMNS)]
    for line in found:
        yield [line.name or "", *(getattr(line, name) for name in COLUMNS)]


def _file(asked: dict[str, Any], by: By) -> str:
    return address("by_person_file", {**asked, "of": by})


def _period(days: int) -> Period:
    now = parts().clock()
    return Period(now - timedelta(days=days), now + timedelta(seconds=1))


def _days() -> int:
    return next((days for days in DAYS if str(days) == request.args.get("days")), 30)


def _by() -> Mark:
    by: Mark = next((one for one in get_args(Mark) if one == request.args.get("by")), "campaign")
    return by


def _touch() -> Touch:
    touch: Touch = next((one for one in get_args(Touch) if one == request.args.get("touch")), "converting")
    return touch
