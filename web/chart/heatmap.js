/**
 * The heatmap of histograms: time to the right, values upwards, colour by density. Like the line chart it has two
 * canvases, the upper one for axes, selection and the cell under the pointer.
 */
import { fill, h, setText, uid } from "../ui/dom.js";
import { t } from "../app/i18n/i18n.js";
import { formatTime } from "../app/time.js";
import { dark } from "../app/settings.js";
import { boundText } from "./buckets.js";
import { shade, shadeColor } from "./density.js";
import { linearScale } from "./scale.js";
import { timeTicks, timeTickText } from "./ticks.js";
import { formatValue } from "./units.js";

const TOP = 10, RIGHT = 14, BOTTOM = 26;
/** Pixels between two texts of the value axis. */
const LINE = 20;
/** Colours are mixed once for so many shades. */
const SHADES = 64;

/**
 * @typedef {{from: number, to: number, step: number, density: import("./density.js").Density,
 *   unit: import("./units.js").Unit, utc: boolean}} HeatmapData
 * @typedef {{column: number, row: number}} Cell
 */

/** @param {{label: string, onZoom: (from: number, to: number) => void, onZoomOut: () => void}} options */
export function createHeatmap({ label, onZoom, onZoomOut }) {
  const base = h("canvas", { class: "chart-base", "aria-hidden": "true" });
  const over = h("canvas", { class: "chart-over", "aria-hidden": "true" });
  const probe = h("span", { class: "chart-probe", "aria-hidden": "true" });
  const tooltip = h("div", { class: "chart-tip", hidden: true, "aria-hidden": "true" });
  const live = h("div", { class: "visually-hidden", role: "status" });
  const helpId = uid("heatmap-help");
  const plot = h(
    "div",
    { class: "chart heatmap", tabIndex: 0, role: "group", "aria-label": label, "aria-describedby": helpId },
    base,
    over,
    probe,
    tooltip,
    live,
    h("div", { class: "visually-hidden", id: helpId }, t("heat.help")),
  );
  const ramp = h("span", { class: "heat-ramp" });
  const marks = [0, 0.5, 1].map(() => h("span", null));
  const legend = h(
    "div",
    { class: "heat-legend" },
    h("span", null, t("heat.legend")),
    h("span", { class: "heat-scale" }, ramp, h("span", { class: "heat-marks" }, marks)),
  );
  const element = h("div", { class: "heatmap-box" }, plot, legend);
  const baseContext = /** @type {CanvasRenderingContext2D} */ (base.getContext("2d"));
  const overContext = /** @type {CanvasRenderingContext2D} */ (over.getContext("2d"));

  /** @type {HeatmapData | null} */
  let data = null;
  let width = 0, height = 0, ratio = 1, left = 60;
  let x = linearScale(0, 1, 0, 1);
  let y = linearScale(0, 1, 1, 0);
  /** @type {Cell | null} */
  let cell = null;
  /** @type {{from: number, to: number} | null} pixels */
  let selection = null;
  let dirty = true, frame = 0;

  const rows = () => data?.density.rows ?? [];
  const timeAt = (/** @type {number} */ column) => (data ? data.from + column * data.step : 0);
  /** @param {Cell} at */
  const populationOf = ({ column, row }) => data?.density.populations[column * rows().length + row] ?? 0;

  // MARK: drawing

  function schedule(redrawBase = false) {
    dirty ||= redrawBase;
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (dirty) drawBase();
      drawOver();
    });
  }

  const font = () => `12px ${getComputedStyle(plot).fontFamily}`;

  /** Places of the value axis that have a text, far enough from each other. */
  function valueMarks() {
    /** @type {{py: number, text: string}[]} */
    const texts = [];
    let last = Infinity;
    /** @param {number} place @param {string} text */
    const add = (place, text) => {
      const py = y.to(place);
      if (last - py < LINE) return;
      last = py;
      texts.push({ py, text });
    };
    for (const { low, high, lower, upper } of rows()) {
      const [from, to] = [boundText(lower, data?.unit, 3), boundText(upper, data?.unit, 3)];
      if (from === to) add((low + high) / 2, from);
      else add(low, from), add(high, to);
    }
    return texts;
  }

  function layOut() {
    if (!data) return;
    const all = rows();
    const half = data.step / 2;
    y = linearScale(all[0]?.low ?? 0, all.at(-1)?.high ?? 1, height - BOTTOM, TOP);
    overContext.font = font();
    const widest = Math.max(24, ...valueMarks().map(({ text }) => overContext.measureText(text).width));
    left = Math.ceil(widest) + 16;
    x = linearScale(data.from - half, data.to + half, left, Math.max(left + 1, width - RIGHT));
  }

  function drawBase() {
    dirty = false;
    for (const canvas of [base, over]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    layOut();
    const c = baseContext;
    c.clearRect(0, 0, base.width, base.height);
    if (!data) return;
    const { density: { columns, densest }, step } = data;
    const all = rows();
    const colors = Array.from({ length: SHADES + 1 }, (_, i) => shadeColor(i / SHADES, dark.value));
    // Whole device pixels, so that neighbours neither overlap nor leave a seam.
    const edge = (/** @type {number} */ v) => Math.round(v * ratio);
    const ys = all.map(({ low, high }) => [edge(y.to(high)), edge(y.to(low))]);
    for (let column = 0; column < columns; column++) {
      const from = edge(x.to(timeAt(column) - step / 2));
      const to = Math.max(from + 1, edge(x.to(timeAt(column) + step / 2)));
      all.forEach((row, i) => {
        const at = shade(populationOf({ column, row: i }), row, densest);
        if (at === 0) return;
        const [upper = 0, lower = 0] = ys[i] ?? [];
        c.fillStyle = colors[Math.max(1, Math.round(at * SHADES))] ?? "";
        c.fillRect(from, upper, to - from, Math.max(1, lower - upper));
      });
    }
    drawLegend();
  }

  function drawLegend() {
    if (!data) return;
    const stops = Array.from({ length: 9 }, (_, i) => shadeColor(i / 8, dark.value));
    ramp.style.setProperty("--ramp", `linear-gradient(90deg, ${stops.join(", ")})`);
    const finest = Math.min(...rows().map(({ low, high }) => high - low));
    marks.forEach((mark, i) => {
      const at = i / (marks.length - 1);
      setText(mark, formatValue(at * at * (data?.density.densest ?? 0) * finest, "none", 3));
    });
  }

  function drawOver() {
    const c = overContext;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (!data) return;
    const style = getComputedStyle(probe);
    c.font = font();
    c.fillStyle = style.color;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const { py, text } of valueMarks()) c.fillText(text, left - 8, py);
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    const { times, step } = timeTicks(data.from, data.to, Math.max(2, (width - left) / 84), data.utc);
    for (const time of times) {
      const px = Math.min(width - 18, Math.max(18, x.to(time)));
      c.fillText(timeTickText(time, step, data.utc), px, height - 8);
    }
    if (selection) {
      const from = Math.min(selection.from, selection.to);
      c.globalAlpha = 0.2;
      c.fillStyle = style.outlineColor;
      c.fillRect(from, TOP, Math.abs(selection.to - selection.from), height - BOTTOM - TOP);
      c.globalAlpha = 1;
    } else if (cell) {
      const row = rows()[cell.row];
      if (!row) return;
      const px = x.to(timeAt(cell.column) - data.step / 2);
      const py = y.to(row.high);
      c.strokeStyle = style.outlineColor;
      c.lineWidth = 2;
      c.strokeRect(px, py, Math.max(2, data.step * x.k), Math.max(2, y.to(row.low) - py));
    }
  }

  // MARK: reading

  /** @param {number} px @param {number} py @returns {Cell | null} */
  function cellAt(px, py) {
    if (!data) return null;
    const column = Math.round((x.from(px) - data.from) / data.step);
    const place = y.from(py);
    const row = rows().findIndex(({ low, high }) => place >= low && place < high);
    return row < 0 || column < 0 || column >= data.density.columns ? null : { column, row };
  }

  /** @param {Cell | null} next @param {boolean} [spoken] */
  function setCell(next, spoken = false) {
    cell = next;
    schedule();
    const row = next && rows()[next.row];
    if (!data || !next || !row) {
      tooltip.hidden = true;
      return;
    }
    let whole = 0;
    for (let i = 0; i < rows().length; i++) whole += populationOf({ column: next.column, row: i });
    const population = populationOf(next);
    const time = formatTime(timeAt(next.column), data.utc);
    const bounds = `${boundText(row.lower, data.unit)} – ${boundText(row.upper, data.unit)}`;
    const share = whole > 0 ? formatValue(population / whole, "ratio", 3) : "–";
    fill(
      tooltip,
      h("div", { class: "tip-time" }, time),
      h(
        "div",
        { class: "tip-value" },
        h("strong", null, formatValue(population, "none", 5)),
        h("span", null, share),
      ),
      h("div", { class: "tip-name" }, bounds),
    );
    tooltip.hidden = selection !== null;
    const px = x.to(timeAt(next.column));
    const py = y.to((row.low + row.high) / 2);
    const { offsetWidth: w, offsetHeight: tall } = tooltip;
    const side = px + 16 + w > width ? px - 16 - w : px + 16;
    const top = Math.min(Math.max(0, py - tall / 2), Math.max(0, height - tall));
    tooltip.style.transform = `translate(${Math.round(Math.max(0, side))}px, ${Math.round(top)}px)`;
    if (spoken) setText(live, t("heat.cell", { n: formatValue(population, "none", 5), share, bounds, time }));
  }

  // MARK: pointer and keys

  /** @param {PointerEvent} event */
  const position = (event) => {
    const box = plot.getBoundingClientRect();
    return { px: event.clientX - box.left, py: event.clientY - box.top };
  };
  const clampX = (/** @type {number} */ px) => Math.min(width - RIGHT, Math.max(left, px));

  plot.addEventListener("pointermove", (event) => {
    const { px, py } = position(event);
    if (selection) {
      selection.to = clampX(px);
      schedule();
    } else setCell(cellAt(px, py));
  });
  plot.addEventListener("pointerleave", () => !selection && setCell(null));
  plot.addEventListener("pointerdown", (event) => {
    // Touch scrolls the page; zooming by touch is done with the buttons.
    if (event.button !== 0 || event.pointerType === "touch" || !data) return;
    const px = clampX(position(event).px);
    selection = { from: px, to: px };
    tooltip.hidden = true;
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointerup", (event) => {
    const chosen = selection;
    selection = null;
    if (!chosen) return;
    const end = clampX(position(event).px);
    schedule();
    const from = x.from(Math.min(chosen.from, end));
    const to = x.from(Math.max(chosen.from, end));
    if (Math.abs(end - chosen.from) >= 6 && to - from >= 10) onZoom(Math.round(from), Math.round(to));
  });
  plot.addEventListener("pointercancel", () => {
    selection = null;
    setCell(null);
  });
  plot.addEventListener("dblclick", () => onZoomOut());
  plot.addEventListener("blur", () => setCell(null));
  plot.addEventListener("keydown", (event) => {
    if (!data || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const quarter = (data.to - data.from) / 4;
    if (key === "+" || key === "=") onZoom(Math.round(data.from + quarter), Math.round(data.to - quarter));
    else if (key === "-") onZoomOut();
    else if (key === "Escape" && cell) setCell(null);
    else if (key.startsWith("Arrow") || key === "Home" || key === "End") walk(key);
    else return;
    event.preventDefault();
  });

  /** @param {string} key */
  function walk(key) {
    if (!data) return;
    const last = { column: data.density.columns - 1, row: rows().length - 1 };
    if (!cell) return setCell({ column: last.column, row: densestRow(last.column) }, true);
    const { column, row } = cell;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    const next = by
      ? { column: column + (by[0] ?? 0), row: row + (by[1] ?? 0) }
      : { column: key === "Home" ? 0 : last.column, row };
    setCell({
      column: Math.min(last.column, Math.max(0, next.column)),
      row: Math.min(last.row, Math.max(0, next.row)),
    }, true);
  }

  /** @param {number} column */
  function densestRow(column) {
    let best = 0;
    rows().forEach((_, row) => {
      if (populationOf({ column, row }) > populationOf({ column, row: best })) best = row;
    });
    return best;
  }

  // MARK: life

  const sizes = new ResizeObserver(() => {
    width = plot.clientWidth;
    height = plot.clientHeight;
    ratio = devicePixelRatio || 1;
    schedule(true);
  });
  sizes.observe(plot);
  const unsubscribe = dark.subscribe(() => schedule(true));

  return {
    element,
    /** @param {HeatmapData} next */
    setData(next) {
      data = next;
      selection = null;
      setCell(null);
      schedule(true);
    },
    destroy() {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      unsubscribe();
    },
  };
}
