/** Warnings and infos of the API: their text, their place, and how far the part of the expression reaches there. No DOM. */
import { GROUPING } from "./functions.js";
import { offsetOfPlace } from "./position.js";

/** @typedef {import("./lexer.js").Token} Token */
/** @typedef {import("./position.js").Range} Range */

/**
 * The part of an expression that begins at an offset: a selector with its braces and brackets, a call with its
 * arguments, an aggregation with its grouping, a whole parenthesis, otherwise one token.
 * @param {Token[]} tokens
 * @param {number} offset
 * @returns {Range | null} null at the end of the text
 */
export function partAt(tokens, offset) {
  const code = tokens.filter((token) => token.type !== "space" && token.type !== "comment");
  let i = code.findIndex((token) => token.end > offset);
  const first = code[i];
  if (!first) return null;
  let last = first;
  if (opens(first)) i = closing(code, i);
  else i += 1;
  last = code[i - 1] ?? first;
  if (!["metric", "function", "aggregation"].includes(first.type) && !opens(first)) return range(first, last);
  for (let next = code[i]; next; next = code[i]) {
    if (GROUPING.has(next.text.toLowerCase())) i += 1;
    else if (opens(next)) {
      i = closing(code, i);
      last = code[i - 1] ?? last;
    } else break;
  }
  return range(first, last);
}

/** @param {Token} token */
const opens = (token) => token.type === "punctuation" && "({[".includes(token.text);

/** @param {Token} first @param {Token} last @returns {Range} */
const range = (first, last) => ({ start: first.start, end: last.end });

/** The index after the bracket that closes the one at `from`; the end where none does. @param {Token[]} code @param {number} from */
function closing(code, from) {
  let depth = 0;
  for (let i = from; i < code.length; i++) {
    const token = code[i];
    if (token?.type !== "punctuation") continue;
    if (opens(token)) depth += 1;
    else if (")}]".includes(token.text) && --depth === 0) return i + 1;
  }
  return code.length;
}

/**
 * A warning or info of the API without its level's prefix and its place, and where the place is.
 * @param {string} message ends with `(line:column)` where it is about a part of the expression
 * @param {string} text the expression
 * @param {Token[]} tokens of the expression
 * @returns {{text: string, place: string, range: Range | null}} `place` is "line:column" or empty
 */
export function readAnnotation(message, text, tokens) {
  const m = /^(?:PromQL (?:warning|info): )?([\s\S]*?)(?: \((\d+):(\d+)\))?$/.exec(message);
  const [, plain = message, line, column] = m ?? [];
  if (line === undefined || column === undefined) return { text: plain, place: "", range: null };
  const offset = offsetOfPlace(text, Number(line), Number(column));
  return {
    text: plain,
    place: `${line}:${column}`,
    range: offset === null ? null : partAt(tokens, offset),
  };
}
