/** Start: texts, frame, pages. */
import { createShell } from "./shell.js";
import { startRouter } from "./router.js";
import { language } from "./settings.js";
import { loadTexts, t } from "./i18n/i18n.js";
import { loadInsight } from "./insight.js";
import { explorePage } from "../pages/explore.js";
import { missingPage } from "../pages/missing.js";

/** @typedef {import("./router.js").PageType} PageType */

const explore = () => explorePage;

/** Path below the base → page; pages other than the first load when they are opened. @type {Record<string, () => PageType | Promise<PageType>>} */
const PAGES = {
  "": explore,
  explore,
  graph: explore,
  query: explore,
  targets: async () => (await import("../pages/targets.js")).targetsPage,
  containers: async () => (await loadInsight(() => import("../pages/containers.js"))).containersPage,
  status: async () => (await import("../pages/status.js")).statusPage,
};

/** @type {{type: PageType, page: import("./router.js").Page} | null} */
let shown = null;
/** @type {ReturnType<typeof createShell>} */
let shell;
/** Counts visits, so that a page that loads late does not replace a newer one. */
let visit = 0;

function buildShell() {
  shell = createShell();
  document.getElementById("app")?.replaceChildren(shell.element);
}

/** @param {string} path @param {string} search */
async function show(path, search) {
  const mine = ++visit;
  const type = Object.hasOwn(PAGES, path) ? await PAGES[path]?.() ?? missingPage : missingPage;
  if (mine !== visit) return;
  if (shown?.type === type && shown.page.update) {
    shown.page.update(search);
    return;
  }
  shown?.page.destroy();
  const page = type.mount(search);
  shown = { type, page };
  shell.show(t(type.title), type.section, page.element);
  document.title = `${t(type.title)} · Apus`;
  document.documentElement.dataset["ready"] = path;
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
