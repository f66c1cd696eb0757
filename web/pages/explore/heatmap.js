/** Histograms of a range on the Graph tab: the heatmap, with the choice of one series or all added up. */
import { fill, h } from "../../ui/dom.js";
import { seriesText } from "../../ui/labels.js";
import { t } from "../../app/i18n/i18n.js";
import { zone } from "../../app/settings.js";
import { densityOf } from "../../chart/density.js";
import { createHeatmap } from "../../chart/heatmap.js";
import { boundUnit } from "../../chart/units.js";
import { lex } from "../../promql/lexer.js";

/** More series than this are not offered one by one. */
const MAX_CHOICES = 200;

/** @typedef {import("../../types/api.d.ts").MatrixElement} MatrixElement */

/** @param {{onZoom: (from: number, to: number) => void, onZoomOut: () => void}} options */
export function createHeatmapView(options) {
  const heatmap = createHeatmap({ label: t("heat.label"), ...options });
  const select = h("select", {
    class: "select",
    "aria-label": t("heat.series"),
    data: { test: "heat-series" },
  });
  const choice = h("label", { class: "inline-field" }, h("span", null, t("heat.series")), select);
  /** @type {MatrixElement[]} */
  let series = [];
  /** The series shown, by name, so that the choice outlives a refresh; empty for all. */
  let shown = "";
  /** @type {{from: number, end: number, step: number, expr: string}} */
  let request = { from: 0, end: 1, step: 1, expr: "" };
  select.addEventListener("change", () => {
    shown = select.value;
    draw();
  });

  function draw() {
    const { from, end, step, expr } = request;
    const chosen = series.filter(({ metric }) => shown === "" || seriesText(metric) === shown);
    const columns = Math.floor((end - from) / step) + 1;
    heatmap.setData({
      from,
      to: end,
      step,
      density: densityOf(chosen, from, step, columns),
      unit: boundUnit(lex(expr)),
      utc: zone.value === "utc",
    });
  }

  return {
    element: h("div", { class: "heatmap-view" }, choice, heatmap.element),
    /** @param {MatrixElement[]} result @param {typeof request} asked */
    show(result, asked) {
      series = result.filter(({ histograms }) => histograms?.length);
      request = asked;
      const names = series.slice(0, MAX_CHOICES).map(({ metric }) => seriesText(metric));
      if (!names.includes(shown)) shown = "";
      fill(
        select,
        h("option", { value: "", selected: shown === "" }, t("heat.all", { n: series.length })),
        names.map((name) => h("option", { value: name, selected: name === shown }, name)),
      );
      choice.hidden = series.length < 2;
      draw();
    },
    destroy: () => heatmap.destroy(),
  };
}
