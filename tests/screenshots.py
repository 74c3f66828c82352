"""`make screenshots`: every main page in fa and en, light and dark, on a phone and on a desk, from a running demo.

Pictures go to the folder given (var/screenshots by default); those that the docs show go to docs/pictures/ too.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select, update

from forms.tickets import Ticket, issue, sign_token
from gateway.clock import utcnow
from gateway.confirming import CODE, LINK
from gateway.demo.seed import ADMIN
from gateway.ids import new_id
from gateway.store import confirmations, leads, sites, users
from gateway.store.confirmations import WINDOW, Confirmation
from gateway.store.tables import submissions
from tests.support import chromium, proofs
from tests.support.installation import Installation
from tests.support.ports import free_port

DOCS = Path(__file__).parents[1] / "docs" / "pictures"
IN_DOCS = ("landing-fa-light-1280", "lead-en-light-1280", "overview-fa-light-1280", "form-fa-light-1280")
WIDTHS = {390: 844, 1280: 800}
# Made-up people: (form, answers, seconds to fill it in, honeypot)
PEOPLE: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("guide", {"email": "sara@arman.example", "first_name": "سارا احمدی", "company": "آرمان"}, 40, ""),
    ("guide", {"email": "sara@arman.example", "job_title": "مدیر بازاریابی", "company_size": "50_249"}, 35, ""),
    ("pricelist", {"email": "sara@arman.example", "industry": "software", "time_to_buy": "0_3"}, 35, ""),
    ("contact", {"email": "reza@sepehr.example", "phone": "+989121234567", "message": "لطفاً تماس بگیرید."}, 60, ""),
    ("guide", {"email": "j.miller@northwind.example", "first_name": "Jane Miller", "company": "Northwind"}, 50, ""),
    ("guide", {"email": "j.miller@northwind.example", "job_title": "Student", "time_to_buy": "later"}, 50, ""),
    ("guide", {"email": "info@kavir.example", "first_name": "مینا", "time_to_buy": "3_6"}, 45, ""),
    ("guide", {"email": "win@prizes.example", "first_name": "FREE PRIZES"}, 30, "http://prizes.example"),
)


def main() -> None:
    folder = _folder()
    port = free_port()
    installation = Installation({"SARNAKH_DEMO_PORT": str(port)})
    landing = f"http://localhost:{port}"
    try:
        with installation.run("--demo"):
            for form, answers, seconds, trap in PEOPLE:
                _send(installation, form, answers, seconds=seconds, trap=trap)
            _settle(installation)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.flags())
                for lang in ("fa", "en"):
                    for scheme in ("light", "dark"):
                        _shoot(browser, installation, folder, landing=landing, lang=lang, scheme=scheme)
                browser.close()
    finally:
        installation.close()
    DOCS.mkdir(exist_ok=True)
    for name in IN_DOCS:
        shutil.copy(folder / f"{name}.png", DOCS / f"{name}.png")


def _folder() -> Path:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/screenshots"))
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _send(installation: Installation, form: str, answers: dict[str, Any], *, seconds: int, trap: str) -> None:
    served = utcnow() - timedelta(seconds=seconds)
    ticket = Ticket(
        site="demo", form=form, version=1, nonce=secrets.token_urlsafe(12), asked=tuple(answers), lang="fa",
        served_at=served, first_served_at=served, recognised=False, test=False, channel="embed",
    )  # fmt: skip
    signed = issue(installation.config.secret_key, ticket)
    proof = proofs.fresh(installation.config.secret_key, f"demo/{form}", utcnow())
    body = {**answers, "_ticket": signed, "_signals": {"keys": 30}, "_proof": proof}
    body |= {"consent_store": True, "consent_contact": True}
    request = urllib.request.Request(
        f"http://127.0.0.1:{installation.port}/f/{form}",
        json.dumps({**body, "consent_marketing": True, "homepage_url": trap}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


def _settle(installation: Installation) -> None:
    """Until the worker has made leads of them."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with installation.parts.db.read() as conn:
            site = sites.by_key(conn, "demo")
            if site and leads.count(conn, site.id) >= 4:
                return
        time.sleep(0.2)
    raise SystemExit(f"no leads came of it:\n{installation.log()}")


def _shoot(browser: Browser, installation: Installation, folder: Path, *, landing: str, lang: str, scheme: Any) -> None:
    gateway = f"http://127.0.0.1:{installation.port}"
    context = browser.new_context(color_scheme=scheme, locale=lang)
    page = context.new_page()
    page.goto(gateway + _sign_in_link(installation))
    page.locator("button.btn-primary").click()
    page.wait_for_url(lambda url: "/link/" not in url)
    page.goto(f"{gateway}/console/leads?q=sara")
    lead = page.locator("a[href*='/console/leads/lead_']").first.get_attribute("href") or ""
    _speak(page, gateway, lang)
    pages = {
        "landing": landing + ("/" if lang == "fa" else "/en"),
        "inbox": f"{landing}/inbox?lang={lang}",
        "hosted": f"{gateway}/f/guide?lang={lang}",
        "contact": f"{gateway}/f/contact?lang={lang}",
        "overview": f"{gateway}/console",
        "leads": f"{gateway}/console/leads",
        "lead": gateway + lead,
        "review": f"{gateway}/console/review",
        "sample": f"{gateway}/console/review/sample",
        "policy": f"{gateway}/console/forms/guide/policy",
        "forms": f"{gateway}/console/forms",
        "form": f"{gateway}/console/forms/guide",
        "destinations": f"{gateway}/console/destinations",
        "routes": f"{gateway}/console/routes",
        "settings": f"{gateway}/console/settings",
        "people": f"{gateway}/console/people",
        "tokens": f"{gateway}/console/tokens",
        **{name: gateway + path for name, path in _links(installation, lang).items()},
    }
    for name, address in pages.items():
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address)
            page.wait_for_timeout(400)
            shot = f"{name}-{lang}-{scheme}-{width}"
            page.screenshot(path=folder / f"{shot}.png", full_page=shot not in IN_DOCS)
    context.close()


def _links(installation: Installation, lang: str) -> dict[str, str]:
    """The pages behind a mailed link and where a code is typed, as if somebody had been asked in this language."""
    now, secret = utcnow(), installation.config.secret_key
    with installation.parts.db.write() as conn:
        conn.execute(update(submissions).values(lang=lang))
        row = conn.execute(select(submissions).limit(1)).one()
        ends = {"confirm": now + WINDOW, "confirm-expired": now}
        asked = {
            name: Confirmation(
                new_id("conf", now), row.site_id, row.form_id, row.id, "email", "0" * 64, created_at=now, expires_at=end
            )
            for name, end in ends.items()
        }
        for one in asked.values():
            confirmations.add(conn, one)
    paths = {name: f"/confirm/{sign_token(secret, LINK, one.id)}" for name, one in asked.items()}
    return {**paths, "code": f"/confirm/code/{sign_token(secret, CODE, row.id)}"}


def _speak(page: Page, gateway: str, lang: str) -> None:
    """The console in this language, by its own switch."""
    page.goto(f"{gateway}/console")
    if page.locator("html").get_attribute("lang") != lang:
        page.locator("form[action*='/console/language'] button:visible").first.click()
        page.wait_for_load_state()


def _sign_in_link(installation: Installation) -> str:
    with installation.parts.db.write() as conn:
        user = users.by_email(conn, ADMIN)
        assert user is not None
        return f"/console/link/{users.make_link(conn, user.id, 'sign_in', installation.parts.clock())}"


if __name__ == "__main__":
    main()
