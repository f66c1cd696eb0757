/** From a range query's answer to columns on a regular grid of time, and to figures per series. No DOM. */

/** The number a sample's text stands for. @param {string} text */
export function parseValue(text) {
  if (text === "+Inf" || text === "Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

/**
 * One column per series: the value at `from + i * step`, NaN where the series has none (a gap, not a zero).
 * @param {import("../types/api.d.ts").MatrixElement[]} result
 * @param {number} from milliseconds
 * @param {number} step milliseconds
 * @param {number} count
 * @returns {Float64Array[]}
 */
export function columnsOf(result, from, step, count) {
  return result.map((element) => {
    const column = new Float64Array(count).fill(NaN);
    for (const [seconds, text] of element.values ?? []) {
      const index = Math.round((seconds * 1e3 - from) / step);
      if (index >= 0 && index < count) column[index] = parseValue(text);
    }
    return column;
  });
}

/**
 * Last, smallest, largest value and mean of a column, without its gaps; NaN where there is no value.
 * @param {Float64Array} column
 */
export function summary(column) {
  let last = NaN, min = Infinity, max = -Infinity, sum = 0, count = 0;
  for (let i = 0; i < column.length; i++) {
    const v = /** @type {number} */ (column[i]);
    if (Number.isNaN(v)) continue;
    last = v;
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
    count += 1;
  }
  return count === 0 ? { last, min: NaN, max: NaN, mean: NaN } : { last, min, max, mean: sum / count };
}

/**
 * Columns that stand on each other: the running sum of the visible ones; a gap adds nothing.
 * @param {Float64Array[]} columns
 * @param {(index: number) => boolean} isVisible
 */
export function stack(columns, isVisible) {
  const total = new Float64Array(columns[0]?.length ?? 0);
  return columns.map((column, index) => {
    if (!isVisible(index)) return column;
    const top = new Float64Array(column.length);
    for (let i = 0; i < column.length; i++) {
      const v = /** @type {number} */ (column[i]);
      total[i] = (total[i] ?? 0) + (Number.isFinite(v) ? v : 0);
      top[i] = Number.isNaN(v) ? NaN : /** @type {number} */ (total[i]);
    }
    return top;
  });
}
