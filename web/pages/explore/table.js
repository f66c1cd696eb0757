/** The Table and JSON tabs: an instant query's answer with one column per label, and as it came. */
import { h } from "../../ui/dom.js";
import { copyButton } from "../../ui/copy.js";
import { createVirtualTable } from "../../ui/vtable.js";
import { t } from "../../app/i18n/i18n.js";
import { formatTime } from "../../app/time.js";
import { parseValue } from "../../chart/matrix.js";
import { boundUnit } from "../../chart/units.js";
import { lex } from "../../promql/lexer.js";

/** @typedef {import("../../types/api.d.ts").QueryData} QueryData */
/** @typedef {import("../../types/api.d.ts").Labels} Labels */
/** @typedef {import("../../types/api.d.ts").NativeHistogram} NativeHistogram */
/** @typedef {{labels: Labels, time: number | null, text: string, histogram?: NativeHistogram}} Row */
/** What histograms add: columns before the value, and the buckets below. @typedef {typeof import("./histogram.js").histogramColumns} HistogramColumns */

/** Longer texts are cut in the JSON view; the browser would stop for seconds. */
const MAX_JSON = 500_000;

/** Whether a result has native histograms. @param {QueryData} data */
export function hasHistograms(data) {
  if (data.resultType === "vector") return data.result.some((element) => element.histogram);
  return data.resultType === "matrix" && data.result.some((element) => element.histograms?.length);
}

/** @param {QueryData} data @returns {Row[]} */
function rowsOf(data) {
  if (data.resultType === "scalar" || data.resultType === "string") {
    return [{ labels: {}, time: null, text: data.result[1] }];
  }
  if (data.resultType === "vector") {
    return data.result.map(({ metric, value, histogram }) => ({
      labels: metric,
      time: null,
      text: value ? value[1] : "",
      histogram: histogram?.[1],
    }));
  }
  return data.result.flatMap(({ metric, values = [], histograms = [] }) => [
    ...values.map(([time, text]) => ({ labels: metric, time: time * 1e3, text })),
    ...histograms.map(([time, histogram]) => ({
      labels: metric,
      time: time * 1e3,
      text: "",
      histogram,
    })),
  ]);
}

/**
 * @param {QueryData} data
 * @param {{utc: boolean, memory: import("../../ui/vtable.js").TableMemory, expr: string,
 *   histogramColumns: HistogramColumns | null}} options the last where the result has histograms
 */
export function tableView(data, { utc, memory, expr, histogramColumns }) {
  const rows = rowsOf(data);
  const names = new Set(rows.flatMap((row) => Object.keys(row.labels)));
  const hasName = names.delete("__name__");
  /** @param {string} name @param {string} title @param {string} style @returns {import("../../ui/vtable.js").Column<Row>} */
  const label = (name, title, style) => ({
    title,
    text: (row) => row.labels[name] ?? "",
    cell: (row) => h("span", { class: style }, row.labels[name] ?? ""),
  });
  /** @type {import("../../ui/vtable.js").Column<Row>[]} */
  const columns = [
    ...(hasName ? [label("__name__", t("table.metric"), "tok-metric")] : []),
    ...[...names].sort().map((name) => label(name, name, "")),
  ];
  if (rows.some((row) => row.time !== null)) {
    columns.push({
      title: t("table.time"),
      text: (row) => (row.time === null ? "" : formatTime(row.time, utc)),
      value: (row) => row.time ?? NaN,
    });
  }
  const histograms = histogramColumns?.(rows, boundUnit(lex(expr)), memory);
  columns.push(...histograms?.columns ?? []);
  if (!histograms || rows.some((row) => row.text !== "")) {
    columns.push({
      title: t("table.value"),
      numeric: true,
      sticky: true,
      text: (row) => row.text,
      value: (row) => (row.text === "" ? NaN : parseValue(row.text)),
      maxChars: 60,
    });
  }
  const table = createVirtualTable({ label: t("table.label"), columns, rows, maxHeight: 640, memory });
  return { ...table, details: histograms?.details };
}

/** @param {QueryData} data */
export function jsonView(data) {
  const text = JSON.stringify(data, null, 2);
  return h(
    "div",
    { class: "code-box" },
    copyButton(() => text),
    h(
      "pre",
      { class: "code", tabIndex: 0, role: "region", "aria-label": "JSON" },
      text.length > MAX_JSON ? `${text.slice(0, MAX_JSON)}\n… ${t("table.cut")}` : text,
    ),
  );
}
