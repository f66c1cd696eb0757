/** The warnings and infos of an answer with their places in the query. */
import { h } from "../../ui/dom.js";
import { t } from "../../app/i18n/i18n.js";
import { readAnnotation } from "../../promql/annotation.js";
import { lex } from "../../promql/lexer.js";
import { notice } from "./notices.js";

/** @typedef {import("../../promql/position.js").Range} Range */

/**
 * The warnings and infos of an answer. Hovering or focusing one shows its place in the query.
 * @param {{warnings: string[], infos: string[]}} answer
 * @param {string} query as it was sent
 * @param {{point: (range: Range | null) => void, select: (range: Range) => void}} target
 */
export function annotationNotices({ warnings, infos }, query, target) {
  const tokens = lex(query);
  /** @param {"warning" | "info"} level */
  const make = (level) => (/** @type {string} */ message) => {
    const { text, place, range } = readAnnotation(message, query, tokens);
    const where = range && h("button", {
      class: "place",
      type: "button",
      title: t("annotation.show"),
      "aria-label": t("annotation.place", { place }),
      on: {
        click: () => target.select(range),
        focus: () => target.point(range),
        blur: () => target.point(null),
      },
    }, place);
    const element = notice(
      level,
      h("strong", null, t(`annotation.${level}`)),
      h("p", null, text, " ", where),
    );
    if (range) {
      element.addEventListener("pointerenter", () => target.point(range));
      element.addEventListener("pointerleave", () => target.point(null));
    }
    return element;
  };
  return [...warnings.map(make("warning")), ...infos.map(make("info"))];
}
