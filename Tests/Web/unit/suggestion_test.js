import assert from "node:assert/strict";
import { withSuggestion } from "../../../web/pages/explore/explain/suggestion.js";

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
    [
      'x{env="a", jbo="a"}',
      'x{env="a", jbo="a"}',
      "labelNotPresent",
      "job",
      'x{env="a", job="a"}',
      'no series of "x" has the label "jbo"; its labels are "env", "job"',
    ],
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

Deno.test("a suggested matcher replaces the one that selects nothing", () => {
  const query = 'sum(x{job="a", env = \'prd\'}) / y{env="prd"}';
  const part = "x{job=\"a\", env = 'prd'}";
  /** @param {string} kind @param {string} text @param {string} suggestion */
  const fixed = (kind, text, suggestion) =>
    withSuggestion(query, reason(query, part, kind, text), suggestion);
  const none = 'no series of "x" has env="prd"; its only value of "env" is "prod"';
  assert.equal(
    fixed("labelValueNotPresent", none, 'env="prod"'),
    'sum(x{job="a", env="prod"}) / y{env="prd"}',
  );
  // The value is there, with another label.
  assert.equal(
    fixed("labelValueNotPresent", none, 'job="prd"'),
    'sum(x{job="a", job="prd"}) / y{env="prd"}',
  );
  assert.equal(
    fixed(
      "combinationNotPresent",
      'job="a" and env="prd" each select series of "x", but none has both',
      'env="q"',
    ),
    'sum(x{job="a", env="q"}) / y{env="prd"}',
  );
  assert.equal(
    withSuggestion(
      'x{env=~"p.*"}',
      reason('x{env=~"p.*"}', 'x{env=~"p.*"}', "labelValueNotPresent", "no"),
      'env="q"',
    ),
    'x{env="q"}',
  );
});

Deno.test("a suggested call replaces the call around the place", () => {
  const query = "max(rate(rate(x[5m])[1s:]) + rate(x[1s]))";
  assert.equal(
    withSuggestion(query, reason(query, "x[1s]", "rangeTooShort"), "rate(x[1m])"),
    "max(rate(rate(x[5m])[1s:]) + rate(x[1m]))",
  );
});

Deno.test("a suggested call replaces the call that the place is, not one around it", () => {
  const query = "max(rate(rate(x[1s])[5m:]))";
  assert.equal(
    withSuggestion(query, reason(query, "rate(x[1s])", "rangeTooShort"), "rate(x[1m])"),
    "max(rate(rate(x[1m])[5m:]))",
  );
});

Deno.test("an operator keeps the spaces around it, and a selector becomes another expression", () => {
  const query = "a  /  b";
  assert.equal(
    withSuggestion(query, reason(query, "  /  ", "noMatchingPartners"), "/ on (job)"),
    "a  / on (job)  b",
  );
  assert.equal(
    withSuggestion(
      'f{a="b"} > 1',
      reason('f{a="b"} > 1', 'f{a="b"}', "noSamplesInRange"),
      'last_over_time(f{a="b"}[1d])',
    ),
    'last_over_time(f{a="b"}[1d]) > 1',
  );
});

Deno.test("a suggestion for a place without a name replaces the whole place", () => {
  assert.equal(
    withSuggestion("rate(x[1s])", reason("rate(x[1s])", "[1s]", "rangeTooShort"), "[5m]"),
    "rate(x[5m])",
  );
});
