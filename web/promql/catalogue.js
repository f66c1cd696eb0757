/** The names a server knows (metrics with type and help, labels, label values), asked when needed and kept for a minute. */
import { ask } from "../app/api.js";

/**
 * @typedef {{text: string, kind: "metric" | "label" | "value" | "function" | "aggregation" | "keyword" | "duration" | "history",
 *   detail?: string, info?: string, boost?: number}} Candidate
 */

const KEEP_MS = 60e3;
const LIMIT = "10000";

export function createCatalogue() {
  /** @type {Map<string, {at: number, promise: Promise<unknown>}>} */
  const kept = new Map();

  /** @template T @param {string} path @param {Record<string, string | undefined>} params @returns {Promise<T>} */
  function get(path, params) {
    const key = `${path}?${JSON.stringify(params)}`;
    const old = kept.get(key);
    if (old && Date.now() - old.at < KEEP_MS) return /** @type {Promise<T>} */ (old.promise);
    const promise = ask(path, params).then((answer) => answer.data);
    kept.set(key, { at: Date.now(), promise });
    promise.catch(() => kept.delete(key));
    if (kept.size > 200) kept.delete(kept.keys().next().value ?? "");
    return /** @type {Promise<T>} */ (promise);
  }

  /** A selector for a metric, valid for names that the grammar does not take bare. @param {string | undefined} metric */
  const selector = (metric) => metric === undefined ? undefined : `{__name__=${JSON.stringify(metric)}}`;

  return {
    /** @returns {Promise<Candidate[]>} */
    async metrics() {
      const [names, metadata] = await Promise.all([
        get("label/__name__/values", { limit: LIMIT }),
        get("metadata", { limit_per_metric: "1" }).catch(() => ({})),
      ]);
      const known = /** @type {Record<string, import("../types/api.d.ts").Metadata[]>} */ (metadata);
      return /** @type {string[]} */ (names).map((text) => {
        const about = known[text]?.[0] ?? known[text.replace(/_(bucket|count|sum|total)$/, "")]?.[0];
        return { text, kind: "metric", detail: about?.type, info: about?.help };
      });
    },
    /** @param {string | undefined} metric @returns {Promise<Candidate[]>} */
    async labels(metric) {
      const names = await get("labels", { limit: LIMIT, "match[]": selector(metric) });
      return /** @type {string[]} */ (names).map((text) => ({ text, kind: "label" }));
    },
    /** @param {string} label @param {string | undefined} metric @returns {Promise<Candidate[]>} */
    async values(label, metric) {
      const path = `label/${encodeURIComponent(label)}/values`;
      const values = await get(path, { limit: LIMIT, "match[]": selector(metric) });
      return /** @type {string[]} */ (values).map((text) => ({ text, kind: "value" }));
    },
  };
}

/** @typedef {ReturnType<typeof createCatalogue>} Catalogue */
