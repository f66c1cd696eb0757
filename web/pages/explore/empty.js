/** What stands where no result is before the first query: examples. */
import { h } from "../../ui/dom.js";
import { t } from "../../app/i18n/i18n.js";

/** Series every server of this kind has about itself. */
const EXAMPLES = /** @type {const} */ ([
  ["up", "empty.up"],
  ["process_resident_memory_bytes", "empty.memory"],
  ["sum by (job) (scrape_samples_scraped)", "empty.samples"],
  ["rate(process_cpu_seconds_total[5m])", "empty.cpu"],
]);

/** @param {(expr: string) => void} choose */
export function emptyExpression(choose) {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, t("empty.start")),
    h("p", null, t("empty.hint")),
    h(
      "ul",
      { class: "examples", role: "list" },
      EXAMPLES.map(([expr, key]) =>
        h(
          "li",
          null,
          h(
            "button",
            {
              class: "example",
              type: "button",
              on: { click: () => choose(expr) },
            },
            h("code", null, expr),
            h("span", null, t(key)),
          ),
        )
      ),
    ),
  );
}
