/** What an unknown address shows. */
import { h } from "../ui/dom.js";
import { t } from "../app/i18n/i18n.js";
import { pageUrl } from "../app/router.js";

/** @type {import("../app/router.js").PageType} */
export const missingPage = {
  title: "missing.title",
  section: "",
  mount: () => ({
    element: h(
      "div",
      { class: "empty" },
      h("p", null, t("missing.text")),
      h("a", { href: pageUrl("explore"), data: { route: "1" } }, t("missing.link")),
    ),
    destroy: () => {},
  }),
};
