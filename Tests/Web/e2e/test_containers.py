"""The Containers page, with answers as a server with an engine gives them, and against the real server."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

import stubs

STATUS = re.compile(r"/api/v1/status/containers(\?|$)")
EVENTS = re.compile(r"/api/v1/status/containers/events")

GALLERY = {"id": "/docker/a1", "name": "shop_gallery_1", "image": "gallery:2", "project": "shop", "service": "gallery", "replica": "1"}
WORKER = {"id": "/docker/b2", "name": "shop_worker_10", "image": "worker:2", "project": "shop", "service": "worker", "replica": "10"}
SECOND = WORKER | {"id": "/docker/b3", "name": "shop_worker_2", "replica": "2"}

ANSWERS = {
    "container_state{": [(GALLERY | {"state": "running"}, 1), (WORKER | {"state": "exited"}, 1), (SECOND | {"state": "running"}, 1)],
    "container_health_status{": [(GALLERY | {"status": "unhealthy"}, 1)],
    "container_memory_working_set_bytes{": [(GALLERY, 3 * 2**20), (SECOND, 2**30)],
    "container_spec_memory_limit_bytes{": [(GALLERY, 64 * 2**20)],
    "container_restarts_total{": [(GALLERY, 4)],
    "container_start_time_seconds{": [(GALLERY, 1_790_000_000)],
    "container_cpu_usage_seconds_total{": [({"id": "/docker/a1"}, 0.25)],
    "container_network_receive_bytes_total{": [({"id": "/docker/a1"}, 2048)],
    "container_network_transmit_bytes_total{": [],
}

ENGINE = {
    "engine": {
        "address": "/var/run/docker.sock", "connected": True, "version": "28.5.1", "apiVersion": "1.51", "kernel": "6.1", "system": "Docker",
        "problem": "",
    },
    "containers": {"running": 2, "exited": 1},
    "leftOut": 0,
    "engineMetrics": {
        "address": "127.0.0.1:9323", "exposed": False,
        "hint": {
            "text": "Write this to /etc/docker/daemon.json", "file": "/etc/docker/daemon.json",
            "content": '{\n  "metrics-addr": "127.0.0.1:9323"\n}\n', "problem": "",
        },
    },
}  # fmt: skip


def serve(page: Page, status: dict = ENGINE) -> None:
    def query(route: Route) -> None:
        asked = stubs.asked(route)["query"]
        found = next(series for part, series in ANSWERS.items() if part in asked)
        stubs.fulfil(
            route, {"resultType": "vector", "result": [{"metric": metric, "value": [1_790_000_100, str(value)]} for metric, value in found]}
        )

    page.route(stubs.QUERY, query)
    page.route(STATUS, lambda route: stubs.fulfil(route, status))
    event = {"time": 1_790_000_050.5, "id": "b2", "image": "worker:2", "project": "shop", "service": "worker", "replica": "10"}
    events = [event | {"action": "start", "name": "shop_worker_10"}, event | {"action": "die", "name": "shop_worker_10", "exitCode": 137}]
    page.route(EVENTS, lambda route: stubs.fulfil(route, events))


def test_containers_stand_by_service_and_replica_with_what_they_take(site):
    serve(site.page)
    page = site.open("containers", heading="Containers")
    rows = page.locator(".containers tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.locator("th a")).to_have_text(["shop_gallery_1", "shop_worker_2", "shop_worker_10"])
    gallery = rows.nth(0)
    expect(gallery.locator(".badge")).to_have_text("running")
    expect(gallery.locator(".badge")).to_have_class(re.compile("state-down"))
    expect(gallery).to_contain_text("unhealthy")
    expect(gallery.locator("td").first).to_have_text("gallery / 1shop")
    expect(gallery.locator("td.num")).to_have_text(["25 %", "3 MiB of 64 MiB", "2 KiB/s", "–", "4", re.compile("ago")])
    expect(rows.nth(2).locator(".badge")).to_have_text("exited")
    expect(rows.nth(2).locator("td.num").first).to_have_text("–")


def test_the_hint_has_the_lines_for_the_engine_and_events_are_told_latest_first(site):
    serve(site.page)
    page = site.open("containers", heading="Containers")
    hint = page.locator(".notice.info")
    expect(hint).to_contain_text("/etc/docker/daemon.json")
    expect(hint.locator("pre")).to_have_text(ENGINE["engineMetrics"]["hint"]["content"])
    expect(hint.get_by_role("button", name="Copy")).to_be_visible()
    events = page.get_by_role("region", name="What happened lately").locator("tbody tr")
    expect(events).to_have_count(2)
    expect(events.nth(0)).to_contain_text("die")
    expect(events.nth(0)).to_contain_text("137")


def test_an_engine_that_is_away_says_what_to_do_and_gives_no_hint(site):
    away = ENGINE | {"engine": ENGINE["engine"] | {"connected": False, "problem": "no engine answers: start it"}}
    serve(site.page, away)
    page = site.open("containers", heading="Containers")
    expect(page.locator(".notice.warning")).to_contain_text("no engine answers: start it")
    expect(page.locator(".notice.info")).to_have_count(0)


def test_the_filter_is_in_the_address(site):
    serve(site.page)
    page = site.open("containers", heading="Containers")
    page.get_by_role("searchbox").fill("exited shop")
    expect(page.locator(".containers tbody tr th a")).to_have_text(["shop_worker_10"])
    assert site.params() == {"search": "exited shop"}
    page.reload()
    expect(page.locator(".containers tbody tr th a")).to_have_text(["shop_worker_10"])
    page.get_by_role("searchbox").fill("nothing is like this")
    expect(page.get_by_text("No container matches the filter.")).to_be_visible()


def test_a_container_leads_to_its_series(site):
    serve(site.page)
    page = site.open("containers", heading="Containers")
    expect(page.get_by_role("link", name="shop_gallery_1")).to_have_attribute(
        "href", re.compile(r"explore\?g0.expr=container_memory_working_set_bytes%7Bname%3D%22shop_gallery_1%22%7D")
    )


def test_a_server_with_a_configuration_file_says_which_job_to_add(site, base_url):
    page = site.open("containers", heading="Containers")
    expect(page.get_by_text("No containers yet")).to_be_visible()
    expect(page.locator(".container-list pre")).to_contain_text(f'targets: ["{base_url.split("/")[2]}"]')


@pytest.mark.parametrize("language, title", [("en", "Containers"), ("ko", "컨테이너")])
def test_the_page_is_there_in_both_languages(site, language, title):
    serve(site.page)
    page = site.open("containers")
    page.locator("[data-test=language]").select_option(language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".containers thead th").first).to_have_text("Container" if language == "en" else "컨테이너")
