import assert from "node:assert/strict";
import { defaultPanel } from "../../../web/app/urlstate.js";
import { exemplarAt, exemplarPoints } from "../../../web/chart/exemplars.js";
import { linearScale } from "../../../web/chart/scale.js";
import { limitOf } from "../../../web/pages/explore/advice.js";
import { panelRequest } from "../../../web/pages/explore/request.js";
import { statisticsTexts } from "../../../web/pages/explore/statistics.js";
import { limitText, memoryShare } from "../../../web/pages/status/queries/model.js";
import { loadInsightTexts } from "../../../web/app/i18n/i18n.js";

const panel = { ...defaultPanel(), expr: "up", rangeMs: 600_000 };
const options = { width: 800, now: 1_000_000, grid: null };

Deno.test("each tab asks for what it shows", () => {
  const times = { start: "400", end: "1000", step: "2" };
  assert.deepEqual(panelRequest(panel, options), {
    path: "query_range",
    params: { query: "up", ...times, stats: "all" },
    from: 400_000,
    end: 1_000_000,
    step: 2000,
  });
  /** @param {Partial<typeof panel>} change */
  const ask = (change) => {
    const { path, params } = panelRequest({ ...panel, ...change }, options);
    return { path, params };
  };
  assert.deepEqual(ask({ tab: "table" }), {
    path: "query",
    params: { query: "up", time: "1000", stats: "all" },
  });
  assert.deepEqual(ask({ tab: "json" }), { path: "query", params: { query: "up", time: "1000" } });
  assert.deepEqual(ask({ tab: "explain" }), { path: "explain", params: { query: "up", ...times } });
  assert.deepEqual(ask({ tab: "explain", explain: "instant" }), {
    path: "explain",
    params: { query: "up", time: "1000" },
  });
});

Deno.test("a refresh keeps the grid of the run before it", () => {
  const { end } = panelRequest(panel, { ...options, now: 1_003_500, grid: { end: 1_000_000, step: 2000 } });
  assert.equal(end, 1_002_000);
});

Deno.test("statistics say what the server gives and nothing else", () => {
  assert.deepEqual(statisticsTexts(undefined), []);
  assert.deepEqual(
    statisticsTexts({
      timings: { evalTotalTime: 9, execTotalTime: 0.0123 },
      samples: { totalQueryableSamples: 28800, peakSamples: 7 },
      memory: { peakBytes: 2097152 },
    }),
    ["28.8k samples read", "12.3 ms on the server", "at most 2 MiB"],
  );
  assert.deepEqual(statisticsTexts({ samples: { samplesRead: 5, totalQueryableSamples: 9 } }), [
    "5 samples read",
  ]);
});

Deno.test("errors of limits are told from others", () => {
  /** @type {[string, string, number, ReturnType<typeof limitOf>][]} */
  const cases = [
    [
      "execution",
      "query processing would load too many samples into memory in query execution",
      422,
      "samples",
    ],
    ["execution", "query would use too much memory: rate wants 2 GiB … (--query.max-memory)", 422, "memory"],
    [
      "execution",
      "query would use too much memory: … (--query.max-total-memory). Try again when",
      422,
      "busy",
    ],
    ["timeout", "query timed out in expression evaluation", 503, "timeout"],
    ["canceled", "query was killed by request in expression evaluation", 499, "killed"],
    ["unavailable", "too many queries: 20 are running and 100 are waiting; try again", 503, "busy"],
    ["canceled", "query was canceled in query execution", 503, null],
    ["bad_data", "1:3: parse error: unexpected memory", 400, null],
    ["execution", "many-to-many matching not allowed", 422, null],
  ];
  for (const [kind, message, status, limit] of cases) {
    assert.equal(limitOf({ kind, message, status }), limit, message);
  }
});

/** @type {import("../../../web/types/api.d.ts").ExemplarSeries[]} */
const answer = [
  {
    seriesLabels: { __name__: "x_bucket", le: "1" },
    exemplars: [
      { labels: { trace_id: "b" }, value: "0.5", timestamp: 20 },
      { labels: { trace_id: "a" }, value: "0.25", timestamp: 10.5 },
      { labels: { trace_id: "late" }, value: "1", timestamp: 99 },
      { labels: {}, value: "NaN", timestamp: 20 },
    ],
  },
];

Deno.test("exemplars in the range become points in the order of time", () => {
  const points = exemplarPoints(answer, 10_000, 20_000);
  assert.deepEqual(points.map(({ time, value, labels }) => [time, value, labels["trace_id"]]), [
    [10_500, 0.25, "a"],
    [20_000, 0.5, "b"],
  ]);
  assert.equal(points[0]?.series, 'x_bucket{le="1"}');
  assert.equal(
    exemplarPoints([{ seriesLabels: {}, exemplars: Array(3000).fill(answer[0]?.exemplars[0]) }], 0, 1e6)
      .length,
    1000,
  );
});

Deno.test("the pointer finds the nearest exemplar within reach, also one beyond the axis at its edge", () => {
  const points = exemplarPoints(answer, 0, 30_000);
  const frame = {
    x: linearScale(0, 20_000, 0, 200),
    y: linearScale(0, 0.4, 100, 0),
    top: 0,
    bottom: 100,
    ink: { strong: "", surface: "", mark: "" },
  };
  assert.equal(exemplarAt(points, 108, 40, frame)?.labels["trace_id"], "a");
  assert.equal(exemplarAt(points, 197, 3, frame)?.labels["trace_id"], "b");
  assert.equal(exemplarAt(points, 150, 50, frame), null);
});

Deno.test("limits have names and units; none is said as such", async () => {
  await loadInsightTexts();
  assert.deepEqual(limitText("maxTotalMemoryBytes", 2 ** 30), { name: "Max total memory", text: "1 GiB" });
  assert.deepEqual(limitText("timeoutSeconds", 120), { name: "Timeout", text: "2 min" });
  assert.deepEqual(limitText("concurrency", 20), { name: "Concurrency", text: "20" });
  assert.equal(limitText("maxSamples", 0).text, "none");
  assert.deepEqual([memoryShare(1, 4), memoryShare(9, 4), memoryShare(1, 0)], [25, 100, 0]);
});
