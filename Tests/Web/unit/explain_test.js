import assert from "node:assert/strict";
import {
  firstCollapsed,
  textOf,
  treeRows,
  visibleRows,
  withSuggestion,
} from "../../../web/pages/explore/explain/model.js";

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

/** @param {string} query @param {string} part @param {string} kind @param {string} [text] */
const reason = (query, part, kind, text = "") => {
  const start = new TextEncoder().encode(query.slice(0, query.indexOf(part))).length;
  return { kind, text, position: { start, end: start + new TextEncoder().encode(part).length } };
};

Deno.test("a suggestion replaces what its reason points at and nothing else", () => {
  /** @type {[query: string, part: string, kind: string, suggestion: string, expected: string, text?: string][]} */
  const cases = [
    ["sum(reqests_total)", "reqests_total", "metricNeverSeen", "requests_total", "sum(requests_total)"],
    ['x{c="서울"} + reqs', "reqs", "metricNeverSeen", "requests", 'x{c="서울"} + requests'],
    ['rate(reqs{a="b"}[5m])', 'reqs{a="b"}', "metricNeverSeen", "requests", 'rate(requests{a="b"}[5m])'],
    ['x{job="apii"}', '"apii"', "labelValueNotPresent", "api", 'x{job="api"}'],
    ['x{job="apii"}', 'job="apii"', "labelValueNotPresent", 'a"p\\i', 'x{job="a\\"p\\\\i"}'],
    ["x{job='apii'}", "job='apii'", "labelValueNotPresent", "it's", "x{job='it\\'s'}"],
    ["x{job=`apii`}", "`apii`", "labelValueNotPresent", "api", "x{job=`api`}"],
    [
      'x{job="a", env="prd"}',
      'x{job="a", env="prd"}',
      "labelValueNotPresent",
      "prod",
      'x{job="a", env="prod"}',
      'label "env" has no value "prd"',
    ],
    ['x{jbo="a"}', 'jbo="a"', "labelNotPresent", "job", 'x{job="a"}'],
    ['{__name__="reqs"}', '"reqs"', "metricNeverSeen", "http.requests", '{__name__="http.requests"}'],
  ];
  for (const [query, part, kind, suggestion, expected, text] of cases) {
    assert.equal(withSuggestion(query, reason(query, part, kind, text), suggestion), expected);
  }
});

Deno.test("a metric name that is not bare goes into braces", () => {
  const kind = "metricNeverSeen";
  assert.equal(
    withSuggestion("sum(reqs)", reason("sum(reqs)", "reqs", kind), "http.reqs"),
    'sum({"http.reqs"})',
  );
  assert.equal(withSuggestion('reqs{a="b"}', reason('reqs{a="b"}', "reqs", kind), "서울"), '{"서울", a="b"}');
  assert.equal(withSuggestion("reqs{}", reason("reqs{}", "reqs", kind), "a b"), '{"a b"}');
});

Deno.test("a suggestion for a place without a name replaces the whole place", () => {
  assert.equal(
    withSuggestion("rate(x[1s])", reason("rate(x[1s])", "[1s]", "rangeTooShort"), "[5m]"),
    "rate(x[5m])",
  );
});
