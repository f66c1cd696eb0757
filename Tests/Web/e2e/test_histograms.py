"""Native histograms in the table and as heatmap; exemplars on the graph."""

import accessibility
from playwright.sync_api import expect
from stubs import EXEMPLARS, QUERY, RANGE, asked, fulfil, histogram, histogram_matrix

METRIC = "request_duration_seconds"
VECTOR = {
    "resultType": "vector",
    "result": [
        {"metric": {"__name__": METRIC, "path": "/a"}, "histogram": [1, histogram(0.3)]},
        {"metric": {"__name__": METRIC, "path": "/b"}, "histogram": [1, histogram(2, 3)]},
        {"metric": {"__name__": METRIC, "path": "/c"}, "value": [1, "42"]},
    ],
}


def open_table(site):
    site.page.route(QUERY, lambda route: fulfil(route, VECTOR))
    page = site.open("explore", g0_expr=METRIC, g0_tab="table")
    expect(page.locator(".vtable tbody tr")).to_have_count(3)
    return page


def open_heatmap(site):
    site.page.route(RANGE, histogram_matrix)
    page = site.open("explore", g0_expr=METRIC, g0_tab="graph", g0_range_input="30m")
    expect(page.locator(".heat-marks")).to_contain_text("0")
    page.wait_for_timeout(150)
    return page


def painted(page) -> int:
    """How many pixels of the heatmap have a colour."""
    return page.evaluate(
        """() => {
            const c = document.querySelector(".heatmap .chart-base");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let n = 0;
            for (let i = 3; i < d.length; i += 4) n += d[i] > 0;
            return n;
        }"""
    )


def read_out(page) -> str:
    return page.locator(".heatmap [role=status]").text_content() or ""


class TestTable:
    def test_a_histogram_has_count_sum_average_and_its_buckets_on_demand(self, site):
        page = open_table(site)
        for column in ("Count", "Sum", "Average", "Buckets", "Value"):
            expect(page.get_by_role("columnheader", name=column)).to_be_visible()
        expect(page.locator(".vtable tbody tr").first).to_contain_text("300 ms")
        expect(page.locator(".vtable tbody tr").nth(2)).to_contain_text("42")
        button = page.get_by_role("button", name="buckets of").first
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(page.locator(".buckets h3")).to_contain_text('path="/a"')
        expect(page.locator(".bucket-list tbody tr").first).to_contain_text("[")
        expect(page.get_by_role("img", name="the fullest is")).to_be_visible()
        button.click()
        expect(page.locator(".bucket-list")).to_have_count(0)

    def test_rows_sort_by_average(self, site):
        page = open_table(site)
        page.get_by_role("columnheader", name="Average").get_by_role("button").click()
        expect(page.locator(".vtable tbody tr").first).to_contain_text("/b")

    def test_json_is_as_it_came(self, site):
        site.page.route(QUERY, lambda route: fulfil(route, VECTOR))
        page = site.open("explore", g0_expr=METRIC, g0_tab="json")
        expect(page.locator(".code")).to_contain_text('"histogram"')

    def test_axe_finds_no_fault(self, site):
        page = open_table(site)
        page.get_by_role("button", name="buckets of").first.click()
        accessibility.check(page)


class TestHeatmap:
    def test_histograms_are_drawn_with_a_legend_and_no_empty_line_chart(self, site):
        site.allowed = ["willReadFrequently"]
        page = open_heatmap(site)
        assert painted(page) > 20_000
        expect(page.locator(".heat-legend")).to_contain_text("Observations in a bucket")
        expect(page.locator(".chart:not(.heatmap)")).to_be_hidden()

    def test_the_pointer_and_the_keyboard_read_cells(self, site):
        page = open_heatmap(site)
        plot = page.get_by_role("group", name="Heatmap")
        plot.focus()
        page.keyboard.press("ArrowLeft")
        first = read_out(page)
        assert "ms" in first and "%" in first
        page.keyboard.press("ArrowUp")
        assert read_out(page) != first
        box = plot.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
        expect(page.locator(".heatmap .chart-tip")).to_be_visible()
        expect(page.locator(".heatmap .chart-tip")).to_contain_text("%")

    def test_one_series_can_be_chosen(self, site):
        site.allowed = ["willReadFrequently"]
        page = open_heatmap(site)
        both = painted(page)
        page.locator('[data-test="heat-series"]').select_option(index=1)
        page.wait_for_timeout(150)
        assert 0 < painted(page) < both

    def test_dragging_zooms(self, site):
        page = open_heatmap(site)
        box = page.get_by_role("group", name="Heatmap").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 100, steps=3)
        with page.expect_request(RANGE):
            page.mouse.up()
        assert "g0.end_input" in site.params()

    def test_axe_finds_no_fault(self, site):
        accessibility.check(open_heatmap(site))


class TestExemplars:
    def answer(self, route):
        ask = asked(route)
        end = float(ask["end"])
        labels = {"__name__": "wave_bucket", "le": "1"}
        exemplars = [{"labels": {"trace_id": f"t{i}"}, "value": str(4 + i), "timestamp": end - 600 - 60 * i} for i in range(3)]
        fulfil(route, [{"seriesLabels": labels, "exemplars": exemplars}])

    def lines(self, route):
        ask = asked(route)
        start, end, step = float(ask["start"]), float(ask["end"]), float(ask["step"])
        values = [[start + i * step, str(i % 9)] for i in range(int((end - start) / step) + 1)]
        fulfil(route, {"resultType": "matrix", "result": [{"metric": {"__name__": "wave"}, "values": values}]})

    def test_the_switch_shows_points_with_labels_and_is_in_the_address(self, site):
        page = site.page
        page.route(RANGE, self.lines)
        page.route(EXEMPLARS, self.answer)
        site.open("explore", g0_expr="wave", g0_tab="graph")
        page.locator(".legend tbody tr").first.wait_for()
        page.get_by_role("button", name="Show exemplars").click()
        expect(page.get_by_role("button", name="Show exemplars")).to_have_attribute("aria-pressed", "true")
        page.get_by_text("3 exemplars").click()
        expect(page.locator(".exemplars tbody tr").first).to_contain_text('trace_id="t0"')
        assert site.params()["g0.show_exemplars"] == "1"
        box = page.locator(".chart").bounding_box()
        # Exemplar t0 is ten minutes before the end of the hour, at value 4 of the axis from 0 to 8 and some air.
        found = False
        for dx in range(-24, 25, 4):
            for dy in range(-60, 61, 6):
                page.mouse.move(box["x"] + 34 + (box["width"] - 48) * 50 / 60 + dx, box["y"] + 160 + dy)
                page.wait_for_timeout(20)
                if "trace_id" in (page.locator(".chart-tip").text_content() or ""):
                    found = True
                    break
            if found:
                break
        assert found
        accessibility.check(page)
