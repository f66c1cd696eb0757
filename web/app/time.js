/**
 * Time as the user types and reads it: durations ("1h30m"), points in time (RFC 3339, epoch, `now-6h`),
 * and texts of both. All times are milliseconds since the epoch, all durations milliseconds. No DOM.
 */

const UNIT_MS = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31536e6 };
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;

/**
 * Milliseconds of a PromQL duration: `5m`, `1h30m`, also `90` and `1.5` (seconds), as the API accepts them.
 * @param {string} text
 * @returns {number | null} null where the text is not a positive duration
 */
export function parseDuration(text) {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1e3 || null;
  if (trimmed === "" || !DURATION.test(trimmed)) return null;
  let total = 0;
  for (const part of trimmed.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    total += Number(part[1]) * UNIT_MS[/** @type {keyof typeof UNIT_MS} */ (part[2])];
  }
  return Number.isFinite(total) && total > 0 ? total : null;
}

/**
 * The shortest PromQL spelling of a duration: 5400000 is `1h30m`. Years and weeks are used only when alone,
 * as the peers do, so that a text survives the round trip.
 * @param {number} ms
 */
export function formatDuration(ms) {
  let rest = Math.round(ms);
  if (rest <= 0) return "0s";
  let text = "";
  for (const [unit, size] of /** @type {[string, number][]} */ (Object.entries(UNIT_MS)).reverse()) {
    const alone = unit === "y" || unit === "w";
    if (alone ? rest % size !== 0 : rest < size) continue;
    text += Math.floor(rest / size) + unit;
    rest %= size;
    if (rest === 0) break;
  }
  return text;
}

/**
 * A point in time: `now`, `now-6h`, epoch seconds or milliseconds, RFC 3339, or `YYYY-MM-DD[ HH:MM[:SS]]`
 * in the zone given (the form links carry is UTC).
 * @param {string} text
 * @param {{utc: boolean, now: number}} options
 * @returns {number | "now" | null} null where the text is none of these
 */
export function parseTime(text, { utc, now }) {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "now") return "now";
  const relative = /^now\s*([+-])\s*(\w+)$/.exec(trimmed);
  if (relative) {
    const ms = parseDuration(relative[2] ?? "");
    return ms === null ? null : now + (relative[1] === "-" ? -ms : ms);
  }
  if (/^\d{9,10}(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1e3);
  if (/^\d{12,13}$/.test(trimmed)) return Number(trimmed);
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return null;
  const iso = trimmed.replace(/^(\d{4}-\d{2}-\d{2})[ T]+/, "$1T").replace(/\s+/g, "");
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(iso.slice(10));
  const whole = iso.length === 10 ? iso + "T00:00:00" : iso;
  const time = Date.parse(zoned || !utc ? whole : whole + "Z");
  return Number.isNaN(time) ? null : time;
}

/** @param {number} n @param {number} [width] */
const pad = (n, width = 2) => String(n).padStart(width, "0");

/**
 * Calendar parts of a time in local time or UTC.
 * @param {number} ms
 * @param {boolean} utc
 */
export function timeParts(ms, utc) {
  const d = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 6e4);
  return {
    date: `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`,
    minutes: `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`,
    seconds: pad(d.getUTCSeconds()),
    millis: pad(d.getUTCMilliseconds(), 3),
  };
}

/**
 * `2026-11-22 20:10:05`, with milliseconds only where there are any.
 * @param {number} ms
 * @param {boolean} utc
 */
export function formatTime(ms, utc) {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "–";
  const p = timeParts(ms, utc);
  return `${p.date} ${p.minutes}:${p.seconds}${p.millis === "000" ? "" : "." + p.millis}`;
}

/** Points asked for over the range, per density of the automatic resolution (as links of Prometheus mean them). */
export const DENSITY = { low: 100, medium: 250, high: 750 };

/** The API refuses more points per series than this. */
export const MAX_POINTS = 11000;

const NICE_STEPS = [
  1,
  2,
  5,
  10,
  15,
  20,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  10800,
  21600,
  43200,
  86400,
];

/**
 * The step of a range query in milliseconds. Automatic steps are whole, calm numbers, never finer than one point per two pixels.
 * @param {import("../types/api.d.ts").Resolution} resolution
 * @param {number} rangeMs
 * @param {number} width pixels of the plot
 */
export function stepFor(resolution, rangeMs, width) {
  const floor = Math.ceil(rangeMs / MAX_POINTS);
  if (resolution.type !== "auto") return Math.max(resolution.stepMs, floor, 1);
  const points = Math.min(DENSITY[resolution.density], Math.max(50, width / 2));
  const raw = rangeMs / points / 1e3;
  if (raw < 1) return Math.max(1, floor, Math.round(raw * 1e3));
  const nice = NICE_STEPS.find((step) => step >= raw * 0.75) ?? Math.ceil(raw / 86400) * 86400;
  return Math.max(nice * 1e3, floor);
}
