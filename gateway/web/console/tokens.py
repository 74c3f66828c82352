"""API tokens of a site: made with scopes, shown once, ended at once."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from gateway.store import api_tokens as store
from gateway.store import audit
from gateway.store.api_tokens import SCOPES
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import count_menu, done, page


@blueprint.get("/tokens")
def tokens() -> Any:
    return _tokens()


def _tokens(status: int = 200, **params: Any) -> Any:
    with parts().db.read() as conn:
        found = store.of_site(conn, seat().site.id)
    return page("tokens.html", status, found=found, scopes=SCOPES, **params)


@blueprint.post("/tokens")
def token_create() -> Any:
    here, now = seat(), parts().clock()
    wanted = [scope for scope in SCOPES if scope in request.form.getlist("scope")]
    if not wanted:
        return _tokens(422, problem=True)
    count_menu()
    with parts().db.write() as conn:
        made, secret = store.create(conn, here.site.id, request.form.get("name", "")[:200], now, scopes=wanted)
        audit.add(conn, here.site.id, now, "token_created", made.id, user_id=here.user.id)
        found = store.of_site(conn, here.site.id)
    return page("tokens.html", found=found, scopes=SCOPES, made=made, secret=secret)


@blueprint.post("/tokens/<token_id>/revoke")
def token_revoke(token_id: str) -> Any:
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        if not store.revoke(conn, here.site.id, token_id, now):
            abort(404)
        audit.add(conn, here.site.id, now, "token_revoked", token_id, user_id=here.user.id)
    return done("token_revoked", "tokens")
