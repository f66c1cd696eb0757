/** Tabs with the keys of the ARIA pattern: arrows, Home, End. */
import { h, setFlag, uid } from "./dom.js";

/**
 * @template {string} T
 * @param {{label: string, tabs: readonly (readonly [T, string])[], selected: T, panel: HTMLElement, onSelect: (tab: T) => void}} options
 *   `panel` shows what the selected tab stands for
 */
export function createTabs({ label, tabs, selected, panel, onSelect }) {
  panel.id ||= uid("panel");
  panel.setAttribute("role", "tabpanel");
  const buttons = tabs.map(([name, text]) =>
    h("button", {
      class: "tab",
      type: "button",
      role: "tab",
      id: uid("tab"),
      "aria-controls": panel.id,
      data: { tab: name },
      on: { click: () => choose(name) },
    }, text)
  );
  const element = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: onKey } },
    buttons,
  );

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const at = tabs.findIndex(([name]) => name === selected);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = (to + tabs.length) % tabs.length;
    const next = tabs[index];
    if (next) choose(next[0]);
    buttons[index]?.focus();
  }

  /** @param {T} name */
  function choose(name) {
    if (name === selected) return;
    set(name);
    onSelect(name);
  }

  /** @param {T} name */
  function set(name) {
    selected = name;
    tabs.forEach(([other], i) => {
      const button = buttons[i];
      if (!button) return;
      setFlag(button, "aria-selected", other === name);
      button.tabIndex = other === name ? 0 : -1;
      if (other === name) panel.setAttribute("aria-labelledby", button.id);
    });
  }

  set(selected);
  return { element, set, choose };
}
