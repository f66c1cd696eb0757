/** Choosing the step of a graph: automatic in three densities, fixed lengths, or any. */
import { fill, h } from "../../ui/dom.js";
import { t } from "../../app/i18n/i18n.js";
import { formatDuration, parseDuration } from "../../app/time.js";

/** @typedef {import("../../types/api.d.ts").Resolution} Resolution */

const FIXED = ["1s", "5s", "10s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "6h", "1d"];
const DENSITIES = /** @type {const} */ (["low", "medium", "high"]);

/** @param {Resolution} value @param {(value: Resolution) => void} onChange */
export function createResolution(value, onChange) {
  const select = h("select", {
    class: "select",
    "aria-label": t("graph.resolution"),
    title: t("graph.resolution"),
    data: { test: "resolution" },
  });
  const custom = h("input", {
    class: "input step-input",
    type: "text",
    "aria-label": t("graph.customStep"),
    placeholder: "45s",
    hidden: true,
    autocomplete: "off",
    data: { test: "step" },
  });
  select.addEventListener("change", () => {
    const choice = select.value;
    const density = DENSITIES.find((d) => d === choice);
    if (choice === "custom") {
      custom.hidden = false;
      custom.focus();
      return;
    }
    custom.hidden = true;
    onChange(density ? { type: "auto", density } : { type: "fixed", stepMs: parseDuration(choice) ?? 15e3 });
  });
  custom.addEventListener("change", () => {
    const stepMs = parseDuration(custom.value);
    custom.setAttribute("aria-invalid", String(stepMs === null));
    if (stepMs !== null) onChange({ type: "custom", stepMs });
  });

  /** @param {Resolution} next */
  function set(next) {
    const step = next.type === "auto" ? "" : formatDuration(next.stepMs);
    const listed = FIXED.includes(step);
    const selected = next.type === "auto" ? next.density : listed && next.type === "fixed" ? step : "custom";
    /** @param {string} choice @param {string} text */
    const option = (choice, text) => h("option", { value: choice, selected: choice === selected }, text);
    fill(
      select,
      h("optgroup", { label: t("graph.auto") }, DENSITIES.map((d) => option(d, t(`graph.${d}`)))),
      h("optgroup", { label: t("graph.fixed") }, FIXED.map((s) => option(s, t("foot.step", { step: s })))),
      option("custom", t("graph.custom")),
    );
    custom.hidden = selected !== "custom";
    custom.value = step;
  }

  set(value);
  return { element: h("div", { class: "row" }, select, custom), set };
}
