/** Where axis ticks go and what they say: values on 1-2-5 steps, times on calendar steps of the shown zone. No DOM. */
import { timeParts } from "../app/time.js";

/**
 * Round values that cover [min, max], about `count` of them. `binary` counts in powers of two (bytes).
 * @param {number} min
 * @param {number} max
 * @param {number} count
 * @param {boolean} [binary]
 */
export function valueTicks(min, max, count, binary = false) {
  const span = max - min;
  if (!(span > 0) || !Number.isFinite(span)) return [min];
  const raw = span / Math.max(1, count);
  let step;
  if (binary && raw >= 1) {
    const unit = 1024 ** Math.floor(Math.log2(raw) / 10);
    step = unit * 2 ** Math.ceil(Math.log2(raw / unit));
  } else {
    const power = 10 ** Math.floor(Math.log10(raw));
    const f = raw / power;
    step = power * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
  }
  const ticks = [];
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  for (let i = first; i <= last && ticks.length < 100; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

const SECOND = 1e3, MINUTE = 6e4, HOUR = 36e5, DAY = 864e5;
// deno-fmt-ignore
const TIME_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY, 364 * DAY,
];

/**
 * Round times in [from, to], at most about `count`. Steps count in wall-clock time of the zone, so that ticks stay on
 * whole hours and midnights across a change of the offset.
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @param {boolean} utc
 * @returns {{times: number[], step: number}}
 */
export function timeTicks(from, to, count, utc) {
  const step = TIME_STEPS.find((s) => (to - from) / s <= Math.max(1, count)) ??
    Math.ceil((to - from) / Math.max(1, count) / (364 * DAY)) * 364 * DAY;
  /** @param {number} t */
  const offset = (t) => (utc ? 0 : new Date(t).getTimezoneOffset() * MINUTE);
  const times = [];
  const start = Math.ceil((from - offset(from)) / step) * step;
  // Bounded by rounds: times beyond what a calendar can say have no offset, and every comparison with them is false.
  for (let wall = start, round = 0; round < 200; wall += step, round++) {
    // The offset before and after the wall time differ only at a change; the second look settles it.
    const t = wall + offset(wall + offset(wall));
    if (t > to) break;
    if (t >= from) times.push(t);
  }
  return { times, step };
}

/**
 * The text of a time tick: as much of the time as its step needs; the date where the day begins or the step is days.
 * @param {number} t
 * @param {number} step
 * @param {boolean} utc
 */
export function timeTickText(t, step, utc) {
  const p = timeParts(t, utc);
  if (step >= DAY) return p.date.slice(5);
  if (step < SECOND) return `${p.minutes}:${p.seconds}.${p.millis}`;
  if (step < MINUTE) return `${p.minutes}:${p.seconds}`;
  return p.minutes === "00:00" ? p.date.slice(5) : p.minutes;
}
