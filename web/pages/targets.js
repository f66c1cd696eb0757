/** Targets: what is scraped, in pools, how it went last time, and why not where it failed. Filters live in the address. */
import { fill, h, setText } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { labelChips } from "../ui/labels.js";
import { t } from "../app/i18n/i18n.js";
import { ApiError, ask, isAbort, serverNow } from "../app/api.js";
import { pageUrl, writeSearch } from "../app/router.js";
import { formatTime } from "../app/time.js";
import { zone } from "../app/settings.js";
import { formatValue } from "../chart/units.js";
import { filterTargets, pools, readTargetFilter, relativeText, writeTargetFilter } from "./targets/model.js";

/** @typedef {import("../types/api.d.ts").Target} Target */

const HEALTH = /** @type {const} */ (["up", "down", "unknown"]);
const POLL_MS = 5000;

/** @type {import("../app/router.js").PageType} */
export const targetsPage = {
  title: "targets.title",
  section: "targets",
  mount(search) {
    let filter = readTargetFilter(search);
    /** @type {import("../types/api.d.ts").TargetsData | null} */
    let data = null;
    /** Rows by target, kept so that an update changes texts and leaves focus and selection alone. @type {Map<string, ReturnType<typeof targetRow>>} */
    const rows = new Map();
    let layout = "";
    let loading = false;
    const controller = new AbortController();

    const counts = HEALTH.map((health) => {
      const number = h("span", { class: "count" });
      const button = h(
        "button",
        {
          class: `segment state-${health}`,
          type: "button",
          data: { health },
          on: {
            click: () => setFilter({ ...filter, health: filter.health === health ? "" : health }),
          },
        },
        h("span", { class: "dot" }),
        h("span", null, t(`health.${health}`)),
        number,
      );
      return { health, number, button };
    });
    const allNumber = h("span", { class: "count" });
    const all = h(
      "button",
      {
        class: "segment",
        type: "button",
        data: { health: "" },
        on: {
          click: () => setFilter({ ...filter, health: "" }),
        },
      },
      h("span", null, t("targets.all")),
      allNumber,
    );
    const text = h("input", {
      class: "input search",
      type: "search",
      placeholder: t("targets.search"),
      "aria-label": t("targets.search"),
      value: filter.search,
      on: { input: () => setFilter({ ...filter, search: text.value }, true) },
    });
    const notices = h("div", { class: "notices", role: "status" });
    const list = h("div", { class: "pool-list" });
    const foot = h("p", { class: "hint" });
    const element = h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "toolbar" },
        h(
          "div",
          { class: "segments", role: "group", "aria-label": t("targets.health") },
          all,
          counts.map((c) => c.button),
        ),
        h("label", { class: "search-box" }, icon("search"), text),
      ),
      notices,
      list,
      foot,
    );

    /** @param {typeof filter} next @param {boolean} [typing] while typing, the history gets no step per letter */
    function setFilter(next, typing = false) {
      filter = next;
      writeSearch(writeTargetFilter(filter), { replace: typing });
      render();
    }

    async function load() {
      if (loading) return;
      loading = true;
      try {
        data = (await ask("targets", { state: "active" }, controller.signal)).data;
        fill(notices);
        render();
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ApiError)) throw error;
        fill(notices, h("div", { class: "notice error" }, icon("warning"), h("p", null, error.message)));
      } finally {
        loading = false;
      }
    }

    function render() {
      if (!data) return;
      const targets = data.activeTargets;
      all.setAttribute("aria-pressed", String(filter.health === ""));
      setText(allNumber, String(targets.length));
      for (const { health, number, button } of counts) {
        setText(number, String(targets.filter((target) => target.health === health).length));
        button.setAttribute("aria-pressed", String(filter.health === health));
      }
      const present = new Set(targets.map(keyOf));
      for (const key of rows.keys()) if (!present.has(key)) rows.delete(key);
      const shown = filterTargets(targets, filter);
      const grouped = pools(shown, targets);
      const nextLayout = JSON.stringify([
        filter.collapsed,
        grouped.map((p) => [p.name, p.up, p.total, p.targets.map(keyOf)]),
      ]);
      for (const pool of grouped) for (const target of pool.targets) rowOf(target).update(target);
      if (nextLayout !== layout) {
        layout = nextLayout;
        fill(list, grouped.map(poolSection), shown.length === 0 && nothing(targets.length));
      }
      const dropped = Object.values(data.droppedTargetCounts ?? {}).reduce((a, b) => a + b, 0);
      setText(foot, dropped > 0 ? t("targets.dropped", { n: dropped }) : "");
      tick();
    }

    /** @param {number} total */
    const nothing = (total) =>
      h(
        "div",
        { class: "empty" },
        h("p", { class: "empty-title" }, t(total === 0 ? "targets.none" : "targets.noMatch")),
      );

    /** @param {Target} target */
    const keyOf = (target) => `${target.scrapePool}\n${target.scrapeUrl}\n${JSON.stringify(target.labels)}`;

    /** @param {Target} target */
    function rowOf(target) {
      const key = keyOf(target);
      let row = rows.get(key);
      if (!row) rows.set(key, row = targetRow(target));
      return row;
    }

    /** @param {ReturnType<typeof pools>[number]} pool */
    function poolSection(pool) {
      const open = !filter.collapsed.includes(pool.name);
      const state = pool.up === pool.total ? "up" : pool.up === 0 ? "down" : "unknown";
      const details = h(
        "details",
        { class: "card pool", open },
        h(
          "summary",
          { class: "pool-head" },
          icon("down"),
          h("h2", null, pool.name),
          h("span", { class: `badge state-${state}` }, t("targets.upOf", { up: pool.up, total: pool.total })),
        ),
        h(
          "div",
          { class: "scroll-x", tabIndex: 0, role: "region", "aria-label": pool.name },
          h(
            "table",
            { class: "table targets" },
            h(
              "thead",
              null,
              h("tr", null, [
                h("th", { scope: "col", class: "c-state" }, t("targets.state")),
                h("th", { scope: "col" }, t("targets.endpoint")),
                h("th", { scope: "col" }, t("targets.labels")),
                h("th", { scope: "col", class: "num c-time" }, t("targets.last")),
                h("th", { scope: "col", class: "num c-time" }, t("targets.duration")),
                h("th", { scope: "col", class: "num c-time" }, t("targets.interval")),
              ]),
            ),
            h("tbody", null, pool.targets.flatMap((target) => rowOf(target).rows)),
          ),
        ),
      );
      details.addEventListener("toggle", () => {
        const isOpen = !filter.collapsed.includes(pool.name);
        if (details.open === isOpen) return;
        const collapsed = details.open
          ? filter.collapsed.filter((n) => n !== pool.name)
          : [...filter.collapsed, pool.name];
        filter = { ...filter, collapsed };
        writeSearch(writeTargetFilter(filter), { replace: true });
      });
      return details;
    }

    function tick() {
      for (const row of rows.values()) row.tick();
    }

    load();
    const poll = setInterval(() => !document.hidden && load(), POLL_MS);
    const clock = setInterval(() => !document.hidden && tick(), 1000);
    return {
      element,
      update(next) {
        filter = readTargetFilter(next);
        text.value = filter.search;
        render();
      },
      destroy() {
        controller.abort();
        clearInterval(poll);
        clearInterval(clock);
      },
    };
  },
};

