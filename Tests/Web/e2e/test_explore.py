"""The Explore page: editor, table, graph, address, and what happens when things go wrong."""

import urllib.parse

import pytest
from playwright.sync_api import Route, expect
from stubs import EXPLAIN, QUERY, RANGE, fail, fulfil

GAUGE = "fixture_temperature_celsius"


def editor(page, number: int = 0):
    return page.get_by_label("PromQL expression").nth(number)


def pixels_near(page, colour: str) -> int:
    """How many pixels of the chart's lower canvas have about a colour, written `#rrggbb`."""
    return page.evaluate(
        """(colour) => {
            const wanted = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
            const c = document.querySelector(".chart-base");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let n = 0;
            for (let i = 0; i < d.length; i += 4) {
                if (d[i + 3] > 100 && wanted.every((w, k) => Math.abs(w - d[i + k]) < 12)) n++;
            }
            return n;
        }""",
        colour,
    )


def matrix(route: Route, series: int) -> None:
    """Answers a range query with invented waves, on the grid that was asked for."""
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(route.request.url).query))
    start, end, step = float(asked["start"]), float(asked["end"]), float(asked["step"])
    count = int((end - start) / step) + 1
    result = [
        {
            "metric": {"__name__": "wave", "n": str(s)},
            "values": [[round(start + i * step, 3), str(s + (i * (s + 3)) % 17)] for i in range(count)],
        }
        for s in range(series)
    ]
    fulfil(route, {"resultType": "matrix", "result": result})


class TestEditor:
    def test_enter_runs_shift_enter_makes_a_line_and_the_address_holds_the_query(self, site):
        page = site.open("", heading="Explore")
        expect(editor(page)).to_be_focused()
        page.get_by_role("tab", name="Table").click()
        editor(page).fill("")
        editor(page).press_sequentially(GAUGE)
        page.keyboard.press("Escape")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("> 0")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.locator(".vtable tbody tr")).to_have_count(3)
        expect(page.locator(".panel-foot")).to_contain_text("3 series")
        assert site.params()["g0.expr"] == f"{GAUGE}\n> 0"
        assert site.params()["g0.tab"] == "table"

    def test_metrics_functions_labels_values_and_durations_are_completed(self, site):
        page = site.open("", heading="Explore")
        options = page.get_by_role("listbox").get_by_role("option")
        editor(page).press_sequentially("fixture_temp")
        expect(options.first).to_contain_text(GAUGE)
        expect(options.first).to_contain_text("gauge")
        page.keyboard.press("Enter")
        expect(editor(page)).to_have_value(GAUGE)
        page.keyboard.type("{")
        expect(page.get_by_role("listbox").get_by_role("option", name="room")).to_be_visible()
        page.keyboard.type("roo")
        expect(options.first).to_contain_text("room")
        page.keyboard.press("Tab")
        expect(editor(page)).to_have_value(GAUGE + '{room=""')
        expect(options).to_have_count(3)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(editor(page)).to_have_value(GAUGE + '{room="cellar"')
        page.keyboard.type("}[")
        expect(page.get_by_role("listbox").get_by_role("option", name="5m", exact=True)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("listbox")).to_be_hidden()
        editor(page).fill("")
        editor(page).press_sequentially("histogram_q")
        page.keyboard.press("Enter")
        expect(editor(page)).to_have_value("histogram_quantile()")
        editor(page).fill("")
        editor(page).press_sequentially(f"sum({GAUGE}) by (")
        expect(page.get_by_role("listbox").get_by_role("option", name="floor")).to_be_visible()

    def test_a_parse_error_is_marked_where_it_is_and_goes_away(self, site):
        site.allowed = ["400"]
        page = site.open("explore", g0_expr="sum(up) foo", g0_tab="table")
        expect(page.locator(".notice.error")).to_contain_text("The expression cannot be read")
        expect(page.locator(".notice.error")).to_contain_text("parse error")
        expect(page.locator(".tok-wrong")).to_have_text("foo")
        editor(page).fill("sum(up)")
        expect(page.locator(".tok-wrong")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.locator(".vtable tbody tr")).to_have_count(1)
        expect(page.locator(".notice")).to_have_count(0)

    def test_earlier_expressions_come_back_by_key(self, site):
        page = site.open("explore", g0_tab="table", g0_expr="")
        for expr in ("up", "up == 1"):
            editor(page).fill(expr)
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Run").click()
            page.locator(".vtable").wait_for()
        editor(page).focus()
        page.keyboard.press("Control+ArrowUp")
        page.keyboard.press("Control+ArrowUp")
        expect(editor(page)).to_have_value("up")


