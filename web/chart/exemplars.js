/** Exemplars as points above a chart's lines, and as a list. */
import { h } from "../ui/dom.js";
import { seriesText } from "../ui/labels.js";
import { t } from "../app/i18n/i18n.js";
import { formatTime } from "../app/time.js";
import { parseValue } from "./matrix.js";
import { formatValue } from "./units.js";

/** More are not drawn; the newest are kept. */
const MAX_POINTS = 1000;
/** Half the diagonal of a point, and how far the pointer finds it, in pixels. */
const SIZE = 5, REACH = 9;

/** @typedef {{time: number, value: number, labels: import("../types/api.d.ts").Labels, series: string}} ExemplarPoint */

/**
 * The newest exemplars in a range of time, oldest first.
 * @param {import("../types/api.d.ts").ExemplarSeries[]} answer
 * @param {number} from milliseconds
 * @param {number} to milliseconds
 * @returns {ExemplarPoint[]}
 */
export function exemplarPoints(answer, from, to) {
  return answer.flatMap(({ seriesLabels, exemplars }) => {
    const series = seriesText(seriesLabels);
    return exemplars.map(({ labels, value, timestamp }) => ({
      time: timestamp * 1e3,
      value: parseValue(value),
      labels,
      series,
    }));
  }).filter(({ time, value }) => time >= from && time <= to && Number.isFinite(value))
    .sort((a, b) => a.time - b.time).slice(-MAX_POINTS);
}

/** @param {ExemplarPoint} point @param {import("./chart.js").Frame} frame */
function place({ time, value }, { x, y, top, bottom }) {
  const py = y.to(value);
  return { px: x.to(time), py: Math.min(bottom, Math.max(top, py)), outside: py < top || py > bottom };
}

/** The point under a pixel; of several the nearest. @param {ExemplarPoint[]} points @param {number} px @param {number} py @param {import("./chart.js").Frame} frame */
export function exemplarAt(points, px, py, frame) {
  /** @type {ExemplarPoint | null} */
  let best = null;
  let distance = REACH;
  for (const point of points) {
    const at = place(point, frame);
    const d = Math.hypot(at.px - px, at.py - py);
    if (d <= distance) distance = d, best = point;
  }
  return best;
}

/**
 * A layer of a chart: it draws and finds points. One beyond the axis stands hollow at the axis' end.
 * @param {ExemplarPoint[]} points
 * @param {{unit: import("./units.js").Unit, utc: boolean}} options
 * @returns {import("./chart.js").Layer}
 */
export function exemplarLayer(points, { unit, utc }) {
  return {
    draw(c, frame) {
      c.lineWidth = 1.5;
      c.strokeStyle = frame.ink.strong;
      for (const point of points) {
        const { px, py, outside } = place(point, frame);
        c.fillStyle = outside ? frame.ink.surface : frame.ink.mark;
        c.beginPath();
        c.moveTo(px, py - SIZE);
        c.lineTo(px + SIZE, py);
        c.lineTo(px, py + SIZE);
        c.lineTo(px - SIZE, py);
        c.closePath();
        c.fill();
        c.stroke();
      }
    },
    find(px, py, frame) {
      const point = exemplarAt(points, px, py, frame);
      if (!point) return null;
      const { px: left, py: top } = place(point, frame);
      return { px: left, py: top, nodes: tip(point) };
    },
  };

  /** @param {ExemplarPoint} point */
  function tip(point) {
    return [
      h("div", { class: "tip-time" }, formatTime(Math.round(point.time), utc)),
      h(
        "div",
        { class: "tip-value" },
        h("span", null, t("exemplar.one")),
        h("strong", null, formatValue(point.value, unit, 5)),
      ),
      h(
        "dl",
        { class: "tip-labels" },
        Object.entries(point.labels).flatMap(([k, v]) => [h("dt", null, k), h("dd", null, v)]),
      ),
      h("div", { class: "tip-time" }, point.series),
    ];
  }
}

/** All of them as a table, for the keyboard and to copy from. @param {ExemplarPoint[]} points @param {{unit: import("./units.js").Unit, utc: boolean, open: boolean}} options */
export function exemplarList(points, { unit, utc, open }) {
  return h(
    "details",
    { class: "exemplars", open },
    h("summary", null, t("exemplar.list", { n: points.length })),
    h(
      "div",
      {
        class: "scroll-x",
        tabIndex: 0,
        role: "region",
        "aria-label": t("exemplar.list", { n: points.length }),
      },
      h(
        "table",
        { class: "table" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("th", { scope: "col" }, t("table.time")),
            h("th", { scope: "col", class: "num" }, t("table.value")),
            h("th", { scope: "col" }, t("exemplar.labels")),
            h("th", { scope: "col" }, t("legend.series")),
          ),
        ),
        h(
          "tbody",
          null,
          [...points].reverse().map((point) =>
            h(
              "tr",
              null,
              h("td", null, formatTime(Math.round(point.time), utc)),
              h("td", { class: "num" }, formatValue(point.value, unit, 5)),
              h("td", { class: "mono wrap-any" }, seriesText(point.labels)),
              h("td", { class: "mono wrap-any" }, point.series),
            )
          ),
        ),
      ),
    ),
  );
}
