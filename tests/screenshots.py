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
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select, update

from forms.tickets import Ticket, issue, sign_token
from gateway import alerts
from gateway.clock import utcnow
from gateway.confirming import CODE, LINK
from gateway.demo.seed import ADMIN
from gateway.ids import new_id
from gateway.mail import compose
from gateway.store import confirmations, leads, samples, sites, users
from gateway.store import submissions as submissions_store
from gateway.store.confirmations import WINDOW, Confirmation
from gateway.store.mails import DueMail
from gateway.store.tables import submissions, verdicts
from tests.support import chromium, pairs, proofs
from tests.support.installation import Installation
from tests.support.ports import free_port

DOCS = Path(__file__).parents[1] / "docs" / "pictures"
IN_DOCS = (
    "landing-fa-light-1280", "lead-en-light-1280", "overview-fa-light-1280", "form-fa-light-1280",
    "duplicates-en-light-1280", "counted-en-light-1280", "organisation-en-light-1280",
    "routes-en-light-1280",
)  # fmt: skip
WIDTHS = {390: 844, 1280: 800}
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "Accept-Language": "fa,en;q=0.8",
    "Sec-Fetch-Mode": "cors",
    "Sec-CH-UA": '"Chromium";v="140"',
}
PROGRAM = {"User-Agent": "python-requests/2.32.3"}
AT_KEYS = {
    "keys": 40, "holds": 36, "hold": 92, "sway": 21, "gap": 190, "spread": 95, "focuses": 4, "changed": 3,
    "took": 24000, "mouse": True, "platform": "linux", "webdriver": False,
}  # fmt: skip
PITCH = (
    "Hello, we offer professional SEO services and can put your website on the first page of Google within two weeks. "
    "Only $99 this month! Order now: https://rank-fast.example {} Reply today for a free audit of your site."
)


@dataclass(frozen=True)
class Sent:
    """One made-up person's form."""

    form: str
    answers: dict[str, Any]
    seconds: int = 40  # to fill it in
    trap: str = ""
    headers: dict[str, str] = field(default_factory=lambda: BROWSER)
    script: bool = True


PEOPLE = (
    Sent("guide", {"email": "sara@arman.example", "first_name": "سارا احمدی", "company": "آرمان"}),
    Sent("guide", {"email": "sara@arman.example", "job_title": "مدیر بازاریابی", "company_size": "50_249"}),
    Sent("pricelist", {"email": "sara@arman.example", "industry": "software", "time_to_buy": "0_3"}),
    Sent("contact", {"email": "reza@sepehr.example", "phone": "+989127430651", "message": "لطفاً تماس بگیرید."}),
    Sent("contact", {"email": "r.moradi@mail.example", "phone": "+989127430651", "message": "دوباره پیام می‌دهم."}),
    Sent("guide", {"email": "j.miller@northwind.example", "first_name": "Jane Miller", "company": "Northwind"}),
    Sent("guide", {"email": "j.miller@northwind.example", "job_title": "Student", "time_to_buy": "later"}),
    Sent("guide", {"email": "n.karimi@arman.example", "first_name": "نیما کریمی", "company": "شرکت آرمان"}),
    Sent("guide", {"email": "mina@kavir.example", "first_name": "مینا", "time_to_buy": "3_6"}),
)
# What waits for staff: no script, throw-away addresses, a pitch three times, and programs.
DOUBTFUL = (
    Sent("contact", {"email": "n.karimi@parsgostar.example", "phone": "+989351206487",
         "message": "سلام، برای دفتر شیراز سه دستگاه می‌خواهیم. لطفاً امروز تماس بگیرید."}, script=False),
    Sent("guide", {"email": "w.becker@mailinator.com", "first_name": "W. Becker"}),
    Sent("guide", {"email": "guest42@yopmail.com", "first_name": "میهمان"}),
    *(Sent("contact", {"email": f"{name}@rank-fast.example", "phone": f"+98912743065{number}",
           "message": PITCH.format(name.title())}) for number, name in enumerate(("anna", "brian", "carla"), start=2)),
    Sent("guide", {"email": "crawler@bulk.example", "first_name": "Alex Green"}, headers=PROGRAM),
    *(Sent("guide", {"email": f"win{number}@prizes.example", "first_name": "FREE PRIZES"}, seconds=2,
           trap="http://prizes.example", headers=PROGRAM, script=False) for number in range(3)),
)  # fmt: skip


# A list as a CRM exports it: somebody who is here, a colleague of theirs, one whose address is none, and a newcomer.
LIST = """Email,First Name,Last Name,Company,Phone,Lead ID,Lifecycle Stage
sara@arman.example,سارا,احمدی,آرمان,+989121110000,00Q1,Lead
szv@mail.example,Sara,Zandvakili,Arman,+989121234567,00Q2,Lead
not an address,Reza,,Sepehr,,00Q3,Lead
o.lind@nordwind.example,Olga,Lind,Nordwind,+4915112345678,00Q4,Customer
"""