class TestTable:
    def test_labels_are_columns_and_rows_can_be_sorted(self, site):
        page = site.open("explore", g0_expr=GAUGE, g0_tab="table")
        expect(page.get_by_role("columnheader", name="room")).to_be_visible()
        page.get_by_role("columnheader", name="Value").get_by_role("button").click()
        expect(page.get_by_role("columnheader", name="Value")).to_have_attribute("aria-sort", "descending")
        expect(page.locator(".vtable tbody tr").first).to_contain_text("kitchen")
        page.get_by_role("columnheader", name="Value").get_by_role("button").click()
        expect(page.locator(".vtable tbody tr").first).to_contain_text("attic")

    def test_scalars_strings_and_ranges_have_their_own_form(self, site):
        page = site.open("explore", g0_expr="1 + 1", g0_tab="table")
        expect(page.locator(".vtable tbody td")).to_have_text("2")
        editor(page).fill('"text"')
        page.keyboard.press("Enter")
        expect(page.locator(".vtable tbody td")).to_have_text("text")
        editor(page).fill("fixture_requests_total[5s]")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("columnheader", name="Time")).to_be_visible()

    def test_ten_thousand_rows_keep_few_in_the_document(self, site):
        rows = [{"metric": {"__name__": "m", "n": str(i)}, "value": [1, str(i)]} for i in range(10_000)]
        site.page.route(QUERY, lambda route: fulfil(route, {"resultType": "vector", "result": rows}))
        page = site.open("explore", g0_expr="m", g0_tab="table")
        expect(page.locator(".panel-foot")).to_contain_text("10000 series")
        assert page.locator(".vtable tbody tr").count() < 60
        page.locator(".vtable-box").evaluate("(e) => { e.scrollTop = e.scrollHeight; }")
        expect(page.get_by_role("cell", name="9999").first).to_be_visible()
        expect(page.locator(".vtable")).to_have_attribute("aria-rowcount", "10001")

    def test_a_server_without_explanations_still_gets_the_names_that_are_alike(self, site):
        site.allowed = ["404"]
        site.page.route(EXPLAIN, lambda route: fail(route, 404, "not_found", "no such endpoint"))
        page = site.open("explore", g0_expr="fixture_temperature_fahrenheit", g0_tab="table")
        expect(page.locator(".empty")).to_contain_text("No metric named “fixture_temperature_fahrenheit” is known")
        page.get_by_role("button", name=GAUGE).click()
        expect(page.locator(".vtable tbody tr")).to_have_count(3)
        assert site.params()["g0.expr"] == GAUGE

    def test_json_shows_the_answer(self, site):
        page = site.open("explore", g0_expr=GAUGE, g0_tab="json")
        expect(page.locator(".code")).to_contain_text('"resultType": "vector"')


