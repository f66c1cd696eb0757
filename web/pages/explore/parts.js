/** What an answer needs to be shown beyond the first page's modules; loaded with it, so that showing never waits. */
import { loadInsight } from "../../app/insight.js";
import { hasHistograms } from "./table.js";

/** @typedef {import("../../types/api.d.ts").QueryData} QueryData */
/** @typedef {import("../../types/api.d.ts").ExemplarSeries} ExemplarSeries */
/**
 * @typedef {{annotations: typeof import("./annotations.js") | null, nothing: typeof import("./nothing.js") | null,
 *   histograms: typeof import("./histogram.js") | null, heatmap: typeof import("./heatmap.js") | null,
 *   exemplars: {module: typeof import("../../chart/exemplars.js"), answer: ExemplarSeries[]} | null}} AnswerParts
 */

/** @param {QueryData} data a result without series */
export const isEmpty = (data) =>
  (data.resultType === "vector" || data.resultType === "matrix") && data.result.length === 0;

/** @param {{warnings: string[], infos: string[]}} answer */
export const loadAnnotations = async ({ warnings, infos }) =>
  warnings.length + infos.length > 0 ? await loadInsight(() => import("./annotations.js")) : null;

/**
 * @param {import("../../types/api.d.ts").Answer<QueryData>} answer
 * @param {import("../../types/api.d.ts").Tab} tab
 * @param {ExemplarSeries[] | null} exemplars where they were asked for
 * @returns {Promise<AnswerParts>}
 * @throws {import("../../app/api.js").ApiError} when the server no longer answers
 */
export async function loadParts(answer, tab, exemplars) {
  const histograms = hasHistograms(answer.data);
  /** @template T @param {boolean} wanted @param {() => Promise<T>} load */
  const when = async (wanted, load) => (wanted ? await loadInsight(load) : null);
  const [annotations, nothing, table, heatmap, module] = await Promise.all([
    loadAnnotations(answer),
    when(tab !== "json" && isEmpty(answer.data), () => import("./nothing.js")),
    when(tab === "table" && histograms, () => import("./histogram.js")),
    when(tab === "graph" && histograms, () => import("./heatmap.js")),
    when(exemplars !== null, () => import("../../chart/exemplars.js")),
  ]);
  return {
    annotations,
    nothing,
    histograms: table,
    heatmap,
    exemplars: module && exemplars && { module, answer: exemplars },
  };
}
