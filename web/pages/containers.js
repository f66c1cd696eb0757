/** Containers: what runs, how it fares and what it takes; the engine, what happened lately, and what is missing to see more. */
import { fill, h, scrollBox } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { copyButton } from "../ui/copy.js";
import { t } from "../app/i18n/i18n.js";
import { ApiError, ask, isAbort, serverNow } from "../app/api.js";
import { pageUrl, writeSearch } from "../app/router.js";
import { formatTime } from "../app/time.js";
import { zone } from "../app/settings.js";
import { formatValue } from "../chart/units.js";
import { relativeText } from "./targets/model.js";
import { containersOf, filterContainers, jobsFor, QUESTIONS, tone } from "./containers/model.js";

/** @typedef {import("./containers/model.js").Container} Container */
/** @typedef {import("./containers/model.js").Question} Question */
/** @typedef {import("../types/api.d.ts").ContainerStatus} ContainerStatus */
/** @typedef {import("../types/api.d.ts").ContainerEvent} ContainerEvent */

const POLL_MS = 5000;
const EVENT_COUNT = 20;

/** @param {string} search */
const readSearch = (search) => new URLSearchParams(search).get("search") ?? "";

/** @type {import("../app/router.js").PageType} */
export const containersPage = {
  title: "containers.title",
  section: "containers",
  mount(search) {
    let words = readSearch(search);
    /** @type {Container[] | null} */
    let containers = null;
    let loading = false;
    const controller = new AbortController();
    const text = h("input", {
      class: "input search",
      type: "search",
      placeholder: t("containers.search"),
      "aria-label": t("containers.search"),
      value: words,
      on: {
        input: () => {
          words = text.value;
          writeSearch(words ? new URLSearchParams({ search: words }).toString() : "", { replace: true });
          render();
        },
      },
    });
    const notices = h("div", { class: "notices", role: "status" });
    const list = h("div", { class: "container-list" });
    const engine = h("div", { class: "stack" });
    const events = h("div");
    const element = h(
      "div",
      { class: "page" },
      h("div", { class: "toolbar" }, h("label", { class: "search-box" }, icon("search"), text)),
      notices,
      list,
      engine,
      events,
    );

    async function load() {
      if (loading) return;
      loading = true;
      try {
        const [answers, status, happened] = await Promise.all([
          askAll(controller.signal),
          askOptional("status/containers", {}, controller.signal),
          askOptional("status/containers/events", { limit: String(EVENT_COUNT) }, controller.signal),
        ]);
        containers = containersOf(answers);
        fill(notices);
        fill(engine, typeof status === "string" ? message("info", status) : engineParts(status));
        fill(events, typeof happened !== "string" && happened.length > 0 && eventTable(happened));
        render();
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ApiError)) throw error;
        fill(notices, message("error", error.message));
      } finally {
        loading = false;
      }
    }

    function render() {
      if (!containers) return;
      const shown = filterContainers(containers, words);
      fill(
        list,
        containers.length === 0
          ? missing()
          : shown.length === 0
          ? h("div", { class: "empty" }, h("p", { class: "empty-title" }, t("containers.noMatch")))
          : containerTable(shown),
      );
    }

    load();
    const poll = setInterval(() => !document.hidden && load(), POLL_MS);
    return {
      element,
      update(next) {
        words = readSearch(next);
        text.value = words;
        render();
      },
      destroy() {
        controller.abort();
        clearInterval(poll);
      },
    };
  },
};

/** The answers to all questions. @param {AbortSignal} signal */
async function askAll(signal) {
  const questions = /** @type {[Question, string][]} */ (Object.entries(QUESTIONS));
  const answers = await Promise.all(
    questions.map(async ([name, query]) => [name, (await ask("query", { query }, signal)).data.result]),
  );
  return /** @type {Record<Question, import("../types/api.d.ts").VectorElement[]>} */ (Object.fromEntries(
    answers,
  ));
}

/** What the server says, or in words why it does not. @param {string} path @param {Record<string, string>} params @param {AbortSignal} signal */
async function askOptional(path, params, signal) {
  try {
    return (await ask(path, params, signal)).data;
  } catch (error) {
    if (error instanceof ApiError && error.kind !== "network") return error.message;
    throw error;
  }
}

/** @param {"error" | "warning" | "info"} kind @param {string} text @param {...(Node | false)} more */
const message = (kind, text, ...more) =>
  h(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : "note" },
    icon(kind === "info" ? "info" : "warning"),
    h("div", { class: "stack" }, h("p", null, text), ...more),
  );

