/**
 * The line chart: two stacked canvases. The lower one holds grid and series and is redrawn when data or size change; the
 * upper one holds axis texts, cross-hair, selection and the series under the pointer, so that hovering costs the same
 * whatever is below. Lines are one device pixel once many points are visible, because wider ones are many times slower
 * to rasterise without a GPU.
 */
import { fill, h, setText, uid } from "../ui/dom.js";
import { t } from "../app/i18n/i18n.js";
import { formatTime } from "../app/time.js";
import { dark } from "../app/settings.js";
import { decimate } from "./decimate.js";
import { stack } from "./matrix.js";
import { seriesColor, seriesColorCss } from "./palette.js";
import { extent, linearScale, valueRange } from "./scale.js";
import { timeTicks, timeTickText, valueTicks } from "./ticks.js";
import { formatValue } from "./units.js";

/** Above this many visible points lines are one device pixel wide. */
const THIN_ABOVE = 10000;
/** How far from a point, in pixels along time, the pointer still finds it. */
const REACH = 24;
const TOP = 10, RIGHT = 14, BOTTOM = 26;

/**
 * @typedef {{name: string, labels: import("../types/api.d.ts").Labels, column: Float64Array}} Series
 * @typedef {{from: number, to: number, step: number, series: Series[], unit: import("./units.js").Unit, utc: boolean,
 *   stacked: boolean}} ChartData `column[i]` is the value at `from + i * step`; times in milliseconds
 * @typedef {{series: number, index: number}} Point
 */
/**
 * The chart as a layer above its lines sees it: scales, edges of the plot, colours.
 * @typedef {{x: import("./scale.js").Scale, y: import("./scale.js").Scale, top: number, bottom: number,
 *   ink: {strong: string, surface: string, mark: string}}} Frame
 */
/**
 * More to draw above the lines (exemplars); `find` answers what is under a pixel, with the tooltip's content.
 * @typedef {{draw: (c: CanvasRenderingContext2D, frame: Frame) => void,
 *   find: (px: number, py: number, frame: Frame) => {px: number, py: number, nodes: Node[]} | null}} Layer
 */

/**
 * @param {{label: string, onZoom: (from: number, to: number) => void, onZoomOut: () => void,
 *   onPick: (series: number) => void}} options
 */
