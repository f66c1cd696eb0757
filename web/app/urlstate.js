/**
 * The Explore page's state as URL parameters, in the names Prometheus uses (`g0.expr`, `g0.range_input`, …), so that
 * its links open here and ours open there. Ours alone: `refresh` and `explain`. No DOM.
 */
import { formatDuration, formatTime, parseDuration, parseTime } from "./time.js";

/** @typedef {import("../types/api.d.ts").PanelState} PanelState */
/** @typedef {import("../types/api.d.ts").ExploreState} ExploreState */

/** More panels than this in one link are ignored. */
export const MAX_PANELS = 50;

/** A hundred years; a calendar can say all times within it. */
export const MAX_RANGE_MS = 100 * 31536e6;

/** Parameters that are kept through a round trip though this page does not act on them. */
const KEPT = ["show_tree", "y_axis_min"];

/** @returns {PanelState} */
export function defaultPanel() {
  return {
    expr: "",
    tab: "graph",
    rangeMs: 36e5,
    endMs: null,
    resolution: { type: "auto", density: "medium" },
    stacked: false,
    exemplars: false,
    explain: "range",
    kept: [],
  };
}

/** @param {string | null} text @returns {PanelState["tab"] | null} */
function readTab(text) {
  if (text === "0" || text === "graph") return "graph";
  if (text === "1" || text === "table") return "table";
  return text === "json" || text === "explain" ? text : null;
}

/**
 * @param {(name: string) => string | null} get
 * @returns {PanelState["resolution"] | null}
 */
function readResolution(get) {
  const type = get("res_type");
  const density = get("res_density");
  if (type === "auto" && (density === "low" || density === "medium" || density === "high")) {
    return { type, density };
  }
  const isStep = type === "fixed" || type === "custom";
  const seconds = parseFloat((isStep ? get("res_step") : get("step_input")) ?? "");
  if (!(seconds > 0) || seconds > 1e9) return null;
  return { type: isStep ? type : "custom", stepMs: Math.max(1, Math.round(seconds * 1e3)) };
}

/**
 * The state a query string describes; at least one panel. Unknown or wrong values fall back to the defaults.
 * @param {string} search
 * @returns {ExploreState}
 */
export function readExplore(search) {
  const params = new URLSearchParams(search);
  /** @type {PanelState[]} */
  const panels = [];
  for (let i = 0; i < MAX_PANELS && params.has(`g${i}.expr`); i++) {
    /** @param {string} name */
    const get = (name) => params.get(`g${i}.${name}`);
    const panel = defaultPanel();
    panel.expr = get("expr") ?? "";
    panel.tab = readTab(get("tab")) ?? panel.tab;
    panel.rangeMs = Math.min(parseDuration(get("range_input") ?? "") ?? panel.rangeMs, MAX_RANGE_MS);
    const end = parseTime(get("moment_input") || get("end_input") || "", { utc: true, now: Date.now() });
    panel.endMs = typeof end === "number" ? end : null;
    panel.resolution = readResolution(get) ?? panel.resolution;
    panel.stacked = get("display_mode") === "stacked" || get("stacked") === "1";
    panel.exemplars = get("show_exemplars") === "1";
    if (get("explain") === "instant") panel.explain = "instant";
    for (const name of KEPT) {
      const value = get(name);
      if (value !== null) panel.kept.push([name, value]);
    }
    panels.push(panel);
  }
  return {
    panels: panels.length > 0 ? panels : [defaultPanel()],
    refreshMs: parseDuration(params.get("refresh") ?? "") ?? 0,
  };
}

/**
 * The query string of a state, without the question mark; empty for an untouched page.
 * @param {ExploreState} state
 */
export function writeExplore(state) {
  const params = new URLSearchParams();
  const only = state.panels.length === 1 ? state.panels[0] : undefined;
  if (!only || only.expr !== "") {
    state.panels.forEach((panel, i) =>
      writePanel(panel, (name, value) => params.append(`g${i}.${name}`, value))
    );
  }
  if (state.refreshMs > 0) params.append("refresh", formatDuration(state.refreshMs));
  return params.toString();
}

/**
 * @param {PanelState} panel
 * @param {(name: string, value: string) => void} add
 */
function writePanel(panel, add) {
  add("expr", panel.expr);
  add("tab", panel.tab);
  if (panel.endMs !== null) {
    const text = formatTime(panel.endMs, true);
    add("end_input", text);
    add("moment_input", text);
  }
  add("range_input", formatDuration(panel.rangeMs));
  add("res_type", panel.resolution.type);
  if (panel.resolution.type === "auto") add("res_density", panel.resolution.density);
  else add("res_step", String(panel.resolution.stepMs / 1e3));
  add("display_mode", panel.stacked ? "stacked" : "lines");
  if (panel.exemplars) add("show_exemplars", "1");
  if (panel.explain === "instant") add("explain", "instant");
  for (const [name, value] of panel.kept) add(name, value);
}
