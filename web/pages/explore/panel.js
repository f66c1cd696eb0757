/** One query of the Explore page: editor, time, tabs, result. It owns its state and its running request. */
import { fill, h, setFlag, setText } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { createTabs } from "../../ui/tabs.js";
import { createTimeRange, zoomedOut } from "../../ui/timerange.js";
import { t } from "../../app/i18n/i18n.js";
import { ApiError, ask, isAbort, serverNow } from "../../app/api.js";
import { rememberQuery, zone } from "../../app/settings.js";
import { formatDuration, stepFor } from "../../app/time.js";
import { MAX_RANGE_MS } from "../../app/urlstate.js";
import { createEditor } from "../../promql/editor.js";
import { errorPosition } from "../../promql/context.js";
import { createGraphView } from "./graph.js";
import { emptyExpression, emptyResult } from "./empty.js";
import { createResolution } from "./resolution.js";
import { jsonView, tableView } from "./table.js";

/** @typedef {import("../../types/api.d.ts").PanelState} PanelState */
/** @typedef {import("../../types/api.d.ts").QueryData} QueryData */
/** @typedef {import("../../types/api.d.ts").Answer<QueryData>} QueryAnswer */

/** A request shorter than this shows no progress, so that quick answers do not flicker. */
const PATIENCE_MS = 150;

/**
 * @param {{state: PanelState, catalogue: import("../../promql/catalogue.js").Catalogue, onChange: () => void,
 *   onDuplicate: () => void, onRemove: () => void}} options
 */
