/** A panel that opens below its button, in the browser's top layer: light dismiss and Escape come with it. */
import { h, setFlag, uid } from "./dom.js";

/**
 * @param {HTMLElement} button
 * @param {string} label
 * @param {HTMLElement} content
 * @param {() => void} [onOpen]
 */
export function createPopover(button, label, content, onOpen) {
  const id = uid("popover");
  const panel = h(
    "div",
    { class: "popover", id, popover: "auto", role: "dialog", "aria-label": label },
    content,
  );
  button.setAttribute("popovertarget", id);
  button.setAttribute("aria-haspopup", "dialog");
  setFlag(button, "aria-expanded", false);
  panel.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open";
    setFlag(button, "aria-expanded", open);
    if (!open) return;
    onOpen?.();
    const at = button.getBoundingClientRect();
    const { offsetWidth: w, offsetHeight: tall } = panel;
    const left = Math.max(8, Math.min(at.left, innerWidth - w - 8));
    const below = at.bottom + 6;
    const top = below + tall > innerHeight && at.top - 6 - tall > 0 ? at.top - 6 - tall : below;
    panel.style.left = `${left}px`;
    panel.style.top = `${Math.max(8, Math.min(top, innerHeight - tall - 8))}px`;
  });
  return { panel, close: () => panel.hidePopover() };
}
