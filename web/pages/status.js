/** Status: build and run, the storage's head and its cardinality, queries, flags, configuration. The tab is in the address. */
import { fill, h, scrollBox, setText } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { copyButton } from "../ui/copy.js";
import { createTabs } from "../ui/tabs.js";
import { yamlNodes } from "../ui/code.js";
import { t } from "../app/i18n/i18n.js";
import { ApiError, ask, isAbort } from "../app/api.js";
import { loadInsight } from "../app/insight.js";
import { writeSearch } from "../app/router.js";
import { formatTime } from "../app/time.js";
import { language, zone } from "../app/settings.js";
import { formatValue } from "../chart/units.js";

const TABS = /** @type {const} */ (["overview", "cardinality", "queries", "flags", "config"]);
/** @typedef {typeof TABS[number]} StatusTab */

/** @param {string} search @returns {StatusTab} */
function readTab(search) {
  const wanted = new URLSearchParams(search).get("tab");
  return TABS.find((tab) => tab === wanted) ?? "overview";
}

/** @type {import("../app/router.js").PageType} */
export const statusPage = {
  title: "status.title",
  section: "status",
  mount(search) {
    let tab = readTab(search);
    /** @type {AbortController | null} */
    let running = null;
    const panel = h("div", { class: "status-panel" });
    const tabs = createTabs({
      label: t("status.title"),
      tabs: TABS.map((name) => /** @type {const} */ ([name, t(`status.${name}`)])),
      selected: tab,
      panel,
      onSelect: (next) => {
        tab = next;
        writeSearch(tab === "overview" ? "" : `tab=${tab}`);
        show();
      },
    });

    async function show() {
      running?.abort();
      const controller = new AbortController();
      running = controller;
      try {
        const content = await VIEWS[tab](controller.signal);
        if (running === controller) fill(panel, content);
      } catch (error) {
        if (isAbort(error) || running !== controller) return;
        if (!(error instanceof ApiError)) throw error;
        fill(
          panel,
          h("div", { class: "notice error", role: "alert" }, icon("warning"), h("p", null, error.message)),
        );
      }
    }

    show();
    return {
      element: h("div", { class: "page" }, tabs.element, panel),
      update(next) {
        tab = readTab(next);
        tabs.set(tab);
        show();
      },
      destroy: () => running?.abort(),
    };
  },
};

/** @type {Record<StatusTab, (signal: AbortSignal) => Promise<HTMLElement>>} */
const VIEWS = {
  async overview(signal) {
    const [build, runtime, tsdb] = await Promise.all([
      ask("status/buildinfo", {}, signal),
      ask("status/runtimeinfo", {}, signal),
      ask("status/tsdb", { limit: "10" }, signal),
    ]);
    return h(
      "div",
      { class: "fact-cards" },
      facts(t("status.build"), build.data),
      facts(t("status.head"), tsdb.data.headStats),
      facts(t("status.runtime"), runtime.data),
    );
  },
  async cardinality(signal) {
    const { data } = await ask("status/tsdb", { limit: "10" }, signal);
    return h(
      "div",
      { class: "fact-cards" },
      ranking(t("status.byMetric"), data.seriesCountByMetricName),
      ranking(t("status.byLabel"), data.labelValueCountByLabelName),
      ranking(t("status.byPair"), data.seriesCountByLabelValuePair),
      ranking(t("status.byMemory"), data.memoryInBytesByLabelName, true),
    );
  },
  async queries(signal) {
    return (await loadInsight(() => import("./status/queries.js"))).queriesView(signal);
  },
  async flags(signal) {
    const { data } = await ask("status/flags", {}, signal);
    const flags = Object.entries(/** @type {Record<string, string>} */ (data)).sort(([a], [b]) =>
      a.localeCompare(b)
    );
    const body = h("tbody", null);
    const render = () => {
      const word = filter.value.trim().toLowerCase();
      const shown = flags.filter(([k, v]) => `--${k}=${v}`.toLowerCase().includes(word));
      fill(
        body,
        shown.map(([k, v]) =>
          h(
            "tr",
            null,
            h("th", { scope: "row", class: "mono" }, `--${k}`),
            h("td", { class: "mono wrap-any" }, v === "" ? "–" : v),
          )
        ),
        shown.length === 0 && h("tr", null, h("td", { colspan: 2 }, t("status.noFlag"))),
      );
    };
    const filter = h("input", {
      class: "input search",
      type: "search",
      placeholder: t("status.filter"),
      "aria-label": t("status.filter"),
      on: { input: render },
    });
    render();
    return h(
      "div",
      { class: "stack" },
      h("label", { class: "search-box" }, icon("search"), filter),
      h(
        "div",
        { class: "card" },
        scrollBox(
          t("status.flags"),
          h(
            "table",
            { class: "table flags" },
            h(
              "thead",
              null,
              h(
                "tr",
                null,
                h("th", { scope: "col" }, t("status.flag")),
                h("th", { scope: "col" }, t("table.value")),
              ),
            ),
            body,
          ),
        ),
      ),
    );
  },
  async config(signal) {
    const { data } = await ask("status/config", {}, signal);
    const yaml = String(data.yaml ?? "");
    return h(
      "div",
      { class: "card code-box" },
      copyButton(() => yaml),
      h(
        "pre",
        { class: "code", tabIndex: 0, role: "region", "aria-label": t("status.config") },
        yaml.trim() === "" ? t("status.noConfig") : yamlNodes(yaml),
      ),
    );
  },
};

