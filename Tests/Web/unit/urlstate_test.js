import assert from "node:assert/strict";
import { defaultPanel, readExplore, writeExplore } from "../../../web/app/urlstate.js";

Deno.test("a link of Prometheus 3 opens with its query, tab, time, resolution and mode", () => {
  const { panels } = readExplore(
    "?g0.expr=rate(x%5B5m%5D)&g0.show_tree=1&g0.tab=graph&g0.end_input=2026-11-22%2018%3A00%3A00&g0.moment_input=2026-11-22%2018%3A00%3A00" +
      "&g0.range_input=2h&g0.res_type=auto&g0.res_density=high&g0.display_mode=stacked&g0.show_exemplars=1&g0.y_axis_min=0&g1.expr=up&g1.tab=table&g1.res_type=fixed&g1.res_step=30",
  );
  assert.deepEqual(panels[0], {
    expr: "rate(x[5m])",
    tab: "graph",
    rangeMs: 72e5,
    endMs: Date.UTC(2026, 10, 22, 18),
    resolution: { type: "auto", density: "high" },
    stacked: true,
    exemplars: true,
    explain: "range",
    kept: [["show_tree", "1"], ["y_axis_min", "0"]],
  });
  assert.equal(panels[1]?.tab, "table");
  assert.deepEqual(panels[1]?.resolution, { type: "fixed", stepMs: 3e4 });
  assert.equal(panels.length, 2);
});

Deno.test("a link of Prometheus 2 opens too", () => {
  const [panel] = readExplore("?g0.expr=up&g0.tab=0&g0.stacked=1&g0.range_input=30m&g0.step_input=60").panels;
  assert.deepEqual([panel?.tab, panel?.stacked, panel?.rangeMs, panel?.resolution], ["graph", true, 18e5, {
    type: "custom",
    stepMs: 6e4,
  }]);
  assert.equal(readExplore("?g0.expr=up&g0.tab=1").panels[0]?.tab, "table");
});

Deno.test("wrong values fall back to the defaults", () => {
  const state = readExplore(
    "?g0.expr=up&g0.tab=9&g0.range_input=x&g0.end_input=y&g0.res_type=fixed&g0.res_step=-1&refresh=never",
  );
  assert.deepEqual(state, { panels: [{ ...defaultPanel(), expr: "up" }], refreshMs: 0 });
  assert.equal(readExplore("?g0.expr=up&g0.range_input=99999y").panels[0]?.rangeMs, 100 * 31536e6);
  assert.deepEqual(readExplore("").panels, [defaultPanel()]);
  assert.equal(
    readExplore("?" + Array.from({ length: 500 }, (_, i) => `g${i}.expr=up`).join("&")).panels.length,
    50,
  );
});

Deno.test("an untouched page has an empty address", () => {
  assert.equal(writeExplore({ panels: [defaultPanel()], refreshMs: 0 }), "");
});

Deno.test("what is written is read back the same", () => {
  const state = {
    refreshMs: 3e4,
    panels: [
      {
        ...defaultPanel(),
        expr: 'sum(rate(x{a="b&c=d #"}[5m]))\n+ 1',
        endMs: 1763834400123,
        rangeMs: 5400123,
      },
      {
        ...defaultPanel(),
        expr: "",
        tab: /** @type {const} */ ("json"),
        resolution: { type: /** @type {const} */ ("custom"), stepMs: 1500 },
      },
      {
        ...defaultPanel(),
        expr: "온도",
        stacked: true,
        exemplars: true,
        tab: /** @type {const} */ ("explain"),
        explain: /** @type {const} */ ("instant"),
        kept: /** @type {[string, string][]} */ ([["y_axis_min", "0"]]),
      },
    ],
  };
  assert.deepEqual(readExplore("?" + writeExplore(state)), state);
});
