/**
 * What can be completed at the cursor, read from the tokens alone: an expression word, a label name, a label value or a
 * duration; and the ranking of candidates against what is typed. No DOM.
 */
import { GROUPING } from "./functions.js";
import { offsetOfPlace } from "./position.js";

/** @typedef {import("./lexer.js").Token} Token */
/**
 * `from`..`to` is the text a chosen candidate replaces, `prefix` the part of it before the cursor, `metric` the selector's
 * metric name where known, `label` the label whose values are wanted, `taken` the label names already in the list.
 * @typedef {{kind: "word" | "label" | "value" | "duration" | "none", from: number, to: number, prefix: string,
 *   metric?: string, label?: string, taken?: string[]}} Context
 */

/**
 * @param {Token[]} tokens
 * @param {number} cursor
 * @returns {Context}
 */
export function contextAt(tokens, cursor) {
  /** @type {Context} */
  const none = { kind: "none", from: cursor, to: cursor, prefix: "" };
  const before = tokens.filter((t) => t.start < cursor);
  const current = before.at(-1);
  const touching = current && current.end >= cursor ? current : undefined;
  if (touching?.type === "comment" || touching?.type === "number") return none;

  const inString = touching?.type === "string" && !(touching.closed && touching.end === cursor)
    ? touching
    : undefined;
  if (touching?.type === "string" && !inString) return none;
  const word = touching && /^[\p{L}_:]/u.test(touching.text) ? touching : undefined;
  const typed = inString ?? word ?? (touching?.type === "duration" ? touching : undefined);
  const path = before.filter((t) => t !== typed && t.type !== "space" && t.type !== "comment");
  const last = path.at(-1);
  const opener = innermost(path);
  const span = typed
    ? { from: typed.start, to: typed.end, prefix: typed.text.slice(0, cursor - typed.start) }
    : { from: cursor, to: cursor, prefix: "" };

  if (inString) return valueContext(inString, path, opener, cursor) ?? none;
  if (opener?.text === "[" || last?.text.toLowerCase() === "offset") return { kind: "duration", ...span };
  if (typed?.type === "duration") return none;
  if (opener?.text === "{" || opener?.labels) {
    if (last !== opener.token && last?.text !== ",") return none;
    const taken = path.slice(opener.index).filter((t) => t.type === "label").map((t) => t.text);
    const metric = opener.text === "{"
      ? metricBefore(path, opener.index)
      : nearestMetric(tokens, opener.token);
    return { kind: "label", ...span, metric, taken };
  }
  return { kind: "word", ...span };
}

/** @param {Token[]} path */
function innermost(path) {
  let depth = 0;
  for (let i = path.length - 1; i >= 0; i--) {
    const token = path[i];
    if (!token || token.type !== "punctuation") continue;
    if (")}]".includes(token.text)) depth += 1;
    else if ("({[".includes(token.text) && --depth < 0) {
      const labels = token.text === "(" && GROUPING.has(path[i - 1]?.text.toLowerCase() ?? "");
      return { token, text: token.text, index: i, labels };
    }
  }
  return undefined;
}

/**
 * @param {Token} string
 * @param {Token[]} path
 * @param {ReturnType<typeof innermost>} opener
 * @param {number} cursor
 * @returns {Context | undefined}
 */
function valueContext(string, path, opener, cursor) {
  const [label, operator] = path.slice(-2);
  if (opener?.text !== "{" || label?.type !== "label" || operator?.type !== "operator") return undefined;
  return {
    kind: "value",
    from: string.start + 1,
    to: string.closed ? string.end - 1 : string.end,
    prefix: string.text.slice(1, cursor - string.start),
    label: label.text,
    metric: metricBefore(path, opener.index),
  };
}

/** @param {Token[]} path @param {number} brace */
function metricBefore(path, brace) {
  const token = path[brace - 1];
  return token?.type === "metric" ? token.text : undefined;
}

/** The metric most likely meant by `by (…)` at `opener`: the first after it, else the last before it. @param {Token[]} tokens @param {Token} opener */
function nearestMetric(tokens, opener) {
  const metrics = tokens.filter((t) => t.type === "metric");
  return (metrics.find((t) => t.start > opener.start) ?? metrics.at(-1))?.text;
}

/**
 * How well a candidate fits what is typed; 0 is not at all. Prefix beats word start beats substring beats subsequence.
 * @param {string} candidate
 * @param {string} typed
 */
export function score(candidate, typed) {
  if (typed === "") return 1;
  const text = candidate.toLowerCase();
  const wanted = typed.toLowerCase();
  if (text === wanted) return 1100;
  const at = text.indexOf(wanted);
  if (at === 0) return 1000 - Math.min(text.length, 400);
  if (at > 0) return (/[_:.\-/]/.test(text[at - 1] ?? "") ? 500 : 300) - Math.min(at, 100);
  let from = 0;
  for (const c of wanted) {
    from = text.indexOf(c, from) + 1;
    if (from === 0) return 0;
  }
  return wanted.length > 2 ? 100 - Math.min(from, 99) : 0;
}

/**
 * The best candidates, best first; equal ones keep their order.
 * @template {{text: string, boost?: number}} T
 * @param {T[]} candidates
 * @param {string} typed
 * @param {number} [limit]
 */
export function rank(candidates, typed, limit = 60) {
  return candidates
    .map((item) => ({ item, points: score(item.text, typed) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points + (b.item.boost ?? 0) - a.points - (a.item.boost ?? 0))
    .slice(0, limit)
    .map(({ item }) => item);
}

/**
 * Where a server's error message points: `1:5: parse error: …` gives the offset of line 1, column 5 (in bytes of UTF-8,
 * from 1, as the peers count).
 * @param {string} message
 * @param {string} text the expression
 * @returns {{start: number, end: number, reason: string} | null}
 */
export function errorPosition(message, text) {
  const m = /(?:^|\s)(\d+):(\d+): (?:parse error: )?(.*)$/s.exec(message);
  if (!m) return null;
  const start = offsetOfPlace(text, Number(m[1]), Number(m[2]));
  if (start === null) return null;
  const tail = /^[\p{L}\p{N}_:]+/u.exec(text.slice(start));
  return { start, end: Math.min(text.length, start + (tail?.[0].length ?? 1)), reason: m[3] ?? message };
}
