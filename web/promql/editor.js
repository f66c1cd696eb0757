/**
 * The expression editor: a plain textarea (so input methods, undo, screen readers and phones work as ever) over a
 * coloured copy of its text, with a list of completions. Enter runs, Shift+Enter makes a line, Escape closes the list,
 * Ctrl+Space opens it, Ctrl+Up and Ctrl+Down go through earlier expressions.
 */
import { h, setFlag, uid } from "../ui/dom.js";
import { t } from "../app/i18n/i18n.js";
import { queryHistory } from "../app/settings.js";
import { contextAt, rank } from "./context.js";
import { AGGREGATIONS, DURATIONS, FUNCTIONS, KEYWORDS } from "./functions.js";
import { lex, pairedBrackets } from "./lexer.js";
import { paintNodes } from "./paint.js";

/** @typedef {import("./catalogue.js").Candidate} Candidate */

/** @param {Record<string, [string, string]>} table @param {"function" | "aggregation"} kind @returns {Candidate[]} */
const calls = (table, kind) =>
  Object.entries(table).map(([text, [args, info]]) => ({ text, kind, detail: `(${args})`, info, boost: 30 }));

/** @type {Candidate[]} */
const WORDS = [
  ...calls(AGGREGATIONS, "aggregation"),
  ...calls(FUNCTIONS, "function"),
  ...[...KEYWORDS].map((text) => /** @type {Candidate} */ ({ text, kind: "keyword" })),
];

/**
 * @param {{value: string, catalogue: import("./catalogue.js").Catalogue, onRun: () => void, label: string}} options
 */
