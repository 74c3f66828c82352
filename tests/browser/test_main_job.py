"""The main job with real parts: a landing page on another origin, the whole installation, the CRM's inbox."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gateway.clock import utcnow
from gateway.records import Lead
from gateway.store import forms, leads, sites
from tests.support import hands, intake
from tests.support.installation import Installation
from tests.support.ports import free_port
from tests.support.waiting import until

LANDING = {"fa": "/", "en": "/en"}


class Demo:
    def __init__(self, installation: Installation, port: int) -> None:
        self.installation = installation
        self.landing = f"http://localhost:{port}"

    def received(self, email: str) -> list[dict[str, Any]]:
        """What the CRM's inbox holds of the lead with this address."""
        with urllib.request.urlopen(f"{self.landing}/inbox.json", timeout=5) as answer:
            bodies = [row["body"] for row in json.load(answer)]
        return [body for body in bodies if body["data"]["fields"].get("email", {}).get("value") == email]

    def lead(self, email: str) -> Lead:
        with self.installation.parts.db.read() as conn:
            site = sites.by_key(conn, "demo")
            assert site is not None
            (lead_id,) = leads.found_by(conn, site.id, "email", email)
            found = leads.get(conn, site.id, lead_id)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    port = free_port()
    installation = Installation({"SARNAKH_DEMO_PORT": str(port)})
    with installation.run("--demo"):
        with installation.parts.db.write() as conn:
            site = sites.by_key(conn, "demo")
            assert site is not None
            guide = forms.get(conn, site.id, "guide")
            assert guide is not None
            forms.save_draft(conn, site.id, guide.draft + intake.ONE_ADDRESS, utcnow())
            forms.publish(conn, site.id, "guide", utcnow())
        yield Demo(installation, port)
    installation.close()


def _open(page: Page, demo: Demo, lang: str) -> Locator:
    page.goto(demo.landing + LANDING[lang])
    form = page.locator("lead-form[form=guide]")
    form.locator("form button").last.wait_for()
    return form


def _asked(form: Locator) -> list[str]:
    """The names of the visible questions, each once."""
    controls = form.locator("input:not([tabindex='-1']):visible, textarea:visible, select:visible")
    names = [control.get_attribute("name") or "" for control in controls.all()]
    return list(dict.fromkeys(name for name in names if name and not name.startswith("consent_")))


def _send(form: Locator, **answers: str) -> None:
    for name, value in answers.items():
        hands.type_in(form.locator(f"[name={name}]"), value)
    for box in form.locator("input[name^=consent_]").all():
        hands.press(box, "Space")
    time.sleep(2.6)  # nobody reads and fills in three questions within two and a half seconds
    hands.press(form.locator("form button").last, "Enter")
    expect(form.get_by_role("status")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_from_a_landing_page_to_the_crm(demo: Demo, browser: Browser, lang: str) -> None:
    sara, reza = f"sara.{lang}@example.ir", f"reza.{lang}@example.ir"
    first_browser = browser.new_context(no_viewport=True)
    page = first_browser.new_page()

    form = _open(page, demo, lang)
    first_visit = _asked(form)
    assert first_visit[0] == "email" and len(first_visit) == 3  # two questions beyond the identifier
    _send(form, email=sara, first_name="سارا" if lang == "fa" else "Sara")
    (arrived,) = until(lambda: demo.received(sara), "it reaches the CRM")
    assert (arrived["type"], arrived["data"]["version"]) == ("lead.qualified", 1)
    before = demo.lead(sara)

    form = _open(page, demo, lang)
    second_visit = _asked(form)
    assert second_visit and not set(second_visit) & set(first_visit)
    _send(form, **{second_visit[0]: "CEO"})
    versions = until(lambda: len(found := demo.received(sara)) == 2 and found, "it reaches the CRM")
    assert [(body["type"], body["data"]["version"]) for body in versions] == [
        ("lead.qualified", 1),
        ("lead.updated", 2),
    ]
    after = demo.lead(sara)
    assert after.id == before.id and after.facts[second_visit[0]].value == "CEO"

    _raises_the_score(page, demo, lang, sara)
    _second_person_makes_a_second_lead(page, demo, lang, {"first": sara, "second": reza})
    first_browser.close()
    _another_browser_is_linked_and_changes_nothing(browser, demo, lang, sara)


def _raises_the_score(page: Page, demo: Demo, lang: str, email: str) -> None:
    """Later answers count: the time to buy is among the next questions."""
    before = demo.lead(email).score
    for _ in range(5):
        form = _open(page, demo, lang)
        if "time_to_buy" in _asked(form):
            form.locator("[name=time_to_buy][value='0_3']").check()
            _send(form)
            break
        _send(form)
    until(lambda: demo.lead(email).score > before, "the lead knows of it")
    assert demo.lead(email).score >= before + 30


def _second_person_makes_a_second_lead(page: Page, demo: Demo, lang: str, people: dict[str, str]) -> None:
    form = _open(page, demo, lang)
    assert "email" not in _asked(form)
    form.get_by_role("button").first.click()  # I am someone else
    form.locator("[name=email]").wait_for()
    _send(form, email=people["second"])
    until(lambda: demo.received(people["second"]), "it reaches the CRM")
    assert demo.lead(people["second"]).id != demo.lead(people["first"]).id


def _another_browser_is_linked_and_changes_nothing(browser: Browser, demo: Demo, lang: str, email: str) -> None:
    before = demo.lead(email)
    elsewhere = browser.new_context(no_viewport=True)
    page = elsewhere.new_page()
    form = _open(page, demo, lang)
    assert "email" in _asked(form)
    _send(form, email=email.upper(), first_name="Mallory", company="New Company")
    after = until(lambda: (lead := demo.lead(email)) and "company" in lead.facts and lead, "the lead knows of it")
    assert after.id == before.id
    assert after.facts["first_name"] == before.facts["first_name"]  # a proposal for staff, at most
    form = _open(page, demo, lang)
    shown = form.inner_text() + "".join(control.input_value() for control in form.locator("input[type=text]").all())
    known = [str(fact.value) for fact in before.facts.values()]
    assert not [value for value in known if value in shown and len(value) > 3]
    assert "job_title" in _asked(form)  # the lead's is known, this browser's is not (rule 1)
    elsewhere.close()
