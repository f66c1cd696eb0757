/** What belongs to the person and not to the page: theme, language, time zone, query history. Kept in the browser. */
import { signal } from "../ui/dom.js";

/** @typedef {"system" | "light" | "dark"} Theme */
/** @typedef {"en" | "ko"} Language */

/** @param {string} key */
function read(key) {
  try {
    return localStorage.getItem(`apus.${key}`);
  } catch {
    return null; // Storage can be switched off; the settings then last as long as the page.
  }
}

/** @param {string} key @param {string} value */
function write(key, value) {
  try {
    localStorage.setItem(`apus.${key}`, value);
  } catch {
    // As above.
  }
}

/**
 * @template {string} T
 * @param {string} key
 * @param {readonly T[]} allowed the first is the default unless `fallback` says otherwise
 * @param {T} [fallback]
 */
function choice(key, allowed, fallback) {
  const stored = read(key);
  const value = signal(allowed.find((a) => a === stored) ?? fallback ?? /** @type {T} */ (allowed[0]));
  value.subscribe((next) => write(key, next));
  return value;
}

export const theme = choice("theme", /** @type {const} */ (["system", "light", "dark"]));
export const language = choice(
  "language",
  /** @type {const} */ (["en", "ko"]),
  navigator.language.startsWith("ko") ? "ko" : "en",
);
export const zone = choice("zone", /** @type {const} */ (["local", "utc"]));

const systemDark = matchMedia("(prefers-color-scheme: dark)");

/** Whether dark colours are in effect now; charts listen because a canvas does not follow CSS by itself. */
export const dark = signal(false);
function applyTheme() {
  document.documentElement.dataset["theme"] = theme.value;
  dark.value = theme.value === "dark" || (theme.value === "system" && systemDark.matches);
}
theme.subscribe(applyTheme);
systemDark.addEventListener("change", applyTheme);
applyTheme();

const HISTORY = 50;

/** Expressions run before, newest first. @returns {string[]} */
export function queryHistory() {
  try {
    const list = JSON.parse(read("history") ?? "[]");
    return Array.isArray(list) ? list.filter((e) => typeof e === "string") : [];
  } catch {
    return [];
  }
}

/** @param {string} expr */
export function rememberQuery(expr) {
  const text = expr.trim();
  if (text === "" || text.length > 5000) return;
  write("history", JSON.stringify([text, ...queryHistory().filter((e) => e !== text)].slice(0, HISTORY)));
}
