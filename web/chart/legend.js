/** The chart's legend: a table of the series with last, min, max and mean; click keeps one, Ctrl/Cmd-click hides or shows. */
import { h } from "../ui/dom.js";
import { commonLabels, seriesNodes, seriesText } from "../ui/labels.js";
import { createVirtualTable } from "../ui/vtable.js";
import { t } from "../app/i18n/i18n.js";
import { summary } from "./matrix.js";
import { seriesColorCss } from "./palette.js";
import { formatValue } from "./units.js";

/**
 * The hidden set after a click: a plain click shows only this series, or all again when it was the only one; with the
 * modifier it changes this one alone. At least one series stays visible.
 * @param {Set<number>} hidden
 * @param {number} index
 * @param {number} count
 * @param {boolean} toggle
 * @returns {Set<number>}
 */
export function nextHidden(hidden, index, count, toggle) {
  if (toggle) {
    const next = new Set(hidden);
    if (!next.delete(index)) next.add(index);
    return next.size >= count ? new Set() : next;
  }
  const alone = !hidden.has(index) && hidden.size === count - 1;
  return alone ? new Set() : new Set(Array.from({ length: count }, (_, i) => i).filter((i) => i !== index));
}

/**
 * @param {{series: import("./chart.js").Series[], unit: import("./units.js").Unit, hidden: () => Set<number>,
 *   memory: import("../ui/vtable.js").TableMemory,
 *   onClick: (index: number, toggle: boolean) => void, onHover: (index: number) => void}} options
 */
export function createLegend({ series, unit, hidden, memory, onClick, onHover }) {
  const common = commonLabels(series.map((s) => s.labels));
  const rows = series.map((s, index) => ({ ...s, index, ...summary(s.column) }));
  /** @typedef {typeof rows[number]} Row */
  /** @param {"last" | "min" | "max" | "mean"} key @returns {import("../ui/vtable.js").Column<Row>} */
  const figure = (key) => ({
    title: t(`legend.${key}`),
    numeric: true,
    text: (row) => (Number.isNaN(row[key]) ? "–" : formatValue(row[key], unit)),
    value: (row) => row[key],
  });
  /** What differs between the series; the whole name where nothing does. @param {Row} row */
  const without = (row) => (seriesText(row.labels, common) === "{}" ? undefined : common);
  // A phone has room for the figures beside the name only if the name is short: its differing values.
  const narrow = innerWidth < 600;
  /** @param {Row} row */
  const values = (row) =>
    Object.entries(row.labels).filter(([name]) => !without(row)?.has(name)).map(([, value]) => value).join(
      " · ",
    );
  return createVirtualTable({
    label: t("legend.label"),
    rows,
    memory,
    maxHeight: 264,
    columns: [
      {
        title: t("legend.series"),
        grow: true,
        maxChars: narrow ? 16 : 44,
        text: (row) => seriesText(row.labels, without(row)),
        cell: (row) =>
          h(
            "button",
            {
              class: "legend-button",
              type: "button",
              "aria-pressed": hidden().has(row.index) ? "false" : "true",
              on: { click: (event) => onClick(row.index, event.ctrlKey || event.metaKey) },
            },
            h("span", { class: "swatch", vars: { "--c": seriesColorCss(row.index) } }),
            h("span", { class: "legend-name" }, narrow ? values(row) : seriesNodes(row.labels, without(row))),
          ),
      },
      figure("last"),
      figure("min"),
      figure("max"),
      figure("mean"),
    ],
    decorate: (tr, row) => {
      tr.classList.toggle("off", hidden().has(row.index));
      tr.addEventListener("pointerenter", () => onHover(hidden().has(row.index) ? -1 : row.index));
      tr.addEventListener("pointerleave", () => onHover(-1));
    },
  });
}
