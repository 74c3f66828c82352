"""An offer's file, by its expiring link; one download counts a lead and offer (rule 22)."""

from __future__ import annotations

from pathlib import Path

import structlog
from flask import Response, request, send_file
from sqlalchemy import Connection
from werkzeug.security import safe_join

from forms import tickets
from forms.model import Form, Offer
from gateway.records import Site
from gateway.store import events, forms, sites, submissions
from gateway.web.replies import Refused
from gateway.web.serving import parts

log = structlog.get_logger()


def download(token: str) -> Response:
    """The file as an attachment. Raises Refused: no such link (404), an expired one (410)."""
    held, now = parts(), parts().clock()
    try:
        form_key, submission_id = tickets.read_token(held.config.secret_key, "offer", token, now=now)
    except tickets.TokenError as error:
        raise Refused(*((410, "link_expired") if error.code == "expired" else (404, "no_link"))) from error
    with held.db.read() as conn:
        site, form = _form_of(conn, form_key, submission_id)
    offer = form.offer
    if offer is None or form.offer_key is None:
        raise Refused(404, "no_link")
    path = _file(site, offer)
    if path is None:
        log.error("offer_file_missing", site=site.key, form=form_key, file=offer.file)
        raise Refused(404, "no_file")
    if _is_download():
        with held.db.write() as conn:
            events.add_download(conn, site.id, submission_id, offer_key=form.offer_key, level=offer.level, now=now)
    response = send_file(path, as_attachment=True, download_name=path.name, conditional=True)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _form_of(conn: Connection, form_key: str, submission_id: str) -> tuple[Site, Form]:
    """The form as this submission was given it. Raises Refused (404): erased since."""
    published = forms.published(conn, form_key)
    found = submissions.get(conn, published.site_id, submission_id) if published else None
    if published is None or found is None or found.status == "erased":
        raise Refused(404, "no_link")
    return sites.get(conn, published.site_id), forms.version(conn, found.form_id, found.form_version)


def _file(site: Site, offer: Offer) -> Path | None:
    joined = safe_join(str(parts().config.data_dir / "offers" / site.key), offer.file)
    return Path(joined) if joined and Path(joined).is_file() else None


def _is_download() -> bool:
    """HEAD, a part of a file and a browser's guess are none (rule 22)."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    return request.method == "GET" and "Range" not in request.headers and "prefetch" not in purpose
