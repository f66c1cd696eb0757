/** The Explain tab without its elements: the tree as rows, shares of time, suggestions put into the query. No DOM. */
import { lex } from "../../../promql/lexer.js";
import { rangeOfBytes } from "../../../promql/position.js";

/** @typedef {import("../../../types/api.d.ts").ExplainNode} ExplainNode */
/** @typedef {import("../../../types/api.d.ts").ExplainReason} ExplainReason */

/** A part that takes at least this share of all time stands out, unless all is done in less than a millisecond. */
const HOT = 0.2, QUICK_NS = 1e6;

/**
 * A node with its place in the tree; `key` is its number in reading order, `share` the part of all nodes' own time that
 * is its own, from 0 to 1.
 * @typedef {{key: number, parent: number, node: ExplainNode, level: number, position: number, size: number, share: number,
 *   hot: boolean}} TreeRow
 */

/** All nodes in reading order. @param {ExplainNode} root @returns {TreeRow[]} */
export function treeRows(root) {
  /** @type {TreeRow[]} */
  const rows = [];
  /** @param {ExplainNode} node @param {number} parent @param {number} level @param {number} position @param {number} size */
  const visit = (node, parent, level, position, size) => {
    const key = rows.length;
    rows.push({ key, parent, node, level, position, size, share: 0, hot: false });
    const children = node.children ?? [];
    children.forEach((child, i) => visit(child, key, level + 1, i + 1, children.length));
  };
  visit(root, -1, 1, 1, 1);
  const total = rows.reduce((sum, row) => sum + ownTime(row.node), 0);
  for (const row of rows) {
    row.share = total > 0 ? ownTime(row.node) / total : 0;
    row.hot = rows.length > 1 && total >= QUICK_NS && row.share >= HOT;
  }
  return rows;
}

/** @param {ExplainNode} node */
const ownTime = (node) => Math.max(0, node.nanoseconds || 0);

/** Which rows are collapsed at first in a large tree: those deep down. @param {TreeRow[]} rows */
export function firstCollapsed(rows) {
  if (rows.length <= 150) return new Set(/** @type {number[]} */ ([]));
  return new Set(rows.filter((row) => row.level === 4 && row.node.children?.length).map((row) => row.key));
}

/** The rows that no collapsed ancestor hides. @param {TreeRow[]} rows @param {Set<number>} collapsed */
export function visibleRows(rows, collapsed) {
  const hidden = new Set(/** @type {number[]} */ ([]));
  return rows.filter((row) => {
    const away = row.parent >= 0 && (hidden.has(row.parent) || collapsed.has(row.parent));
    if (away) hidden.add(row.key);
    return !away;
  });
}

/** The text of a node as it stands in the query. @param {string} query @param {ExplainNode} node */
export function textOf(query, node) {
  const { start, end } = rangeOfBytes(query, node.position);
  return query.slice(start, end) || node.text;
}

/**
 * The query with a suggestion in place of what a reason points at. A name replaces a name and a value a value, also
 * where the reason points at a whole matcher or selector; values are quoted as the text was.
 * @param {string} query
 * @param {ExplainReason} reason
 * @param {string} suggestion
 */
export function withSuggestion(query, reason, suggestion) {
  const range = rangeOfBytes(query, reason.position);
  const tokens = lex(query);
  const inside = tokens.filter((token) => token.start >= range.start && token.end <= range.end);
  const code = inside.filter((token) => token.type !== "space" && token.type !== "comment");
  const target = targetOf(code, reason);
  if (!target) return query.slice(0, range.start) + suggestion + query.slice(range.end);
  if (target.type === "metric" && !isBareName(suggestion)) {
    return withQuotedMetric(query, tokens, target, suggestion);
  }
  const text = target.type === "string" ? quoted(suggestion, target.text[0] ?? '"') : suggestion;
  return query.slice(0, target.start) + text + query.slice(target.end);
}

/** The one token that the suggestion stands for. @param {import("../../../promql/lexer.js").Token[]} code @param {ExplainReason} reason */
function targetOf(code, reason) {
  if (code.length === 1) {
    const [only] = code;
    return only && ["string", "metric", "label"].includes(only.type) ? only : undefined;
  }
  if (reason.kind === "metricNeverSeen") {
    return code.find((token) => token.type === "metric") ?? named(code, reason, "string");
  }
  return named(code, reason, reason.kind === "labelNotPresent" ? "label" : "string");
}

/** The token of a type that the reason's text names, otherwise the only one of it. @param {import("../../../promql/lexer.js").Token[]} code @param {ExplainReason} reason @param {"string" | "label"} type */
function named(code, reason, type) {
  const all = code.filter((token) => token.type === type);
  const content = (/** @type {string} */ text) => (type === "string" ? text.slice(1, -1) : text);
  return all.find((token) =>
    content(token.text) !== "" && reason.text.includes(`"${content(token.text)}"`)
  ) ??
    (all.length === 1 ? all[0] : undefined);
}

/** @param {string} name */
const isBareName = (name) => /^[a-zA-Z_:][\w:]*$/.test(name);

/** @param {string} text @param {string} quote */
function quoted(text, quote) {
  if (quote === "`" && !text.includes("`")) return `\`${text}\``;
  const q = quote === "'" ? "'" : '"';
  return q + text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(q, `\\${q}`) + q;
}

/** A metric name that the grammar takes only in braces. @param {string} query @param {import("../../../promql/lexer.js").Token[]} tokens @param {import("../../../promql/lexer.js").Token} metric @param {string} name */
function withQuotedMetric(query, tokens, metric, name) {
  const code = tokens.filter((token) => token.start >= metric.end && token.type !== "space");
  const [brace, after] = code;
  const before = query.slice(0, metric.start);
  const text = quoted(name, '"');
  if (brace?.text !== "{") return `${before}{${text}}${query.slice(metric.end)}`;
  return `${before}{${text}${after?.text === "}" ? "" : ", "}${query.slice(brace.end)}`;
}