class TestGraph:
    def open_graph(self, site, **params: str):
        page = site.open("explore", **{"g0_expr": GAUGE, "g0_tab": "graph", "g0_range_input": "2m", **params})
        expect(page.locator(".legend tbody tr")).to_have_count(3)
        return page

    def test_the_graph_draws_real_scrapes(self, site):
        site.allowed = ["willReadFrequently"]
        page = self.open_graph(site, g0_range_input="15s")
        page.wait_for_timeout(200)
        first, second = "#2f6fd0", "#c2570c"
        assert pixels_near(page, first) > 50
        assert pixels_near(page, second) > 50
        page.locator(".legend button.legend-button").first.click()
        page.wait_for_timeout(200)
        assert pixels_near(page, first) > 50
        assert pixels_near(page, second) == 0

    def test_hovering_shows_the_nearest_series(self, site):
        site.page.route(RANGE, lambda route: matrix(route, 5))
        page = site.open("explore", g0_expr="wave", g0_tab="graph")
        page.locator(".legend tbody tr").first.wait_for()
        box = page.locator(".chart").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        expect(page.locator(".chart-tip")).to_be_visible()
        expect(page.locator(".chart-tip")).to_contain_text("wave")
        page.mouse.move(5, 5)
        expect(page.locator(".chart-tip")).to_be_hidden()

    def test_legend_click_keeps_one_and_control_click_hides_one(self, site):
        page = self.open_graph(site)
        pressed = page.locator(".legend-button[aria-pressed=true]")
        buttons = page.locator(".legend-button")
        buttons.nth(1).click()
        expect(pressed).to_have_count(1)
        buttons.nth(1).click()
        expect(pressed).to_have_count(3)
        buttons.nth(0).click(modifiers=["Control"])
        expect(pressed).to_have_count(2)
        expect(page.locator(".legend tr.off")).to_contain_text("attic")
        buttons.nth(0).click(modifiers=["Control"])
        expect(pressed).to_have_count(3)

    def test_dragging_zooms_with_a_finer_step_double_click_resets_and_back_undoes(self, site):
        page = self.open_graph(site, g0_range_input="6h")
        expect(page.locator(".panel-foot")).to_contain_text("step 2m")
        box = page.locator(".chart").bounding_box()
        y = box["y"] + 100

        def drag():
            page.mouse.move(box["x"] + box["width"] * 0.88, y)
            page.mouse.down()
            # To the very end: a server that has just started has no older samples.
            page.mouse.move(box["x"] + box["width"] - 2, y, steps=4)
            with page.expect_request(RANGE) as info:
                page.mouse.up()
            return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(info.value.url).query))

        before = page.url
        asked = drag()
        length = float(asked["end"]) - float(asked["start"])
        assert 30 * 60 < length < 50 * 60
        assert float(asked["step"]) <= 15
        assert "g0.end_input" in site.params()
        # The graph of before is drawn anew: a drag that begins on the old one ends with it.
        with page.expect_response(RANGE):
            page.go_back()
        expect(page).to_have_url(before)
        expect(page.locator('[data-test="time"]')).to_have_text("Last 6h")
        expect(page.locator(".legend tbody tr")).to_have_count(3)
        page.wait_for_timeout(300)
        drag()
        expect(page.locator('[data-test="time"]')).not_to_have_text("Last 6h")
        page.mouse.dblclick(box["x"] + box["width"] * 0.5, y)
        expect(page.locator('[data-test="time"]')).to_have_text("Last 6h")

    def test_the_keyboard_walks_points_and_reads_them_out(self, site):
        site.page.route(RANGE, lambda route: matrix(route, 3))
        page = site.open("explore", g0_expr="wave", g0_tab="graph")
        page.locator(".legend tbody tr").first.wait_for()
        page.locator(".chart").focus()
        page.keyboard.press("ArrowRight")
        live = page.locator(".chart [role=status]")
        expect(live).to_contain_text("wave")
        first = live.text_content()
        page.keyboard.press("ArrowLeft")
        expect(live).not_to_have_text(first)

    def test_time_range_resolution_and_stacking_are_chosen_and_kept_in_the_address(self, site):
        page = self.open_graph(site)
        page.locator('[data-test="time"]').click()
        page.get_by_role("button", name="15m", exact=True).click()
        expect(page.locator('[data-test="time"]')).to_have_text("Last 15m")
        page.locator('[data-test="time"]').click()
        page.locator('[data-test="range"]').fill("1h30m")
        page.locator('[data-test="end"]').fill("tomorrow")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(".field-error")).to_contain_text("Not a time")
        page.locator('[data-test="end"]').fill("2026-11-22 18:00")
        page.get_by_role("button", name="Apply").click()
        page.locator('[data-test="resolution"]').select_option("30s")
        page.locator('[data-test="stacked"]').click()
        expect(page.locator(".panel-foot")).to_contain_text("step 30s")
        params = site.params()
        # Typed in Korean time, written in UTC as links carry it.
        assert params["g0.end_input"] == "2026-11-22 09:00:00"
        assert params["g0.range_input"] == "1h30m"
        assert (params["g0.res_type"], params["g0.res_step"], params["g0.display_mode"]) == ("fixed", "30", "stacked")
        page.reload()
        expect(page.locator('[data-test="time"]')).to_have_text("1h30m to 2026-11-22 18:00:00")
        page.locator('[data-test="zone"]').select_option("utc")
        expect(page.locator('[data-test="time"]')).to_have_text("1h30m to 2026-11-22 09:00:00")


class TestPanels:
    def test_a_prometheus_link_with_two_queries_opens(self, site):
        page = site.open("graph", g0_expr="up", g0_tab="1", g1_expr=GAUGE, g1_tab="0", g1_range_input="30m", g1_stacked="1")
        expect(page.locator(".panel")).to_have_count(2)
        expect(page.locator(".panel").nth(0).locator(".vtable tbody tr").first).to_be_visible()
        expect(page.locator(".panel").nth(1).locator('[data-test="stacked"]')).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".panel").nth(1).locator('[data-test="time"]')).to_have_text("Last 30m")

    def test_queries_are_added_duplicated_and_removed(self, site):
        page = site.open("explore", g0_expr="up", g0_tab="table")
        page.locator(".vtable tbody tr").first.wait_for()
        page.locator('[data-test="add-query"]').click()
        expect(editor(page, 1)).to_be_focused()
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        expect(page.locator(".panel").nth(1).locator(".vtable tbody td")).to_have_text("1")
        page.locator('[data-test="explore.duplicate"]').first.click()
        expect(page.locator(".panel")).to_have_count(3)
        assert [site.params()[f"g{i}.expr"] for i in range(3)] == ["up", "up", "1"]
        page.locator('[data-test="explore.remove"]').nth(1).click()
        expect(page.locator(".panel")).to_have_count(2)
        page.go_back()
        expect(page.locator(".panel")).to_have_count(3)

    def test_refresh_asks_again_and_again_and_keeps_the_order_of_the_table(self, site):
        page = site.open("explore", g0_expr=GAUGE, g0_tab="table", refresh="1s")
        value = page.get_by_role("columnheader", name="Value")
        value.get_by_role("button").click()
        for _ in range(2):
            with page.expect_response(QUERY, timeout=10_000):
                pass
        page.wait_for_timeout(100)
        expect(value).to_have_attribute("aria-sort", "descending")
        expect(page.locator(".vtable tbody tr").first).to_contain_text("kitchen")


