/**
 * Pages and the address bar: which page a path names, links without reload, Back and Forward.
 * Paths are relative to the document's base, so the product works below any prefix of a proxy.
 */

/**
 * @typedef {{element: HTMLElement, update?: (search: string) => void, destroy: () => void}} Page
 * @typedef {{title: import("./i18n/i18n.js").TextKey, section: string, mount: (search: string) => Page}} PageType
 */

/** The path below the base, without slashes at the ends: "" or "targets". @param {URL | Location} url */
export function pathBelowBase(url) {
  const base = new URL(document.baseURI).pathname;
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : url.pathname;
  return path.replace(/^\/+|\/+$/g, "");
}

/** The address of a page. @param {string} path @param {string} [search] */
export function pageUrl(path, search = "") {
  return new URL(path + (search ? `?${search}` : ""), document.baseURI).href;
}

/**
 * Writes a page's state into the address, as a new step of the history unless `replace`.
 * @param {string} search without question mark
 * @param {{replace?: boolean}} [options]
 */
export function writeSearch(search, { replace = false } = {}) {
  const next = location.pathname + (search ? `?${search}` : "");
  if (next === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", next);
  else history.pushState(null, "", next);
}

/**
 * Calls `show` for the present address and whenever it changes.
 * @param {(path: string, search: string) => void} show
 */
export function startRouter(show) {
  const now = () => show(pathBelowBase(location), location.search);
  addEventListener("popstate", now);
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey ||
      event.altKey
    ) {
      return;
    }
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target || link.hasAttribute("download") || !link.dataset["route"]) return;
    event.preventDefault();
    if (link.href !== location.href) history.pushState(null, "", link.href);
    now();
  });
  now();
}
