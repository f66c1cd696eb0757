/** Why a result is empty, as the server explains it, with names to put in place of wrong ones. */
import { h } from "../../ui/dom.js";
import { t } from "../../app/i18n/i18n.js";
import { withSuggestion } from "./explain/suggestion.js";

/** @typedef {import("../../types/api.d.ts").ExplainReason} ExplainReason */

/**
 * @param {ExplainReason} reason
 * @param {string} query as it was sent
 * @param {(expr: string) => void} onReplace
 */
export function reasonNodes(reason, query, onReplace) {
  const suggestions = reason.suggestions ?? [];
  return [
    h("p", { class: "reason-text" }, reason.text),
    suggestions.length > 0 && h(
      "p",
      { class: "row wrap" },
      h("span", { class: "hint" }, t("explain.instead")),
      suggestions.map((text) =>
        h("button", {
          class: "button small mono",
          type: "button",
          on: { click: () => onReplace(withSuggestion(query, reason, text)) },
        }, text)
      ),
    ),
  ];
}

const KINDS = /** @type {const} */ ([
  "metricNeverSeen",
  "labelValueNotPresent",
  "labelNotPresent",
  "combinationNotPresent",
  "noSamplesInRange",
  "targetDown",
  "rangeTooShort",
  "comparisonFilteredAll",
  "noMatchingPartners",
  "aggregationOfNothing",
]);

/** The name of a kind of reason; kinds of later servers have none. @param {string} kind */
export function reasonTitle(kind) {
  const known = KINDS.find((other) => other === kind);
  return known ? t(`reason.${known}`) : "";
}
