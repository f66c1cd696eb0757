/**
 * Building DOM by calls: there is no `innerHTML` anywhere (Trusted Types forbid it), so text can never become markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */
/**
 * Properties of `h`: `class`, `data` (dataset), `on` (listeners), `vars` (CSS custom properties), DOM properties
 * (`value`, `checked`, …) by name, everything else as attribute. `false`, `null` and `undefined` leave it out.
 * @typedef {{class?: string, data?: Record<string, string>, vars?: Record<string, string>,
 *   on?: {[K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void} & {toggle?: (event: Event) => void},
 *   [name: string]: unknown}} Props
 */

const AS_PROPERTY = new Set([
  "value",
  "checked",
  "disabled",
  "hidden",
  "selected",
  "open",
  "spellcheck",
  "tabIndex",
]);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = String(value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "vars") {
      for (const [k, v] of Object.entries(/** @type {Record<string, string>} */ (value))) {
        element.style.setProperty(k, v);
      }
    } else if (name === "on") {
      for (const [type, listener] of Object.entries(/** @type {object} */ (value))) {
        element.addEventListener(type, listener);
      }
    } else if (AS_PROPERTY.has(name)) Reflect.set(element, name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flat().filter((c) => c !== null && c !== undefined && c !== false).map((c) =>
    c instanceof Node ? c : String(c)
  );
}

/** Replaces what is in an element. @param {Element} element @param {...(Child | Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** Sets text only when it differs, so that selections and screen readers are not disturbed. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} element @param {string} name @param {boolean} on */
export function setFlag(element, name, on) {
  element.setAttribute(name, on ? "true" : "false");
}

let ids = 0;
/** A document-wide unique id. @param {string} prefix */
export function uid(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

/**
 * A value that tells its listeners when it changes.
 * @template T
 * @param {T} initial
 */
export function signal(initial) {
  let current = initial;
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  return {
    get value() {
      return current;
    },
    set value(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const listener of [...listeners]) listener(next);
    },
    /** Calls the listener on every change; the answer stops it. @param {(value: T) => void} listener @returns {() => void} */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * A table under its own scroll box, which the keyboard can reach.
 * @param {string} label
 * @param {HTMLElement} content
 */
export function scrollBox(label, content) {
  return h("div", { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": label }, content);
}
