/** Start: texts, frame, pages. */
import { createShell } from "./shell.js";
import { startRouter } from "./router.js";
import { language } from "./settings.js";
import { loadTexts, t } from "./i18n/i18n.js";
import { explorePage } from "../pages/explore.js";
import { targetsPage } from "../pages/targets.js";
import { statusPage } from "../pages/status.js";
import { missingPage } from "../pages/missing.js";

/** Path below the base → page. @type {Record<string, import("./router.js").PageType>} */
const PAGES = {
  "": explorePage,
  explore: explorePage,
  graph: explorePage,
  query: explorePage,
  targets: targetsPage,
  status: statusPage,
};

/** @type {{type: import("./router.js").PageType, page: import("./router.js").Page} | null} */
let shown = null;
/** @type {ReturnType<typeof createShell>} */
let shell;

function buildShell() {
  shell = createShell();
  document.getElementById("app")?.replaceChildren(shell.element);
}

/** @param {string} path @param {string} search */
function show(path, search) {
  const type = Object.hasOwn(PAGES, path) ? /** @type {typeof missingPage} */ (PAGES[path]) : missingPage;
  if (shown?.type === type && shown.page.update) {
    shown.page.update(search);
    return;
  }
  shown?.page.destroy();
  const page = type.mount(search);
  shown = { type, page };
  shell.show(t(type.title), type.section, page.element);
  document.title = `${t(type.title)} · Apus`;
}

await loadTexts(language.value);
buildShell();
startRouter(show);
language.subscribe(async (next) => {
  await loadTexts(next);
  shown?.page.destroy();
  shown = null;
  buildShell();
  dispatchEvent(new PopStateEvent("popstate"));
});
document.documentElement.dataset["ready"] = "";
