"""The Explain tab: the tree, the marked part, reasons for an empty result; and what other tabs tell about a query."""

import urllib.parse

import accessibility
import pytest
from playwright.sync_api import expect
from stubs import EXPLAIN, FORMAT, MISSPELT, QUERY, RANGE, SLOW, STATISTICS, asked, empty_explanation, fail, fulfil, slow_explanation

VECTOR = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}
NOTHING = {"resultType": "vector", "result": []}


def open_slow(site):
    site.page.route(EXPLAIN, lambda route: fulfil(route, slow_explanation()))
    page = site.open("explore", g0_expr=SLOW, g0_tab="explain")
    expect(page.get_by_role("treeitem")).to_have_count(6)
    return page


def open_empty(site):
    site.page.route(EXPLAIN, lambda route: fulfil(route, empty_explanation()))
    page = site.open("explore", g0_expr=MISSPELT, g0_tab="explain", g0_explain="instant")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    return page


def part(page, label: str):
    return page.get_by_role("treeitem").filter(has=page.locator("strong", has_text=label))


class TestTree:
    def test_each_part_tells_series_samples_memory_and_its_share_of_the_time(self, site):
        page = open_slow(site)
        rate = part(page, "rate")
        for text in ("1200 → 3", "84 ms", "65.4 %", "56.3 KiB", "evaluated once", "one pass over the window"):
            expect(rate).to_contain_text(text)
        expect(page.locator(".explain-row.hot")).to_have_count(2)
        expect(rate).to_have_attribute("aria-level", "3")
        expect(page.locator(".panel-foot")).to_contain_text("288k samples read")
        expect(page.locator(".panel-foot")).to_contain_text("at most 6 MiB")

    def test_the_chosen_part_is_marked_in_the_query_by_bytes(self, site):
        page = open_slow(site)
        page.get_by_role("treeitem").nth(4).click()
        expected = 'scalar(sum(rate(http_requests_total{zone="서울"}[5m])))'
        assert "".join(page.locator(".explain-query .tok-place").all_text_contents()) == expected
        expect(page.locator(".explain-part")).to_have_text(expected)

    def test_the_keyboard_walks_opens_and_closes(self, site):
        page = open_slow(site)
        items = page.get_by_role("treeitem")
        items.first.focus()
        page.keyboard.press("ArrowRight")
        expect(items.nth(1)).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(items).to_have_count(4)
        expect(items.nth(1)).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("ArrowDown")
        expect(items.nth(2)).to_be_focused()
        expect(items.nth(2)).to_contain_text("scalar")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(items).to_have_count(6)
        page.keyboard.press("End")
        expect(items.nth(5)).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(items.nth(4)).to_be_focused()
        expect(page.locator('[role="treeitem"][aria-selected="true"]')).to_have_count(1)

    def test_a_part_runs_where_it_can_be_shown_and_back_returns(self, site):
        page = open_slow(site)
        page.route(QUERY, lambda route: fulfil(route, VECTOR))
        page.get_by_role("treeitem").nth(3).click()
        page.locator('[data-test="run-part"]').click()
        expect(page.locator(".vtable tbody tr")).to_have_count(1)
        assert site.params()["g0.expr"] == 'http_requests_total{zone="서울"}[5m]'
        assert site.params()["g0.tab"] == "table"
        page.go_back()
        expect(page.get_by_role("treeitem")).to_have_count(6)

    def test_what_was_looked_at_is_explained_over_the_range_or_at_one_moment(self, site):
        requests = []
        page = site.page
        page.route(EXPLAIN, lambda route: (requests.append(asked(route)), fulfil(route, slow_explanation())))
        page.route(QUERY, lambda route: fulfil(route, VECTOR))
        site.open("explore", g0_expr=SLOW, g0_tab="table")
        page.get_by_role("tab", name="Explain").click()
        expect(page.get_by_role("treeitem")).to_have_count(6)
        assert {"query", "time"} == requests[-1].keys()
        page.locator('[data-test="explain-over"]').select_option("range")
        expect(page.get_by_role("tree")).to_be_visible()
        expect(page.locator('[data-test="resolution"]')).to_be_visible()
        assert {"query", "start", "end", "step"} == requests[-1].keys()
        assert requests[-1]["query"] == SLOW


class TestNoData:
    def test_reasons_stand_first_and_show_their_place(self, site):
        page = open_empty(site)
        reasons = page.locator(".explain-reasons li")
        expect(reasons).to_have_count(2)
        expect(reasons.first).to_contain_text("Unknown metric")
        expect(reasons.first).to_contain_text('no series has the metric name "http_reqests_total"')
        reasons.first.hover()
        expect(page.locator(".explain-query .tok-wrong")).to_have_text("http_reqests_total")

    def test_a_suggestion_goes_into_the_query_and_runs(self, site):
        page = open_empty(site)
        with page.expect_request(EXPLAIN) as info:
            page.get_by_role("button", name="http_requests_total").click()
        fixed = MISSPELT.replace("reqests", "requests")
        assert dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(info.value.url).query))["query"] == fixed
        expect(page.get_by_label("PromQL expression")).to_have_value(fixed)

    def test_table_and_graph_tell_the_first_reason_and_lead_to_explain(self, site):
        page = site.page
        page.route(EXPLAIN, lambda route: fulfil(route, empty_explanation()))
        page.route(QUERY, lambda route: fulfil(route, NOTHING))
        page.route(RANGE, lambda route: fulfil(route, {"resultType": "matrix", "result": []}))
        site.open("explore", g0_expr=MISSPELT, g0_tab="graph")
        expect(page.locator(".empty")).to_contain_text('No data: no series has the metric name "http_reqests_total"')
        page.get_by_role("tab", name="Table").click()
        expect(page.locator(".empty")).to_contain_text("No data: no series")
        expect(page.get_by_role("button", name="http_requests_total")).to_be_visible()
        page.locator(".empty").get_by_role("button", name="Explain").click()
        expect(page.get_by_role("tab", name="Explain")).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tree")).to_be_visible()

    def test_explain_is_not_asked_where_there_is_data(self, site):
        page = site.page
        requests = []
        page.route(EXPLAIN, lambda route: (requests.append(1), fulfil(route, empty_explanation())))
        page.route(QUERY, lambda route: fulfil(route, VECTOR))
        site.open("explore", g0_expr="up", g0_tab="table")
        expect(page.locator(".vtable tbody tr")).to_have_count(1)
        page.wait_for_timeout(200)
        assert requests == []


