/** YAML in colours, line by line; no parser, only what the eye needs. */
import { h } from "./dom.js";

const LINE = /^(\s*(?:- +)*)([\w.$/-]+|"[^"]*")?(:(?=\s|$))?(.*)$/;

/** @param {string} yaml @returns {(Node | string)[]} */
export function yamlNodes(yaml) {
  return yaml.split("\n").flatMap((line) => {
    if (/^\s*#/.test(line)) return [h("span", { class: "tok-comment" }, line), "\n"];
    const m = LINE.exec(line);
    if (!m) return [line, "\n"];
    const [, indent = "", word = "", colon = "", rest = ""] = m;
    const value = colon ? rest : word + rest;
    return [
      indent,
      colon && h("span", { class: "tok-label" }, word),
      colon,
      h("span", { class: scalarClass(value.trim()) }, value),
      "\n",
    ];
  });
}

/** @param {string} text */
function scalarClass(text) {
  if (/^[\d.]+(ms|s|m|h|d|w|y|[KMG]i?B)?$/.test(text) || /^(true|false|null)$/.test(text)) {
    return "tok-number";
  }
  return text === "" ? "" : "tok-string";
}
