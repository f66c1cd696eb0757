/** What to ask the server for the state of a query panel. No DOM. */
import { stepFor } from "../../app/time.js";

/** @typedef {import("../../types/api.d.ts").PanelState} PanelState */
/** @typedef {{path: string, params: Record<string, string>, from: number, end: number, step: number}} PanelRequest times in milliseconds */

/** Whether a state looks at all steps of a range, not at one moment. @param {PanelState} state */
export const isOverRange = (state) =>
  state.tab === "graph" || (state.tab === "explain" && state.explain === "range");

/** @param {number} ms */
const seconds = (ms) => String(ms / 1e3);

/**
 * The last point is the end itself; a refresh keeps the grid of the run before it, so that the curve moves without
 * trembling.
 * @param {PanelState} state
 * @param {{width: number, now: number, grid: {end: number, step: number} | null}} options `width`: pixels of the plot;
 *   `grid`: end and step of the run whose grid is kept
 * @returns {PanelRequest}
 */
export function panelRequest(state, { width, now, grid }) {
  const step = stepFor(state.resolution, state.rangeMs, width);
  let end = state.endMs ?? now;
  if (grid && step === grid.step) end -= (end - grid.end) % step;
  const from = end - Math.floor(state.rangeMs / step) * step;
  /** @type {Record<string, string>} */
  const times = isOverRange(state)
    ? { start: seconds(from), end: seconds(end), step: seconds(step) }
    : { time: seconds(end) };
  const query = state.expr;
  if (state.tab === "explain") return { path: "explain", params: { query, ...times }, from, end, step };
  const path = state.tab === "graph" ? "query_range" : "query";
  // The JSON tab shows the answer as any client gets it.
  /** @type {Record<string, string>} */
  const stats = state.tab === "json" ? {} : { stats: "all" };
  return { path, params: { query, ...times, ...stats }, from, end, step };
}
