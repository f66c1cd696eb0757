"""Status, Queries: what runs, ending it, what is heavy."""

import accessibility
from playwright.sync_api import expect
from stubs import HEAVY, KILL, QUERIES, fail, fulfil, heavy_queries, running_queries, serve_queries


def open_queries(site):
    serve_queries(site.page)
    page = site.open("status", tab="queries")
    expect(page.locator(".queries tbody tr")).to_have_count(2)
    return page


def test_running_and_waiting_queries_are_shown_with_their_cost(site):
    page = open_queries(site)
    row = page.locator(".queries tbody tr").first
    for text in ("서울", "Running", "400 ms", "1.235M", "858 MiB of 1 GiB", "127.0.0.1:51234"):
        expect(row).to_contain_text(text)
    expect(row.get_by_role("meter")).to_have_attribute("aria-valuenow", "84")
    expect(page.locator(".queries tbody tr").nth(1)).to_contain_text("Waiting")
    expect(page.get_by_role("meter", name="Memory of all queries")).to_be_visible()
    expect(page.locator(".fact", has_text="Max memory")).to_contain_text("1 GiB")
    expect(page.locator(".fact", has_text="Max queued")).to_contain_text("none")


def test_the_list_follows_the_server(site):
    page = site.page
    answers = iter([running_queries(0.4), running_queries(2.5), {**running_queries(), "queries": []}])
    page.route(HEAVY, lambda route: fulfil(route, {"fingerprints": []}))
    last = {**running_queries(), "queries": []}
    page.route(QUERIES, lambda route: fulfil(route, next(answers, last)))
    site.open("status", tab="queries")
    expect(page.locator(".queries tbody tr").first).to_contain_text("400 ms")
    expect(page.locator(".queries tbody tr").first).to_contain_text("2.5 s")
    expect(page.get_by_text("No query runs at the moment.")).to_be_visible()


def test_a_query_is_ended_only_after_a_yes(site):
    page = open_queries(site)
    kills = []
    page.route(KILL, lambda route: (kills.append((route.request.method, route.request.url)), fulfil(route, None)))
    page.get_by_role("button", name="Kill query 17").click()
    dialog = page.get_by_role("dialog", name="End this query?")
    expect(dialog).to_contain_text("서울")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert kills == []
    page.get_by_role("button", name="Kill query 17").click()
    page.locator('[data-test="confirm"]').click()
    expect(page.locator(".notice.info")).to_contain_text("Query 17 was told to end.")
    assert [(method, url.split("/api/")[1]) for method, url in kills] == [("POST", "v1/queries/17/kill")]


def test_going_back_takes_the_question_away(site):
    page = open_queries(site)
    page.get_by_role("tab", name="Flags").click()
    page.get_by_role("tab", name="Queries").click()
    page.get_by_role("button", name="Kill query 17").click()
    page.get_by_role("dialog").wait_for()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("tab", name="Flags")).to_have_attribute("aria-selected", "true")


def test_a_query_that_has_ended_meanwhile_is_said_so(site):
    site.allowed = ["404"]
    page = open_queries(site)
    page.route(KILL, lambda route: fail(route, 404, "not_found", "no such query"))
    page.get_by_role("button", name="Kill query 18").click()
    page.locator('[data-test="confirm"]').click()
    expect(page.locator(".notice.info")).to_contain_text("Query 18 had already ended.")


def test_heavy_queries_come_worst_first_sort_by_any_column_and_lead_to_explain(site):
    page = open_queries(site)
    rows = page.locator(".vtable tbody tr")
    expect(rows.first).to_contain_text("topk")
    page.get_by_role("columnheader", name="Runs").get_by_role("button").click()
    expect(rows.first).to_contain_text("count(up)")
    link = rows.first.get_by_role("link")
    assert "g0.tab=explain" in link.get_attribute("href")
    assert len(heavy_queries()["fingerprints"]) == rows.count()


def test_the_polling_ends_with_the_tab(site):
    page = open_queries(site)
    page.get_by_role("tab", name="Flags").click()
    page.locator(".flags").wait_for()
    requests = []
    page.on("request", lambda request: requests.append(request.url) if QUERIES.search(request.url) else None)
    page.wait_for_timeout(2500)
    assert requests == []


def test_axe_finds_no_fault(site):
    accessibility.check(open_queries(site))


def test_axe_finds_no_fault_in_the_question(site):
    page = open_queries(site)
    page.get_by_role("button", name="Kill query 17").click()
    page.get_by_role("dialog").wait_for()
    assert accessibility.faults(page) == []
