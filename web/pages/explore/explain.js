/**
 * The Explain tab: why a result is empty, the query with the chosen part marked, and the tree of its parts with what
 * each took.
 */
import { fill, h, setFlag, setText, uid } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { t } from "../../app/i18n/i18n.js";
import { formatValue } from "../../chart/units.js";
import { lex } from "../../promql/lexer.js";
import { paintNodes } from "../../promql/paint.js";
import { rangeOfBytes } from "../../promql/position.js";
import { firstCollapsed, textOf, treeRows, visibleRows } from "./explain/model.js";
import { reasonNodes, reasonTitle } from "./reasons.js";

/** @typedef {import("./explain/model.js").TreeRow} TreeRow */
/** @typedef {import("../../types/api.d.ts").ExplainData} ExplainData */

/**
 * @param {{data: ExplainData, query: string, onRunPart: (text: string, type: string) => void,
 *   onReplace: (expr: string) => void}} options `query` is the text that was sent
 */
export function explainView({ data, query, onRunPart, onReplace }) {
  const tokens = lex(query);
  const rows = treeRows(data.root);
  const collapsed = firstCollapsed(rows);
  const elements = rows.map(rowElement);
  let chosen = 0;

  const text = h("pre", {
    class: "explain-query",
    tabIndex: 0,
    role: "region",
    "aria-label": t("explain.text"),
  });
  const part = h("code", { class: "explain-part" });
  const run = h(
    "button",
    { class: "button small", type: "button", data: { test: "run-part" }, on: { click: runPart } },
    icon("play"),
    t("explain.run"),
  );
  const helpId = uid("explain-help");
  const tree = h("div", {
    class: "explain-tree",
    role: "tree",
    "aria-label": t("explain.tree"),
    "aria-describedby": helpId,
    on: { keydown: onKey },
  });
  const head = h(
    "div",
    { class: "explain-row explain-head", "aria-hidden": "true" },
    [
      t("explain.part"),
      t("explain.time"),
      t("explain.series"),
      t("explain.samples"),
      t("explain.bytes"),
    ].map((title) => h("span", null, title)),
  );
  const element = h(
    "div",
    { class: "explain" },
    reasonsElement(),
    text,
    h("div", { class: "explain-chosen" }, part, run),
    head,
    tree,
    h("p", { class: "visually-hidden", id: helpId }, t("explain.help")),
    h(
      "p",
      { class: "hint" },
      t("explain.total", { series: data.result.series, samples: formatValue(data.result.samples) }),
    ),
  );

  function reasonsElement() {
    const reasons = data.reasons ?? [];
    if (reasons.length === 0) return null;
    return h(
      "section",
      { class: "explain-reasons" },
      h("h3", null, icon("warning"), t(data.result.series === 0 ? "explain.nothing" : "explain.partly")),
      h(
        "ul",
        { role: "list" },
        reasons.map((reason) =>
          h(
            "li",
            {
              on: {
                pointerenter: () => mark(rangeOfBytes(query, reason.position), "tok-wrong"),
                pointerleave: () => markChosen(),
                focusin: () => mark(rangeOfBytes(query, reason.position), "tok-wrong"),
                focusout: () => markChosen(),
              },
            },
            h("strong", null, reasonTitle(reason.kind)),
            reasonNodes(reason, query, onReplace),
          )
        ),
      ),
    );
  }

  /** @param {TreeRow} row */
  function rowElement(row) {
    const { node, level, share, hot } = row;
    const percent = formatValue(share, "ratio", share < 0.1 ? 2 : 3);
    const time = formatValue(node.nanoseconds / 1e9, "seconds", 3);
    const series = t("explain.fromTo", { from: node.seriesIn, to: node.seriesOut });
    const bytes = formatValue(node.bytes, "bytes", 3);
    const samples = formatValue(node.samplesRead);
    const notes = [
      node.isShared && t("explain.shared"),
      node.isConstant && t("explain.constant"),
      ...node.notes ?? [],
    ].filter((note) => note !== false);
    const label = t("explain.row", {
      label: node.label,
      from: node.seriesIn,
      to: node.seriesOut,
      samples,
      bytes,
      time,
      share: percent,
    });
    const own = textOf(query, node);
    return h(
      "div",
      {
        class: `explain-row${hot ? " hot" : ""}`,
        role: "treeitem",
        tabIndex: -1,
        "aria-level": level,
        "aria-setsize": row.size,
        "aria-posinset": row.position,
        "aria-label": [label, hot && t("explain.hot"), ...notes].filter(Boolean).join(", "),
        vars: { "--level": String(Math.min(level - 1, 24)), "--share": `${share * 100}%` },
        on: {
          click: (event) => {
            const toggles = event.target instanceof Element && event.target.closest(".explain-toggle");
            choose(row.key, true);
            if (toggles) toggle(row.key);
          },
          focus: () => choose(row.key, false),
        },
      },
      h(
        "span",
        { class: "explain-name" },
        node.children?.length
          ? h("span", { class: "explain-toggle", title: t("explain.toggle") }, icon("down"))
          : h("span", { class: "explain-toggle" }),
        h(
          "span",
          { class: "explain-what" },
          h(
            "span",
            { class: "explain-label" },
            h("strong", null, node.label),
            notes.map((note) => h("span", { class: "chip note" }, note)),
          ),
          own !== node.label &&
            h("code", { class: "explain-text", title: own }, paintNodes(own, lex(own), [])),
        ),
      ),
      h(
        "span",
        { class: "explain-time" },
        h("span", { class: "bar" }),
        h("span", null, time),
        h("span", null, percent),
      ),
      h("span", { class: "explain-series", data: { label: t("explain.series") } }, series),
      h("span", { class: "explain-samples", data: { label: t("explain.samples") } }, samples),
      h("span", { class: "explain-bytes", data: { label: t("explain.bytes") } }, bytes),
    );
  }

  /** Fills the tree with what is not collapsed. */
  function render() {
    const visible = visibleRows(rows, collapsed);
    if (!visible.some((row) => row.key === chosen)) chosen = nearestVisible(chosen);
    for (const { key, node } of rows) {
      if (node.children?.length) {
        setFlag(/** @type {HTMLElement} */ (elements[key]), "aria-expanded", !collapsed.has(key));
      }
    }
    fill(tree, visible.map((row) => elements[row.key]));
    choose(chosen, false);
  }

  /** The innermost ancestor that can be seen. @param {number} key */
  function nearestVisible(key) {
    let at = key;
    for (let up = rows[key]; up; up = rows[up.parent]) if (collapsed.has(up.parent)) at = up.parent;
    return at;
  }

  /** @param {number} key @param {boolean} focus */
  function choose(key, focus) {
    chosen = key;
    elements.forEach((row, i) => {
      row.tabIndex = i === key ? 0 : -1;
      setFlag(row, "aria-selected", i === key);
    });
    if (focus) elements[key]?.focus();
    const node = rows[key]?.node;
    if (node) setText(part, textOf(query, node));
    markChosen();
  }

  function markChosen() {
    const node = rows[chosen]?.node;
    if (node) mark(rangeOfBytes(query, node.position), "tok-place");
  }

  /** @param {import("../../promql/position.js").Range} range @param {string} name */
  function mark(range, name) {
    fill(text, paintNodes(query, tokens, [{ ...range, name }]));
  }

  /** @param {number} key */
  function toggle(key) {
    if (!rows[key]?.node.children?.length) return;
    if (!collapsed.delete(key)) collapsed.add(key);
    const focused = tree.contains(document.activeElement);
    render();
    if (focused) elements[chosen]?.focus();
  }

  function runPart() {
    const row = rows[chosen];
    if (row) onRunPart(textOf(query, row.node), row.node.type);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const visible = visibleRows(rows, collapsed).map((row) => row.key);
    const at = visible.indexOf(chosen);
    const row = rows[chosen];
    const inside = row?.node.children?.length;
    /** @type {number | undefined} */
    let next;
    switch (event.key) {
      case "ArrowDown":
        next = visible[at + 1];
        break;
      case "ArrowUp":
        next = visible[at - 1];
        break;
      case "Home":
        next = visible[0];
        break;
      case "End":
        next = visible.at(-1);
        break;
      case "ArrowRight":
        if (inside && collapsed.has(chosen)) toggle(chosen);
        else if (inside) next = chosen + 1;
        break;
      case "ArrowLeft":
        if (inside && !collapsed.has(chosen)) toggle(chosen);
        else if (row && row.parent >= 0) next = row.parent;
        break;
      case "Enter":
      case " ":
        toggle(chosen);
        break;
      default:
        return;
    }
    event.preventDefault();
    if (next !== undefined) choose(next, true);
  }

  render();
  return element;
}
