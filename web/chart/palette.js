/**
 * Colours of series: twelve hues, each with a tone for light and one for dark surfaces, in an order that keeps neighbours apart.
 * Every tone has at least 3:1 contrast to the chart's surface (a test holds this). No DOM.
 */

/** [on light, on dark] */
export const PALETTE = /** @type {const} */ ([
  ["#2f6fd0", "#6ea8fe"],
  ["#c2570c", "#fb9a52"],
  ["#1a7f4e", "#4cc38a"],
  ["#a23bb8", "#d68ae6"],
  ["#b3261e", "#ff8f85"],
  ["#0e7c86", "#45c4cf"],
  ["#8a6a00", "#e0bd3c"],
  ["#5b54c9", "#a5a0ff"],
  ["#b82e72", "#f58abf"],
  ["#4d7a12", "#9fce57"],
  ["#7a5542", "#cfa78f"],
  ["#54697d", "#a3b7c9"],
]);

/** @param {number} index @param {boolean} dark */
export function seriesColor(index, dark) {
  const pair = PALETTE[index % PALETTE.length] ?? PALETTE[0];
  return pair[dark ? 1 : 0];
}

/** The same as a CSS value that follows the theme by itself. @param {number} index */
export function seriesColorCss(index) {
  return `light-dark(${seriesColor(index, false)}, ${seriesColor(index, true)})`;
}