/** @param {string} title @param {Record<string, unknown>} data */
function facts(title, data) {
  return h(
    "section",
    { class: "card facts" },
    h("h2", null, title),
    h(
      "dl",
      null,
      Object.entries(data).map(([key, value]) =>
        h(
          "div",
          { class: "fact" },
          h("dt", null, factName(key)),
          h("dd", { title: key }, factText(key, value)),
        )
      ),
    ),
  );
}

/** `reloadConfigSuccess` → "Reload config success"; the names are the API's, so they are not translated. @param {string} key */
function factName(key) {
  const words = key.replace(/([a-z\d])([A-Z])/g, "$1 $2");
  const text = /^[A-Z]+$/.test(key)
    ? key
    : words.replace(/ ([A-Z])(?=[a-z])/g, (_, c) => ` ${c.toLowerCase()}`);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} key @param {unknown} value @returns {string} */
function factText(key, value) {
  if (typeof value === "boolean") return t(value ? "status.yes" : "status.no");
  if (typeof value === "number") {
    if (/^(min|max)Time$/.test(key)) {
      return Math.abs(value) > 8.64e15 || value === 0 ? "–" : formatTime(value, zone.value === "utc");
    }
    if (/LIMIT|bytes/i.test(key)) return value > 2 ** 62 ? "–" : formatValue(value, "bytes");
    return new Intl.NumberFormat(language.value).format(value);
  }
  const text = String(value ?? "");
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) {
    return time > 0 ? formatTime(Math.floor(time / 1e3) * 1e3, zone.value === "utc") : "–";
  }
  return text === "" ? "–" : text;
}

/** Counts as bars. @param {string} title @param {import("../types/api.d.ts").NamedCount[] | null} list @param {boolean} [bytes] */
function ranking(title, list, bytes = false) {
  const items = list ?? [];
  const most = Math.max(1, ...items.map((item) => item.value));
  const number = new Intl.NumberFormat(language.value);
  const body = items.map(({ name, value }) => {
    const bar = h("span", { class: "bar", vars: { "--share": `${(value / most) * 100}%` } });
    const text = h("td", { class: "num" });
    setText(text, bytes ? formatValue(value, "bytes") : number.format(value));
    return h("tr", null, h("td", { class: "bar-cell mono wrap-any" }, bar, h("span", null, name)), text);
  });
  return h(
    "section",
    { class: "card facts" },
    h("h2", null, title),
    items.length === 0 ? h("p", { class: "hint" }, t("status.nothing")) : h(
      "table",
      { class: "table ranking" },
      h("caption", { class: "visually-hidden" }, title),
      h(
        "thead",
        { class: "visually-hidden" },
        h(
          "tr",
          null,
          h("th", { scope: "col" }, t("status.name")),
          h("th", { scope: "col" }, t("table.value")),
        ),
      ),
      h("tbody", null, body),
    ),
  );
}
