/** A question before something that cannot be taken back, in the browser's own modal dialog. */
import { h, uid } from "./dom.js";

/**
 * Asks and answers whether it was confirmed; Escape and the other button are a no.
 * @param {{title: string, content: import("./dom.js").Child[], confirm: string, cancel: string}} options
 * @returns {Promise<boolean>}
 */
export function confirmDialog({ title, content, confirm, cancel }) {
  const titleId = uid("dialog");
  const no = h(
    "button",
    { class: "button", type: "button", on: { click: () => dialog.close("no") } },
    cancel,
  );
  const yes = h(
    "button",
    {
      class: "button danger",
      type: "button",
      data: { test: "confirm" },
      on: { click: () => dialog.close("yes") },
    },
    confirm,
  );
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": titleId },
    h("h2", { id: titleId }, title),
    content,
    h("div", { class: "row end" }, no, yes),
  );
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
  // Back leads to another page, to which the question does not belong.
  const leave = () => dialog.close("no");
  addEventListener("popstate", leave);
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      removeEventListener("popstate", leave);
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}
