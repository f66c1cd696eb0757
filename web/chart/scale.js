/** Mapping between data and pixels, and the range of the value axis. No DOM. */

/**
 * A linear mapping of [d0, d1] to [r0, r1] and back.
 * @param {number} d0
 * @param {number} d1
 * @param {number} r0
 * @param {number} r1
 */
export function linearScale(d0, d1, r0, r1) {
  const k = d1 === d0 ? 0 : (r1 - r0) / (d1 - d0);
  return {
    d0,
    d1,
    k,
    /** @param {number} v */
    to: (v) => r0 + (v - d0) * k,
    /** @param {number} px */
    from: (px) => (k === 0 ? d0 : d0 + (px - r0) / k),
  };
}

/** @typedef {ReturnType<typeof linearScale>} Scale */

/**
 * Smallest and largest finite value of the columns, or null where there is none.
 * @param {Iterable<Float64Array>} columns
 * @returns {[number, number] | null}
 */
export function extent(columns) {
  let min = Infinity;
  let max = -Infinity;
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const v = /** @type {number} */ (column[i]);
      // Comparisons are false for NaN; infinities are left out because no axis can show them.
      if (v < min && v !== -Infinity) min = v;
      if (v > max && v !== Infinity) max = v;
    }
  }
  return min <= max ? [min, max] : null;
}

/**
 * The value axis for data in [min, max]: some air above and below, zero included where it is near, never empty.
 * @param {number} min
 * @param {number} max
 * @returns {[number, number]}
 */
export function valueRange(min, max) {
  if (min === max) {
    if (min === 0) return [0, 1];
    const air = Math.abs(min) * 0.5;
    return [min > 0 && min < 10 ? 0 : min - air, max + air];
  }
  const air = (max - min) * 0.06;
  let low = min - air;
  const high = max + air;
  if (min >= 0 && (low < 0 || min < (max - min) * 0.5)) low = 0;
  return Number.isFinite(high - low) ? [low, max <= 0 && high > 0 ? 0 : high] : [min / 2, max / 2];
}
