"""A further site: another web property of the same people, walled off from this one."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, session, url_for
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from gateway.net import origin
from gateway.store import audit, users
from gateway.store import sites as store
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import page, t

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")  # it stands in cookies and payloads


class SiteForm(FlaskForm):
    name = StringField(validators=[DataRequired(), Length(max=200)])
    site_key = StringField(validators=[Regexp(rf"{KEY.pattern}\Z")])
    origin = StringField(validators=[DataRequired()])

    def validate_origin(self, field: Any) -> None:
        if origin((field.data or "").strip()) is None:
            raise ValidationError


@blueprint.route("/sites/new", methods=["GET", "POST"])
def site_new() -> Any:
    """Whoever makes a site is its administrator, and moves to it."""
    form = SiteForm()
    if not form.validate_on_submit():
        return page("site_new.html", 422 if form.is_submitted() else 200, form=form, taken=False)
    here, now = seat(), parts().clock()
    key, wanted = str(form.site_key.data), origin(str(form.origin.data).strip())
    with parts().db.write() as conn:
        if store.by_key(conn, key) is not None:
            return page("site_new.html", 422, form=form, taken=True)
        columns = {"origins": [wanted], "lang": here.site.lang, "timezone": here.site.timezone}
        made = store.add(conn, key, str(form.name.data).strip(), now, **columns)
        users.set_role(conn, here.user.id, made.id, "admin")
        audit.add(conn, made.id, now, "site_made", made.id, user_id=here.user.id)
    session["site"] = made.id
    flash(t("site_made"), "success")
    return redirect(url_for("console.forms_list"), 303)