def main() -> None:
    asked = _asked()
    folder: Path = asked.folder
    port = free_port()
    installation = Installation({"SARNAKH_DEMO_PORT": str(port)})
    landing = f"http://localhost:{port}"
    try:
        with installation.run("--demo"):
            for sent in (*PEOPLE, *DOUBTFUL):
                _send(installation, sent)
            _settle(installation)
            _reject_last_week(installation)
            _find_pairs(installation)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.flags())
                uploaded = _bring_list(browser, installation)
                for lang in ("fa", "en"):
                    for scheme in asked.schemes.split(","):
                        shot = Shooting(folder, landing, lang, scheme, tuple(filter(None, asked.only.split(","))))
                        _shoot(browser, installation, shot, uploaded)
                browser.close()
    finally:
        installation.close()
    DOCS.mkdir(exist_ok=True)
    for name in IN_DOCS:
        if (taken := folder / f"{name}.png").exists():
            shutil.copy(taken, DOCS / taken.name)


@dataclass(frozen=True)
class Shooting:
    """One round of pictures. only: names of pages; none: all."""

    folder: Path
    landing: str
    lang: str
    scheme: str
    only: tuple[str, ...] = ()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--only", default="", help="names of pages, with commas: lead,duplicates")
    parser.add_argument("--schemes", default="light,dark")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    return asked


