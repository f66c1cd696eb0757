/** Texts in the chosen language. English is always there; other languages load on first use. */
import en from "./en.js";

/** @typedef {keyof typeof en} TextKey */
/** @typedef {Record<TextKey, string>} Texts */

/** @type {Texts} */
let texts = en;

/** The languages by their own names. */
export const LANGUAGES = /** @type {const} */ ([["en", "English"], ["ko", "한국어"]]);

/** @param {import("../settings.js").Language} language */
export async function loadTexts(language) {
  texts = language === "ko" ? (await import("./ko.js")).default : en;
  document.documentElement.lang = language;
}

/**
 * The text of a key, `{name}` replaced by parameters. `{n|one|many}` chooses by number.
 * @param {TextKey} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params = {}) {
  return texts[key].replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (_, name, one, many) => one === undefined ? String(params[name] ?? "") : params[name] === 1 ? one : many,
  );
}
