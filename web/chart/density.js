/**
 * From a range query's histograms to a grid of time and value: every bucket's population is spread over the rows it
 * covers, so that series of different resolution can lie on each other. No DOM.
 */
import { bucketAxis, parseHistogram } from "./buckets.js";

/** More cells than this are neither drawn nor read; rows are merged until it holds. */
const MAX_CELLS = 400_000;

/**
 * `low` and `high` are places on the axis, `lower` and `upper` the values there.
 * @typedef {{low: number, high: number, lower: number, upper: number}} Row
 * @typedef {{rows: Row[], columns: number, populations: Float64Array, densest: number, total: number}} Density
 *   `populations[column * rows.length + row]`; `densest` is the largest population per unit of the axis
 */

/**
 * The sum of the series' histograms on a regular grid of time.
 * @param {import("../types/api.d.ts").MatrixElement[]} result
 * @param {number} from milliseconds
 * @param {number} step milliseconds
 * @param {number} columns
 * @returns {Density}
 */
export function densityOf(result, from, step, columns) {
  const samples = result.flatMap(({ histograms = [] }) =>
    histograms.map(([seconds, histogram]) => ({
      column: Math.round((seconds * 1e3 - from) / step),
      buckets: parseHistogram(histogram).buckets,
    }))
  ).filter(({ column }) => column >= 0 && column < columns);
  const place = bucketAxis(function* () {
    for (const { buckets } of samples) yield* buckets;
  }());
  const { rows, quantum } = rowsOf(samples, place, columns);
  const index = new Map(rows.map((row, i) => [row.low, i]));
  const populations = new Float64Array(rows.length * columns);
  for (const { column, buckets } of samples) {
    for (const bucket of buckets) {
      const [low, high] = snapped(place(bucket), quantum);
      const first = index.get(low) ?? rows.length;
      for (let i = first; i < rows.length && /** @type {Row} */ (rows[i]).low < high; i++) {
        const row = /** @type {Row} */ (rows[i]);
        const cell = column * rows.length + i;
        const share = (row.high - row.low) / (high - low);
        populations[cell] = (populations[cell] ?? 0) + bucket.count * share;
      }
    }
  }
  let densest = 0;
  let total = 0;
  populations.forEach((population, cell) => {
    const row = /** @type {Row} */ (rows[cell % rows.length]);
    densest = Math.max(densest, population / (row.high - row.low));
    total += population;
  });
  return { rows, columns, populations, densest, total };
}

/** On multiples of the quantum, never empty. @param {[number, number]} place @param {number} quantum @returns {[number, number]} */
function snapped([low, high], quantum) {
  const from = Math.round(low / quantum);
  return [from * quantum, Math.max(from + 1, Math.round(high / quantum)) * quantum];
}

/**
 * The rows between all bounds that occur, without the gaps that no bucket covers.
 * @param {{buckets: import("./buckets.js").Bucket[]}[]} samples
 * @param {(bucket: import("./buckets.js").Bucket) => [number, number]} place
 * @param {number} columns
 */
function rowsOf(samples, place, columns) {
  // The finest schema has 256 buckets for each doubling.
  for (let quantum = 1 / 256;; quantum *= 2) {
    // A zero bucket ends where another begins, at another value: each side keeps its own.
    /** Values by place. @type {Map<number, number>} */
    const lowers = new Map();
    /** @type {Map<number, number>} */
    const uppers = new Map();
    /** @type {Map<number, number>} */
    const covers = new Map();
    for (const { buckets } of samples) {
      for (const bucket of buckets) {
        const [low, high] = snapped(place(bucket), quantum);
        lowers.set(low, bucket.lower);
        uppers.set(high, bucket.upper);
        covers.set(low, Math.max(covers.get(low) ?? -Infinity, high));
      }
    }
    const places = [...new Set([...lowers.keys(), ...uppers.keys()])].sort((a, b) => a - b);
    if (places.length * columns > MAX_CELLS && places.length > 2) continue;
    /** @type {Row[]} */
    const rows = [];
    let covered = -Infinity;
    places.forEach((low, i) => {
      const high = places[i + 1];
      covered = Math.max(covered, covers.get(low) ?? -Infinity);
      if (high === undefined || covered <= low) return;
      rows.push({
        low,
        high,
        lower: lowers.get(low) ?? uppers.get(low) ?? NaN,
        upper: uppers.get(high) ?? lowers.get(high) ?? NaN,
      });
    });
    return { rows, quantum };
  }
}

/**
 * How dark a cell is, from 0 to 1: the root of its density, because a few full buckets would otherwise leave the rest
 * invisible.
 * @param {number} population
 * @param {Row} row
 * @param {number} densest
 */
export function shade(population, row, densest) {
  if (!(population > 0) || !(densest > 0)) return 0;
  return Math.sqrt(population / (row.high - row.low) / densest);
}

/** Stops of the colours from empty to densest, on light and on dark surfaces. */
const STOPS = {
  light: [[228, 237, 252], [120, 172, 248], [39, 98, 199], [18, 36, 92]],
  dark: [[24, 38, 66], [38, 92, 178], [120, 178, 252], [240, 247, 255]],
};

/** The colour of a shade from 0 to 1. @param {number} at @param {boolean} dark */
export function shadeColor(at, dark) {
  const stops = dark ? STOPS.dark : STOPS.light;
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(place));
  const [a = [], b = []] = [stops[i], stops[i + 1]];
  const mix = [0, 1, 2].map((k) => Math.round((a[k] ?? 0) + ((b[k] ?? 0) - (a[k] ?? 0)) * (place - i)));
  return `rgb(${mix.join(", ")})`;
}
