/** Copying to the clipboard. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "../app/i18n/i18n.js";

/** A button that puts a text on the clipboard and says so. @param {() => string} text */
export function copyButton(text) {
  // Not a status: that would take the button its name.
  const caption = h("span", { "aria-live": "polite" }, t("copy.copy"));
  const button = h(
    "button",
    {
      class: "button small copy",
      type: "button",
      on: {
        click: async () => {
          try {
            await navigator.clipboard.writeText(text());
            caption.textContent = t("copy.done");
          } catch {
            caption.textContent = t("copy.failed"); // Browsers give the clipboard to secure contexts only.
          }
          setTimeout(() => caption.textContent = t("copy.copy"), 1500);
        },
      },
    },
    icon("copy"),
    caption,
  );
  return button;
}