/** The rows of one target: its facts, and its error below where there is one. @param {Target} target */
function targetRow(target) {
  let lastScrape = NaN;
  const badge = h("span", { class: "badge" });
  const last = h("td", { class: "num" });
  const duration = h("td", { class: "num" });
  const interval = h("td", { class: "num" });
  const message = h("pre", { class: "target-error" });
  const query = pageUrl(
    "explore",
    new URLSearchParams({ "g0.expr": selectorOf(target), "g0.tab": "table" }).toString(),
  );
  const chips = labelChips(target.labels);
  chips.append(h("a", { class: "query-link", href: query, data: { route: "1" } }, t("targets.query")));
  const row = h(
    "tr",
    null,
    h("td", null, badge),
    h(
      "td",
      { class: "endpoint" },
      h(
        "a",
        { href: target.globalUrl || target.scrapeUrl, target: "_blank", rel: "noreferrer" },
        target.scrapeUrl,
      ),
    ),
    h("td", null, chips),
    last,
    duration,
    interval,
  );
  const errorRow = h("tr", { class: "error-row" }, h("td", { colspan: 6 }, message));
  return {
    rows: [row, errorRow],
    /** @param {Target} next */
    update(next) {
      badge.className = `badge state-${next.health}`;
      setText(badge, t(`health.${next.health}`));
      lastScrape = Date.parse(next.lastScrape);
      last.title = lastScrape > 0 ? formatTime(lastScrape, zone.value === "utc") : "";
      setText(duration, lastScrape > 0 ? formatValue(next.lastScrapeDuration, "seconds", 3) : "–");
      setText(interval, next.scrapeInterval);
      interval.title = t("targets.timeout", { timeout: next.scrapeTimeout });
      row.classList.toggle("has-error", next.lastError !== "");
      errorRow.hidden = next.lastError === "";
      setText(message, next.lastError);
    },
    tick: () => setText(last, relativeText(lastScrape, serverNow())),
  };
}

/** @param {Target} target */
function selectorOf({ labels }) {
  const pairs = ["job", "instance"].filter((name) => name in labels).map((name) =>
    `${name}=${JSON.stringify(labels[name])}`
  );
  return `{${pairs.join(", ")}}`;
}
