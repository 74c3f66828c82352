"""The console in a real browser: nothing is refused by its own policy, nothing sticks out, the preview is live."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from config import Config
from gateway import create_app
from gateway.parts import make_parts
from gateway.store import users
from tests.support import console_side
from tests.support.clock import SettableClock
from tests.support.console_side import World

pytestmark = pytest.mark.browser
PAGES = (
    "", "/leads", "/leads/{lead}", "/review", "/review?status=rejected", "/review/sample", "/forms", "/forms/guide",
    "/forms/guide/policy", "/forms/guide/results", "/forms/new", "/forms/guide/versions/1",
    "/destinations", "/destinations/new", "/routes", "/deliveries", "/deliveries/{delivery}",
    "/settings", "/people", "/tokens", "/account",
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    url: str
    world: World


@pytest.fixture
def served(make_config: Callable[..., Config], sqlite_url: str, clock: SettableClock) -> Iterator[Served]:
    parts = make_parts(make_config(DATABASE_URL=sqlite_url), clock)
    server = make_server("127.0.0.1", 0, create_app(parts), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}", console_side.make(parts))
    server.shutdown()
    thread.join()
    server.server_close()
    parts.db.close()


def enter(served: Served, page: Page, lang: str = "fa") -> list[str]:
    """Sign in by a one-time link; what the browser complains of from then on."""
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with served.world.parts.db.write() as conn:
        admin = served.world.users["admin"]
        users.change(conn, admin.id, lang=lang)
        token = users.make_link(conn, admin.id, "sign_in", served.world.parts.clock())
    page.goto(f"{served.url}/console/link/{token}")
    page.locator("main .btn-primary").click()
    expect(page.locator("h1")).to_be_visible()
    return complaints


@pytest.mark.parametrize("lang, scheme, width", [("fa", "light", 390), ("en", "dark", 390), ("fa", "dark", 1280)])
def test_every_page_fits_and_breaks_no_rule(
    browser: Browser, served: Served, lang: str, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints = enter(served, page, lang)
    for path in PAGES:
        page.goto(f"{served.url}/console" + path.format(lead=served.world.lead, delivery=served.world.delivery))
        assert page.locator("html").get_attribute("data-bs-theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert complaints == []
    context.close()


def test_the_preview_follows_the_text(page: Page, served: Served) -> None:
    complaints = enter(served, page)
    page.goto(f"{served.url}/console/forms/guide")
    editor, preview = page.locator("#toml"), page.frame_locator(".preview-frame")
    expect(preview.locator("h1")).to_have_text("راهنمای رایگان جذب مشتری")
    text = editor.input_value()
    editor.fill(text.replace("راهنمای رایگان جذب مشتری", "عنوان تازه"))
    expect(preview.locator("h1")).to_have_text("عنوان تازه")
    editor.fill(text.replace('type = "email"', 'type = "emial"'))
    expect(page.locator("#preview .problems")).to_contain_text("پرسش email، کلید type")
    editor.fill(text)
    page.locator(".segments label[lang=en]").click()
    expect(preview.locator("html")).to_have_attribute("lang", "en")
    editor.fill(text.replace("The free guide to winning customers", "A new title"))
    expect(preview.locator("h1")).to_have_text("A new title")
    assert complaints == []


def test_a_filter_sends_itself_and_the_way_back_keeps_it(page: Page, served: Served) -> None:
    enter(served, page)
    page.goto(f"{served.url}/console/leads")
    page.locator("#cell").select_option("–4")
    page.wait_for_url("**/console/leads?*")
    assert "stage=" not in page.url
    page.locator(".row-link").first.click()
    page.locator(".crumb").click()
    expect(page.locator("#cell")).to_have_value("–4")


def test_what_is_typed_while_a_part_of_the_form_is_on_its_way_stays(page: Page, served: Served) -> None:
    enter(served, page)
    page.goto(f"{served.url}/console/rules/change/segments")
    name, on_their_way = "segments.0.when.0", list[Route]()

    def hold(route: Route) -> None:
        on_their_way.append(route)

    page.route("**/rules/change/segments", hold)
    with page.expect_request("**/rules/change/segments"):
        page.locator(f"[name='{name}.field']").select_option("job_title")
    page.locator(f"[name='{name}.contains']").fill("مدیر")
    on_their_way[0].continue_()
    expect(page.locator(f"[name='{name}.other']")).to_have_count(0)  # the answer is here
    expect(page.locator(f"[name='{name}.contains']")).to_have_value("مدیر")


def test_a_phones_menu_opens_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    enter(served, page)
    page.locator(".menu summary").click()
    page.locator(".menu").get_by_text("بازبینی").first.click()
    expect(page.locator(".review-card")).to_have_count(1)
    context.close()
