/** One query of the Explore page: editor, time, tabs, result. It owns its state and its running request. */
import { fill, h, setText } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { createTabs } from "../../ui/tabs.js";
import { zoomedOut } from "../../ui/timerange.js";
import { t } from "../../app/i18n/i18n.js";
import { ApiError, ask, isAbort, serverNow } from "../../app/api.js";
import { loadInsight } from "../../app/insight.js";
import { rememberQuery, zone } from "../../app/settings.js";
import { formatDuration } from "../../app/time.js";
import { MAX_RANGE_MS } from "../../app/urlstate.js";
import { createEditor } from "../../promql/editor.js";
import { errorPosition } from "../../promql/context.js";
import { createGraphView } from "./graph.js";
import { emptyExpression } from "./empty.js";
import { errorNotice, notice } from "./notices.js";
import { loadAnnotations, loadParts } from "./parts.js";
import { panelRequest } from "./request.js";
import { statisticsTexts } from "./statistics.js";
import { jsonView, tableView } from "./table.js";
import { createTools } from "./tools.js";

/** @typedef {import("../../types/api.d.ts").PanelState} PanelState */
/** @typedef {import("../../types/api.d.ts").QueryData} QueryData */
/** @typedef {import("../../types/api.d.ts").ExplainData} ExplainData */
/** @typedef {import("../../types/api.d.ts").Answer<QueryData>} QueryAnswer */
/** @typedef {import("./request.js").PanelRequest} PanelRequest */

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
  /** The request of the last run: its end and step are the grid that a refresh keeps. @type {PanelRequest | null} */
  let asked = null;

  const editor = createEditor({ value: state.expr, catalogue, onRun: submit, label: t("editor.label") });
  const runButton = h("button", {
    class: "button primary run",
    type: "button",
    data: { test: "run" },
    on: {
      click: () => (running ? cancel() : submit()),
    },
  });
  const tools = createTools({
    state: () => state,
    onChange: changed,
    onTime: (next) => (zooms = [], setTime(next)),
  });
  const notices = h("div", { class: "notices", role: "status" });
  const body = h("div", { class: "result" });
  const footer = h("div", { class: "panel-foot" });
  const tabs = createTabs({
    label: t("tabs.label"),
    tabs: /** @type {const} */ ([
      ["graph", t("tabs.graph")],
      ["table", t("tabs.table")],
      ["explain", t("tabs.explain")],
      ["json", "JSON"],
    ]),
    selected: state.tab,
    panel: body,
    onSelect: (tab) => {
      // What was looked at is what is explained.
      if (tab === "explain") state.explain = state.tab === "graph" ? "range" : "instant";
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
  const element = h(
    "section",
    { class: "card panel" },
    title,
    h(
      "div",
      { class: "panel-query" },
      editor.element,
      runButton,
      tool("format", "explore.format", format),
      tool("copy", "explore.duplicate", onDuplicate),
      tool("trash", "explore.remove", onRemove),
    ),
    h("div", { class: "panel-bar" }, tabs.element, tools.element),
    notices,
    body,
    footer,
  );

  /** @param {{rangeMs: number, endMs: number | null}} next */
  function setTime({ rangeMs, endMs }) {
    state.rangeMs = Math.min(Math.max(10, rangeMs), MAX_RANGE_MS);
    state.endMs = endMs;
    tools.showTime();
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

  /** Another expression in place of the present one. @param {string} expr @param {PanelState["tab"]} [tab] */
  function replaceWith(expr, tab = state.tab) {
    editor.value = expr;
    if (tab !== state.tab) {
      state.tab = tab;
      tabs.set(tab);
    }
    submit();
  }

  async function format() {
    const text = editor.value;
    if (text.trim() === "") return;
    try {
      const { data } = await ask("format_query", { query: text });
      if (editor.value === text) editor.rewrite(String(data));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (editor.value === text) editor.mark(errorPosition(error.message, text));
      fill(notices, errorNotice(error));
    }
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
    tools.update();
    if (state.expr === "") return showEmpty();
    const controller = new AbortController();
    running = controller;
    const timer = setTimeout(() => setRunning(true), PATIENCE_MS);
    try {
      const request = panelRequest(state, {
        width: graph.plotWidth,
        now: serverNow(),
        grid: quiet ? asked : null,
      });
      asked = request;
      const show = state.tab === "explain"
        ? await askExplain(request, controller.signal)
        : await askResult(request, controller.signal);
      if (running !== controller) return;
      failed = false;
      editor.mark(null);
      show();
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

  /** @param {PanelRequest} request @param {AbortSignal} signal @returns {Promise<() => void>} shows the answer */
  async function askResult(request, signal) {
    const { start, end, query } = request.params;
    const wanted = state.tab === "graph" && state.exemplars;
    const [answer, exemplars] = await Promise.all([
      /** @type {Promise<QueryAnswer>} */ (ask(request.path, request.params, signal)),
      wanted ? ask("query_exemplars", { query, start, end }, signal).catch(orApiError) : null,
    ]);
    const [refused, points] = exemplars instanceof ApiError ? [exemplars, null] : [null, exemplars];
    const parts = await loadParts(answer, state.tab, points && points.data);
    return () => {
      showAnswer(answer, request, parts);
      if (refused) notices.append(errorNotice(refused));
    };
  }

  /** @param {PanelRequest} request @param {AbortSignal} signal @returns {Promise<() => void>} shows the answer */
  async function askExplain(request, signal) {
    const [answer, { explainView }] = await Promise.all([
      /** @type {Promise<import("../../types/api.d.ts").Answer<ExplainData>>} */ (
        ask(request.path, request.params, signal)
      ),
      loadInsight(() => import("./explain.js")),
    ]);
    const annotations = await loadAnnotations(answer);
    return () => {
      const { data } = answer;
      showAnnotations(answer, annotations);
      fill(
        body,
        explainView({
          data,
          query: request.params["query"] ?? "",
          onRunPart: (expr, type) => {
            const isRange = type === "matrixSelector" || type === "subquery" || type === "stringLiteral";
            replaceWith(expr, data.kind === "range" && !isRange ? "graph" : "table");
          },
          onReplace: replaceWith,
        }),
      );
      showFoot([
        data.kind === "range" && t("foot.step", { step: formatDuration(request.step) }),
        ...statisticsTexts(data.statistics),
        `${Math.round(answer.elapsed)} ms`,
      ]);
    };
  }

  // MARK: showing

  /** @param {(string | false)[]} parts */
  function showFoot(parts) {
    fill(footer, parts.filter(Boolean).map((text) => h("span", null, String(text))));
  }

  /** @param {{warnings: string[], infos: string[]}} answer @param {typeof import("./annotations.js") | null} module null where there are none */
  function showAnnotations(answer, module) {
    const query = state.expr;
    const isShown = () => editor.value === query;
    editor.point(null);
    fill(
      notices,
      module && module.annotationNotices(answer, query, {
        point: (range) => (range === null || isShown()) && editor.point(range),
        select: (range) => isShown() && editor.select(range),
      }),
    );
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

  /**
   * @param {QueryAnswer} answer
   * @param {PanelRequest} request
   * @param {import("./parts.js").AnswerParts} parts
   */
  function showAnswer(answer, request, parts) {
    const { data, elapsed, size } = answer;
    showAnnotations(answer, parts.annotations);
    const count = data.resultType === "vector" || data.resultType === "matrix" ? data.result.length : 1;
    if (parts.nothing) showNothing(request, parts.nothing);
    else if (state.tab === "graph" && data.resultType === "matrix") {
      if (graph.element.parentElement !== body) fill(body, graph.element);
      const dropped = graph.show(
        data.result,
        { ...request, expr: state.expr, stacked: state.stacked },
        parts,
      );
      if (dropped) notices.append(notice("info", h("p", null, dropped)));
    } else if (state.tab === "table") {
      const focused = body.contains(document.activeElement);
      const table = tableView(data, {
        utc: zone.value === "utc",
        memory: tableMemory,
        expr: state.expr,
        histogramColumns: parts.histograms && parts.histograms.histogramColumns,
      });
      fill(body, table.element, table.details);
      table.restore();
      if (focused) table.element.focus();
    } else fill(body, jsonView(data));
    showFoot([
      t("foot.series", { n: count }),
      state.tab === "graph" && t("foot.step", { step: formatDuration(request.step) }),
      ...statisticsTexts(data.stats),
      `${Math.round(elapsed)} ms`,
      size > 1e5 && `${(size / 1048576).toFixed(1)} MiB`,
    ]);
  }

  /** @param {PanelRequest} request whose result was empty @param {typeof import("./nothing.js")} module */
  function showNothing({ params }, module) {
    const { stats: _, ...same } = params;
    fill(
      body,
      module.emptyResult(state, catalogue, {
        explain: () => ask("explain", same),
        onExplain: () => tabs.choose("explain"),
        onChange: (next) => {
          if (next.time) setTime(next.time);
          else replaceWith(next.expr);
        },
      }),
    );
  }

  /** @param {ApiError} error @param {boolean} quiet */
  function showError(error, quiet) {
    failed = true;
    const at = error.kind === "bad_data" ? errorPosition(error.message, state.expr) : null;
    if (editor.value === state.expr) editor.mark(at);
    fill(notices, errorNotice(error));
    if (quiet) return;
    fill(body);
    fill(footer);
  }

  function redescribe() {
    tools.describe();
    if (state.expr !== "" && !failed) run();
  }
  const unsubscribe = zone.subscribe(redescribe);

  setRunning(false);
  tools.update();
  return {
    element,
    editor,
    get state() {
      return state;
    },
    run,
    /** Runs again where the end is "now"; an explanation stays as long as it is read. */
    refresh() {
      if (state.endMs === null && state.expr !== "" && state.tab !== "explain" && !running) {
        run({ quiet: true });
      }
    },
    /** Takes over a state from the address and runs where it differs. @param {PanelState} next */
    show(next) {
      const same = JSON.stringify(next) === JSON.stringify(state);
      state = next;
      if (same) return;
      editor.value = state.expr;
      tools.showTime();
      tools.showResolution();
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

/** An error of the API as an answer, where the rest can be shown without. @param {unknown} error @returns {ApiError} */
function orApiError(error) {
  if (error instanceof ApiError) return error;
  throw error;
}
