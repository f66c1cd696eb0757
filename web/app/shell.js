/** The frame around every page: left rail, top bar with title and personal settings, main area. */
import { h, setFlag, uid } from "../ui/dom.js";
import { brandMark, icon } from "../ui/icons.js";
import { language, theme, zone } from "./settings.js";
import { LANGUAGES, t } from "./i18n/i18n.js";
import { pageUrl } from "./router.js";

/** Section, path, icon. */
const SECTIONS = /** @type {const} */ ([
  ["explore", "explore", "explore"],
  ["targets", "targets", "targets"],
  ["containers", "containers", "containers"],
  ["status", "status", "status"],
]);

const THEMES = /** @type {const} */ ([["system", "system"], ["light", "sun"], ["dark", "moon"]]);

export function createShell() {
  const links = new Map(SECTIONS.map(([section, path, iconName]) => [
    section,
    h(
      "a",
      { class: "rail-link", href: pageUrl(path), data: { route: "1" } },
      icon(iconName),
      h("span", null, t(`nav.${section}`)),
    ),
  ]));
  const railId = uid("rail");
  const rail = h(
    "nav",
    { class: "rail", id: railId, "aria-label": t("nav.label") },
    h("a", { class: "brand", href: pageUrl(""), data: { route: "1" } }, brandMark(), h("span", null, "Apus")),
    h("ul", { class: "rail-list", role: "list" }, [...links.values()].map((link) => h("li", null, link))),
  );
  const title = h("h1", { class: "page-title", tabIndex: -1 });
  const menu = h("button", {
    class: "icon-button rail-toggle",
    type: "button",
    "aria-label": t("nav.menu"),
    "aria-expanded": "false",
    "aria-controls": railId,
    on: { click: () => openRail(!element.classList.contains("rail-open")) },
  }, icon("menu"));
  const main = h("main", { class: "main", id: "content", tabIndex: -1 });
  const element = h(
    "div",
    { class: "shell", on: { keydown: (event) => event.key === "Escape" && openRail(false) } },
    h("a", {
      class: "skip-link",
      href: "#content",
      on: { click: (event) => (event.preventDefault(), main.focus()) },
    }, t("nav.skip")),
    rail,
    h("div", { class: "rail-shade", on: { click: () => openRail(false) } }),
    h(
      "header",
      { class: "topbar" },
      menu,
      title,
      h("div", { class: "topbar-tools" }, zoneSwitch(), languageSwitch(), themeSwitch()),
    ),
    main,
  );

  /** @param {boolean} open */
  function openRail(open) {
    element.classList.toggle("rail-open", open);
    setFlag(menu, "aria-expanded", open);
  }

  return {
    element,
    /** @param {string} text @param {string} section @param {HTMLElement} page */
    show(text, section, page) {
      title.textContent = text;
      for (const [name, link] of links) {
        if (name === section) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      openRail(false);
      main.replaceChildren(page);
      scrollTo(0, 0);
    },
  };
}

function themeSwitch() {
  const button = h("button", { class: "icon-button", type: "button", data: { test: "theme" } });
  const render = () => {
    const [, iconName] = THEMES.find(([name]) => name === theme.value) ?? THEMES[0];
    const label = t("theme.label", { name: t(`theme.${theme.value}`) });
    button.replaceChildren(icon(iconName));
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    const index = THEMES.findIndex(([name]) => name === theme.value);
    theme.value = (THEMES[(index + 1) % THEMES.length] ?? THEMES[0])[0];
    render();
  });
  render();
  return button;
}

function languageSwitch() {
  const select = h(
    "select",
    { class: "select quiet", "aria-label": t("language.label"), data: { test: "language" } },
    LANGUAGES.map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language.value }, name)
    ),
  );
  select.addEventListener("change", () => {
    language.value = select.value === "ko" ? "ko" : "en";
  });
  return select;
}

function zoneSwitch() {
  const select = h(
    "select",
    { class: "select quiet", "aria-label": t("zone.label"), data: { test: "zone" } },
    h("option", { value: "local", selected: zone.value === "local" }, t("zone.local")),
    h("option", { value: "utc", selected: zone.value === "utc" }, "UTC"),
  );
  select.addEventListener("change", () => {
    zone.value = select.value === "utc" ? "utc" : "local";
  });
  return select;
}
