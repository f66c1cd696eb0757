"""The Status page against a real server."""

import pytest
from playwright.sync_api import expect


def test_the_overview_shows_build_runtime_and_head(site):
    page = site.open("status", heading="Status")
    for card in ("Build", "Runtime", "Storage head"):
        expect(page.get_by_role("heading", level=2, name=card)).to_be_visible()
    series = page.locator(".fact", has_text="Num series").locator("dd")
    expect(series).not_to_have_text("0")


@pytest.mark.parametrize(
    ("tab", "text"),
    [("Cardinality", "fixture_temperature_celsius"), ("Flags", "--config.file"), ("Configuration", "job_name: fixture")],
)
def test_each_tab_shows_its_facts_and_is_in_the_address(site, tab, text):
    page = site.open("status", heading="Status")
    page.get_by_role("tab", name=tab).click()
    if tab == "Cardinality":
        expect(page.locator(".ranking").first).to_be_visible()
    else:
        expect(page.get_by_role("tabpanel")).to_contain_text(text)
    page.reload()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")


def test_flags_are_filtered_as_one_types(site):
    page = site.open("status", tab="flags")
    page.get_by_role("searchbox").fill("config.file")
    expect(page.locator(".flags tbody th").first).to_have_text("--config.file")
    assert page.locator(".flags tbody tr").count() < 5


def test_tabs_follow_the_arrow_keys(site):
    page = site.open("status", heading="Status")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Configuration")).to_be_focused()
    expect(page.get_by_role("tabpanel")).to_contain_text("scrape_configs")
