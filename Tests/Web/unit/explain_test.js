import assert from "node:assert/strict";
import { firstCollapsed, textOf, treeRows, visibleRows } from "../../../web/pages/explore/explain/model.js";

/** @typedef {import("../../../web/types/api.d.ts").ExplainNode} ExplainNode */

/** @param {string} label @param {number} nanoseconds @param {ExplainNode[]} [children] @returns {ExplainNode} */
const node = (label, nanoseconds, children = []) => ({
  id: 0,
  type: "call",
  label,
  text: label,
  position: { start: 0, end: 0 },
  seriesIn: 0,
  seriesOut: 0,
  samplesIn: 0,
  samplesRead: 0,
  samplesOut: 0,
  bytes: 0,
  nanoseconds,
  isShared: false,
  isConstant: false,
  children,
});

const tree = node("+", 1e6, [node("sum", 3e6, [node("rate", 5e6, [node("x", 1e6)])]), node("y", 0)]);

Deno.test("rows come in reading order with level, place among siblings and share of the time", () => {
  const rows = treeRows(tree);
  assert.deepEqual(
    rows.map(({ node, level, position, size, parent }) => [node.label, level, position, size, parent]),
    [
      ["+", 1, 1, 1, -1],
      ["sum", 2, 1, 2, 0],
      ["rate", 3, 1, 1, 1],
      ["x", 4, 1, 1, 2],
      ["y", 2, 2, 2, 0],
    ],
  );
  assert.deepEqual(rows.map((row) => row.share), [0.1, 0.3, 0.5, 0.1, 0]);
  assert.deepEqual(rows.filter((row) => row.hot).map((row) => row.node.label), ["sum", "rate"]);
});

Deno.test("a tree that took next to no time, or one part alone, has nothing hot", () => {
  assert.deepEqual(treeRows(node("a", 0, [node("b", 0)])).map((row) => [row.share, row.hot]), [[0, false], [
    0,
    false,
  ]]);
  assert.deepEqual(treeRows(node("a", 5e5, [node("b", 3e5)])).map((row) => row.hot), [false, false]);
  assert.deepEqual(treeRows(node("a", 9e9)).map((row) => [row.share, row.hot]), [[1, false]]);
});

Deno.test("what is inside a collapsed part is hidden, at any depth", () => {
  const rows = treeRows(tree);
  assert.deepEqual(visibleRows(rows, new Set([1])).map((row) => row.node.label), ["+", "sum", "y"]);
  assert.equal(visibleRows(rows, new Set()).length, 5);
  assert.deepEqual(visibleRows(rows, new Set([0, 2])).map((row) => row.node.label), ["+"]);
});

Deno.test("only a large tree begins with its depths collapsed", () => {
  assert.equal(firstCollapsed(treeRows(tree)).size, 0);
  const deep = node("+", 1, [tree, ...Array.from({ length: 200 }, () => node("z", 1))]);
  const rows = treeRows(deep);
  assert.deepEqual([...firstCollapsed(rows)].map((key) => rows[key]?.node.label), ["rate"]);
});

Deno.test("the text of a part is cut from the query by bytes", () => {
  const part = { ...node("x", 0), position: { start: 16, end: 17 }, text: "other" };
  assert.equal(textOf('a{b="서울"} + x', part), "x");
  assert.equal(textOf("a", part), "other");
});
