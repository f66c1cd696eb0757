import assert from "node:assert/strict";
import { decimate } from "../../../web/chart/decimate.js";
import { columnsOf, parseValue, stack, summary } from "../../../web/chart/matrix.js";
import { PALETTE } from "../../../web/chart/palette.js";
import { extent, linearScale, valueRange } from "../../../web/chart/scale.js";
import { timeTicks, timeTickText, valueTicks } from "../../../web/chart/ticks.js";
import { formatValue, guessUnit } from "../../../web/chart/units.js";
import { lex } from "../../../web/promql/lexer.js";

Deno.test("value ticks are round and inside the range", () => {
  assert.deepEqual(valueTicks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(valueTicks(-0.3, 0.3, 4), [-0.2, 0, 0.2]);
  assert.deepEqual(valueTicks(0, 1000, 4, true), [0, 256, 512, 768]);
  assert.deepEqual(valueTicks(5, 5, 4), [5]);
  assert.deepEqual(valueTicks(0, Infinity, 4), [0]);
  for (let power = -12; power < 300; power += 7) {
    const ticks = valueTicks(0, 10 ** power, 6);
    assert.ok(ticks.length >= 2 && ticks.length <= 12, `1e${power}: ${ticks.length}`);
  }
});

Deno.test("time ticks stand on whole steps of the clock", () => {
  const from = Date.UTC(2026, 10, 22, 17, 3, 20);
  const { times, step } = timeTicks(from, from + 36e5, 8, true);
  assert.equal(step, 6e5);
  assert.equal(times[0], Date.UTC(2026, 10, 22, 17, 10));
  assert.equal(times.length, 6);
  assert.equal(timeTickText(/** @type {number} */ (times[0]), step, true), "17:10");
  assert.equal(timeTickText(Date.UTC(2026, 10, 23), 36e5, true), "11-23");
  assert.equal(timeTickText(Date.UTC(2026, 10, 23, 1, 2, 3), 1e3, true), "01:02:03");
  assert.deepEqual(timeTicks(-1e17, 1e17, 8, false).times, []);
  for (const span of [5, 1e3, 6e4, 864e5, 31536e6, 1e12]) {
    const ticks = timeTicks(from, from + span, 8, false);
    assert.ok(ticks.times.length <= 9, `${span}: ${ticks.times.length}`);
    assert.ok(ticks.times.every((t) => t >= from && t <= from + span));
  }
});

Deno.test("a scale maps there and back, and an empty domain does not divide by zero", () => {
  const scale = linearScale(10, 20, 100, 0);
  assert.equal(scale.to(15), 50);
  assert.equal(scale.from(50), 15);
  assert.equal(linearScale(5, 5, 0, 100).to(5), 0);
});

Deno.test("the extent leaves out gaps and infinities", () => {
  assert.deepEqual(extent([Float64Array.of(NaN, 3, -Infinity), Float64Array.of(Infinity, -2)]), [-2, 3]);
  assert.equal(extent([Float64Array.of(NaN)]), null);
  assert.deepEqual(valueRange(0, 0), [0, 1]);
  const [low, high] = valueRange(100, 101);
  assert.ok(low > 90 && low < 100 && high > 101);
  assert.equal(valueRange(1, 100)[0], 0);
  assert.ok(valueRange(-1.7e308, 1.7e308).every(Number.isFinite));
});

Deno.test("decimation keeps every spike and every gap", () => {
  const n = 20000;
  const values = new Float64Array(n).fill(1);
  values[7777] = 1000;
  values[12345] = -1000;
  values.fill(NaN, 15000, 15500);
  const x = (/** @type {number} */ i) => (i / n) * 800;
  const { xs, ys } = decimate(values, 0, n, x, (v) => v);
  assert.ok(xs.length <= 800 * 5, String(xs.length));
  assert.equal(Math.max(...ys.filter(Number.isFinite)), 1000);
  assert.equal(Math.min(...ys.filter(Number.isFinite)), -1000);
  for (let i = 0; i < xs.length; i++) {
    const px = /** @type {number} */ (xs[i]);
    if (px > x(15000) + 1 && px < x(15500) - 1) assert.ok(Number.isNaN(ys[i]), String(px));
  }
  assert.ok(xs.every((v, i) => i === 0 || v >= /** @type {number} */ (xs[i - 1])));
});

Deno.test("few points are drawn one by one", () => {
  const { xs, ys } = decimate(Float64Array.of(1, NaN, 3, Infinity), 0, 4, (i) => i * 10, (v) => -v);
  assert.deepEqual([...xs], [0, 10, 20, 30]);
  assert.deepEqual([...ys], [-1, NaN, -3, NaN]);
  assert.equal(decimate(new Float64Array(0), 0, 0, (i) => i, (v) => v).xs.length, 0);
});

Deno.test("an answer becomes columns with gaps where steps are missing", () => {
  const columns = columnsOf(
    [{ metric: {}, values: [[10, "1"], [10.5, "+Inf"], [12, "NaN"], [99, "5"]] }, { metric: {} }],
    10e3,
    500,
    5,
  );
  assert.deepEqual([...columns[0] ?? []], [1, Infinity, NaN, NaN, NaN]);
  assert.ok([...columns[1] ?? []].every(Number.isNaN));
  assert.equal(parseValue("-Inf"), -Infinity);
  assert.equal(parseValue("1e-7"), 1e-7);
});

Deno.test("a series' figures leave its gaps out", () => {
  assert.deepEqual(summary(Float64Array.of(NaN, 1, 5, 3, NaN)), { last: 3, min: 1, max: 5, mean: 3 });
  assert.ok(Number.isNaN(summary(Float64Array.of(NaN)).mean));
});

Deno.test("stacked columns stand on the visible ones below", () => {
  const columns = [Float64Array.of(1, NaN, 3), Float64Array.of(10, 10, 10), Float64Array.of(100, 100, NaN)];
  const tops = stack(columns, (i) => i !== 1);
  assert.deepEqual([...tops[0] ?? []], [1, NaN, 3]);
  assert.deepEqual([...tops[2] ?? []], [101, 100, NaN]);
});

Deno.test("numbers are short and keep their sign and kind", () => {
  /** @type {[number, import("../../../web/chart/units.js").Unit, string][]} */
  const cases = [
    [0, "none", "0"],
    [1234.5678, "none", "1235"],
    [12345678, "none", "12.35M"],
    [-0.00042, "none", "−420µ"],
    [1e25, "none", "1.00e+25"],
    [NaN, "none", "NaN"],
    [-Infinity, "bytes", "-Inf"],
    [1536, "bytes", "1.5 KiB"],
    [-3, "bytes", "−3 B"],
    [2 ** 30, "bytes/s", "1 GiB/s"],
    [0.0421, "seconds", "42.1 ms"],
    [90, "seconds", "90 s"],
    [7200, "seconds", "2 h"],
    [0.256, "ratio", "25.6 %"],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatValue(value, unit), text);
});

Deno.test("a unit is guessed only where the name and the functions leave no doubt", () => {
  const cases = {
    process_resident_memory_bytes: "bytes",
    'sum by (job) (x_bytes{a!="b"})': "bytes",
    "rate(network_receive_bytes_total[5m])": "bytes/s",
    "increase(network_receive_bytes_total[5m])": "bytes",
    "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))": "seconds",
    "rate(process_cpu_seconds_total[5m])": "none",
    process_start_time_seconds: "none",
    "a_bytes / b_bytes": "none",
    "a_bytes * 8": "none",
    "count(a_bytes)": "none",
    "count_over_time(a_bytes[5m])": "none",
    latency_seconds_count: "none",
    up: "none",
  };
  for (const [expr, unit] of Object.entries(cases)) assert.equal(guessUnit(lex(expr)), unit, expr);
});

Deno.test("every series colour has at least 3:1 contrast to the chart's surface", () => {
  /** @param {string} hex */
  const luminance = (hex) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  };
  /** @param {string} a @param {string} b */
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  for (const [light, dark] of PALETTE) {
    assert.ok(contrast(light, "#ffffff") >= 3, light);
    assert.ok(contrast(dark, "#161a20") >= 3, dark);
  }
});
