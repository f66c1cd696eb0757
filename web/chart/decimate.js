/**
 * Fewer points for the same picture: per pixel column the first, smallest, largest and last value, so that spikes stay.
 * No DOM.
 */

/**
 * @typedef {{xs: Float64Array, ys: Float64Array}} Line pixel positions; NaN in `ys` is a gap
 */

/**
 * Pixel positions of a column of values on a regular grid, thinned to at most four points per pixel column.
 * @param {Float64Array} values NaN or infinite: no point there
 * @param {number} from first index
 * @param {number} to index after the last
 * @param {(index: number) => number} x
 * @param {(value: number) => number} y
 * @returns {Line}
 */
export function decimate(values, from, to, x, y) {
  const count = Math.max(0, to - from);
  const perPoint = count > 1 ? (x(to - 1) - x(from)) / (count - 1) : 1;
  // With up to four points per pixel thinning would save nothing.
  if (perPoint >= 0.25) {
    const xs = new Float64Array(count);
    const ys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const v = /** @type {number} */ (values[from + i]);
      xs[i] = x(from + i);
      ys[i] = Number.isFinite(v) ? y(v) : NaN;
    }
    return { xs, ys };
  }
  const xs = [];
  const ys = [];
  let i = from;
  while (i < to) {
    const column = Math.floor(x(i));
    let first = NaN, last = NaN, min = Infinity, max = -Infinity, minAt = 0, maxAt = 0;
    let gap = false;
    for (; i < to && Math.floor(x(i)) === column; i++) {
      const v = /** @type {number} */ (values[i]);
      if (!Number.isFinite(v)) {
        gap = true;
        continue;
      }
      if (Number.isNaN(first)) first = v;
      last = v;
      if (v < min) min = v, minAt = i;
      if (v > max) max = v, maxAt = i;
    }
    if (Number.isNaN(first)) {
      xs.push(column), ys.push(NaN);
      continue;
    }
    const px = column + 0.5;
    const [low, high] = minAt < maxAt ? [min, max] : [max, min];
    xs.push(px), ys.push(y(first));
    if (low !== first) xs.push(px), ys.push(y(low));
    if (high !== low) xs.push(px), ys.push(y(high));
    if (last !== high) xs.push(px), ys.push(y(last));
    if (gap) xs.push(px), ys.push(NaN);
  }
  return { xs: Float64Array.from(xs), ys: Float64Array.from(ys) };
}
