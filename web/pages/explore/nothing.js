/** What stands where a result is empty: the reason, and names or times that may help. */
import { h } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { t } from "../../app/i18n/i18n.js";
import { ApiError } from "../../app/api.js";
import { formatDuration } from "../../app/time.js";
import { rank } from "../../promql/context.js";
import { lex } from "../../promql/lexer.js";
import { reasonNodes } from "./reasons.js";

/**
 * @typedef {{explain: () => Promise<import("../../types/api.d.ts").Answer<import("../../types/api.d.ts").ExplainData>>,
 *   onExplain: () => void, onChange: (next: {expr: string, time?: undefined} | {time: {rangeMs: number, endMs: number | null}}) => void}}
 *   EmptyActions
 */

/**
 * Why there is no data: the first reason that the server gives; from a server that gives none, what its names tell.
 * @param {import("../../types/api.d.ts").PanelState} state
 * @param {import("../../promql/catalogue.js").Catalogue} catalogue
 * @param {EmptyActions} actions
 */
export function emptyResult(state, catalogue, actions) {
  const query = state.expr;
  const title = h("p", { class: "empty-title" }, t("empty.title"));
  const reasons = h("div", { class: "reasons" });
  explained(query, title, actions).then(async (nodes) => {
    reasons.append(...nodes ?? await findReasons(state, catalogue, actions.onChange));
  });
  return h("div", { class: "empty", data: { test: "empty" } }, icon("search"), title, reasons);
}

/**
 * @param {string} query
 * @param {HTMLElement} title
 * @param {EmptyActions} actions
 * @returns {Promise<Node[] | null>} null where the server does not tell
 */
async function explained(query, title, { explain, onExplain, onChange }) {
  try {
    const { data } = await explain();
    const [first] = data.reasons ?? [];
    if (!first) return null;
    title.textContent = t("empty.because", { reason: first.text });
    const [, suggestions] = reasonNodes(first, query, (expr) => onChange({ expr }));
    const more = h(
      "button",
      { class: "button small", type: "button", on: { click: onExplain } },
      t("empty.explain"),
    );
    return [...suggestions ? [suggestions] : [], more];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null; // A server without explanations is no fault; its names tell something too.
  }
}

/**
 * @param {import("../../types/api.d.ts").PanelState} state
 * @param {import("../../promql/catalogue.js").Catalogue} catalogue
 * @param {EmptyActions["onChange"]} change
 * @returns {Promise<Node[]>}
 */
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
