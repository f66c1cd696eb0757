import assert from "node:assert/strict";
import {
  formatDuration,
  formatTime,
  MAX_POINTS,
  parseDuration,
  parseTime,
  stepFor,
} from "../../../web/app/time.js";

Deno.test("durations are read as the query language writes them", () => {
  const cases = {
    "5m": 3e5,
    "1h30m": 54e5,
    "90": 9e4,
    "1.5": 1500,
    "250ms": 250,
    "1d12h": 1296e5,
    "2w": 12096e5,
    "1y": 31536e6,
    " 10s ": 1e4,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
  for (
    const text of [
      "",
      "0",
      "0s",
      "m",
      "5",
      "-5m",
      "5 m",
      "1m1h",
      "1h1h",
      "5x",
      "1e3",
      "99999999999999999999999y1s".repeat(20),
    ].filter((t) => t !== "5")
  ) {
    assert.equal(parseDuration(text), null, text);
  }
});

Deno.test("a duration's text comes back as the same duration", () => {
  for (
    const [ms, text] of /** @type {const} */ ([
      [54e5, "1h30m"],
      [1500, "1s500ms"],
      [864e5, "1d"],
      [6048e5, "1w"],
      [31536e6, "1y"],
      [7776e6, "90d"],
      [0, "0s"],
    ])
  ) {
    assert.equal(formatDuration(ms), text);
  }
  let seed = 11;
  for (let i = 0; i < 2000; i++) {
    seed = (seed * 48271) % 2147483647;
    const ms = 1 + seed * (i % 7);
    assert.equal(parseDuration(formatDuration(ms)), ms, formatDuration(ms));
  }
});

Deno.test("points in time are read in every form that people paste", () => {
  const now = Date.UTC(2026, 10, 22, 20, 0, 0);
  const read = (/** @type {string} */ text) => parseTime(text, { utc: true, now });
  assert.equal(read(""), "now");
  assert.equal(read("now"), "now");
  assert.equal(read("now-6h"), now - 216e5);
  assert.equal(read("now + 90"), now + 9e4);
  const time = Date.UTC(2026, 10, 22, 18, 30, 0);
  for (
    const text of [
      "2026-11-22 18:30",
      "2026-11-22 18:30:00",
      "2026-11-22T18:30:00Z",
      "2026-11-23T03:30:00+09:00",
      String(time / 1e3),
      String(time),
    ]
  ) {
    assert.equal(read(text), time, text);
  }
  assert.equal(read("2026-11-22"), Date.UTC(2026, 10, 22));
  for (const text of ["yesterday", "2026-13-45", "12", "now-", "now-x"]) assert.equal(read(text), null, text);
});

Deno.test("times are written in UTC with milliseconds only where there are any", () => {
  assert.equal(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5), true), "2026-01-02 03:04:05");
  assert.equal(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 60), true), "2026-01-02 03:04:05.060");
  assert.equal(formatTime(NaN, true), "–");
  assert.equal(formatTime(9.3e15, true), "–");
});

Deno.test("steps are calm numbers, fine enough, and never ask for more points than the server gives", () => {
  const medium = /** @type {const} */ ({ type: "auto", density: "medium" });
  assert.equal(stepFor(medium, 36e5, 1200), 15e3);
  assert.equal(stepFor(medium, 864e5, 1200), 3e5);
  assert.equal(stepFor(medium, 3e5, 1200), 1e3);
  assert.ok(
    stepFor({ type: "auto", density: "high" }, 36e5, 300) >
      stepFor({ type: "auto", density: "high" }, 36e5, 1600),
  );
  assert.equal(stepFor({ type: "fixed", stepMs: 5e3 }, 36e5, 1200), 5e3);
  for (const range of [10, 1e3, 36e5, 31536e6, 3e12]) {
    for (const resolution of [medium, /** @type {const} */ ({ type: "fixed", stepMs: 1 })]) {
      const step = stepFor(resolution, range, 1200);
      assert.ok(step >= 1 && range / step <= MAX_POINTS, `${range} ${step}`);
    }
  }
});
