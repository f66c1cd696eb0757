/** Messages above a result; errors say what to do where it is a limit that was met. */
import { h } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { t } from "../../app/i18n/i18n.js";
import { loadInsight } from "../../app/insight.js";

/** @param {"error" | "warning" | "info"} level @param {...import("../../ui/dom.js").Child} content */
export function notice(level, ...content) {
  return h(
    "div",
    { class: `notice ${level}` },
    icon(level === "info" ? "info" : "warning"),
    h("div", null, content),
  );
}

/** @param {import("../../app/api.js").ApiError} error */
export function errorNotice(error) {
  const element = notice("error", h("strong", null, t(errorTitle(error.kind))), h("p", null, error.message));
  if (error.kind !== "bad_data" && error.kind !== "network" && error.kind !== "http") {
    loadInsight(() => import("./advice.js")).then(({ adviceFor }) => {
      const advice = adviceFor(error);
      if (advice) element.lastElementChild?.append(h("p", { class: "advice" }, advice));
    }, () => {
      // Without the advice the message has to do; it stands there already.
    });
  }
  return element;
}

/** @param {string} kind @returns {import("../../app/i18n/i18n.js").TextKey} */
function errorTitle(kind) {
  if (kind === "bad_data") return "error.bad_data";
  if (kind === "timeout") return "error.timeout";
  return kind === "execution" || kind === "canceled" ? "error.execution" : "error.title";
}