/** A text to copy. @param {string} label @param {string} text */
const code = (label, text) =>
  h(
    "div",
    { class: "card code-box" },
    copyButton(() => text),
    h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": label }, text),
  );

const missing = () =>
  h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, t("containers.none")),
    h("p", null, t("containers.noneHint")),
    code("prometheus.yml", jobsFor(location.host)),
  );

/** @param {Container[]} containers */
function containerTable(containers) {
  const columns = /** @type {const} */ ([
    ["containers.container", ""],
    ["containers.service", ""],
    ["containers.state", ""],
    ["containers.processor", "num"],
    ["containers.memory", "num"],
    ["containers.received", "num"],
    ["containers.sent", "num"],
    ["containers.restarts", "num"],
    ["containers.started", "num"],
  ]);
  return h(
    "div",
    { class: "card" },
    scrollBox(
      t("containers.title"),
      h(
        "table",
        { class: "table containers" },
        h(
          "thead",
          null,
          h("tr", null, columns.map(([key, kind]) => h("th", { scope: "col", class: kind }, t(key)))),
        ),
        h("tbody", null, containers.map(containerRow)),
      ),
    ),
  );
}

/** @param {Container} c */
function containerRow(c) {
  const utc = zone.value === "utc";
  /** @param {number} value @param {import("../chart/units.js").Unit} [unit] */
  const number = (value, unit) =>
    h("td", { class: "num" }, Number.isNaN(value) ? "–" : formatValue(value, unit, 3));
  const query = new URLSearchParams({
    "g0.expr": `container_memory_working_set_bytes{name=${JSON.stringify(c.name)}}`,
  });
  const memory = number(c.memory, "bytes");
  if (c.limit > 0) {
    memory.append(
      h(
        "span",
        { class: "hint" },
        ` ${t("containers.ofLimit", { limit: formatValue(c.limit, "bytes", 3) })}`,
      ),
    );
  }
  const started = c.started * 1e3;
  return h(
    "tr",
    null,
    h(
      "th",
      { scope: "row", class: "wrap-any" },
      h("a", { href: pageUrl("explore", query.toString()), data: { route: "1" } }, c.name),
      h("div", { class: "hint" }, c.image),
    ),
    h(
      "td",
      null,
      h("div", { class: "service" }, [c.service, c.replica].filter(Boolean).join(" / ") || "–"),
      c.project !== "" && h("div", { class: "hint" }, c.project),
    ),
    h(
      "td",
      null,
      h("span", { class: `badge state-${tone(c)}` }, c.state || t("health.unknown")),
      c.health !== "" && h("div", { class: "hint" }, c.health),
    ),
    number(c.processor, "ratio"),
    memory,
    number(c.received, "bytes/s"),
    number(c.sent, "bytes/s"),
    number(c.restarts),
    h(
      "td",
      { class: "num", title: started > 0 ? formatTime(started, utc) : "" },
      started > 0 ? relativeText(started, serverNow()) : "–",
    ),
  );
}

/** @param {ContainerStatus} status */
function engineParts({ engine, engineMetrics }) {
  const hint = engineMetrics.hint;
  return [
    engine.problem !== "" && message("warning", engine.problem),
    hint !== undefined && engine.connected &&
    message(
      "info",
      hint.text,
      code(hint.file, hint.content),
      hint.problem !== "" && h("p", null, hint.problem),
    ),
    engine.connected && h(
      "p",
      { class: "hint" },
      t("containers.engine", { name: engine.system, version: engine.version, address: engine.address }),
    ),
  ];
}

/** @param {ContainerEvent[]} events */
const eventTable = (events) =>
  h(
    "section",
    { class: "card" },
    scrollBox(
      t("containers.events"),
      h(
        "table",
        { class: "table happened" },
        h("caption", null, t("containers.events")),
        h(
          "thead",
          null,
          h("tr", null, [
            h("th", { scope: "col" }, t("table.time")),
            h("th", { scope: "col" }, t("containers.container")),
            h("th", { scope: "col" }, t("containers.event")),
            h("th", { scope: "col", class: "num" }, t("containers.exitCode")),
          ]),
        ),
        h(
          "tbody",
          null,
          events.toReversed().map((event) =>
            h(
              "tr",
              null,
              h("td", null, formatTime(event.time * 1e3, zone.value === "utc")),
              h("td", { class: "wrap-any" }, event.name),
              h("td", null, event.action),
              h("td", { class: "num" }, event.exitCode ?? ""),
            )
          ),
        ),
      ),
    ),
  );
