"""Where people leave a form: what its page tells when they turn away from it (static/watch.js). Names alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from forms import tickets
from forms.profiling import consents_shown
from forms.tickets import Ticket, TicketError
from gateway.store import unsent
from gateway.store.unsent import Unsent
from gateway.web import intake, pages, replies, serving
from gateway.web.limits import limiter
from gateway.web.serving import Served, parts

# Of one form and address block: tickets and ids are free, so they bound no flood. A carrier's crowd that does not
# send comes to a few an hour.
LIMIT = "60/hour;300/day"

limited = limiter.limit(LIMIT, key_func=intake.limit_key, scope="leaving")


def note(form_key: str) -> Response:
    """204, whatever came of it. Only a browser with an id counts, as for every event (rules 22 and 27), and only with
    a ticket that we gave it; `back` takes back what it told. Raises Refused."""
    held, now = parts(), parts().clock()
    body = intake.json_object()
    served = serving.find_recent(held.db, form_key)
    replies.refuse_foreign(served.site, held.config.base_url)
    visitor = intake.visitor_in(served, body) or pages.cookie_visitor(served)
    ticket = _ticket(served, body.get("_ticket"))
    if visitor is None or ticket is None or ticket.test:
        return Response(status=204)
    if body.get("back") is True:
        with held.db.write() as conn:
            unsent.withdraw(conn, served.published.form_id, visitor, now)
        return Response(status=204)
    asked = _asked(serving.of_version(held.db, served, ticket.version), ticket, body.get("asked"))
    told = Unsent(
        site_id=served.site.id,
        form_id=served.published.form_id,
        version=ticket.version,
        visitor_id=visitor,
        nonce=ticket.nonce,
        asked=asked,
        field=_one_of(asked, body),
        at=now,
    )
    held.db.grouped(unsent.note_all, told)
    return Response(status=204)


def _ticket(served: Served, text: object) -> Ticket | None:
    """A genuine one of this form; one that stood open for too long is genuine as well."""
    try:
        found: Ticket | None = tickets.read(
            parts().config.secret_key, text if isinstance(text, str) else None, parts().clock()
        )
    except TicketError as error:
        found = error.ticket
    mine = found is not None and (found.site, found.form) == (served.site.key, served.form.key)
    return found if mine else None


def _asked(served: Served, ticket: Ticket, shown: object) -> tuple[str, ...]:
    """What stood in that form, of its questions and the consents beside them: those that the page showed."""
    names = (*ticket.asked, *(consent.name for consent in consents_shown(served.form, ticket.asked)))
    return tuple(name for name in names if name in shown) if isinstance(shown, list) else names


def _one_of(asked: tuple[str, ...], body: Mapping[str, Any]) -> str | None:
    return next((name for name in asked if name == body.get("field")), None)
