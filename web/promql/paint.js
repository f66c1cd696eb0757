/** An expression in colours, with marked ranges; what the editor lays under its text and read-only copies show. */
import { h } from "../ui/dom.js";

/** @typedef {import("./lexer.js").Token} Token */
/** `name` is the class of what is marked. @typedef {{start: number, end: number, name: string}} Mark */

/**
 * @param {string} text
 * @param {Token[]} tokens of the text
 * @param {Mark[]} marks may overlap
 * @returns {HTMLElement[]}
 */
export function paintNodes(text, tokens, marks) {
  const spans = [];
  const edges = marks.flatMap((mark) => [mark.start, mark.end]);
  for (const token of tokens) {
    const inside = edges.filter((edge) => edge > token.start && edge < token.end);
    const cuts = [token.start, ...inside.sort((a, b) => a - b), token.end];
    for (let i = 0; i + 1 < cuts.length; i++) {
      const [from, to] = [/** @type {number} */ (cuts[i]), /** @type {number} */ (cuts[i + 1])];
      if (from === to) continue;
      const names = marks.filter((mark) => from >= mark.start && from < mark.end).map((mark) => mark.name);
      spans.push(h("span", { class: [`tok-${token.type}`, ...names].join(" ") }, text.slice(from, to)));
    }
  }
  return spans;
}
