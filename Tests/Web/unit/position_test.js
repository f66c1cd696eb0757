import assert from "node:assert/strict";
import { lex } from "../../../web/promql/lexer.js";
import { offsetOfByte, offsetOfPlace, rangeOfBytes } from "../../../web/promql/position.js";
import { partAt, readAnnotation } from "../../../web/promql/annotation.js";

const text = 'sum(x{a="서울", b="é😀"})';

Deno.test("byte offsets map to the same place in text of any script", () => {
  const bytes = new TextEncoder();
  for (let offset = 0; offset <= text.length; offset++) {
    // The second half of a pair is no place.
    if (/[\udc00-\udfff]/.test(text[offset] ?? "")) continue;
    assert.equal(offsetOfByte(text, bytes.encode(text.slice(0, offset)).length), offset);
  }
});

Deno.test("an offset inside a character is its start, one beyond the text its end", () => {
  assert.equal(offsetOfByte("서울", 1), 0);
  assert.equal(offsetOfByte("서울", 4), 1);
  assert.equal(offsetOfByte("😀x", 3), 0);
  assert.equal(offsetOfByte("up", 99), 2);
  assert.equal(offsetOfByte("", 0), 0);
});

Deno.test("a range of bytes is a range of the text and never runs backwards", () => {
  const start = new TextEncoder().encode('sum(x{a="서울", b=').length;
  const { start: from, end: to } = rangeOfBytes(text, { start, end: start + 8 });
  assert.equal(text.slice(from, to), '"é😀"');
  assert.deepEqual(rangeOfBytes("up", { start: 2, end: 1 }), { start: 2, end: 2 });
});

Deno.test("lines and columns count from one, columns in bytes", () => {
  assert.equal(offsetOfPlace("a +\n서울 b", 2, 8), 7);
  assert.equal(offsetOfPlace("a", 1, 1), 0);
  assert.equal(offsetOfPlace("a", 2, 1), null);
  assert.equal(offsetOfPlace("a", 0, 1), null);
});

Deno.test("a part reaches to the end of its selector, call, aggregation or parenthesis", () => {
  /** @type {[string, number, string][]} */
  const cases = [
    ["rate(x[5m])", 5, "x[5m]"],
    ["rate(x[5m])", 0, "rate(x[5m])"],
    ['sum by (job) (rate(x{a=")"}[5m])) + 1', 0, 'sum by (job) (rate(x{a=")"}[5m]))'],
    ["sum(x) by (job) > 1", 0, "sum(x) by (job)"],
    ["(a + b) * 2", 0, "(a + b)"],
    ["(a + b) * 2", 1, "a"],
    ["(a + b) * 2", 10, "2"],
    ["  up", 1, "up"],
    ["rate(x[5m", 0, "rate(x[5m"],
  ];
  for (const [query, offset, part] of cases) {
    const range = partAt(lex(query), offset);
    assert.equal(range && query.slice(range.start, range.end), part, query);
  }
  assert.equal(partAt(lex("up"), 2), null);
});

Deno.test("an annotation is split into text, place and the part of the query it means", () => {
  const query = "rate(서울[5m])\n  + rate(b[5m])";
  const message = 'PromQL info: metric might not be a counter, name does not end in _total: "b" (2:10)';
  assert.deepEqual(readAnnotation(message, query, lex(query)), {
    text: 'metric might not be a counter, name does not end in _total: "b"',
    place: "2:10",
    range: { start: 22, end: 27 },
  });
  assert.equal(query.slice(22, 27), "b[5m]");
});

Deno.test("an annotation without a place, or with one beyond the query, stays readable", () => {
  assert.deepEqual(readAnnotation("be warned", "up", lex("up")), {
    text: "be warned",
    place: "",
    range: null,
  });
  assert.equal(readAnnotation("PromQL warning: odd (7:1)", "up", lex("up")).range, null);
  assert.equal(readAnnotation("12 more warning annotations omitted", "up", lex("up")).range, null);
});