export function createQueryPanel({ state, catalogue, onChange, onDuplicate, onRemove }) {
  /** @type {AbortController | null} */
  let running = null;
  /** Time ranges before each zoom, for the way back. @type {{rangeMs: number, endMs: number | null}[]} */
  let zooms = [];
  let failed = false;
  /** @type {import("../../ui/vtable.js").TableMemory} */
  let tableMemory = {};
  /** End and step of the last request. */
  let grid = { end: 0, step: 1 };

  const editor = createEditor({ value: state.expr, catalogue, onRun: submit, label: t("editor.label") });
  const runButton = h("button", {
    class: "button primary run",
    type: "button",
    data: { test: "run" },
    on: {
      click: () => (running ? cancel() : submit()),
    },
  });
  const timeRange = createTimeRange({ value: state, onChange: (next) => (zooms = [], setTime(next)) });
  const resolution = createResolution(state.resolution, (next) => {
    state.resolution = next;
    changed();
  });
  const stacked = h("button", {
    class: "button toggle",
    type: "button",
    data: { test: "stacked" },
    on: {
      click: () => {
        state.stacked = !state.stacked;
        setFlag(stacked, "aria-pressed", state.stacked);
        changed();
      },
    },
  }, t("graph.stacked"));
  const notices = h("div", { class: "notices", role: "status" });
  const body = h("div", { class: "result" });
  const footer = h("div", { class: "panel-foot" });
  const tabs = createTabs({
    label: t("tabs.label"),
    tabs: /** @type {const} */ ([["graph", t("tabs.graph")], ["table", t("tabs.table")], ["json", "JSON"]]),
    selected: state.tab,
    panel: body,
    onSelect: (tab) => {
      state.tab = tab;
      changed();
    },
  });
  const graph = createGraphView({
    onZoom: (from, to) => {
      zooms.push({ rangeMs: state.rangeMs, endMs: state.endMs });
      setTime({ rangeMs: to - from, endMs: to });
    },
    onZoomOut: () => setTime(zooms.pop() ?? zoomedOut(state)),
  });
  const title = h("h2", { class: "visually-hidden" });
  /** @param {import("../../ui/icons.js").IconName} name @param {import("../../app/i18n/i18n.js").TextKey} key @param {() => void} click */
  const tool = (name, key, click) =>
    h("button", {
      class: "icon-button",
      type: "button",
      title: t(key),
      "aria-label": t(key),
      data: { test: key },
      on: { click },
    }, icon(name));
  const graphTools = h("div", { class: "row" }, resolution.element, stacked);
  const element = h(
    "section",
    { class: "card panel" },
    title,
    h(
      "div",
      { class: "panel-query" },
      editor.element,
      runButton,
      tool("copy", "explore.duplicate", onDuplicate),
      tool("trash", "explore.remove", onRemove),
    ),
    h(
      "div",
      { class: "panel-bar" },
      tabs.element,
      h("div", { class: "panel-tools" }, graphTools, timeRange.element),
    ),
    notices,
    body,
    footer,
  );

  /** @param {{rangeMs: number, endMs: number | null}} next */
  function setTime({ rangeMs, endMs }) {
    state.rangeMs = Math.min(Math.max(10, rangeMs), MAX_RANGE_MS);
    state.endMs = endMs;
    timeRange.set(state);
    changed();
  }

  function submit() {
    const expr = editor.value.trim() === "" ? "" : editor.value;
    if (expr !== state.expr) tableMemory = {};
    state.expr = expr;
    rememberQuery(state.expr);
    changed();
  }

  function changed() {
    onChange();
    run();
  }

  // MARK: running

  function cancel() {
    running?.abort();
    running = null;
    setRunning(false);
  }

  /** @param {boolean} on */
  function setRunning(on) {
    fill(runButton, icon(on ? "stop" : "play"), h("span", null, t(on ? "explore.cancel" : "explore.run")));
    element.classList.toggle("busy", on);
  }

  /** @param {{quiet?: boolean}} [options] quiet: keep what is shown until the answer is here, and after a failure */
  async function run({ quiet = false } = {}) {
    cancel();
    showTools();
    if (state.expr === "") return showEmpty();
    const controller = new AbortController();
    running = controller;
    const timer = setTimeout(() => setRunning(true), PATIENCE_MS);
    try {
      const request = makeRequest(quiet);
      const answer = /** @type {QueryAnswer} */ (await ask(request.path, request.params, controller.signal));
      if (running !== controller) return;
      failed = false;
      editor.mark(null);
      showAnswer(answer, request);
    } catch (error) {
      if (isAbort(error) || running !== controller) return;
      if (!(error instanceof ApiError)) throw error;
      showError(error, quiet);
    } finally {
      clearTimeout(timer);
      if (running === controller) {
        running = null;
        setRunning(false);
      }
    }
  }

  /**
   * What to ask for the present state; the times are fixed here, so that the picture fits the answer. The last point is
   * the end itself; a refresh keeps the grid of the run before it, so that the curve moves without trembling.
   * @param {boolean} keepGrid
   */
  function makeRequest(keepGrid) {
    const step = stepFor(state.resolution, state.rangeMs, graph.plotWidth);
    let end = state.endMs ?? serverNow();
    if (keepGrid && step === grid.step) end -= (end - grid.end) % step;
    grid = { end, step };
    const from = end - Math.floor(state.rangeMs / step) * step;
    const seconds = (/** @type {number} */ ms) => String(ms / 1e3);
    return state.tab === "graph"
      ? {
        path: "query_range",
        params: { query: state.expr, start: seconds(from), end: seconds(end), step: seconds(step) },
        from,
        end,
        step,
      }
      : { path: "query", params: { query: state.expr, time: seconds(end) }, from, end, step };
  }

  // MARK: showing

  function showTools() {
    graphTools.hidden = state.tab !== "graph";
    timeRange.setMoment(state.tab !== "graph");
  }

  function showEmpty() {
    fill(notices);
    fill(footer);
    editor.mark(null);
    fill(
      body,
      emptyExpression((expr) => {
        editor.value = expr;
        submit();
        editor.focus();
      }),
    );
  }

  /** @param {QueryAnswer} answer @param {ReturnType<typeof makeRequest>} request */
  function showAnswer({ data, warnings, infos, elapsed, size }, request) {
    fill(notices, warnings.map((text) => notice("warning", text)), infos.map((text) => notice("info", text)));
    const count = data.resultType === "vector" || data.resultType === "matrix" ? data.result.length : 1;
    if (count === 0 && state.tab !== "json") {
      fill(
        body,
        emptyResult(state, catalogue, (next) => {
          if (next.expr !== undefined) editor.value = state.expr = next.expr;
          if (next.time) setTime(next.time);
          else changed();
        }),
      );
    } else if (state.tab === "graph" && data.resultType === "matrix") {
      if (graph.element.parentElement !== body) fill(body, graph.element);
      const dropped = graph.show(data.result, { ...request, expr: state.expr, stacked: state.stacked });
      if (dropped) notices.append(notice("info", dropped));
    } else if (state.tab === "table") {
      const focused = body.contains(document.activeElement);
      const table = tableView(data, zone.value === "utc", tableMemory);
      fill(body, table.element);
      table.restore();
      if (focused) table.element.focus();
    } else fill(body, jsonView(data));
    const parts = [
      t("foot.series", { n: count }),
      state.tab === "graph" && t("foot.step", { step: formatDuration(request.step) }),
      `${Math.round(elapsed)} ms`,
      size > 1e5 && `${(size / 1048576).toFixed(1)} MiB`,
    ];
    fill(footer, parts.filter(Boolean).map((text) => h("span", null, String(text))));
  }

  /** @param {ApiError} error @param {boolean} quiet */
  function showError(error, quiet) {
    failed = true;
    const at = error.kind === "bad_data" ? errorPosition(error.message, state.expr) : null;
    if (editor.value === state.expr) editor.mark(at);
    fill(notices, notice("error", error.message, t(errorTitle(error.kind))));
    if (quiet) return;
    fill(body);
    fill(footer);
  }

  function redescribe() {
    timeRange.describe();
    if (state.expr !== "" && !failed) run();
  }
  const unsubscribe = zone.subscribe(redescribe);

  setRunning(false);
  setFlag(stacked, "aria-pressed", state.stacked);
  showTools();
  return {
    element,
    editor,
    get state() {
      return state;
    },
    run,
    /** Runs again where the end is "now". */
    refresh() {
      if (state.endMs === null && state.expr !== "" && !running) run({ quiet: true });
    },
    /** Takes over a state from the address and runs where it differs. @param {PanelState} next */
    show(next) {
      const same = JSON.stringify(next) === JSON.stringify(state);
      state = next;
      if (same) return;
      editor.value = state.expr;
      timeRange.set(state);
      resolution.set(state.resolution);
      setFlag(stacked, "aria-pressed", state.stacked);
      tabs.set(state.tab);
      zooms = [];
      run();
    },
    /** @param {number} number @param {number} count */
    setNumber(number, count) {
      setText(title, count > 1 ? t("explore.queryN", { n: number }) : t("explore.query"));
    },
    destroy() {
      running?.abort();
      running = null;
      unsubscribe();
      editor.destroy();
      graph.destroy();
    },
  };
}

/** @param {string} kind @returns {import("../../app/i18n/i18n.js").TextKey} */
function errorTitle(kind) {
  if (kind === "bad_data") return "error.bad_data";
  if (kind === "timeout") return "error.timeout";
  return kind === "execution" ? "error.execution" : "error.title";
}

/** @param {"error" | "warning" | "info"} level @param {string} text @param {string} [title] */
function notice(level, text, title) {
  return h(
    "div",
    { class: `notice ${level}` },
    icon(level === "info" ? "info" : "warning"),
    h("div", null, title && h("strong", null, title), h("p", null, text)),
  );
}
