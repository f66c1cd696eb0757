/**
 * What only some visits need (explaining queries, histograms, exemplars, running queries) loads when it is first shown,
 * with its texts and its style, so that the first page stays small.
 */
import { ApiError } from "./api.js";
import { loadInsightTexts, t } from "./i18n/i18n.js";

/** @type {Promise<void> | null} */
let style = null;

function loadStyle() {
  style ??= new Promise((done, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../css/insight.css", import.meta.url).href;
    link.onload = () => done();
    link.onerror = () => {
      link.remove();
      style = null;
      failed(new TypeError("style"));
    };
    document.head.append(link);
  });
  return style;
}

/**
 * @template T
 * @param {() => Promise<T>} load imports the module
 * @returns {Promise<T>}
 * @throws {ApiError} when the server no longer answers
 */
export async function loadInsight(load) {
  try {
    const [module] = await Promise.all([load(), loadInsightTexts(), loadStyle()]);
    return module;
  } catch (error) {
    // What an import and the style above fail with when they cannot be fetched.
    if (!(error instanceof TypeError)) throw error;
    throw new ApiError("network", t("error.network"), 0);
  }
}