class TestAnnotations:
    WARNING = 'PromQL warning: encountered a mix of histograms and floats for metric name "x" (1:10)'
    INFO = 'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:10)'

    @pytest.mark.parametrize("tab", ["table", "json", "graph", "explain"])
    def test_each_tab_tells_level_text_and_place(self, site, tab):
        page = site.page
        extra = {"warnings": [self.WARNING], "infos": [self.INFO]}
        page.route(QUERY, lambda route: fulfil(route, VECTOR, **extra))
        matrix = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "1"]]}]}
        page.route(RANGE, lambda route: fulfil(route, matrix, **extra))
        page.route(EXPLAIN, lambda route: fulfil(route, slow_explanation(), **extra))
        site.open("explore", g0_expr="sum(rate(x[5m]))", g0_tab=tab)
        expect(page.locator(".notice.warning")).to_contain_text("Warning")
        expect(page.locator(".notice.warning")).to_contain_text("encountered a mix of histograms")
        expect(page.locator(".notice.info")).to_contain_text("1:10")
        page.locator(".notice.info .place").focus()
        assert "".join(page.locator(".editor .tok-place").all_text_contents()) == "x[5m]"
        page.locator(".notice.info .place").click()
        expect(page.get_by_label("PromQL expression")).to_be_focused()
        assert page.evaluate("getSelection().toString()") == "x[5m]"


class TestErrorsFormatAndStatistics:
    @pytest.mark.parametrize(
        ("status", "kind", "message", "advice"),
        [
            (422, "execution", "query processing would load too many samples into memory in query execution", "--query.max-samples"),
            (422, "execution", "the query needs more memory than --query.max-memory allows", "Aggregate earlier"),
            (503, "timeout", "query timed out in expression evaluation", "--query.timeout"),
            (503, "canceled", "the query was killed", "Somebody ended this query"),
            (503, "unavailable", "too many queries: 20 are running", "Other queries run"),
        ],
    )
    def test_an_error_of_a_limit_says_what_to_do(self, site, status, kind, message, advice):
        site.allowed = ["Failed to load resource"]
        site.page.route(QUERY, lambda route: fail(route, status, kind, message))
        page = site.open("explore", g0_expr="up", g0_tab="table")
        expect(page.locator(".notice.error")).to_contain_text(message)
        expect(page.locator(".notice.error .advice")).to_contain_text(advice)

    def test_a_query_is_formatted_and_undo_takes_it_back(self, site):
        page = site.page
        page.route(FORMAT, lambda route: fulfil(route, f"sum(\n  {asked(route)['query'][4:-1]}\n)"))
        site.open("explore")
        box = page.get_by_label("PromQL expression")
        box.fill("sum(up)")
        page.get_by_role("button", name="Format query").click()
        expect(box).to_have_value("sum(\n  up\n)")
        page.keyboard.press("Control+z")
        expect(box).to_have_value("sum(up)")

    def test_a_query_that_cannot_be_formatted_is_marked(self, site):
        site.allowed = ["Failed to load resource"]
        page = site.page
        page.route(FORMAT, lambda route: fail(route, 400, "bad_data", "1:5: parse error: unexpected identifier"))
        site.open("explore")
        page.get_by_label("PromQL expression").fill("sum foo")
        page.get_by_role("button", name="Format query").click()
        expect(page.locator(".notice.error")).to_contain_text("parse error")
        expect(page.locator(".tok-wrong")).to_have_text("foo")

    def test_the_line_below_a_result_tells_its_cost(self, site):
        page = site.page
        requests = []
        page.route(QUERY, lambda route: (requests.append(asked(route)), fulfil(route, {**VECTOR, "stats": STATISTICS})))
        site.open("explore", g0_expr="up", g0_tab="table")
        for text in ("1 series", "288k samples read", "129 ms on the server", "at most 6 MiB"):
            expect(page.locator(".panel-foot")).to_contain_text(text)
        assert requests[0]["stats"] == "all"


@pytest.mark.parametrize("open_page", [open_slow, open_empty])
def test_axe_finds_no_fault(site, open_page):
    accessibility.check(open_page(site))


def test_korean_has_its_texts(site):
    page = open_empty(site)
    page.locator('[data-test="language"]').select_option("ko")
    expect(page.locator(".explain-reasons h3")).to_have_text("데이터 없음")
    expect(page.locator(".explain-reasons li").first).to_contain_text("알 수 없는 메트릭")
