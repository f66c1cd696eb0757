/** Queries of the server: those that run or wait, with their cost and a way to end them, the heavy ones, the limits. */
import { fill, h, scrollBox, setText } from "../../ui/dom.js";
import { icon } from "../../ui/icons.js";
import { confirmDialog } from "../../ui/dialog.js";
import { createVirtualTable } from "../../ui/vtable.js";
import { t } from "../../app/i18n/i18n.js";
import { ApiError, ask, command, isAbort, serverNow } from "../../app/api.js";
import { pageUrl } from "../../app/router.js";
import { formatValue } from "../../chart/units.js";
import { lex } from "../../promql/lexer.js";
import { paintNodes } from "../../promql/paint.js";
import { relativeText } from "../targets/model.js";
import { limitText, memoryShare } from "./queries/model.js";

/** @typedef {import("../../types/api.d.ts").RunningQuery} RunningQuery */
/** @typedef {import("../../types/api.d.ts").HeavyQuery} HeavyQuery */

const POLL_MS = 2000;
/** The heavy ones change slowly: asked for with every so many polls. */
const HEAVY_EVERY = 5;

/** @param {AbortSignal} signal ends the polling */
export async function queriesView(signal) {
  /** Rows by query, kept so that an update changes figures and leaves the focus alone. @type {Map<string, ReturnType<typeof queryRow>>} */
  const rows = new Map();
  /** @type {import("../../ui/vtable.js").TableMemory} */
  const memory = { title: t("queries.total"), down: true };
  const notices = h("div", { class: "notices", role: "status" });
  const whole = memoryMeter(t("queries.memoryAll"));
  const body = h("tbody", null);
  const none = h("p", { class: "hint" }, t("queries.none"));
  const table = scrollBox(
    t("queries.running"),
    h(
      "table",
      { class: "table queries" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", { scope: "col" }, t("queries.query")),
          h("th", { scope: "col" }, t("queries.state")),
          h("th", { scope: "col", class: "num" }, t("queries.elapsed")),
          h("th", { scope: "col", class: "num" }, t("queries.samples")),
          h("th", { scope: "col" }, t("queries.memory")),
          h("th", { scope: "col" }, t("queries.client")),
          h("th", { scope: "col" }, h("span", { class: "visually-hidden" }, t("queries.kill"))),
        ),
      ),
      body,
    ),
  );
  const limits = h("dl", null);
  const heavy = h("div", null);
  let polls = 0;
  let busy = false;

  async function load() {
    if (busy) return;
    busy = true;
    try {
      const withHeavy = polls++ % HEAVY_EVERY === 0;
      const [running, counted] = await Promise.all([
        ask("queries", {}, signal),
        withHeavy ? ask("queries/heavy", {}, signal) : null,
      ]);
      showRunning(running.data);
      if (counted) showHeavy(counted.data.fingerprints);
    } finally {
      busy = false;
    }
  }

  /** @param {import("../../types/api.d.ts").RunningQueries} data */
  function showRunning({ queries, limits: all, memoryBytes }) {
    const present = new Set(queries.map((query) => query.id));
    for (const [id, row] of rows) {
      if (present.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    for (const query of queries) {
      let row = rows.get(query.id);
      if (!row) {
        rows.set(query.id, row = queryRow(query, kill));
        body.append(row.element);
      }
      row.update(query, all["maxMemoryBytes"] ?? 0);
    }
    none.hidden = queries.length > 0;
    table.hidden = queries.length === 0;
    whole.update(memoryBytes, all["maxTotalMemoryBytes"] ?? 0);
    fill(
      limits,
      Object.entries(all).map(([name, value]) =>
        h(
          "div",
          { class: "fact" },
          h("dt", null, limitText(name, value).name),
          h("dd", { title: name }, limitText(name, value).text),
        )
      ),
    );
  }

  /** @param {HeavyQuery[]} fingerprints */
  function showHeavy(fingerprints) {
    if (fingerprints.length === 0) {
      fill(heavy, h("p", { class: "hint" }, t("queries.heavyNone")));
      return;
    }
    const focused = heavy.contains(document.activeElement);
    const next = heavyTable(fingerprints, memory);
    fill(heavy, next.element);
    next.restore();
    if (focused) next.element.focus();
  }

  /** @param {RunningQuery} query */
  async function kill(query) {
    const sure = await confirmDialog({
      title: t("queries.killTitle"),
      content: [
        h("pre", {
          class: "dialog-query",
          tabIndex: 0,
          role: "region",
          "aria-label": t("queries.query"),
        }, paintNodes(query.query, lex(query.query), [])),
        h("p", { class: "hint" }, t("queries.killText")),
      ],
      confirm: t("queries.kill"),
      cancel: t("queries.keep"),
    });
    if (!sure) return;
    try {
      await command(`queries/${encodeURIComponent(query.id)}/kill`);
      say("info", t("queries.killed", { id: query.id }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) say("info", t("queries.gone", { id: query.id }));
      else say("error", error.message);
    }
    await poll();
  }

  /** @param {"info" | "error"} level @param {string} text */
  function say(level, text) {
    fill(
      notices,
      h("div", { class: `notice ${level}` }, icon(level === "info" ? "info" : "warning"), h("p", null, text)),
    );
  }

  async function poll() {
    if (document.hidden) return;
    try {
      await load();
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof ApiError)) throw error;
      say("error", error.message);
    }
  }

  await load();
  const timer = setInterval(poll, POLL_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  if (signal.aborted) clearInterval(timer);
  return h(
    "div",
    { class: "stack" },
    notices,
    h("section", { class: "card facts" }, h("h2", null, t("queries.running")), whole.element, none, table),
    h(
      "section",
      { class: "card facts" },
      h("h2", null, t("queries.heavy")),
      h("p", { class: "hint" }, t("queries.heavyHint")),
      heavy,
    ),
    h("section", { class: "card facts" }, h("h2", null, t("queries.limits")), limits),
  );
}

/** @param {string} label */
function memoryMeter(label) {
  const bar = h("span", { class: "bar" });
  const text = h("span", { class: "meter-text" });
  const element = h(
    "div",
    { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
    bar,
    text,
  );
  return {
    element,
    /** @param {number} used @param {number} limit @param {number} [peak] bytes */
    update(used, limit, peak) {
      const share = memoryShare(used, limit);
      const amount = formatValue(used, "bytes", 3);
      const of = limit > 0
        ? t("queries.memoryOf", { used: amount, limit: formatValue(limit, "bytes", 3) })
        : amount;
      const said = peak === undefined
        ? of
        : `${of}, ${t("queries.peak", { bytes: formatValue(peak, "bytes", 3) })}`;
      bar.style.setProperty("--share", `${share}%`);
      element.classList.toggle("high", share >= 80);
      element.setAttribute("aria-valuenow", String(Math.round(share)));
      element.setAttribute("aria-valuetext", said);
      element.title = said;
      setText(text, of);
    },
  };
}

/** @param {RunningQuery} query @param {(query: RunningQuery) => void} onKill */
function queryRow(query, onKill) {
  const badge = h("span", { class: "badge" });
  const elapsed = h("td", { class: "num" });
  const samples = h("td", { class: "num" });
  const meter = memoryMeter(t("queries.memory"));
  const element = h(
    "tr",
    null,
    h(
      "td",
      { class: "query-cell", title: query.query },
      h("pre", null, paintNodes(query.query, lex(query.query), [])),
    ),
    h("td", null, badge),
    elapsed,
    samples,
    h("td", { class: "meter-cell" }, meter.element),
    h("td", { class: "client" }, query.client ?? "–"),
    h(
      "td",
      null,
      h("button", {
        class: "button small danger",
        type: "button",
        "aria-label": t("queries.killThis", { id: query.id }),
        on: { click: () => onKill(query) },
      }, t("queries.kill")),
    ),
  );
  return {
    element,
    /** @param {RunningQuery} next @param {number} limit bytes */
    update(next, limit) {
      badge.className = `badge state-${next.state === "running" ? "up" : "unknown"}`;
      setText(badge, t(next.state === "running" ? "queries.active" : "queries.queued"));
      setText(elapsed, formatValue(next.elapsedSeconds, "seconds", 3));
      setText(samples, formatValue(next.samplesRead));
      meter.update(next.memoryBytes, limit, next.peakMemoryBytes);
    },
  };
}

/** @param {HeavyQuery[]} rows @param {import("../../ui/vtable.js").TableMemory} memory */
function heavyTable(rows, memory) {
  /**
   * @param {import("../../app/i18n/i18n.js").TextKey} key
   * @param {(row: HeavyQuery) => number} value
   * @param {import("../../chart/units.js").Unit} [unit]
   * @returns {import("../../ui/vtable.js").Column<HeavyQuery>}
   */
  const figure = (key, value, unit = "none") => ({
    title: t(key),
    numeric: true,
    value,
    text: (row) => formatValue(value(row), unit, 3),
  });
  return createVirtualTable({
    label: t("queries.heavy"),
    rows,
    memory,
    maxHeight: 420,
    columns: [
      {
        title: t("queries.query"),
        grow: true,
        text: (row) => row.query,
        cell: (row) =>
          h("a", {
            class: "query-text",
            href: pageUrl(
              "explore",
              new URLSearchParams({ "g0.expr": row.query, "g0.tab": "explain" }).toString(),
            ),
            title: row.query,
            data: { route: "1" },
          }, row.query),
      },
      figure("queries.count", (row) => row.count),
      figure("queries.slow", (row) => row.slowCount),
      figure("queries.total", (row) => row.totalSeconds, "seconds"),
      figure("queries.longest", (row) => row.maxSeconds, "seconds"),
      figure("queries.samples", (row) => row.samplesRead),
      figure("queries.maxMemory", (row) => row.maxMemoryBytes, "bytes"),
      figure("queries.failures", (row) => row.failures),
      {
        title: t("queries.seen"),
        numeric: true,
        value: (row) => Date.parse(row.lastSeen),
        text: (row) => relativeText(Date.parse(row.lastSeen), serverNow()),
      },
    ],
  });
}
