"""Who may open what: one table, asked before every page of the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, g, request, session
from flask_login import LoginManager, current_user

from gateway.parts import Parts
from gateway.records import Site
from gateway.store import sites, users
from gateway.store.users import ROLES, Role, User

ANYBODY, SIGNED_IN = "anybody", "signed_in"  # before sign-in; signed in, with whatever role or none

# Endpoint → the least role on the site. A page that is not here opens for nobody.
ACCESS: dict[str, str] = {
    "console.sign_in": ANYBODY,
    "console.link": ANYBODY,
    "console.forgot": ANYBODY,
    "console.language": ANYBODY,
    "console.nothing_here": ANYBODY,
    "console.sign_out": SIGNED_IN,
    "console.switch_site": SIGNED_IN,
    "console.account": SIGNED_IN,
    "console.no_site": SIGNED_IN,
    "console.overview": "viewer",
    "console.by_person": "viewer",
    "console.by_person_file": "viewer",
    "console.leads_list": "viewer",
    "console.leads_file": "marketer",
    "console.segments_list": "viewer",
    "console.organisations_list": "viewer",
    "console.imports_list": "marketer",
    "console.import_upload": "marketer",
    "console.import_page": "marketer",
    "console.import_columns": "marketer",
    "console.import_begin": "marketer",
    "console.import_undo": "marketer",
    "console.import_drop": "marketer",
    "console.import_preview_csv": "marketer",
    "console.import_rejected_csv": "marketer",
    "console.organisation": "viewer",
    "console.lead": "viewer",
    "console.lead_fact": "marketer",
    "console.lead_fact_write": "marketer",
    "console.lead_fact_use": "marketer",
    "console.lead_fact_aside": "marketer",
    "console.lead_heard": "marketer",
    "console.lead_heard_undo": "marketer",
    "console.lead_erase": "admin",
    "console.lead_erase_done": "admin",
    "console.lead_compare": "viewer",
    "console.lead_merge": "marketer",
    "console.lead_apart": "marketer",
    "console.submission_relink": "marketer",
    "console.relink_undo": "marketer",
    "console.merge_undo": "marketer",
    "console.duplicates": "viewer",
    "console.duplicates_decide": "marketer",
    "console.review": "viewer",
    "console.review_decide": "marketer",
    "console.review_sample": "viewer",
    "console.review_sample_answer": "marketer",
    "console.forms_list": "viewer",
    "console.form_new": "marketer",
    "console.form": "viewer",
    "console.form_save": "marketer",
    "console.form_preview": "viewer",
    "console.preview_theme": "viewer",
    "console.form_publish": "marketer",
    "console.form_policy": "viewer",
    "console.form_policy_save": "marketer",
    "console.form_version": "viewer",
    "console.form_setup": "viewer",
    "console.form_setup_save": "marketer",
    "console.form_visits": "viewer",
    "console.form_questions": "viewer",
    "console.form_questions_csv": "viewer",
    "console.form_results": "viewer",
    "console.form_results_csv": "viewer",
    "console.destinations_list": "viewer",
    "console.destination_add": "admin",
    "console.destination_edit": "admin",
    "console.destination_remove": "admin",
    "console.destination_rotate": "admin",
    "console.destination_file": "marketer",
    "console.destination_pause": "marketer",
    "console.destination_test": "marketer",
    "console.inbound": "viewer",
    "console.inbound_key": "admin",
    "console.erasures": "admin",
    "console.erasure_aside": "admin",
    "console.deliveries_list": "viewer",
    "console.delivery": "viewer",
    "console.delivery_resend": "marketer",
    "console.delivery_done": "marketer",
    "console.deliveries_resend": "marketer",
    "console.routes_page": "viewer",
    "console.routes_save": "marketer",
    "console.routes_role": "marketer",
    "console.route_rule": "marketer",
    "console.route_rule_save": "marketer",
    "console.route_move": "marketer",
    "console.route_remove": "marketer",
    "console.route_back": "marketer",
    "console.lead_where": "viewer",
    "console.rules_page": "viewer",
    "console.rules_save": "marketer",
    "console.rules_customers": "viewer",
    "console.rules_stages": "viewer",
    "console.rules_segments": "viewer",
    "console.rules_change": "marketer",
    "console.rules_change_save": "marketer",
    "console.rules_arrange": "marketer",
    "console.rules_read_results": "marketer",
    "console.rules_take_back": "marketer",
    "console.rules_text": "viewer",
    "console.rules_try": "viewer",
    "console.rules_outcomes": "viewer",
    "console.rules_outcomes_try": "viewer",
    "console.rules_outcomes_ask": "marketer",
    "console.rules_outcomes_adopt": "marketer",
    "console.rules_outcomes_undo": "marketer",
    "console.rules_outcomes_pair": "marketer",
    "console.rules_text_save": "marketer",
    "console.rules_publish": "marketer",
    "console.rules_discard": "marketer",
    "console.rules_versions": "viewer",
    "console.rules_version": "viewer",
    "console.rules_back": "marketer",
    "console.settings": "marketer",
    "console.site_new": "admin",
    "console.people": "admin",
    "console.person_invite": "admin",
    "console.person_role": "admin",
    "console.tokens": "admin",
    "console.token_create": "admin",
    "console.token_revoke": "admin",
}

login_manager = LoginManager()
login_manager.session_protection = None  # it ties a session to an address: phones change theirs while they move


@dataclass(frozen=True)
class Seat:
    """Who sits before the page, and at which site."""

    user: User
    sites: Sequence[Site]  # all of the user's, by name
    site: Site
    role: Role

    def may(self, endpoint: str) -> bool:
        """Whether this role opens that page: templates leave out what it does not."""
        needed = ACCESS[f"console.{endpoint}"]
        return needed in {ANYBODY, SIGNED_IN} or ROLES.index(self.role) >= ROLES.index(_role(needed))


class SignedIn:
    """What Flask-Login keeps: the session names the user and the epoch, so that a new password ends it."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}.{self.user.session_epoch}"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_user(text: str) -> SignedIn | None:
    user_id, _, epoch = text.partition(".")
    with parts().db.read() as conn:
        user = users.get(conn, user_id)
    if user is None or user.disabled_at is not None or str(user.session_epoch) != epoch:
        return None
    return SignedIn(user)


