/** Native histograms in the table: columns of figures, a small chart, and the buckets of the chosen one below. */
import { fill, h, setFlag } from "../../ui/dom.js";
import { seriesText } from "../../ui/labels.js";
import { t } from "../../app/i18n/i18n.js";
import { bucketBars } from "../../chart/bars.js";
import { boundsText, boundText, parseHistogram } from "../../chart/buckets.js";
import { formatValue } from "../../chart/units.js";

/** @typedef {import("../../chart/buckets.js").Histogram} Histogram */
/** @typedef {import("./table.js").Row} Row */

/**
 * @param {Row[]} rows
 * @param {import("../../chart/units.js").Unit} unit of the bounds
 * @param {import("../../ui/vtable.js").TableMemory} memory
 */
export function histogramColumns(rows, unit, memory) {
  /** @type {Map<Row, Histogram>} */
  const parsed = new Map();
  for (const row of rows) if (row.histogram) parsed.set(row, parseHistogram(row.histogram));
  const details = h("div", { class: "buckets" });
  const all = [...parsed.keys()];
  // The only one is shown at once; what was opened stays open through a refresh.
  /** @type {Row | undefined} */
  let open = all.find((row) => seriesText(row.labels) === memory.open) ??
    (all.length === 1 && memory.open === undefined ? all[0] : undefined);
  show(open);

  /** @param {Row | undefined} row */
  function show(row) {
    open = row;
    if (row || memory.open !== undefined) memory.open = row ? seriesText(row.labels) : "";
    const histogram = row && parsed.get(row);
    fill(details, row && histogram && bucketTable(row, histogram, unit));
  }

  /** @param {"count" | "sum" | "average"} key @returns {import("../../ui/vtable.js").Column<Row>} */
  const figure = (key) => ({
    title: t(`histogram.${key}`),
    numeric: true,
    text: (
      row,
    ) => (parsed.has(row) ? formatValue(parsed.get(row)?.[key] ?? NaN, key === "count" ? "none" : unit) : ""),
    value: (row) => parsed.get(row)?.[key] ?? NaN,
  });
  /** @type {import("../../ui/vtable.js").Column<Row>[]} */
  const columns = [
    figure("count"),
    figure("sum"),
    figure("average"),
    {
      title: t("histogram.buckets"),
      text: (row) => String(parsed.get(row)?.buckets.length ?? ""),
      minChars: 22,
      value: (row) => parsed.get(row)?.buckets.length ?? NaN,
      cell: (row) => {
        const histogram = parsed.get(row);
        if (!histogram) return "";
        const { buckets } = histogram;
        const label = t("histogram.show", { n: buckets.length, series: seriesText(row.labels) });
        const button = h(
          "button",
          {
            class: "bucket-button",
            type: "button",
            "aria-label": label,
            title: label,
            on: {
              click: () => {
                show(open === row ? undefined : row);
                for (const other of button.closest("tbody")?.querySelectorAll(".bucket-button") ?? []) {
                  setFlag(other, "aria-expanded", other === button && open === row);
                }
              },
            },
          },
          bucketBars(buckets, { width: 110, height: 22 }),
          h("span", null, String(buckets.length)),
        );
        setFlag(button, "aria-expanded", open === row);
        return button;
      },
    },
  ];
  return { columns, details };
}

/** @param {Row} row @param {Histogram} histogram @param {import("../../chart/units.js").Unit} unit */
function bucketTable(row, { buckets, count }, unit) {
  const name = t("histogram.show", { n: buckets.length, series: seriesText(row.labels) });
  if (buckets.length === 0) return [h("h3", null, name), h("p", { class: "hint" }, t("histogram.none"))];
  const most = buckets.reduce((best, bucket) => (bucket.count > best.count ? bucket : best));
  const first = boundText(buckets[0]?.lower ?? NaN, unit);
  const last = boundText(buckets.at(-1)?.upper ?? NaN, unit);
  const label = t("histogram.chart", {
    n: buckets.length,
    from: first,
    to: last,
    fullest: boundsText(most, unit),
  });
  return [
    h("h3", null, name),
    h("div", { class: "bucket-chart" }, bucketBars(buckets, { width: 600, height: 120, label })),
    h("div", { class: "bucket-ends", "aria-hidden": "true" }, h("span", null, first), h("span", null, last)),
    h(
      "div",
      { class: "scroll-x bucket-list", tabIndex: 0, role: "region", "aria-label": name },
      h(
        "table",
        { class: "table ranking" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("th", { scope: "col" }, t("histogram.range")),
            h("th", { scope: "col", class: "num" }, t("histogram.count")),
            h("th", { scope: "col", class: "num" }, t("histogram.share")),
          ),
        ),
        h(
          "tbody",
          null,
          buckets.map((bucket) =>
            h(
              "tr",
              null,
              h(
                "td",
                { class: "bar-cell mono" },
                h("span", {
                  class: "bar",
                  vars: { "--share": `${Math.max(0, bucket.count / most.count) * 100}%` },
                }),
                h("span", null, boundsText(bucket, unit)),
              ),
              h("td", { class: "num" }, formatValue(bucket.count)),
              h("td", { class: "num" }, count > 0 ? formatValue(bucket.count / count, "ratio", 3) : "–"),
            )
          ),
        ),
      ),
    ),
  ];
}
