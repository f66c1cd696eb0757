import assert from "node:assert/strict";
import { boundsText, bucketAxis, parseHistogram } from "../../../web/chart/buckets.js";
import { densityOf, shade, shadeColor } from "../../../web/chart/density.js";
import { boundUnit } from "../../../web/chart/units.js";
import { lex } from "../../../web/promql/lexer.js";

/** @typedef {import("../../../web/types/api.d.ts").NativeHistogram} NativeHistogram */

/** @type {NativeHistogram} */
const exponential = {
  count: "7",
  sum: "14",
  buckets: [[3, "-0.001", "0.001", "1"], [0, "0.5", "1", "4"], [0, "2", "4", "2"]],
};

Deno.test("a histogram's texts become numbers, with the average of its observations", () => {
  const histogram = parseHistogram(exponential);
  assert.deepEqual([histogram.count, histogram.sum, histogram.average], [7, 14, 2]);
  assert.deepEqual(histogram.buckets.map((bucket) => boundsText(bucket)), [
    "[−0.001, 0.001]",
    "(0.5, 1]",
    "(2, 4]",
  ]);
  assert.deepEqual(parseHistogram({ count: "0", sum: "0" }).buckets, []);
  assert.equal(
    boundsText({ lower: -Infinity, upper: 0.25, count: 1, brackets: "[)" }, "seconds"),
    "[-Inf, 250 ms)",
  );
});

Deno.test("exponential buckets of one schema have one width, and the zero bucket has one too", () => {
  const { buckets } = parseHistogram(exponential);
  const place = bucketAxis(buckets);
  assert.deepEqual(buckets.map(place), [[0, 1], [1, 2], [3, 4]]);
});

Deno.test("a zero bucket of the usual tiny threshold does not stretch the axis", () => {
  const { buckets } = parseHistogram({
    count: "2",
    sum: "1",
    buckets: [[3, "-2.938735877055719e-39", "2.938735877055719e-39", "1"], [0, "0.5", "1", "1"]],
  });
  assert.deepEqual(buckets.map(bucketAxis(buckets)), [[0, 1], [1, 2]]);
});

Deno.test("negative buckets lie below zero, and the zero bucket reaches to both sides", () => {
  const { buckets } = parseHistogram({
    count: "3",
    sum: "0",
    buckets: [[1, "-2", "-1", "1"], [3, "-0.1", "0.1", "1"], [0, "1", "2", "1"]],
  });
  assert.deepEqual(buckets.map(bucketAxis(buckets)), [[-2, -1], [-1, 1], [1, 2]]);
});

Deno.test("custom buckets without a bound reach one unit beyond the other", () => {
  const { buckets } = parseHistogram({
    count: "3",
    sum: "0",
    buckets: [[0, "-Inf", "1", "1"], [0, "1", "8", "1"], [0, "8", "+Inf", "1"]],
  });
  assert.deepEqual(buckets.map(bucketAxis(buckets)), [[0, 1], [1, 4], [4, 5]]);
});

/** @param {number} seconds @param {NativeHistogram["buckets"]} buckets */
const series = (seconds, buckets) => ({
  metric: {},
  histograms: /** @type {[number, NativeHistogram][]} */ ([[seconds, { count: "0", sum: "0", buckets }]]),
});

Deno.test("a grid of density sums the series and keeps every observation", () => {
  const density = densityOf(
    [
      series(10, [[0, "1", "2", "3"], [0, "2", "4", "5"]]),
      series(20, [[0, "1", "2", "4"]]),
      series(10, [[0, "1", "2", "1"]]),
    ],
    10_000,
    10_000,
    2,
  );
  assert.deepEqual(density.rows, [
    { low: 1, high: 2, lower: 1, upper: 2 },
    { low: 2, high: 3, lower: 2, upper: 4 },
  ]);
  assert.deepEqual([...density.populations], [4, 5, 4, 0]);
  assert.deepEqual([density.densest, density.total], [5, 13]);
});

Deno.test("a coarse bucket is spread over the finer rows it covers", () => {
  const density = densityOf(
    [series(0, [[0, "1", "4", "6"]]), series(0, [[0, "1", "2", "1"]])],
    0,
    1000,
    1,
  );
  assert.deepEqual(density.rows.map(({ lower, upper }) => [lower, upper]), [[1, 2], [2, 4]]);
  assert.deepEqual([...density.populations], [4, 3]);
});

Deno.test("a zero bucket and the one beside it keep their own bounds", () => {
  const { rows } = densityOf([series(0, [[3, "-1e-39", "1e-39", "1"], [0, "0.5", "1", "1"]])], 0, 1000, 1);
  assert.deepEqual(rows.map(({ lower, upper }) => [lower, upper]), [[-1e-39, 1e-39], [0.5, 1]]);
});

Deno.test("what no bucket covers has no row, and samples beyond the range are left out", () => {
  const density = densityOf(
    [series(0, [[0, "1", "2", "1"], [0, "8", "16", "1"]]), series(99, [[0, "100", "200", "9"]])],
    0,
    1000,
    2,
  );
  assert.deepEqual(density.rows.map(({ lower, upper }) => [lower, upper]), [[1, 2], [8, 16]]);
  assert.equal(density.total, 2);
});

Deno.test("many rows over many steps are merged until they can be drawn", () => {
  /** @type {NonNullable<NativeHistogram["buckets"]>} */
  const fine = Array.from(
    { length: 2000 },
    (_, i) => [0, String(2 ** (i / 256)), String(2 ** ((i + 1) / 256)), "1"],
  );
  const density = densityOf([series(0, fine)], 0, 1000, 2000);
  assert.ok(density.rows.length * 2000 <= 400_000, `${density.rows.length} rows`);
  assert.ok(Math.abs(density.total - 2000) < 1e-6);
});

Deno.test("shades grow with density and colours stay within the ramp", () => {
  const row = { low: 0, high: 2, lower: 1, upper: 4 };
  assert.equal(shade(0, row, 5), 0);
  assert.equal(shade(-1, row, 5), 0);
  assert.equal(shade(10, row, 5), 1);
  assert.equal(shade(2.5, row, 5), 0.5);
  assert.equal(shadeColor(0, false), "rgb(228, 237, 252)");
  assert.equal(shadeColor(1, false), shadeColor(7, false));
  assert.notEqual(shadeColor(1, false), shadeColor(1, true));
});

Deno.test("bounds have the unit of the metric, also below a rate", () => {
  assert.equal(boundUnit(lex("sum(rate(request_duration_seconds[5m]))")), "seconds");
  assert.equal(boundUnit(lex("response_size_bytes")), "bytes");
  assert.equal(boundUnit(lex("a_seconds / b_bytes")), "none");
  assert.equal(boundUnit(lex("1")), "none");
});