def parts() -> Parts:
    found: Parts = current_app.extensions["sarnakh"]
    return found


def seat() -> Seat:
    """The seat of this request, which the guard has set."""
    found: Seat = g.seat
    return found


def user() -> User | None:
    """The signed-in user, whatever the page."""
    return current_user.user if current_user.is_authenticated else None


def without_database() -> None:
    """Whoever could not be looked up counts as nobody for the rest of this request: the words that say so must not
    ask again."""
    if "_login_user" not in g:
        g._login_user = login_manager.anonymous_user()  # where Flask-Login keeps whom it found


def check() -> Any:
    """Before every page: none when it may go on, otherwise the answer that refuses it (401, 403, or nothing here)."""
    needed = ACCESS.get(request.endpoint or "")
    if needed is None:
        abort(403)
    if needed == ANYBODY:
        return None
    signed_in = user()
    if signed_in is None:
        return login_manager.unauthorized()
    return _take_seat(signed_in, needed)


def _take_seat(signed_in: User, needed: str) -> Any:
    with parts().db.read() as conn:
        roles = users.roles(conn, signed_in.id)
        mine = sorted((sites.get(conn, site_id) for site_id in roles), key=lambda site: site.name)
    chosen = _chosen(mine)
    if chosen is None:
        return None if needed == SIGNED_IN else current_app.redirect("/console/no-site", 303)
    g.seat = Seat(signed_in, mine, chosen, roles[chosen.id])
    if needed != SIGNED_IN and ROLES.index(g.seat.role) < ROLES.index(_role(needed)):
        abort(403)
    return None


def _chosen(mine: Sequence[Site]) -> Site | None:
    """The site that the form was made for, the address names, or the session remembers. 404 for a foreign one."""
    named = request.form.get("_site") or request.args.get("site")
    if named is not None:
        found = next((site for site in mine if named in {site.id, site.key}), None)
        if found is None:
            abort(404)
        if request.method == "GET":
            session["site"] = found.id
        return found
    remembered = next((site for site in mine if site.id == session.get("site")), None)
    return remembered or (mine[0] if mine else None)


def adopt(site_id: str | None) -> None:
    """Move to the site that a thing belongs to, since links in mails name only the thing. 404 where there is no such
    thing (none) or the user has no role, 403 where the role there is too small for this page."""
    here = seat()
    if site_id == here.site.id:
        return
    found = next((site for site in here.sites if site.id == site_id), None)
    if found is None or request.method != "GET":
        abort(404)
    with parts().db.read() as conn:
        role = users.roles(conn, here.user.id)[found.id]
    needed = ACCESS[request.endpoint or ""]
    if ROLES.index(role) < ROLES.index(_role(needed)):
        abort(403)
    session["site"] = found.id
    g.seat = Seat(here.user, here.sites, found, role)


def _role(text: str) -> Role:
    return next(role for role in ROLES if role == text)
