"""Questions that come with another's answer, in a real Chromium: by the stylesheet alone, scripts or not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.stage import Stage

pytestmark = pytest.mark.browser
SIZES = "".join(f'    {{ value = "s{n}", label = {{ fa = "{n} نفر", en = "{n} people" }} }},\n' for n in range(1, 9))
FORM = f"""
key = "guide"
title = {{ fa = "دوره", en = "Course" }}
submit_label = {{ fa = "بفرستید", en = "Send" }}
questions_per_visit = 4

[[fields]]
name = "email"
type = "email"
label = {{ fa = "ایمیل", en = "E-mail" }}

[[fields]]
name = "job"
type = "choice"
label = {{ fa = "شغل شما", en = "Your job" }}
options = [
    {{ value = "manager", label = {{ fa = "مدیر", en = "Manager" }} }},
    {{ value = "student", label = {{ fa = "دانشجو", en = "Student" }} }},
]

[[fields]]
name = "size"
type = "choice"
when = {{ field = "job", is = ["manager"] }}
label = {{ fa = "اندازهٔ گروه", en = "Size of your team" }}
options = [
{SIZES}]

[[fields]]
name = "places"
type = "choices"
when = {{ field = "size", is = ["s7", "s8"] }}
label = {{ fa = "کجا؟", en = "Where?" }}
options = [
    {{ value = "home", label = {{ fa = "خانه", en = "At home" }} }},
    {{ value = "office", label = {{ fa = "دفتر", en = "In an office" }} }},
]

[[fields]]
name = "city"
type = "text"
when = {{ field = "places", is = ["office"] }}
label = {{ fa = "شهر", en = "City" }}
"""


def shown(form: Locator) -> list[str]:
    """The questions that a visitor sees, without the e-mail address."""
    fields = [form.locator(f".lf-field:has([name={name}])") for name in ("job", "size", "places", "city")]
    return [name for name, one in zip(("job", "size", "places", "city"), fields, strict=True) if one.is_visible()]


def walk_through(form: Locator) -> None:
    """Down to the last question and back, then send without the answer that is due, and at last with it."""
    expect(form.locator(".lf-send")).to_be_visible()
    assert shown(form) == ["job"]
    form.locator("[name=email]").fill("sara@example.ir")
    form.locator("[name=job][value=manager]").check()
    expect(form.locator("[name=size]")).to_be_visible()
    form.locator("[name=size]").select_option("s8")
    form.locator("[name=places][value=office]").check()
    expect(form.locator("[name=city]")).to_be_visible()
    form.locator("[name=city]").fill("شیراز")
    form.locator("[name=job][value=student]").check()
    expect(form.locator("[name=city]")).to_be_hidden()
    assert shown(form) == ["job"]  # what hangs below a hidden question is hidden, though it was answered
    form.locator("[name=job][value=manager]").check()
    assert shown(form) == ["job", "size", "places", "city"]
    form.locator("[name=city]").fill("")
    form.locator(".lf-send").click()
    expect(form.locator("[name=city]")).to_be_focused()
    assert shown(form) == ["job", "size", "places", "city"]
    expect(form.locator("[name=size]")).to_have_value("s8")
    form.locator("[name=city]").fill("شیراز")
    form.locator(".lf-send").click()


ANSWERS = {"email": "sara@example.ir", "job": "manager", "size": "s8", "places": ["office"], "city": "شیراز"}


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_hosted_page_shows_what_an_answer_calls_for(stage: Stage, browser: Browser, lang: str, script: bool):
    stage.publish(FORM)
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{stage.gateway}/f/guide?lang={lang}")
    walk_through(page.locator(".lead-form"))
    page.wait_for_url("**/thanks**")
    assert [row.answers for row in stage.rows()] == [ANSWERS]
    context.close()


def test_the_embed_does_under_a_strict_policy(stage: Stage, page: Page):
    stage.publish(FORM)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "status of 4" not in message.text else None)
    page.goto(f"{stage.landing}/en")
    form = page.locator("lead-form[form=guide]")
    walk_through(form)
    expect(form.locator(".lf-thanks")).to_be_visible()
    assert [row.answers for row in stage.rows()] == [ANSWERS]
    assert [line for line in said if "contact" not in line] == []  # the page's other form is not published here


def test_the_frame_does_and_grows_with_it(stage: Stage, page: Page):
    stage.publish(FORM)
    page.goto(f"{stage.landing}/en/framed")
    form = page.frame_locator("iframe").locator("lead-form")
    walk_through(form)
    expect(form.locator(".lf-thanks")).to_be_visible()
    assert [row.answers for row in stage.rows()] == [ANSWERS]


def test_a_hidden_question_is_not_waited_for(stage: Stage, page: Page):
    stage.publish(FORM)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=email]").fill("sara@example.ir")
    page.locator("[name=job][value=student]").check()
    page.locator(".lf-send").click()
    page.wait_for_url("**/thanks**")
    assert stage.rows()[0].asked == ["email", "job"]


def test_a_question_whose_condition_was_met_before_stands_by_itself(stage: Stage, page: Page):
    """The stylesheet hides only what depends on a question of the same page."""
    stage.publish(FORM)
    page.goto(f"{stage.gateway}/f/guide?lang=en")
    page.locator("[name=job][value=manager]").check()
    page.evaluate("document.querySelector('.lf-field:has([name=job])').remove()")
    expect(page.locator("[name=size]")).to_be_visible()
