/** Choosing the time: presets, any length, any end; buttons to shift and to widen. For a moment only the end is asked. */
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { createPopover } from "./popover.js";
import { t } from "../app/i18n/i18n.js";
import { formatDuration, formatTime, parseDuration, parseTime } from "../app/time.js";
import { zone } from "../app/settings.js";

const PRESETS = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "1d", "2d", "7d", "14d", "30d"];

/** @typedef {{rangeMs: number, endMs: number | null}} TimeRange */

/**
 * @param {{value: TimeRange, onChange: (value: TimeRange) => void}} options
 */
export function createTimeRange({ value, onChange }) {
  let current = value;
  let momentOnly = false;
  const utc = () => zone.value === "utc";

  const text = h("span", null);
  const open = h(
    "button",
    { class: "button", type: "button", data: { test: "time" } },
    icon("clock"),
    text,
    icon("down"),
  );
  const range = h("input", {
    class: "input",
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    data: { test: "range" },
  });
  const end = h("input", {
    class: "input",
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    placeholder: "now",
    data: { test: "end" },
  });
  const problem = h("p", { class: "field-error", role: "alert" });
  const presets = h(
    "div",
    { class: "preset-grid" },
    PRESETS.map((preset) =>
      h("button", {
        class: "button small",
        type: "button",
        data: { preset },
        on: {
          click: () => {
            popover.close();
            change({ rangeMs: parseDuration(preset) ?? 36e5, endMs: null });
          },
        },
      }, preset)
    ),
  );
  const rangeField = h("label", { class: "field" }, h("span", null, t("time.range")), range);
  const form = h(
    "form",
    { class: "time-form", on: { submit: (event) => (event.preventDefault(), apply()) } },
    presets,
    rangeField,
    h("label", { class: "field" }, h("span", null, t("time.end")), end),
    h("p", { class: "hint" }, t("time.hint")),
    problem,
    h(
      "div",
      { class: "row end" },
      h("button", {
        class: "button",
        type: "button",
        data: { test: "now" },
        on: {
          click: () => {
            popover.close();
            change({ ...current, endMs: null });
          },
        },
      }, t("time.now")),
      h("button", { class: "button primary", type: "submit" }, t("time.apply")),
    ),
  );
  const popover = createPopover(open, t("time.label"), form, () => {
    range.value = formatDuration(current.rangeMs);
    end.value = current.endMs === null ? "" : formatTime(current.endMs, utc());
    setText(problem, "");
  });

  /** @param {import("./icons.js").IconName} name @param {import("../app/i18n/i18n.js").TextKey} label @param {() => void} click */
  const tool = (name, label, click) =>
    h("button", {
      class: "icon-button",
      type: "button",
      title: t(label),
      "aria-label": t(label),
      data: { test: label },
      on: { click },
    }, icon(name));
  const back = tool("left", "time.earlier", () => shift(-1));
  const forward = tool("right", "time.later", () => shift(1));
  const wider = tool("zoomout", "time.wider", () => widen());
  const element = h("div", { class: "time-range" }, back, open, forward, wider, popover.panel);

  function apply() {
    const rangeMs = momentOnly ? current.rangeMs : parseDuration(range.value);
    const endMs = parseTime(end.value, { utc: utc(), now: Date.now() });
    if (rangeMs === null) return setText(problem, t("time.badRange"));
    if (endMs === null) return setText(problem, t("time.badEnd"));
    popover.close();
    change({ rangeMs, endMs: endMs === "now" ? null : endMs });
  }

  /** @param {TimeRange} next */
  function change(next) {
    set(next);
    onChange(next);
  }

  /** By half the range, or half an hour for a moment; reaching the present means "now". @param {number} direction */
  function shift(direction) {
    const end = (current.endMs ?? Date.now()) + direction * (momentOnly ? 18e5 : current.rangeMs / 2);
    change({ ...current, endMs: end >= Date.now() ? null : Math.round(end) });
  }

  function widen() {
    change(zoomedOut(current));
  }

  /** @param {TimeRange} next */
  function set(next) {
    current = next;
    describe();
  }

  function describe() {
    const { rangeMs, endMs } = current;
    const length = formatDuration(rangeMs);
    if (momentOnly) setText(text, endMs === null ? t("time.now") : formatTime(endMs, utc()));
    else if (endMs === null) setText(text, t("time.last", { length }));
    else setText(text, t("time.until", { length, end: formatTime(endMs, utc()) }));
    forward.disabled = endMs === null;
    for (const el of [presets, rangeField, wider]) el.hidden = momentOnly;
    for (const b of presets.querySelectorAll("button")) {
      b.setAttribute("aria-pressed", String(endMs === null && b.dataset["preset"] === length));
    }
  }

  describe();
  return {
    element,
    set,
    describe,
    /** @param {boolean} moment whether only a moment is chosen */
    setMoment(moment) {
      momentOnly = moment;
      describe();
    },
  };
}

/** Twice the range around the same middle, not beyond the present. @param {TimeRange} range @returns {TimeRange} */
export function zoomedOut({ rangeMs, endMs }) {
  const end = endMs === null ? null : endMs + rangeMs / 2;
  return { rangeMs: rangeMs * 2, endMs: end === null || end >= Date.now() ? null : Math.round(end) };
}
