/** Label sets as text and as coloured parts. */
import { h } from "./dom.js";

/** @typedef {import("../types/api.d.ts").Labels} Labels */

/** @param {string} value */
const quote = (value) => `"${value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"')}"`;

/** `up{job="api"}`, as the query language writes it. @param {Labels} labels @param {Set<string>} [without] label names left out */
export function seriesText(labels, without) {
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__" && !without?.has(name));
  const name = without?.has("__name__") ? "" : labels["__name__"] ?? "";
  if (pairs.length === 0) return name || "{}";
  return `${name}{${pairs.map(([k, v]) => `${k}=${quote(v)}`).join(", ")}}`;
}

/** The same in coloured parts. @param {Labels} labels @param {Set<string>} [without] */
export function seriesNodes(labels, without) {
  const pairs = Object.entries(labels).filter(([name]) => name !== "__name__" && !without?.has(name));
  const name = without?.has("__name__") ? "" : labels["__name__"] ?? "";
  const list = pairs.flatMap(([k, v], i) => [
    i > 0 ? ", " : "",
    h("span", { class: "tok-label" }, k),
    "=",
    h("span", { class: "tok-string" }, quote(v)),
  ]);
  return [
    h("span", { class: "tok-metric" }, name),
    ...(pairs.length > 0 ? ["{", ...list, "}"] : name ? [] : ["{}"]),
  ];
}

/** Names of the labels that all sets have with the same value; empty for fewer than two sets. @param {Labels[]} sets */
export function commonLabels(sets) {
  const [head, ...rest] = sets;
  if (!head || rest.length === 0) return new Set(/** @type {string[]} */ ([]));
  return new Set(Object.keys(head).filter((name) => rest.every((labels) => labels[name] === head[name])));
}

/** Labels as small chips. @param {Labels} labels */
export function labelChips(labels) {
  return h(
    "span",
    { class: "chips" },
    Object.entries(labels).map(([name, value]) =>
      h(
        "span",
        { class: "chip" },
        h("span", { class: "chip-name" }, name),
        h("span", { class: "chip-value" }, value),
      )
    ),
  );
}
