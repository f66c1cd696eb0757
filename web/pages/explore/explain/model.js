/** The Explain tab without its elements: the tree as rows, shares of time, texts of parts. No DOM. */
import { rangeOfBytes } from "../../../promql/position.js";

/** @typedef {import("../../../types/api.d.ts").ExplainNode} ExplainNode */

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
