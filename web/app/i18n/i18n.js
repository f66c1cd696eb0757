/**
 * Texts in the chosen language. English is always there; other languages load on first use, and so do the texts of
 * what only some visits need (`insight`).
 */
import en from "./en.js";

/** @typedef {keyof typeof en} FirstKey */
/** @typedef {keyof typeof import("./insight/en.js").default} InsightKey */
/** @typedef {FirstKey | InsightKey} TextKey */

/** @type {Record<string, string>} */
let texts = en;
/** @type {import("../settings.js").Language} */
let shown = "en";
let hasInsight = false;

/** The languages by their own names. */
export const LANGUAGES = /** @type {const} */ ([["en", "English"], ["ko", "한국어"]]);

/** @param {import("../settings.js").Language} language */
export async function loadTexts(language) {
  shown = language;
  const first = language === "ko" ? (await import("./ko.js")).default : en;
  texts = hasInsight ? { ...first, ...await insightTexts(language) } : first;
  document.documentElement.lang = language;
}

/** Adds the texts of what is opened seldom. */
export async function loadInsightTexts() {
  if (hasInsight) return;
  const more = await insightTexts(shown);
  hasInsight = true;
  texts = { ...texts, ...more };
}

/** @param {import("../settings.js").Language} language */
async function insightTexts(language) {
  return (language === "ko" ? await import("./insight/ko.js") : await import("./insight/en.js")).default;
}

/**
 * The text of a key, `{name}` replaced by parameters. `{n|one|many}` chooses by number.
 * @param {TextKey} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params = {}) {
  return (texts[key] ?? key).replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (_, name, one, many) => one === undefined ? String(params[name] ?? "") : params[name] === 1 ? one : many,
  );
}
