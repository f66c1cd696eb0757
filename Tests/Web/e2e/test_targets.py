"""The Targets page against real scrapes."""

import re

from playwright.sync_api import expect


def test_pools_show_state_labels_times_and_the_whole_error(site):
    page = site.open("targets", heading="Targets")
    fixture = page.locator(".pool", has=page.get_by_role("heading", name="fixture"))
    expect(fixture.locator("tbody .badge")).to_have_text("Up")
    expect(fixture).to_contain_text("env")
    expect(fixture.locator("tbody td").nth(3)).to_have_text(re.compile(r"\d+ s ago"))
    expect(fixture.locator("tbody td").nth(4)).to_have_text(re.compile(r"\d.*s$"))
    expect(fixture.locator("tbody td").nth(5)).to_have_text("1s")
    broken = page.locator(".pool", has=page.get_by_role("heading", name="broken"))
    expect(broken.locator("tbody .badge")).to_have_text("Down")
    expect(broken.locator(".target-error")).not_to_be_empty()


def test_the_page_follows_the_scrapes_by_itself(site):
    page = site.open("targets", heading="Targets")
    page.locator(".pool .badge").first.wait_for()
    with page.expect_response(re.compile("api/v1/targets"), timeout=12_000):
        pass


def test_filters_are_in_the_address_and_come_back(site):
    page = site.open("targets", heading="Targets")
    rows = page.locator(".targets tbody .badge")
    rows.first.wait_for()
    page.get_by_role("button", name="Down").click()
    expect(page.get_by_role("heading", level=2, name="fixture")).to_have_count(0)
    expect(page.get_by_role("heading", level=2, name="broken")).to_be_visible()
    assert site.params() == {"health": "down"}
    page.go_back()
    expect(page.get_by_role("heading", level=2, name="fixture")).to_be_visible()
    page.get_by_role("searchbox").fill("env=\"test\"")
    expect(page.get_by_role("heading", level=2, name="broken")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value('env="test"')
    expect(page.get_by_role("heading", level=2, name="fixture")).to_be_visible()
    page.get_by_role("searchbox").fill("nothing is like this")
    expect(page.get_by_text("No target matches the filter.")).to_be_visible()


def test_a_target_leads_to_its_series(site):
    page = site.open("targets", heading="Targets")
    page.locator(".pool", has=page.get_by_role("heading", name="fixture")).get_by_role("link", name="Query").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    expect(page.locator(".vtable")).to_contain_text("fixture_requests_total")
