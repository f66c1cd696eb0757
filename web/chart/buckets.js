/** Native histograms as the API writes them: numbers, texts of bounds, and where buckets lie on an axis. No DOM. */
import { parseValue } from "./matrix.js";
import { formatValue } from "./units.js";

/** Which bounds belong to a bucket, by the API's number: (a, b], [a, b), (a, b), [a, b]. */
const BRACKETS = /** @type {const} */ (["(]", "[)", "()", "[]"]);

/**
 * @typedef {{lower: number, upper: number, count: number, brackets: string}} Bucket
 * @typedef {{count: number, sum: number, average: number, buckets: Bucket[]}} Histogram
 */

/** @param {import("../types/api.d.ts").NativeHistogram} histogram @returns {Histogram} */
export function parseHistogram({ count, sum, buckets = [] }) {
  const n = parseValue(count);
  const total = parseValue(sum);
  return {
    count: n,
    sum: total,
    average: total / n,
    buckets: buckets.map(([rule, lower, upper, population]) => ({
      lower: parseValue(lower),
      upper: parseValue(upper),
      count: parseValue(population),
      brackets: BRACKETS[rule] ?? "[]",
    })),
  };
}

/** Bounds of zero buckets are as good as zero; the usual ones are 1e-39. */
const TINY = 1e-15;

/** A bound for axes and captions. @param {number} bound @param {import("./units.js").Unit} [unit] @param {number} [digits] */
export const boundText = (bound, unit, digits) =>
  formatValue(Math.abs(bound) < TINY ? 0 : bound, unit, digits);

/** `(0.5, 1]`. @param {Bucket} bucket @param {import("./units.js").Unit} [unit] */
export function boundsText({ lower, upper, brackets }, unit = "none") {
  return `${brackets[0]}${formatValue(lower, unit)}, ${formatValue(upper, unit)}${brackets[1]}`;
}

/** A bucket around zero, of whatever width. @param {Bucket} bucket */
const holdsZero = ({ lower, upper }) => lower <= 0 && upper >= 0 && Number.isFinite(lower) && lower !== upper;

/**
 * The axis of a set of buckets: logarithmic away from zero on both sides, one unit for each doubling, so that exponential
 * buckets of one schema have one width. The zero bucket is one unit wide on each side it needs, whatever its threshold,
 * and a bucket without a bound reaches one unit beyond its other bound.
 * @param {Iterable<Bucket>} buckets
 * @returns {(bucket: Bucket) => [number, number]} lower and upper position
 */
export function bucketAxis(buckets) {
  let smallest = Infinity;
  let negative = false;
  for (const bucket of buckets) {
    const zero = holdsZero(bucket);
    for (const bound of [bucket.lower, bucket.upper]) {
      const size = Math.abs(bound);
      // The thresholds of zero buckets are no measure: the usual one is 1e-38.
      if (size > 0 && size < smallest && !(zero && bucket.lower < 0)) smallest = size;
    }
    if (!zero && bucket.lower < 0 && Number.isFinite(bucket.lower)) negative = true;
  }
  if (!Number.isFinite(smallest)) smallest = 1;
  /** @param {number} value */
  const at = (value) => {
    const size = Math.abs(value);
    const position = size >= smallest ? Math.log2(size / smallest) + 1 : size / smallest;
    return value < 0 ? -position : position;
  };
  return (bucket) => {
    const { lower, upper } = bucket;
    if (lower === -Infinity && upper === Infinity) return [-1, 1];
    if (lower === -Infinity) return [at(upper) - 1, at(upper)];
    if (upper === Infinity) return [at(lower), at(lower) + 1];
    if (holdsZero(bucket) && lower < 0) return [negative ? -1 : 0, Math.max(1, at(upper))];
    return [at(lower), at(upper)];
  };
}