export function createChart({ label, onZoom, onZoomOut, onPick }) {
  const base = h("canvas", { class: "chart-base", "aria-hidden": "true" });
  const over = h("canvas", { class: "chart-over", "aria-hidden": "true" });
  const probe = h("span", { class: "chart-probe", "aria-hidden": "true" });
  const tooltip = h("div", { class: "chart-tip", hidden: true, "aria-hidden": "true" });
  const live = h("div", { class: "visually-hidden", role: "status" });
  const helpId = uid("chart-help");
  const element = h(
    "div",
    { class: "chart", tabIndex: 0, role: "group", "aria-label": label, "aria-describedby": helpId },
    base,
    over,
    probe,
    tooltip,
    live,
    h("div", { class: "visually-hidden", id: helpId }, t("chart.help")),
  );
  const baseContext = /** @type {CanvasRenderingContext2D} */ (base.getContext("2d"));
  const overContext = /** @type {CanvasRenderingContext2D} */ (over.getContext("2d"));

  /** @type {ChartData | null} */
  let data = null;
  /** What is drawn per series: the columns, or their running sums when stacked. @type {Float64Array[]} */
  let drawn = [];
  /** @type {Set<number>} */
  let hidden = new Set();
  let width = 0, height = 0, ratio = 1, left = 50;
  let x = linearScale(0, 1, 0, 1);
  let y = linearScale(0, 1, 1, 0);
  /** @type {number[]} */
  let yTicks = [];
  /** @type {{times: number[], step: number}} */
  let xTicks = { times: [], step: 1 };
  let ink = { grid: "", text: "", strong: "", surface: "", mark: "" };
  /** @type {Point | null} */
  let point = null;
  /** A series lifted from outside (the legend). */
  let lifted = -1;
  /** @type {{from: number, to: number} | null} pixels */
  let selection = null;
  let visible = true, dirty = true, frame = 0;
  /** @type {Layer | null} */
  let layer = null;

  const isVisible = (/** @type {number} */ i) => !hidden.has(i);
  const timeAt = (/** @type {number} */ index) => (data ? data.from + index * data.step : 0);
  const xOf = (/** @type {number} */ index) => x.to(timeAt(index));

  // MARK: drawing

  function schedule(redrawBase = false) {
    dirty ||= redrawBase;
    if (frame !== 0 || !visible) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (dirty) drawBase();
      drawOver();
    });
  }

  function readInk() {
    const style = getComputedStyle(probe);
    ink = {
      grid: style.borderTopColor,
      text: style.color,
      strong: style.outlineColor,
      surface: style.backgroundColor,
      mark: style.caretColor,
    };
  }

  function layOut() {
    if (!data) return;
    drawn = data.stacked
      ? stack(data.series.map((s) => s.column), isVisible)
      : data.series.map((s) => s.column);
    const shown = drawn.filter((_, i) => isVisible(i));
    const range = extent(shown) ?? [0, 1];
    const [low, high] = valueRange(data.stacked ? Math.min(0, range[0]) : range[0], range[1]);
    const binary = data.unit === "bytes" || data.unit === "bytes/s";
    yTicks = valueTicks(low, high, Math.max(2, height / 56), binary);
    overContext.font = font();
    const widest = Math.max(
      24,
      ...yTicks.map((v) => overContext.measureText(formatValue(v, data?.unit)).width),
    );
    left = Math.ceil(widest) + 16;
    x = linearScale(data.from, data.to, left, Math.max(left + 1, width - RIGHT));
    y = linearScale(low, high, height - BOTTOM, TOP);
    xTicks = timeTicks(data.from, data.to, Math.max(2, (width - left) / 84), data.utc);
  }

  const font = () => `12px ${getComputedStyle(element).fontFamily}`;

  function drawBase() {
    dirty = false;
    readInk();
    for (const canvas of [base, over]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    layOut();
    const c = baseContext;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (!data) return;
    c.strokeStyle = ink.grid;
    c.lineWidth = 1 / ratio;
    c.beginPath();
    for (const v of yTicks) line(c, left, snap(y.to(v)), width - RIGHT, snap(y.to(v)));
    for (const time of xTicks.times) line(c, snap(x.to(time)), TOP, snap(x.to(time)), height - BOTTOM);
    c.stroke();
    drawSeries(c);
  }

  /** @param {CanvasRenderingContext2D} c */
  function drawSeries(c) {
    if (!data) return;
    c.save();
    c.beginPath();
    c.rect(left, TOP - 2, width - RIGHT - left, height - BOTTOM - TOP + 3);
    c.clip();
    c.lineJoin = "miter";
    c.miterLimit = 2;
    const lines = drawn.map((column, i) =>
      isVisible(i) ? decimate(column, 0, column.length, xOf, y.to) : null
    );
    const points = lines.reduce((sum, l) => sum + (l?.xs.length ?? 0), 0);
    c.lineWidth = points > THIN_ABOVE ? 1 / ratio : 1.5;
    if (data.stacked) drawAreas(c);
    lines.forEach((l, i) => {
      if (!l) return;
      c.strokeStyle = c.fillStyle = seriesColor(i, dark.value);
      trace(c, l);
    });
    c.restore();
  }

  /** Fills between each running sum and the one below. @param {CanvasRenderingContext2D} c */
  function drawAreas(c) {
    let below = new Float64Array(drawn[0]?.length ?? 0);
    drawn.forEach((column, i) => {
      if (!isVisible(i)) return;
      const top = column.map((v, k) => (Number.isNaN(v) ? /** @type {number} */ (below[k]) : v));
      const upper = decimate(top, 0, top.length, xOf, y.to);
      const lower = decimate(below, 0, below.length, xOf, y.to);
      c.beginPath();
      for (let k = 0; k < upper.xs.length; k++) c.lineTo(upper.xs[k] ?? 0, upper.ys[k] ?? 0);
      for (let k = lower.xs.length - 1; k >= 0; k--) c.lineTo(lower.xs[k] ?? 0, lower.ys[k] ?? 0);
      c.globalAlpha = 0.22;
      c.fillStyle = seriesColor(i, dark.value);
      c.fill();
      c.globalAlpha = 1;
      below = top;
    });
  }

  /** Strokes a line with its gaps; a point alone between gaps becomes a dot. @param {CanvasRenderingContext2D} c @param {import("./decimate.js").Line} l */
  function trace(c, { xs, ys }) {
    c.beginPath();
    let open = false;
    for (let i = 0; i < xs.length; i++) {
      const py = /** @type {number} */ (ys[i]);
      const px = /** @type {number} */ (xs[i]);
      if (py !== py) {
        open = false;
      } else if (open) {
        c.lineTo(px, py);
      } else if (i + 1 < xs.length && !Number.isNaN(ys[i + 1])) {
        c.moveTo(px, py);
        open = true;
      } else {
        c.fillRect(px - 1.5, py - 1.5, 3, 3);
      }
    }
    c.stroke();
  }

  function drawOver() {
    const c = overContext;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (!data) return;
    const focus = point ? point.series : lifted;
    base.classList.toggle("dimmed", focus >= 0 && data.series.length - hidden.size > 1);
    c.font = font();
    c.fillStyle = ink.text;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const v of yTicks) c.fillText(formatValue(v, data.unit), left - 8, y.to(v));
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    for (const time of xTicks.times) {
      const px = Math.min(width - 18, Math.max(18, x.to(time)));
      c.fillText(timeTickText(time, xTicks.step, data.utc), px, height - 8);
    }
    if (selection) {
      c.globalAlpha = 0.14;
      c.fillStyle = ink.strong;
      c.fillRect(
        Math.min(selection.from, selection.to),
        TOP,
        Math.abs(selection.to - selection.from),
        height - BOTTOM - TOP,
      );
      c.globalAlpha = 1;
    }
    if (point && !selection) {
      c.strokeStyle = ink.text;
      c.lineWidth = 1;
      c.setLineDash([3, 3]);
      c.beginPath();
      line(c, snap(xOf(point.index)), TOP, snap(xOf(point.index)), height - BOTTOM);
      c.stroke();
      c.setLineDash([]);
    }
    if (focus >= 0 && isVisible(focus)) drawFocus(c, focus);
    layer?.draw(c, layerFrame());
  }

  /** @returns {Frame} */
  const layerFrame = () => ({ x, y, top: TOP, bottom: height - BOTTOM, ink });

  /** @param {CanvasRenderingContext2D} c @param {number} series */
  function drawFocus(c, series) {
    const column = drawn[series];
    if (!column) return;
    c.save();
    c.beginPath();
    c.rect(left, 0, width - RIGHT - left + 4, height - BOTTOM + 3);
    c.clip();
    c.strokeStyle = c.fillStyle = seriesColor(series, dark.value);
    c.lineWidth = 2;
    c.lineJoin = "bevel";
    trace(c, decimate(column, 0, column.length, xOf, y.to));
    if (point) {
      c.beginPath();
      c.arc(xOf(point.index), y.to(column[point.index] ?? NaN), 4, 0, 7);
      c.fill();
      c.strokeStyle = ink.surface;
      c.stroke();
    }
    c.restore();
  }

  // MARK: finding points

  /** The visible point nearest to a pixel. @param {number} px @param {number} py @returns {Point | null} */
  function nearest(px, py) {
    if (!data || drawn.length === 0) return null;
    const count = drawn[0]?.length ?? 0;
    const middle = Math.round((x.from(px) - data.from) / data.step);
    const reach = Math.min(count, Math.ceil(REACH / Math.max(1e-9, data.step * x.k)));
    for (let away = 0; away <= reach; away++) {
      /** @type {Point | null} */
      let best = null;
      let distance = Infinity;
      for (const index of away === 0 ? [middle] : [middle - away, middle + away]) {
        if (index < 0 || index >= count) continue;
        for (let s = 0; s < drawn.length; s++) {
          const v = /** @type {number} */ (drawn[s]?.[index]);
          if (!isVisible(s) || !Number.isFinite(v)) continue;
          const d = Math.abs(y.to(v) - py);
          if (d < distance) distance = d, best = { series: s, index };
        }
      }
      if (best) return best;
    }
    return null;
  }

  /** @param {Point | null} next @param {boolean} [spoken] */
  function setPoint(next, spoken = false) {
    point = next;
    schedule();
    const series = next && data?.series[next.series];
    if (!next || !data || !series) {
      tooltip.hidden = true;
      return;
    }
    const value = series.column[next.index] ?? NaN;
    const text = formatValue(value, data.unit, 5);
    const exact = String(value);
    const time = formatTime(timeAt(next.index), data.utc);
    const labels = Object.entries(series.labels).filter(([name]) => name !== "__name__");
    const shownLabels = labels.slice(0, 12);
    fill(
      tooltip,
      h("div", { class: "tip-time" }, time),
      h(
        "div",
        { class: "tip-value" },
        h("span", { class: "swatch", vars: { "--c": seriesColorCss(next.series) } }),
        h("strong", null, text),
        text !== exact && exact.length < 22 && h("span", { class: "tip-exact" }, exact),
      ),
      series.labels["__name__"] && h("div", { class: "tip-name" }, series.labels["__name__"]),
      h("dl", { class: "tip-labels" }, shownLabels.flatMap(([k, v]) => [h("dt", null, k), h("dd", null, v)])),
      labels.length > shownLabels.length &&
        h("div", { class: "tip-time" }, `+${labels.length - shownLabels.length}`),
    );
    placeTip(xOf(next.index), y.to(drawn[next.series]?.[next.index] ?? 0));
    if (spoken) setText(live, `${series.name}: ${text}, ${time}`);
  }

  /** @param {number} px @param {number} py */
  function placeTip(px, py) {
    tooltip.hidden = selection !== null;
    const w = tooltip.offsetWidth, tall = tooltip.offsetHeight;
    const side = px + 16 + w > width ? px - 16 - w : px + 16;
    tooltip.style.transform = `translate(${Math.round(Math.max(0, side))}px, ${
      Math.round(Math.min(Math.max(0, py - tall / 2), Math.max(0, height - tall)))
    }px)`;
  }

  /** What the pointer is over: something of the layer, otherwise the nearest point of a line. @param {number} px @param {number} py */
  function hover(px, py) {
    const found = layer?.find(px, py, layerFrame());
    setPoint(found || px < left - 4 || px > width ? null : nearest(px, py));
    if (!found) return;
    fill(tooltip, found.nodes);
    placeTip(found.px, found.py);
  }

  // MARK: pointer and keys

  /** @type {{px: number, py: number} | null} */
  let pending = null;
  /** @param {PointerEvent} event */
  const position = (event) => {
    const box = element.getBoundingClientRect();
    return { px: event.clientX - box.left, py: event.clientY - box.top };
  };
  const clampX = (/** @type {number} */ px) => Math.min(width - RIGHT, Math.max(left, px));

  element.addEventListener("pointermove", (event) => {
    const first = pending === null;
    pending = position(event);
    if (!first) return;
    requestAnimationFrame(() => {
      const at = pending;
      pending = null;
      if (!at) return;
      if (selection) {
        selection.to = clampX(at.px);
        schedule();
      } else hover(at.px, at.py);
    });
  });
  element.addEventListener("pointerleave", () => {
    pending = null;
    if (!selection) setPoint(null);
  });
  element.addEventListener("pointerdown", (event) => {
    // Touch scrolls the page; zooming by touch is done with the buttons.
    if (event.button !== 0 || event.pointerType === "touch" || !data) return;
    const { px } = position(event);
    selection = { from: clampX(px), to: clampX(px) };
    tooltip.hidden = true;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", (event) => {
    const chosen = selection;
    selection = null;
    if (!chosen) return;
    chosen.to = clampX(position(event).px);
    schedule();
    const from = x.from(Math.min(chosen.from, chosen.to));
    const to = x.from(Math.max(chosen.from, chosen.to));
    if (Math.abs(chosen.to - chosen.from) >= 6 && to - from >= 10) onZoom(Math.round(from), Math.round(to));
  });
  element.addEventListener("pointercancel", () => {
    selection = null;
    setPoint(null);
  });
  element.addEventListener("dblclick", () => onZoomOut());
  element.addEventListener("blur", () => setPoint(null));
  element.addEventListener("keydown", (event) => {
    if (!data || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key;
    if (key === "+" || key === "=") {
      const quarter = (data.to - data.from) / 4;
      onZoom(Math.round(data.from + quarter), Math.round(data.to - quarter));
    } else if (key === "-") onZoomOut();
    else if (key === "Escape" && point) setPoint(null);
    else if (key === "Enter" && point) onPick(point.series);
    else if (key.startsWith("Arrow") || key === "Home" || key === "End") walk(key);
    else return;
    event.preventDefault();
  });

  /** Moves the read-out along a series or to the next series above or below. @param {string} key */
  function walk(key) {
    const count = drawn[0]?.length ?? 0;
    if (!point) {
      setPoint(nearest(width - RIGHT, height / 2) ?? nearest(width / 2, height / 2), true);
      return;
    }
    const { series, index } = point;
    const has = (/** @type {number} */ i) => Number.isFinite(drawn[series]?.[i]);
    if (key === "ArrowUp" || key === "ArrowDown") {
      const here = drawn[series]?.[index] ?? 0;
      const order = drawn.map((column, i) => ({ i, v: column[index] ?? NaN }))
        .filter(({ i, v }) => isVisible(i) && Number.isFinite(v) && (v !== here || i === series))
        .sort((a, b) => a.v - b.v);
      const next = order[order.findIndex(({ i }) => i === series) + (key === "ArrowUp" ? 1 : -1)];
      if (next) setPoint({ series: next.i, index }, true);
      return;
    }
    const direction = key === "ArrowLeft" || key === "End" ? -1 : 1;
    let i = key === "Home" ? 0 : key === "End" ? count - 1 : index + direction;
    while (i >= 0 && i < count && !has(i)) i += direction;
    if (has(i)) setPoint({ series, index: i }, true);
  }

  // MARK: life

  const sizes = new ResizeObserver(() => {
    width = element.clientWidth;
    height = element.clientHeight;
    ratio = devicePixelRatio || 1;
    schedule(true);
  });
  sizes.observe(element);
  const sight = new IntersectionObserver((entries) => {
    visible = entries.at(-1)?.isIntersecting ?? true;
    if (visible) schedule();
  }, { rootMargin: "200px" });
  sight.observe(element);
  const unsubscribe = dark.subscribe(() => schedule(true));

  return {
    element,
    /** @param {ChartData} next @param {Set<number>} nextHidden */
    setData(next, nextHidden) {
      data = next;
      hidden = nextHidden;
      lifted = -1;
      selection = null;
      setPoint(null);
      schedule(true);
    },
    /** @param {Set<number>} next */
    setHidden(next) {
      hidden = next;
      setPoint(null);
      schedule(true);
    },
    /** @param {Layer | null} next */
    setLayer(next) {
      layer = next;
      schedule();
    },
    /** Lifts a series, -1 for none. @param {number} series */
    lift(series) {
      lifted = series;
      schedule();
    },
    /** Pixels of the plot's width, to choose a step. */
    get plotWidth() {
      return Math.max(200, (element.clientWidth || 800) - left - RIGHT);
    },
    destroy() {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      sight.disconnect();
      unsubscribe();
    },
  };
}

/** @param {CanvasRenderingContext2D} c @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function line(c, x0, y0, x1, y1) {
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
}

/** The middle of a pixel, where a one-pixel line is sharp. @param {number} v */
const snap = (v) => Math.round(v) + 0.5;