class TestTrouble:
    def test_a_slow_query_is_cancelled(self, site):
        page = site.page
        # The answer never comes: the request stays open until the page gives it up.
        page.route(QUERY, lambda route: None)
        site.open("explore", g0_expr="up", g0_tab="table")
        with page.expect_event("requestfailed") as failed:
            page.get_by_role("button", name="Cancel").click()
        assert "ABORTED" in failed.value.failure
        expect(page.get_by_role("button", name="Run")).to_be_visible()

    def test_a_newer_query_wins_over_a_late_answer(self, site):
        held = []
        page = site.page
        page.route(QUERY, lambda route: held.append(route) if "slow" in route.request.url else route.continue_())
        site.open("explore", g0_expr="slow", g0_tab="table")
        editor(page).fill("1 + 1")
        page.keyboard.press("Enter")
        expect(page.locator(".vtable tbody td")).to_have_text("2")
        assert held

    def test_warnings_and_infos_are_shown(self, site):
        data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}
        site.page.route(QUERY, lambda route: fulfil(route, data, warnings=["be warned"], infos=["be informed"]))
        page = site.open("explore", g0_expr="up", g0_tab="table")
        expect(page.locator(".notice.warning")).to_contain_text("be warned")
        expect(page.locator(".notice.info")).to_contain_text("be informed")

    def test_a_server_that_is_gone_or_speaks_no_json_is_reported(self, site):
        site.allowed = ["Failed to load resource"]
        page = site.page
        page.route(QUERY, lambda route: route.abort())
        site.open("explore", g0_expr="up", g0_tab="table")
        expect(page.locator(".notice.error")).to_contain_text("The server cannot be reached")
        page.unroute(QUERY)
        page.route(QUERY, lambda route: route.fulfill(status=503, body="Service Unavailable"))
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".notice.error")).to_contain_text("The server answered 503: Service Unavailable")

    def test_label_values_that_look_like_markup_stay_text(self, site):
        evil = '<img src=x onerror="window.hacked=1">'
        data = {"resultType": "vector", "result": [{"metric": {"__name__": "m", "a": evil}, "value": [1, "1"]}]}
        site.page.route(QUERY, lambda route: fulfil(route, data))
        page = site.open("explore", g0_expr=f'm{{a="{evil}"}}', g0_tab="table")
        expect(page.get_by_role("cell", name=evil)).to_be_visible()
        assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(("series", "points"), [(50, 1000), (300, 2000)])
def test_large_graphs_are_drawn_and_hovered_in_time(site, series, points, capsys):
    """Wide limits: the machine may be busy. The figures are printed to be compared."""
    page = site.page
    # A fixed step makes the number of points exact.
    page.route(RANGE, lambda route: matrix(route, series))
    site.open("explore", g0_expr="wave", g0_tab="graph", g0_range_input=f"{points}s", g0_res_type="fixed", g0_res_step="1")
    page.locator(".legend tbody tr").first.wait_for()
    redraw = page.evaluate(
        """async () => {
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const chart = document.querySelector(".chart");
            const times = [];
            for (let i = 0; i < 5; i++) {
                chart.style.height = `${340 + (i % 2)}px`;
                const start = performance.now();
                await frame(); await frame(); await frame();
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[2];
        }"""
    )
    hovers = page.evaluate(
        """async () => {
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const chart = document.querySelector(".chart");
            const box = chart.getBoundingClientRect();
            const times = [];
            for (let i = 0; i < 60; i++) {
                const clientX = box.left + 90 + ((i * 37) % (box.width - 120));
                const clientY = box.top + 20 + ((i * 53) % (box.height - 60));
                const start = performance.now();
                chart.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
                await frame(); await frame(); await frame();
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b);
        }"""
    )
    assert page.locator(".chart-tip").is_visible()
    p50, p95 = hovers[30], hovers[57]
    with capsys.disabled():
        print(f"\n  {series} series x {points} points: redraw {redraw:.0f} ms, hover p50 {p50:.0f} ms, p95 {p95:.0f} ms (to the third frame)")
    assert p50 < 150
    assert redraw < 2000
