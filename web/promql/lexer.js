/**
 * A tolerant PromQL lexer for highlighting and completion. It never fails: what it cannot read is a token of
 * type "error", and the tokens together always cover the whole text. The server's parser decides what is valid. No DOM.
 */
import { AGGREGATIONS, FUNCTIONS, GROUPING, KEYWORDS } from "./functions.js";

/**
 * @typedef {"space" | "comment" | "string" | "number" | "duration" | "metric" | "label" | "function" | "aggregation"
 *   | "keyword" | "operator" | "punctuation" | "error"} TokenType
 * @typedef {{type: TokenType, start: number, end: number, text: string, closed?: boolean}} Token
 *   `closed`: of strings, whether the closing quote is there.
 */

const SPACE = /\s+/y;
const COMMENT = /#[^\n]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*("?)|'(?:[^'\\\n]|\\.)*('?)|`[^`]*(`?)/y;
const DURATION = /(?:\d+(?:ms|[smhdwy]))+(?![\w])/y;
const NUMBER = /(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w])/y;
const WORD = /[\p{L}_:][\p{L}\p{N}_:]*/uy;
const OPERATOR = /=~|!~|==|!=|<=|>=|<\/|>\/|[-+*/%^<>=@]/y;
const PUNCTUATION = /[(){}[\],:]/y;

/** @param {string} word @param {string} rest text after the word */
function wordType(word, rest) {
  const lower = word.toLowerCase();
  const calls = /^\s*\(/.test(rest);
  if (Object.hasOwn(AGGREGATIONS, lower) && (calls || /^\s*(by|without)\b/i.test(rest))) return "aggregation";
  // Of `@ start()` and of the function alike.
  if (calls && (word === "start" || word === "end")) return "keyword";
  if (calls && Object.hasOwn(FUNCTIONS, word)) return "function";
  if (KEYWORDS.has(lower)) return "keyword";
  return "metric";
}

/**
 * @param {string} text
 * @returns {Token[]}
 */
export function lex(text) {
  /** @type {Token[]} */
  const tokens = [];
  /** Open brackets; "l" is a parenthesis that holds label names. */
  const open = [];
  let labelsNext = false;
  let at = 0;

  /** @param {RegExp} pattern */
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  /** @param {TokenType} type @param {number} length @param {boolean} [closed] */
  const push = (type, length, closed) => {
    tokens.push({ type, start: at, end: at + length, text: text.slice(at, at + length), closed });
    at += length;
  };

  while (at < text.length) {
    let m;
    if ((m = match(SPACE))) push("space", m[0].length);
    else if ((m = match(COMMENT))) push("comment", m[0].length);
    else if ((m = match(STRING))) push("string", m[0].length, Boolean(m[1] || m[2] || m[3]));
    else if ((m = match(DURATION))) push("duration", m[0].length);
    else if ((m = match(NUMBER))) push("number", m[0].length);
    else if (open.at(-1) !== "[" && (m = match(WORD))) {
      const inside = open.at(-1);
      if (inside === "{" || inside === "l") push("label", m[0].length);
      else {
        push(wordType(m[0], text.slice(at + m[0].length)), m[0].length);
        labelsNext = GROUPING.has(m[0].toLowerCase());
      }
    } else if ((m = match(OPERATOR))) push("operator", m[0].length);
    else if ((m = match(PUNCTUATION))) {
      const c = m[0];
      if (c === "(") open.push(labelsNext ? "l" : "(");
      else if (c === "{" || c === "[") open.push(c);
      else if (c !== "," && c !== ":") open.pop();
      labelsNext = false;
      push("punctuation", 1);
    } else {
      const point = text.codePointAt(at) ?? 0;
      push("error", point > 0xffff ? 2 : 1);
    }
  }
  return tokens;
}

/**
 * Offset of the bracket that pairs with the one at `offset` (or just before it), and its own; null without a pair.
 * @param {Token[]} tokens
 * @param {number} offset
 * @returns {[number, number] | null}
 */
export function pairedBrackets(tokens, offset) {
  const index = tokens.findIndex((t) =>
    t.type === "punctuation" && /[(){}[\]]/.test(t.text) && (t.end === offset || t.start === offset)
  );
  const from = tokens[index];
  if (!from) return null;
  const forward = "({[".includes(from.text);
  let depth = 0;
  for (let i = index; i >= 0 && i < tokens.length; i += forward ? 1 : -1) {
    const token = tokens[i];
    if (!token || token.type !== "punctuation") continue;
    if ("({[".includes(token.text)) depth += 1;
    else if (")}]".includes(token.text)) depth -= 1;
    if (depth === 0) return [from.start, token.start];
  }
  return null;
}