export function createEditor({ value, catalogue, onRun, label }) {
  const listId = uid("completions");
  const paint = h("pre", { class: "editor-paint", "aria-hidden": "true" });
  const area = h("textarea", {
    class: "editor-text",
    rows: 1,
    value,
    spellcheck: false,
    autocapitalize: "off",
    autocomplete: "off",
    autocorrect: "off",
    placeholder: t("editor.placeholder"),
    "aria-label": label,
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-controls": listId,
  });
  const list = h("ul", {
    class: "completions",
    id: listId,
    role: "listbox",
    "aria-label": t("editor.completions"),
    hidden: true,
  });
  const element = h("div", { class: "editor" }, paint, area, list);

  let tokens = lex(value);
  /** @type {{start: number, end: number} | null} */
  let error = null;
  /** What something elsewhere on the page points at. @type {{start: number, end: number} | null} */
  let place = null;
  /** @type {Candidate[]} */
  let offered = [];
  /** @type {import("./context.js").Context | null} */
  let context = null;
  let selected = 0;
  /** Counts completion requests, so that a late answer is dropped. */
  let asked = 0;
  let historyAt = -1;

  // MARK: painting

  function repaint() {
    const text = area.value;
    tokens = lex(text);
    const pair = area.selectionStart === area.selectionEnd && document.activeElement === area
      ? pairedBrackets(tokens, area.selectionStart)
      : null;
    /** @type {import("./paint.js").Mark[]} */
    const marks = [
      ...(error ? [{ ...error, name: "tok-wrong" }] : []),
      ...(place ? [{ ...place, name: "tok-place" }] : []),
      ...(pair ?? []).map((start) => ({ start, end: start + 1, name: "tok-pair" })),
    ];
    const spans = paintNodes(text, tokens, marks);
    if (error && error.start >= text.length) spans.push(h("span", { class: "tok-wrong" }, "\u00a0"));
    // The zero-width space gives a last empty line its height.
    paint.replaceChildren(...spans, "\u200b");
  }

  // MARK: completion

  /** @param {import("./context.js").Context} at @param {boolean} explicit @returns {Promise<Candidate[]>} */
  async function candidatesFor(at, explicit) {
    if (at.kind === "label") {
      const names = await catalogue.labels(at.metric);
      return names.filter((c) =>
        c.text !== "__name__" && (c.text === at.prefix || !at.taken?.includes(c.text))
      );
    }
    if (at.kind === "value") return await catalogue.values(at.label ?? "", at.metric);
    if (at.kind === "duration") return DURATIONS.map((text) => ({ text, kind: "duration" }));
    if (at.kind !== "word" || (at.prefix === "" && !explicit)) return [];
    const metrics = await catalogue.metrics();
    if (area.value.trim() !== "") return [...WORDS, ...metrics];
    const recent = queryHistory().slice(0, 8).map((text) => /** @type {Candidate} */ ({
      text,
      kind: "history",
      boost: 2000,
    }));
    return [...recent, ...metrics, ...WORDS];
  }

  /** @param {boolean} explicit asked for by key, so shown without anything typed */
  async function complete(explicit) {
    const mine = ++asked;
    const at = contextAt(tokens, area.selectionStart);
    if (at.kind === "none" || area.selectionStart !== area.selectionEnd) return closeList();
    let candidates;
    try {
      candidates = await candidatesFor(at, explicit);
    } catch {
      return closeList(); // Without the server's names there is nothing to offer; running the query will say why.
    }
    if (mine !== asked || document.activeElement !== area) return;
    const best = rank(candidates, at.prefix);
    if (best.length === 0 || (best.length === 1 && best[0]?.text === at.prefix)) return closeList();
    context = at;
    offered = best;
    select(0);
    openList();
  }

  function openList() {
    list.replaceChildren(...offered.map((c, i) =>
      h(
        "li",
        {
          id: `${listId}-${i}`,
          role: "option",
          class: `completion kind-${c.kind}`,
          "aria-selected": i === selected ? "true" : "false",
          title: c.info,
          // pointerdown, not click: the textarea must keep the focus.
          on: { pointerdown: (event) => (event.preventDefault(), accept(i)) },
        },
        h("span", { class: "completion-text" }, c.text),
        h(
          "span",
          { class: "completion-detail" },
          c.detail ?? (c.kind === "keyword" || c.kind === "history" ? t(`editor.${c.kind}`) : ""),
        ),
        c.info && h("span", { class: "completion-info" }, c.info),
      )
    ));
    list.hidden = false;
    placeList();
    select(selected);
  }

  /** Puts the list below the start of the word that is being completed. */
  function placeList() {
    const range = document.createRange();
    let rest = context?.from ?? 0;
    const walker = document.createTreeWalker(paint, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const length = node.textContent?.length ?? 0;
      if (rest <= length) {
        range.setStart(node, rest);
        range.collapse(true);
        break;
      }
      rest -= length;
    }
    const box = element.getBoundingClientRect();
    const at = range.getBoundingClientRect();
    const known = at.height > 0;
    const leftmost = Math.max(0, Math.min(known ? at.left - box.left - 10 : 0, box.width - list.offsetWidth));
    list.style.left = `${leftmost}px`;
    list.style.top = `${(known ? at.bottom - box.top : box.height) + 6}px`;
  }

  function closeList() {
    asked += 1;
    list.hidden = true;
    offered = [];
    area.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  function select(index) {
    list.children[selected]?.setAttribute("aria-selected", "false");
    selected = (index + offered.length) % Math.max(1, offered.length);
    const option = list.children[selected];
    if (!option || list.hidden) return;
    setFlag(option, "aria-selected", true);
    option.scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", option.id);
  }

  /** @param {number} index */
  function accept(index) {
    const chosen = offered[index];
    if (!chosen || !context) return;
    const { from, to, kind } = context;
    const after = area.value.slice(to);
    let text = chosen.text;
    let caret = text.length;
    let again = false;
    if (chosen.kind === "function" || chosen.kind === "aggregation") {
      if (!/^\s*(\(|by\b|without\b)/.test(after)) text += "()";
      caret = text.length - (text.endsWith("()") && chosen.detail !== "()" ? 1 : 0);
    } else if (kind === "label" && isMatcherList(from) && !/^\s*[=!]/.test(after)) {
      text += '=""';
      caret = text.length - 1;
      again = true;
    } else if (kind === "value") {
      const quote = area.value[from - 1] ?? '"';
      if (quote !== "`") {
        text = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`);
      }
      caret = text.length;
      if (after[0] !== quote) text += quote;
      caret += 1;
    }
    closeList();
    replace(from, to, text);
    area.setSelectionRange(from + caret, from + caret);
    if (again) complete(true);
  }

  /** Whether a label name at this offset stands in braces, not in a `by (…)` list. @param {number} offset */
  function isMatcherList(offset) {
    let depth = 0;
    for (let i = tokens.length - 1; i >= 0; i--) {
      const token = tokens[i];
      if (!token || token.start >= offset || token.type !== "punctuation") continue;
      if (")}]".includes(token.text)) depth += 1;
      else if ("({[".includes(token.text) && --depth < 0) return token.text === "{";
    }
    return false;
  }

  /** Changes text so that the browser's undo knows of it. @param {number} from @param {number} to @param {string} text */
  function replace(from, to, text) {
    area.focus();
    area.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, from, to, "end");
      changed();
    }
  }

  /** @param {number} by */
  function walkHistory(by) {
    const past = queryHistory();
    const next = Math.min(past.length - 1, Math.max(-1, historyAt + by));
    if (next === historyAt) return;
    historyAt = next;
    const at = historyAt;
    replace(0, area.value.length, past[at] ?? "");
    historyAt = at;
    closeList();
  }

  function changed() {
    error = null;
    place = null;
    historyAt = -1;
    repaint();
  }

  // MARK: events

  area.addEventListener("input", (event) => {
    changed();
    // Deleting does not open the list, only narrows an open one.
    const deleting = event instanceof InputEvent && event.inputType.startsWith("delete");
    if (!deleting || !list.hidden) complete(false);
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    const control = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      if (open && !control && offered[selected]?.text !== context?.prefix) accept(selected);
      else {
        closeList();
        onRun();
      }
    } else if (event.key === " " && event.ctrlKey) complete(true);
    else if (event.key === "Escape" && open) closeList();
    else if (event.key === "Tab" && open && !event.shiftKey) accept(selected);
    else if (event.key === "ArrowDown" && open) select(selected + 1);
    else if (event.key === "ArrowUp" && open) select(selected - 1);
    else if (event.key === "ArrowUp" && control) walkHistory(1);
    else if (event.key === "ArrowDown" && control) walkHistory(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  area.addEventListener("blur", () => {
    closeList();
    repaint();
  });
  const onSelection = () => {
    if (document.activeElement === area) repaint();
  };
  document.addEventListener("selectionchange", onSelection);
  repaint();

  return {
    element,
    get value() {
      return area.value;
    },
    /** @param {string} next */
    set value(next) {
      if (next === area.value) return;
      area.value = next;
      changed();
    },
    /** Underlines what the server could not read; null takes the mark away. @param {{start: number, end: number} | null} at */
    mark(at) {
      error = at;
      repaint();
    },
    /** Shows a part of the expression; null for none. @param {{start: number, end: number} | null} at */
    point(at) {
      place = at;
      repaint();
    },
    /** Puts the cursor around a part of the expression. @param {{start: number, end: number}} at */
    select(at) {
      area.focus();
      area.setSelectionRange(at.start, at.end);
    },
    /** Another text that undo takes back. @param {string} next */
    rewrite(next) {
      if (next !== area.value) replace(0, area.value.length, next);
      closeList();
    },
    focus: () => area.focus(),
    destroy: () => document.removeEventListener("selectionchange", onSelection),
  };
}
