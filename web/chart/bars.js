/** The buckets of one histogram as bars, in the places of its axis; the height is the density. */
import { bucketAxis } from "./buckets.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {import("./buckets.js").Bucket[]} buckets
 * @param {{width: number, height: number, label?: string}} options without a label it is decoration
 */
export function bucketBars(buckets, { width, height, label }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("class", "bucket-bars");
  svg.setAttribute("preserveAspectRatio", "none");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  const place = bucketAxis(buckets);
  const bars = buckets.map((bucket) => {
    const [low, high] = place(bucket);
    return { low, high, density: high > low ? Math.max(0, bucket.count) / (high - low) : 0 };
  });
  const low = Math.min(...bars.map((bar) => bar.low));
  const scale = width / (Math.max(...bars.map((bar) => bar.high)) - low || 1);
  const densest = Math.max(...bars.map((bar) => bar.density));
  const path = bars.filter((bar) => bar.density > 0).map((bar) => {
    const tall = Math.max(1, (bar.density / densest) * height);
    const from = (bar.low - low) * scale;
    const wide = Math.max(0.6, (bar.high - bar.low) * scale - 0.5);
    return `M${from.toFixed(2)} ${height}v${(-tall).toFixed(2)}h${wide.toFixed(2)}v${tall.toFixed(2)}z`;
  });
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path.join(""));
  svg.append(shape);
  return svg;
}
