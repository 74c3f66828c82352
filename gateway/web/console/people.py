"""People of a site and their roles; an invitation is a link that is shown once and mailed where mail works."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import abort, request, url_for

from gateway.store import audit, mails
from gateway.store import users as store
from gateway.store.users import ROLES, Role, User
from gateway.web.console.access import Seat, parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import LANGUAGES, count_menu, done, failed, lang, page
from gateway.web.limits import limiter


@blueprint.get("/people")
def people() -> Any:
    return _people()


def _people(status: int = 200, **params: Any) -> Any:
    with parts().db.read() as conn:
        found = store.people(conn, seat().site.id)
    return page("people.html", status, found=found, roles=ROLES, **params)


@blueprint.post("/people")
@limiter.limit("60/hour")
def person_invite() -> Any:
    """Let somebody in. Whoever has a password gets the role alone; the others get a link by mail. With it one enters
    as that person, who may be let into other sites (rule 35): it is shown here only where no mail goes out, and only
    while they belong to no other site."""
    here, role = seat(), _posted_role()
    email, name = request.form.get("email", ""), request.form.get("name", "")[:200]
    language = request.form.get("lang", lang())
    count_menu()
    with parts().db.write() as conn:
        user = store.by_email(conn, email)
        if user is None:
            try:
                user = store.add(conn, email, name, parts().clock(), lang=_language(language))
            except ValueError:
                user = None
        if user is not None:
            store.set_role(conn, user.id, here.site.id, role)
            link = _invite(conn, here, user) if user.password_hash is None else None
            elsewhere = store.roles(conn, user.id).keys() - {here.site.id}
            params = {"user_id": here.user.id, "role": role}
            audit.add(conn, here.site.id, parts().clock(), "person_invited", user.id, **params)
        found = store.people(conn, here.site.id)
    if user is None:
        return _people(422, wrong=email)
    shown = link and not elsewhere and parts().config.smtp_url is None
    if not shown:
        return done("person_invited" if link else "person_added", "people")
    return page("people.html", found=found, roles=ROLES, made=user, link=link)


def _invite(conn: Any, here: Seat, user: User) -> str:
    now = parts().clock()
    store.drop_links(conn, user.id)  # one that was shown to another site's administrator must not open this one
    token = store.make_link(conn, user.id, "invite", now)
    link = parts().config.base_url + url_for("console.link", token=token)
    mails.queue(
        conn,
        f"invite:{hashlib.sha256(token.encode()).hexdigest()[:24]}",
        user.email,
        lang=user.lang,
        template="invite",
        params={"link": link, "site": here.site.name, "by": here.user.name},
        now=now,
    )
    return link


@blueprint.post("/people/<user_id>")
def person_role(user_id: str) -> Any:
    """Another role, or none. The last administrator stays one: nobody else could let people in."""
    here = seat()
    role = None if request.form.get("role") == "none" else _posted_role()
    with parts().db.write() as conn:
        present = store.roles(conn, user_id).get(here.site.id)
        if present is None:
            abort(404)
        if present == "admin" and role != "admin" and store.count_admins(conn, here.site.id) == 1:
            return failed("person_last_admin", "people")
        store.set_role(conn, user_id, here.site.id, role)
        params = {"user_id": here.user.id, "role": role or "none"}
        audit.add(conn, here.site.id, parts().clock(), "person_role", user_id, **params)
    return done("person_removed" if role is None else "person_changed", "people")


def _posted_role() -> Role:
    found = next((role for role in ROLES if role == request.form.get("role")), None)
    if found is None:
        abort(400)
    return found


def _language(text: str) -> str:
    return text if text in LANGUAGES else LANGUAGES[0]
