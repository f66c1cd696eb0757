/** What is chosen beside the tabs of a query: time, resolution, how the graph is drawn, what is explained. */
import { h, setFlag } from "../../ui/dom.js";
import { createTimeRange } from "../../ui/timerange.js";
import { t } from "../../app/i18n/i18n.js";
import { isOverRange } from "./request.js";
import { createResolution } from "./resolution.js";

/** @typedef {import("../../types/api.d.ts").PanelState} PanelState */

/**
 * @param {{state: () => PanelState, onChange: () => void, onTime: (next: {rangeMs: number, endMs: number | null}) => void}} options
 *   the tools change the state themselves, except for the time
 */
export function createTools({ state, onChange, onTime }) {
  const timeRange = createTimeRange({ value: state(), onChange: onTime });
  const resolution = createResolution(state().resolution, (next) => {
    state().resolution = next;
    onChange();
  });
  /** @param {"stacked" | "exemplars"} key */
  const toggle = (key) =>
    h("button", {
      class: "button toggle",
      type: "button",
      data: { test: key },
      on: {
        click: () => {
          state()[key] = !state()[key];
          onChange();
        },
      },
    }, t(`graph.${key}`));
  const stacked = toggle("stacked");
  const exemplars = toggle("exemplars");
  const graphTools = h("div", { class: "row" }, stacked, exemplars);
  const over = h(
    "select",
    { class: "select", "aria-label": t("explain.over"), data: { test: "explain-over" } },
    h("option", { value: "range" }, t("explain.range")),
    h("option", { value: "instant" }, t("explain.instant")),
  );
  over.addEventListener("change", () => {
    state().explain = over.value === "instant" ? "instant" : "range";
    onChange();
  });

  return {
    element: h("div", { class: "panel-tools" }, over, resolution.element, graphTools, timeRange.element),
    /** Shows what the state says and hides what its tab does not need. */
    update() {
      const { tab, explain, ...flags } = state();
      const overRange = isOverRange(state());
      setFlag(stacked, "aria-pressed", flags.stacked);
      setFlag(exemplars, "aria-pressed", flags.exemplars);
      graphTools.hidden = tab !== "graph";
      resolution.element.hidden = !overRange;
      over.hidden = tab !== "explain";
      over.value = explain;
      timeRange.setMoment(!overRange);
    },
    /** Takes over another time. */
    showTime: () => timeRange.set(state()),
    showResolution: () => resolution.set(state().resolution),
    /** Writes the time again, in another zone. */
    describe: () => timeRange.describe(),
  };
}