def _send(installation: Installation, sent: Sent) -> None:
    """As a browser posts it: no form is filled in by hand here, so what hands did is told."""
    served = utcnow() - timedelta(seconds=sent.seconds)
    ticket = Ticket(
        site="demo", form=sent.form, version=1, nonce=secrets.token_urlsafe(12), asked=tuple(sent.answers), lang="fa",
        served_at=served, first_served_at=served, recognised=False, test=False, channel="embed",
    )  # fmt: skip
    body = {**sent.answers, "_ticket": issue(installation.config.secret_key, ticket)}
    if sent.script:
        proof = proofs.fresh(installation.config.secret_key, f"demo/{sent.form}", utcnow())
        body |= {"_signals": AT_KEYS, "_proof": proof}
    body |= {"consent_store": True, "consent_contact": True, "consent_marketing": True, "homepage_url": sent.trap}
    home = f"http://127.0.0.1:{installation.port}"
    headers = {"Content-Type": "application/json", "Origin": home, **sent.headers}
    request = urllib.request.Request(f"{home}/f/{sent.form}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=30).close()


def _settle(installation: Installation) -> None:
    """Until the worker has judged all of them, and made leads of people."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with installation.parts.db.read() as conn:
            site = sites.by_key(conn, "demo")
            found = submissions_store.count_by_status(conn)
            if site and not found.get("pending") and leads.count(conn, site.id) >= 4:
                return
        time.sleep(0.2)
    raise SystemExit(f"no leads came of it: {found}\n{installation.log()}")


def _reject_last_week(installation: Installation) -> None:
    """The rejected ones become last week's, so that its sample is drawn."""
    then = samples.week_before(utcnow())[1] + timedelta(days=2)
    with installation.parts.db.write() as conn:
        rejected = select(submissions.c.id).where(submissions.c.status == "rejected")
        conn.execute(update(verdicts).where(verdicts.c.submission_id.in_(rejected)).values(at=then))
        conn.execute(update(submissions).where(submissions.c.status == "rejected").values(received_at=then))
    alerts.draw_samples(installation.parts, utcnow())


def _find_pairs(installation: Installation) -> None:
    """A household that needs a decision, and two that are the same by all we know."""
    with installation.parts.db.read() as conn:
        site = sites.by_key(conn, "demo")
    assert site is not None
    for both in (pairs.HOUSEHOLD, pairs.SARA):
        pairs.pair(installation.parts, site.id, both)


def _signed_in(browser: Browser, installation: Installation, **how: Any) -> Page:
    page = browser.new_context(**how).new_page()
    page.goto(f"http://127.0.0.1:{installation.port}{_sign_in_link(installation)}")
    page.locator("button.btn-primary").click()
    page.wait_for_url(lambda url: "/link/" not in url)
    return page


def _bring_list(browser: Browser, installation: Installation) -> str:
    """Upload a list; returns the address of its preview."""
    page = _signed_in(browser, installation)
    page.goto(f"http://127.0.0.1:{installation.port}/console/imports")
    page.set_input_files("input[type=file]", {"name": "leads.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.locator("form[enctype] button").first.click()
    page.wait_for_url("**/console/imports/imp_*")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not page.locator("form[action$='/begin']").count():
        page.wait_for_timeout(500)
        page.reload()
    address = page.url
    page.context.close()
    return address


def _shoot(browser: Browser, installation: Installation, shot: Shooting, uploaded: str) -> None:
    page = _signed_in(browser, installation, color_scheme=shot.scheme, locale=shot.lang)
    pages = _pages(page, installation, shot, uploaded)
    for name, address in pages.items():
        if shot.only and name not in shot.only:
            continue
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address)
            page.wait_for_timeout(400)
            taken = f"{name}-{shot.lang}-{shot.scheme}-{width}"
            page.screenshot(path=shot.folder / f"{taken}.png", full_page=taken not in IN_DOCS)
    if not shot.only:
        _shoot_mails(page, installation, shot)
    page.context.close()


def _pages(page: Page, installation: Installation, shot: Shooting, uploaded: str) -> dict[str, str]:
    """Name → address; the page speaks the language from here on."""
    gateway, landing, lang = f"http://127.0.0.1:{installation.port}", shot.landing, shot.lang
    page.goto(f"{gateway}/console/leads?q=sara")
    lead = page.locator("a[href*='/console/leads/lead_']").first.get_attribute("href") or ""
    page.goto(f"{gateway}/console/leads?q=moradi")
    duplicate = page.locator("a[href*='/console/leads/lead_']").first.get_attribute("href") or ""
    page.goto(f"{gateway}/console/organisations?q=arman")
    company = page.locator("a[href*='/console/organisations/org_']").first.get_attribute("href") or ""
    _speak(page, gateway, lang)
    return {
        "landing": landing + ("/" if lang == "fa" else "/en"),
        "inbox": f"{landing}/inbox?lang={lang}",
        "hosted": f"{gateway}/f/guide?lang={lang}",
        "contact": f"{gateway}/f/contact?lang={lang}",
        "assessment": f"{gateway}/f/readiness?lang={lang}",
        "overview": f"{gateway}/console",
        "leads": f"{gateway}/console/leads",
        "counted": f"{gateway}/console/people-counted",
        "segments": f"{gateway}/console/segments",
        "organisations": f"{gateway}/console/organisations",
        "organisation": gateway + company,
        "lead": gateway + lead,
        "erase": f"{gateway}{lead.partition('?')[0]}/erase",
        "where": f"{gateway}{lead.partition('?')[0]}/where",
        "imports": f"{gateway}/console/imports",
        "import": uploaded,
        "duplicate": gateway + duplicate,
        "compare": f"{gateway}{duplicate.partition('?')[0]}/compare?with=reza@sepehr.example",
        "duplicates": f"{gateway}/console/duplicates",
        "same": f"{gateway}/console/duplicates?status=same",
        "review": f"{gateway}/console/review",
        "sample": f"{gateway}/console/review/sample",
        "setup": f"{gateway}/console/forms/guide/setup",
        "policy": f"{gateway}/console/forms/guide/policy",
        "visits": f"{gateway}/console/forms/guide/visits",
        "questions": f"{gateway}/console/forms/guide/questions",
        "answers": f"{gateway}/console/forms/guide/results",
        "forms": f"{gateway}/console/forms",
        "form": f"{gateway}/console/forms/guide",
        "destinations": f"{gateway}/console/destinations",
        "routes": f"{gateway}/console/routes",
        "route": f"{gateway}/console/routes/rule/new",
        "rules": f"{gateway}/console/rules",
        "customers": f"{gateway}/console/rules/customers",
        "stages": f"{gateway}/console/rules/stages",
        "rule": f"{gateway}/console/rules/change/rules?of=downloads_top",
        "segment": f"{gateway}/console/rules/change/segments",
        "settings": f"{gateway}/console/settings",
        "people": f"{gateway}/console/people",
        "tokens": f"{gateway}/console/tokens",
        **{name: gateway + path for name, path in _links(installation, lang).items()},
    }


def _shoot_mails(page: Page, installation: Installation, shot: Shooting) -> None:
    """As a mail program shows their HTML."""
    params = {
        "site": "سرنخ نمونه",
        "form": "راهنمای خرید",
        "token": "x" * 40,
        "days": 14,
        "count": 3,
        "site_key": "demo",
    }
    for template in ("confirm", "held_contact"):
        due = DueMail(1, template, "sara@arman.example", shot.lang, template, params)
        page.goto("about:blank")  # the last page's policy would take the mail's styles away
        html = compose(installation.config, due, utcnow()).get_body(("html",))
        assert html is not None
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.set_content(html.get_content())
            name = f"mail-{template}-{shot.lang}-{shot.scheme}-{width}.png"
            page.screenshot(path=shot.folder / name, full_page=True)


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
