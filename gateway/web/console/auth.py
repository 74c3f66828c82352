"""Into the console and out of it: password, one-time links, a forgotten password, language, site, own account."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from flask import abort, g, redirect, request, session, url_for
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from gateway.store import mails, users
from gateway.store.users import PASSWORD_LENGTH, User
from gateway.web.console.access import SignedIn, parts, user
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import LANGUAGES, done, lang, page, safe_next
from gateway.web.limits import limiter

# Failed tries only. The second is a whole account's, over all addresses: generous, since a stranger can reach it.
TRIES, TRIES_ACCOUNT, MAILS = "10/minute;60/hour", "100/hour", "5/hour"


def _account_key() -> str:
    address = request.form.get("email", "").strip().lower()
    return "account:" + hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _failed(response: Any) -> bool:
    return bool(response.status_code == 422)


class SignInForm(FlaskForm):
    email = EmailField(validators=[DataRequired(), Length(max=254)])
    password = PasswordField(validators=[DataRequired(), Length(max=PASSWORD_LENGTH[1])])


class ForgotForm(FlaskForm):
    email = EmailField(validators=[DataRequired(), Length(max=254)])


class PasswordForm(FlaskForm):
    password = PasswordField(validators=[DataRequired(), Length(*PASSWORD_LENGTH)])
    again = PasswordField(validators=[EqualTo("password")])


class AccountForm(PasswordForm):
    name = StringField(validators=[DataRequired(), Length(max=200)])
    current = PasswordField(validators=[Length(max=PASSWORD_LENGTH[1])])


def _enter(who: User) -> None:
    """Start a session of this user; whatever an earlier one left behind goes."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(who))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(TRIES, methods=["POST"], deduct_when=_failed)
@limiter.limit(TRIES_ACCOUNT, key_func=_account_key, methods=["POST"], deduct_when=_failed)
def sign_in() -> Any:
    target = safe_next(request.args.get("next"), url_for("console.overview"))
    if user() is not None:
        return redirect(target, 303)
    form = SignInForm()
    if request.method != "POST":
        return page("sign_in.html", form=form, wrong=False)
    found = _known(form) if form.validate() else None
    if found is None:
        return page("sign_in.html", 422, form=form, wrong=True)
    _enter(found)
    return redirect(target, 303)


def _known(form: SignInForm) -> User | None:
    password = form.password.data or ""
    with parts().db.read() as conn:
        found = users.by_email(conn, form.email.data or "")
    if not users.password_fits(found, password) or found is None:
        return None
    if users.needs_rehash(found):
        fresh = users.hash_password(password)
        with parts().db.write() as conn:
            users.keep_hash(conn, found.id, fresh)
    return found


@blueprint.route("/link/<token>", methods=["GET", "POST"])
@limiter.limit("30/minute")
def link(token: str) -> Any:
    """A one-time link. Opening it changes nothing, since mail scanners open links; only the button does."""
    now = parts().clock()
    with parts().db.read() as conn:
        found = users.link_of(conn, token, now)
    if found is None:
        return page("link.html", 410, purpose=None)
    who, purpose = found
    g.addressee_lang = who.lang
    form = PasswordForm()
    asks = purpose in {"reset", "invite"}
    if request.method != "POST" or (asks and not form.validate()):
        status = 422 if request.method == "POST" else 200
        return page("link.html", status, purpose=purpose, who=who, form=form, asks=asks)
    entered = _use(token, form.password.data if asks else None)
    if entered is None:
        return page("link.html", 410, purpose=None)
    _enter(entered)
    return redirect(url_for("console.overview"), 303)


def _use(token: str, password: str | None) -> User | None:
    password_hash = users.hash_password(password) if password else None
    with parts().db.write() as conn:
        who = users.use_link(conn, token, parts().clock())
        if who is not None and password_hash is not None:
            who = users.set_password(conn, who.id, password_hash)
    return who


@blueprint.route("/forgot", methods=["GET", "POST"])
@limiter.limit(MAILS, methods=["POST"])
@limiter.limit(MAILS, key_func=_account_key, methods=["POST"])
def forgot() -> Any:
    """The answer is the same for known and unknown addresses; the mail is queued, not sent here."""
    form = ForgotForm()
    mail_works = parts().config.smtp_url is not None
    if request.method != "POST" or not form.validate():
        return page("forgot.html", form=form, sent=False, mail_works=mail_works)
    _queue_reset(form.email.data or "")
    return page("forgot.html", form=form, sent=True, mail_works=mail_works)


def _queue_reset(email: str) -> None:
    now = parts().clock()
    with parts().db.write() as conn:
        found = users.by_email(conn, email)
        if found is None or found.disabled_at is not None:
            mails.queue_nothing(conn, f"reset:{secrets.token_hex(12)}", now)
            return
        token = users.make_link(conn, found.id, "reset", now)
        address = parts().config.base_url + url_for("console.link", token=token)
        params = {"link": address, "name": found.name}
        mails.queue(
            conn,
            f"reset:{hashlib.sha256(token.encode()).hexdigest()[:24]}",
            found.email,
            lang=found.lang,
            template="password_reset",
            params=params,
            now=now,
        )


@blueprint.post("/sign-out")
def sign_out() -> Any:
    language = lang()
    logout_user()
    session.clear()
    session["lang"] = language  # the page that says goodbye speaks as the one before
    return redirect(url_for("console.sign_in"), 303)


@blueprint.post("/language")
def language() -> Any:
    chosen = request.form.get("lang")
    if chosen in LANGUAGES:
        session["lang"] = chosen
        signed_in = user()
        if signed_in is not None:
            with parts().db.write() as conn:
                users.change(conn, signed_in.id, lang=chosen)
    return redirect(safe_next(request.form.get("next"), url_for("console.overview")), 303)


@blueprint.get("/switch")
def switch_site() -> Any:
    """The guard has already taken the site that `?site=` names."""
    return redirect(url_for("console.overview"), 303)


@blueprint.get("/no-site")
def no_site() -> Any:
    return page("no_site.html")


@blueprint.route("/<path:rest>", methods=["GET", "POST"])
def nothing_here(rest: str) -> Any:  # noqa: ARG001  the router hands it over
    """Not left to the application, so that it is said in the user's language."""
    abort(404)


@blueprint.route("/account", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def account() -> Any:
    """Own name and password. A new password ends every other session; this one goes on."""
    me = user()
    assert me is not None
    form = AccountForm(name=me.name)
    if not form.password.data:
        del form.password, form.again
    if request.method != "POST" or not form.validate():
        return page("account.html", 422 if request.method == "POST" else 200, form=form, wrong=False)
    if form.password and not users.password_fits(me, form.current.data or "") and me.password_hash:
        return page("account.html", 422, form=form, wrong=True)
    _change_account(me, form.name.data or me.name, form.password.data if form.password else None)
    return done("account_saved", "account")


def _change_account(me: User, name: str, password: str | None) -> None:
    password_hash = users.hash_password(password) if password else None
    with parts().db.write() as conn:
        users.change(conn, me.id, name=name)
        if password_hash is not None:
            login_user(SignedIn(users.set_password(conn, me.id, password_hash)))
