/**
 * The Graph tab: chart and legend of a range query's answer, with the choice of visible series; exemplars above the
 * lines; and a heatmap where series are histograms.
 */
import { fill, h } from "../../ui/dom.js";
import { commonLabels, labelChips, seriesText } from "../../ui/labels.js";
import { t } from "../../app/i18n/i18n.js";
import { zone } from "../../app/settings.js";
import { createChart } from "../../chart/chart.js";
import { createLegend, nextHidden } from "../../chart/legend.js";
import { columnsOf } from "../../chart/matrix.js";
import { guessUnit } from "../../chart/units.js";
import { lex } from "../../promql/lexer.js";

/** @typedef {import("../../types/api.d.ts").MatrixElement} MatrixElement */
/** @typedef {Pick<import("./parts.js").AnswerParts, "heatmap" | "exemplars">} GraphParts */

/** Series beyond this are not drawn; the table shows them all. */
const MAX_SERIES = 2000;

/** @param {{onZoom: (from: number, to: number) => void, onZoomOut: () => void}} options */
export function createGraphView({ onZoom, onZoomOut }) {
  /** Hidden series by name, so that the choice outlives a refresh and a zoom. */
  let hiddenNames = new Set(/** @type {string[]} */ ([]));
  /** @type {import("../../chart/chart.js").Series[]} */
  let series = [];
  let hidden = new Set(/** @type {number[]} */ ([]));
  /** @type {import("../../ui/vtable.js").TableMemory} */
  let memory = {};
  let lastExpr = "";
  /** @type {ReturnType<typeof createLegend> | null} */
  let legend = null;

  const chart = createChart({
    label: t("chart.label"),
    onZoom,
    onZoomOut,
    onPick: (index) => choose(index, false),
  });
  const common = h("div", { class: "common-labels" });
  const legendBox = h("div", { class: "legend" });
  const exemplarBox = h("div", null);
  const lines = h("div", null, chart.element, exemplarBox, common, legendBox);
  /** @type {ReturnType<typeof import("./heatmap.js").createHeatmapView> | null} */
  let heatmap = null;
  const element = h("div", { class: "graph" }, lines);

  /** @param {number} index @param {boolean} toggle */
  function choose(index, toggle) {
    hidden = nextHidden(hidden, index, series.length, toggle);
    hiddenNames = new Set([...hidden].map((i) => series[i]?.name ?? ""));
    chart.setHidden(hidden);
    const focused = document.activeElement?.closest("tr")?.getAttribute("aria-rowindex");
    legend?.refresh();
    if (focused) {
      legendBox.querySelector(/** @type {"button"} */ (`[aria-rowindex="${focused}"] button`))?.focus();
    }
  }

  /** @param {MatrixElement[]} result @param {{from: number, end: number, step: number, expr: string}} request @param {GraphParts} parts */
  function showHeatmap(result, request, parts) {
    if (parts.heatmap) {
      if (!heatmap) {
        element.prepend((heatmap = parts.heatmap.createHeatmapView({ onZoom, onZoomOut })).element);
      }
      heatmap.show(result, request);
    } else if (heatmap) {
      heatmap.destroy();
      heatmap.element.remove();
      heatmap = null;
    }
  }

  /** @param {{from: number, end: number}} request @param {GraphParts} parts @param {{unit: import("../../chart/units.js").Unit, utc: boolean}} options */
  function showExemplars({ from, end }, { exemplars }, options) {
    const points = exemplars ? exemplars.module.exemplarPoints(exemplars.answer, from, end) : [];
    chart.setLayer(exemplars && points.length > 0 ? exemplars.module.exemplarLayer(points, options) : null);
    const open = exemplarBox.querySelector("details")?.open ?? false;
    fill(
      exemplarBox,
      exemplars && points.length > 0 && exemplars.module.exemplarList(points, { ...options, open }),
    );
    return exemplars && points.length === 0 ? t("graph.noExemplars") : null;
  }

  return {
    element,
    get plotWidth() {
      return chart.plotWidth;
    },
    /**
     * @param {MatrixElement[]} result
     * @param {{from: number, end: number, step: number, expr: string, stacked: boolean}} request
     * @param {GraphParts} parts
     * @returns {string | null} what is left out of the picture, to be told
     */
    show(result, request, parts) {
      const { from, end, step, expr, stacked } = request;
      showHeatmap(result, request, parts);
      const plain = result.filter(({ values }) => values?.length);
      lines.hidden = plain.length === 0 && heatmap !== null;
      const shown = plain.slice(0, MAX_SERIES);
      const columns = columnsOf(shown, from, step, Math.floor((end - from) / step) + 1);
      series = shown.map(({ metric }, i) => ({
        name: seriesText(metric),
        labels: metric,
        column: columns[i] ?? new Float64Array(0),
      }));
      if (expr !== lastExpr) {
        hiddenNames = new Set();
        memory = {};
      }
      lastExpr = expr;
      hidden = new Set(series.flatMap((s, i) => (hiddenNames.has(s.name) ? [i] : [])));
      if (hidden.size === series.length) hidden = new Set();
      const unit = guessUnit(lex(expr));
      const utc = zone.value === "utc";
      chart.setData({ from, to: end, step, series, unit, utc, stacked }, hidden);
      const noted = showExemplars(request, parts, { unit, utc });
      legend = createLegend({
        series,
        unit,
        hidden: () => hidden,
        memory,
        onClick: choose,
        onHover: chart.lift,
      });
      const focused = legendBox.contains(document.activeElement);
      fill(legendBox, legend.element);
      legend.restore();
      if (focused) legend.element.focus();
      const shared = commonLabels(series.map((s) => s.labels));
      const pairs = Object.entries(series[0]?.labels ?? {}).filter(([name]) => shared.has(name));
      fill(
        common,
        pairs.length > 0 && [h("span", null, t("legend.common")), labelChips(Object.fromEntries(pairs))],
      );
      return plain.length > MAX_SERIES ? t("graph.tooMany", { shown: MAX_SERIES, n: plain.length }) : noted;
    },
    destroy() {
      chart.destroy();
      heatmap?.destroy();
    },
  };
}
