import assert from "node:assert/strict";
import { lex, pairedBrackets } from "../../../web/promql/lexer.js";

/** @param {string} text */
const types = (text) => lex(text).filter((t) => t.type !== "space").map((t) => `${t.type}:${t.text}`);

Deno.test("a query is cut into words by their role", () => {
  assert.deepEqual(types(`sum by (job) (rate(http_total{code=~"5.."}[5m] offset 1h)) > bool 0.5 # why`), [
    "aggregation:sum",
    "keyword:by",
    "punctuation:(",
    "label:job",
    "punctuation:)",
    "punctuation:(",
    "function:rate",
    "punctuation:(",
    "metric:http_total",
    "punctuation:{",
    "label:code",
    "operator:=~",
    'string:"5.."',
    "punctuation:}",
    "punctuation:[",
    "duration:5m",
    "punctuation:]",
    "keyword:offset",
    "duration:1h",
    "punctuation:)",
    "punctuation:)",
    "operator:>",
    "keyword:bool",
    "number:0.5",
    "comment:# why",
  ]);
});

Deno.test("a function's name without a call is a metric, and keywords ignore case", () => {
  assert.deepEqual(types("rate + up OR sum"), [
    "metric:rate",
    "operator:+",
    "metric:up",
    "keyword:OR",
    "metric:sum",
  ]);
  assert.deepEqual(types("SUM(a:b:c)"), [
    "aggregation:SUM",
    "punctuation:(",
    "metric:a:b:c",
    "punctuation:)",
  ]);
});

Deno.test("the newest words: trimming, filling, smoothed and anchored", () => {
  assert.deepEqual(
    types("h </ 2"),
    ["metric:h", "space: ", "operator:</", "space: ", "number:2"].filter((x) => !x.startsWith("space")),
  );
  const words = types("rate(x[5m] smoothed) + on (a) fill_left (0) y anchored").filter((x) =>
    x.startsWith("keyword")
  );
  assert.deepEqual(words, ["keyword:smoothed", "keyword:on", "keyword:fill_left", "keyword:anchored"]);
});

Deno.test("subqueries and @ modifiers", () => {
  assert.deepEqual(types("x[1h:30s] @ end()"), [
    "metric:x",
    "punctuation:[",
    "duration:1h",
    "punctuation::",
    "duration:30s",
    "punctuation:]",
    "operator:@",
    "keyword:end",
    "punctuation:(",
    "punctuation:)",
  ]);
});

Deno.test("strings with escapes, other quotes, and no end", () => {
  assert.deepEqual(types(String.raw`"a\"b" 'c"d' ` + "`e\\`"), [
    String.raw`string:"a\"b"`,
    `string:'c"d'`,
    "string:`e\\`",
  ]);
  assert.equal(lex('up{job="a').at(-1)?.closed, false);
  assert.equal(lex('up{job="a"').at(-1)?.closed, true);
});

Deno.test("numbers: hexadecimal, exponents, and a duration beside them", () => {
  assert.deepEqual(types("0x1F 1e3 .5 1h30m 12"), [
    "number:0x1F",
    "number:1e3",
    "number:.5",
    "duration:1h30m",
    "number:12",
  ]);
});

Deno.test("whatever the input, the tokens cover it once and in order", () => {
  let seed = 7;
  const random = (/** @type {number} */ n) => (seed = (seed * 48271) % 2147483647) % n;
  const pieces = [
    "sum",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "`",
    "\\",
    " ",
    "\n",
    "5m",
    "=~",
    "é",
    "😀",
    "#",
    ",",
    "by",
    "@",
    "1e",
    "0x",
    "\u0000",
  ];
  for (let round = 0; round < 3000; round++) {
    let text = "";
    for (let i = random(20); i >= 0; i--) text += pieces[random(pieces.length)];
    const tokens = lex(text);
    assert.equal(tokens.map((t) => t.text).join(""), text);
    tokens.forEach((t, i) => assert.equal(t.start, tokens[i - 1]?.end ?? 0));
  }
});

Deno.test("brackets pair over what is between them", () => {
  const text = "sum(rate(x{a=')'}[5m]))";
  assert.deepEqual(pairedBrackets(lex(text), 4), [3, 22]);
  assert.deepEqual(pairedBrackets(lex(text), text.length), [22, 3]);
  assert.equal(pairedBrackets(lex("(x"), 1), null);
});
