import assert from "node:assert/strict";
import { contextAt, errorPosition, rank, score } from "../../../web/promql/context.js";
import { lex } from "../../../web/promql/lexer.js";

/** The context at the `|` in the text. @param {string} marked */
function at(marked) {
  const cursor = marked.indexOf("|");
  return contextAt(lex(marked.replace("|", "")), cursor);
}

/** @type {[string, Partial<ReturnType<typeof at>>][]} */
const CASES = [
  ["|", { kind: "word", prefix: "" }],
  ["ra|", { kind: "word", prefix: "ra", from: 0, to: 2 }],
  ["ra|te", { kind: "word", prefix: "ra", from: 0, to: 4 }],
  ["sum(ht|)", { kind: "word", prefix: "ht", from: 4 }],
  ["sum by (|) (up)", { kind: "label", metric: "up", taken: [] }],
  ["sum by (job, in|) (up)", { kind: "label", prefix: "in", metric: "up", taken: ["job"] }],
  ["sum(up) by (jo|)", { kind: "label", prefix: "jo", metric: "up" }],
  ["a * on (|) group_left (x) b", { kind: "label", metric: "b" }],
  ["up{|", { kind: "label", metric: "up", taken: [] }],
  ["up{jo|}", { kind: "label", prefix: "jo", metric: "up", from: 3, to: 5 }],
  ['up{job="a", |}', { kind: "label", metric: "up", taken: ["job"] }],
  ["{|}", { kind: "label", metric: undefined }],
  ["up{job|", { kind: "label", prefix: "job" }],
  ["up{job |", { kind: "none" }],
  ['up{job="|', { kind: "value", label: "job", metric: "up", prefix: "", from: 8, to: 8 }],
  ['up{job=~"no|de"}', { kind: "value", label: "job", prefix: "no", from: 9, to: 13 }],
  ['up{job="a"|}', { kind: "none" }],
  ["label_replace(up, 'a|', '')", { kind: "none" }],
  ["rate(x[|", { kind: "duration", prefix: "" }],
  ["rate(x[5|m])", { kind: "duration", prefix: "5", from: 7, to: 9 }],
  ["up offset |", { kind: "duration" }],
  ["up # com|ment", { kind: "none" }],
  ["12|", { kind: "none" }],
];

for (const [marked, expected] of CASES) {
  Deno.test(`what can be completed at ${marked || "nothing"}`, () => {
    const context = /** @type {Record<string, unknown>} */ (at(marked));
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(context[key], value, key);
  });
}

Deno.test("candidates: prefix, then word start, then inside, then letters in order", () => {
  const names = ["process_total", "xrated", "http_rate", "rate", "r_a_t_e", "nothing"].map((text) => ({
    text,
  }));
  assert.deepEqual(rank(names, "rate").map((c) => c.text), ["rate", "http_rate", "xrated", "r_a_t_e"]);
  assert.equal(score("abc", ""), 1);
  assert.equal(score("abc", "x"), 0);
  assert.deepEqual(rank(names, "", 2).length, 2);
});

Deno.test("the place of a parse error is found in the expression, in bytes and on any line", () => {
  const message = 'invalid parameter "query": 1:8: parse error: unexpected identifier "foo" in aggregation';
  assert.deepEqual(errorPosition(message, "sum(up foo"), {
    start: 7,
    end: 10,
    reason: 'unexpected identifier "foo" in aggregation',
  });
  assert.deepEqual(errorPosition("2:3: parse error: bad", "a +\n  b{"), { start: 6, end: 7, reason: "bad" });
  assert.equal(errorPosition("1:15: parse error: x", 'x{a="서울"} foo')?.start, 10);
  assert.deepEqual(errorPosition("1:3: parse error: unexpected end of input", "up"), {
    start: 2,
    end: 2,
    reason: "unexpected end of input",
  });
  assert.equal(errorPosition("9:1: parse error: x", "up"), null);
  assert.equal(errorPosition("many-to-many matching not allowed", "up"), null);
});
