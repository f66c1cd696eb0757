/** What stands where no result is: examples before the first query, and reasons when an answer is empty. */
import { h } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { t } from "../../app/i18n/i18n.js";
import { formatDuration } from "../../app/time.js";
import { rank } from "../../promql/context.js";
import { lex } from "../../promql/lexer.js";

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

/**
 * Why there may be no data: a metric this server does not know (with names like it), or a time without samples.
 * @param {import("../../types/api.d.ts").PanelState} state
 * @param {import("../../promql/catalogue.js").Catalogue} catalogue
 * @param {(next: {expr?: string, time?: {rangeMs: number, endMs: number | null}}) => void} change
 */
export function emptyResult(state, catalogue, change) {
  const reasons = h("div", { class: "reasons" });
  findReasons(state, catalogue, change).then((nodes) => reasons.append(...nodes));
  return h(
    "div",
    { class: "empty", data: { test: "empty" } },
    icon("search"),
    h("p", { class: "empty-title" }, t("empty.title")),
    reasons,
  );
}

/** @type {(...args: Parameters<typeof emptyResult>) => Promise<Node[]>} */
async function findReasons(state, catalogue, change) {
  const wanted = new Set(
    lex(state.expr).filter((token) => token.type === "metric").map((token) => token.text),
  );
  let known;
  try {
    known = await catalogue.metrics();
  } catch {
    return [h("p", null, t("empty.none"))]; // The names only help; without them the plain sentence has to do.
  }
  const names = new Set(known.map((c) => c.text));
  const unknown = [...wanted].filter((name) => !names.has(name));
  const nodes = unknown.map((name) => {
    const like = similar(name, known);
    return h(
      "div",
      null,
      h("p", null, t("empty.unknown", { name })),
      like.length > 0 && h(
        "p",
        { class: "row wrap center" },
        h("span", null, t("empty.like")),
        like.map((text) =>
          h("button", {
            class: "button small mono",
            type: "button",
            on: {
              click: () => change({ expr: replaceWord(state.expr, name, text) }),
            },
          }, text)
        ),
      ),
    );
  });
  if (unknown.length > 0) return nodes;
  if (state.tab !== "graph") return [h("p", null, t("empty.moment"))];
  const wider = Math.min(state.rangeMs * 4, 31536e6);
  return [
    h("p", null, t("empty.range", { length: formatDuration(state.rangeMs) })),
    h("button", {
      class: "button",
      type: "button",
      on: {
        click: () => change({ time: { rangeMs: wider, endMs: state.endMs } }),
      },
    }, t("empty.wider", { length: formatDuration(wider) })),
  ];
}

/** Up to four known names that share most parts with a wrong one. @param {string} name @param {{text: string}[]} known */
function similar(name, known) {
  const direct = rank(known, name, 4);
  if (direct.length > 0) return direct.map((c) => c.text);
  const parts = name.toLowerCase().split(/[_:]/).filter((p) => p.length > 2);
  return known.map(({ text }) => ({ text, hits: parts.filter((p) => text.includes(p)).length }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits || a.text.length - b.text.length)
    .slice(0, 4)
    .map(({ text }) => text);
}

/** @param {string} expr @param {string} from @param {string} to */
function replaceWord(expr, from, to) {
  return lex(expr).map((token) => (token.type === "metric" && token.text === from ? to : token.text)).join(
    "",
  );
}
