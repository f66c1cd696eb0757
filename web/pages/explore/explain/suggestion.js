/**
 * Suggestions of the server put into the query. A reason points at a part of the query, often a whole selector, and its
 * suggestions are names, matchers (`job="api"`), or other text for that part. No DOM.
 */
import { partAt } from "../../../promql/annotation.js";
import { lex } from "../../../promql/lexer.js";
import { rangeOfBytes } from "../../../promql/position.js";

/** @typedef {import("../../../types/api.d.ts").ExplainReason} ExplainReason */
/** @typedef {import("../../../promql/lexer.js").Token} Token */
/** @typedef {import("../../../promql/position.js").Range} Range */

/** @param {Token} token */
const isCode = (token) => token.type !== "space" && token.type !== "comment";

/**
 * The query with a suggestion in place of what its reason is about: a name for a name, a value for a value, a matcher
 * for a matcher, otherwise the text for the whole part. Strings are quoted as they were.
 * @param {string} query
 * @param {ExplainReason} reason
 * @param {string} suggestion
 */
export function withSuggestion(query, reason, suggestion) {
  const range = rangeOfBytes(query, reason.position);
  const tokens = lex(query).filter(isCode);
  const inside = tokens.filter((token) => token.start >= range.start && token.end <= range.end);
  const target = tokenFor(inside, reason, suggestion);
  if (target?.type === "metric" && !isBareName(suggestion)) {
    return withQuotedMetric(query, tokens, target, suggestion);
  }
  if (target) {
    const quote = target.type === "string" ? target.text[0] ?? '"' : isBareName(suggestion) ? "" : '"';
    return replaced(query, target, quote ? quoted(suggestion, quote) : suggestion);
  }
  const matcher = matcherFor(inside, reason, suggestion);
  if (matcher) return replaced(query, matcher, suggestion);
  return replaced(query, callAround(tokens, range, suggestion) ?? trimmed(query, range), suggestion);
}

/** @param {string} query @param {Range} range @param {string} text */
const replaced = (query, range, text) => query.slice(0, range.start) + text + query.slice(range.end);

/** Without the spaces at its ends, which belong to what is around. @param {string} query @param {Range} range */
function trimmed(query, { start, end }) {
  const text = query.slice(start, end);
  const from = start + (text.length - text.trimStart().length);
  return { start: from, end: Math.max(from, start + text.trimEnd().length) };
}

/** The token that a suggested name or value stands for. @param {Token[]} code @param {ExplainReason} reason @param {string} suggestion */
function tokenFor(code, reason, suggestion) {
  if (reason.kind === "metricNeverSeen") {
    return code.find((token) => token.type === "metric") ?? mentioned(code, "string", reason);
  }
  if (reason.kind === "labelNotPresent") return mentioned(code, "label", reason);
  if (reason.kind === "labelValueNotPresent" && !readMatcher(suggestion)) {
    return mentioned(code, "string", reason);
  }
  return undefined;
}

/** The token of a type that the reason's text names first, otherwise the only one. @param {Token[]} code @param {"string" | "label"} type @param {ExplainReason} reason */
function mentioned(code, type, { text }) {
  const all = code.filter((token) => token.type === type);
  const place = (/** @type {Token} */ token) =>
    text.indexOf(`"${type === "string" ? token.text.slice(1, -1) : token.text}"`);
  const [first] = all.filter((token) => place(token) >= 0).sort((a, b) => place(a) - place(b));
  return first ?? (all.length === 1 ? all[0] : undefined);
}

/** The label of a text that is a matcher; null for other texts. @param {string} text */
function readMatcher(text) {
  const [label, operator, value, ...more] = lex(`{${text}}`).filter(isCode).slice(1, -1);
  const isOne = more.length === 0 && operator?.type === "operator" && value?.type === "string" &&
    value.closed;
  return isOne && label ? label.text : null;
}

/** The matcher that a suggested one stands for. @param {Token[]} code @param {ExplainReason} reason @param {string} suggestion @returns {Range | undefined} */
function matcherFor(code, { text }, suggestion) {
  const label = readMatcher(suggestion);
  if (label === null) return undefined;
  const all = code.flatMap((token, i) => {
    const [operator, value] = [code[i + 1], code[i + 2]];
    if (token.type !== "label" || operator?.type !== "operator" || value?.type !== "string") return [];
    const written = `${token.text}${operator.text}"${value.text.slice(1, -1)}"`;
    return [{ start: token.start, end: value.end, label: token.text, isNamed: text.includes(written) }];
  });
  const named = all.filter((matcher) => matcher.isNamed);
  // Of two that exclude each other, the suggestion is for the one with its label.
  return named.find((matcher) => matcher.label === label) ?? named[0] ??
    all.find((matcher) => matcher.label === label);
}

/** The call around a range, or the range itself, for a suggestion that is the call itself written anew. @param {Token[]} tokens @param {Range} range @param {string} suggestion */
function callAround(tokens, range, suggestion) {
  const [name, open] = lex(suggestion).filter(isCode);
  if (name?.type !== "function" || open?.text !== "(") return null;
  const same = tokens.filter((token) => token.type === "function" && token.text === name.text);
  if (same.some((token) => token.start === range.start)) return range;
  const before = same.filter((token) => token.end <= range.start);
  for (const token of before.reverse()) {
    const call = partAt(tokens, token.start);
    if (call && call.end >= range.end) return call;
  }
  return null;
}

/** @param {string} name */
const isBareName = (name) => /^[a-zA-Z_:][\w:]*$/.test(name);

/** @param {string} text @param {string} quote */
function quoted(text, quote) {
  if (quote === "`" && !text.includes("`")) return `\`${text}\``;
  const q = quote === "'" ? "'" : '"';
  return q + text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(q, `\\${q}`) + q;
}

/** A metric name that the grammar takes only in braces. @param {string} query @param {Token[]} tokens @param {Token} metric @param {string} name */
function withQuotedMetric(query, tokens, metric, name) {
  const [brace, after] = tokens.filter((token) => token.start >= metric.end);
  const before = query.slice(0, metric.start);
  const text = quoted(name, '"');
  if (brace?.text !== "{") return `${before}{${text}}${query.slice(metric.end)}`;
  return `${before}{${text}${after?.text === "}" ? "" : ", "}${query.slice(brace.end)}`;
}
