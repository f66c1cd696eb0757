"""The frame around the pages: serving, navigation, personal settings, accessibility."""

import re
import urllib.error
import urllib.request

import accessibility
import pytest
from playwright.sync_api import expect

ROUTES = ("", "explore", "graph", "query", "targets", "containers", "status")
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
PAGES = {
    "start": ("", {}),
    "graph": ("explore", {"g0_expr": "fixture_temperature_celsius", "g0_tab": "graph", "g0_range_input": "1m"}),
    "table": ("explore", {"g0_expr": "fixture_temperature_celsius", "g0_tab": "table"}),
    "json": ("explore", {"g0_expr": "fixture_temperature_celsius", "g0_tab": "json"}),
    "nothing": ("explore", {"g0_expr": "fixture_temperature_fahrenheit", "g0_tab": "table"}),
    "two queries": ("explore", {"g0_expr": "up", "g0_tab": "table", "g1_expr": "up", "g1_tab": "graph"}),
    "targets": ("targets", {}),
    "containers": ("containers", {}),
    "status": ("status", {}),
    "cardinality": ("status", {"tab": "cardinality"}),
    "flags": ("status", {"tab": "flags"}),
    "configuration": ("status", {"tab": "config"}),
}


def settle(site, name: str) -> None:
    """Waits until the page shows what it is about."""
    path, params = PAGES[name]
    site.open(path, **params)
    marks = {
        "start": ".examples",
        "graph": ".legend tbody tr",
        "table": ".vtable tbody tr",
        "json": ".code",
        "nothing": ".reasons > *",
        "two queries": ".legend tbody tr",
        "targets": ".pool .badge",
        "containers": ".container-list > *",
        "status": ".fact",
        "cardinality": ".ranking",
        "flags": ".flags tbody tr",
        "configuration": ".code",
    }
    site.page.wait_for_selector(marks[name])


@pytest.mark.parametrize("route", ROUTES)
def test_every_page_route_answers_with_the_strict_policy(base_url, route):
    with urllib.request.urlopen(base_url + route) as response:
        html = response.read().decode()
        policy = response.headers["Content-Security-Policy"]
        assert response.headers.get_content_type() == "text/html"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-cache" in response.headers["Cache-Control"]
    for directive in POLICY:
        assert directive in policy
    assert "unsafe" not in policy
    assert "{{" not in html


def test_assets_are_kept_for_ever_under_their_build_and_unknown_builds_are_not_found(base_url):
    html = urllib.request.urlopen(base_url).read().decode()
    addresses = re.findall(r'(?:href|src)="(ui/[^"]+)"', html)
    assert len(addresses) > 20
    for address in addresses:
        with urllib.request.urlopen(base_url + address) as response:
            assert "immutable" in response.headers["Cache-Control"]
            kind = response.headers.get_content_type()
            assert kind == {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}[address.rsplit(".", 1)[1]]
    for address in ("ui/no-such-build/app/main.js", addresses[0].rsplit("/", 1)[0] + "/../../../../etc/passwd", "no-such-page"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(base_url + address)
        assert error.value.code in (400, 404)


def test_the_rail_leads_to_every_page_and_back_returns(site):
    page = site.open("", heading="Explore")
    for name in ("Targets", "Status", "Explore"):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page).to_have_title(f"{name} · Apus")
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Status")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Targets")


def test_the_theme_is_chosen_and_remembered(site):
    page = site.open("status", heading="Status")
    button = page.locator('[data-test="theme"]')
    surfaces = {}
    for theme in ("light", "dark"):
        button.click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        surfaces[theme] = page.evaluate("getComputedStyle(document.querySelector('.card, main')).color")
    assert surfaces["light"] != surfaces["dark"]
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_korean_is_chosen_without_losing_the_query(site):
    page = site.open("explore", g0_expr="up", g0_tab="table")
    page.locator('[data-test="language"]').select_option("ko")
    expect(page.get_by_role("heading", level=1)).to_have_text("탐색")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_label("PromQL 식")).to_have_value("up")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("탐색")
    page.locator('[data-test="language"]').select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")


def test_the_keyboard_reaches_the_content_past_the_rail(site):
    page = site.open("targets", heading="Targets")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("context_options", [{"viewport": {"width": 390, "height": 844}}])
class TestPhone:
    def test_the_rail_is_a_drawer(self, site):
        page = site.open("", heading="Explore")
        link = page.get_by_role("link", name="Targets", exact=True)
        expect(link).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        expect(link).to_be_visible()
        page.keyboard.press("Escape")
        expect(link).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        link.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Targets")
        expect(link).to_be_hidden()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_in_either_theme_and_a_phone_needs_no_sideways_scrolling(site, name):
    settle(site, name)
    accessibility.check(site.page)
