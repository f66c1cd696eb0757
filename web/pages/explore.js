/** Explore: several queries side by side, each a table or a graph, their whole state in the address. */
import { fill, h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { t } from "../app/i18n/i18n.js";
import { clockDrift } from "../app/api.js";
import { writeSearch } from "../app/router.js";
import { formatDuration } from "../app/time.js";
import { defaultPanel, MAX_PANELS, readExplore, writeExplore } from "../app/urlstate.js";
import { createCatalogue } from "../promql/catalogue.js";
import { createQueryPanel } from "./explore/panel.js";

const REFRESH = [0, 5e3, 10e3, 30e3, 60e3, 3e5, 9e5];
/** A difference between the clocks that is worth a warning. */
const DRIFT_MS = 30e3;

/** @typedef {ReturnType<typeof createQueryPanel>} QueryPanel */

/** @type {import("../app/router.js").PageType} */
export const explorePage = {
  title: "explore.title",
  section: "explore",
  mount(search) {
    const catalogue = createCatalogue();
    /** @type {QueryPanel[]} */
    let panels = [];
    let refreshMs = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    let timer;

    const refresh = h("select", {
      class: "select",
      "aria-label": t("explore.refresh"),
      data: { test: "refresh" },
    });
    refresh.addEventListener("change", () => {
      setRefresh(Number(refresh.value));
      commit();
    });
    const drift = h("div", { class: "notices" });
    const list = h("div", { class: "panel-list" });
    const add = h(
      "button",
      {
        class: "button",
        type: "button",
        data: { test: "add-query" },
        on: {
          click: () => {
            const last = panels.at(-1)?.state;
            const panel = insert(panels.length, { ...defaultPanel(), ...last && pick(last), expr: "" });
            commit();
            panel.editor.focus();
          },
        },
      },
      icon("plus"),
      t("explore.add"),
    );
    const element = h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "toolbar" },
        h(
          "label",
          { class: "inline-field" },
          icon("refresh"),
          h("span", null, t("explore.refresh")),
          refresh,
        ),
        h("div", { class: "grow" }),
        add,
      ),
      drift,
      list,
    );

    /** The time settings a new query takes over from the one above. @param {import("../types/api.d.ts").PanelState} state */
    function pick({ tab, rangeMs, endMs, resolution }) {
      return { tab, rangeMs, endMs, resolution };
    }

    /** @param {number} index @param {import("../types/api.d.ts").PanelState} state */
    function insert(index, state) {
      const panel = createQueryPanel({
        state,
        catalogue,
        onChange: commit,
        onDuplicate: () => {
          insert(panels.indexOf(panel) + 1, structuredClone(panel.state)).run();
          commit();
        },
        onRemove: () => {
          remove(panel);
          if (panels.length === 0) insert(0, defaultPanel());
          commit();
        },
      });
      panels.splice(index, 0, panel);
      list.insertBefore(panel.element, list.children[index] ?? null);
      number();
      return panel;
    }

    /** @param {QueryPanel} panel */
    function remove(panel) {
      panels = panels.filter((p) => p !== panel);
      panel.destroy();
      panel.element.remove();
      number();
    }

    function number() {
      panels.forEach((panel, i) => panel.setNumber(i + 1, panels.length));
      add.disabled = panels.length >= MAX_PANELS;
    }

    function commit() {
      writeSearch(writeExplore({ panels: panels.map((p) => p.state), refreshMs }));
    }

    /** @param {number} ms */
    function setRefresh(ms) {
      refreshMs = ms;
      const choices = REFRESH.includes(ms) ? REFRESH : [...REFRESH, ms].sort((a, b) => a - b);
      fill(
        refresh,
        choices.map((c) =>
          h(
            "option",
            { value: String(c), selected: c === ms },
            c === 0 ? t("explore.off") : formatDuration(c),
          )
        ),
      );
      clearInterval(timer);
      if (ms > 0) timer = setInterval(tick, Math.max(1000, ms));
    }

    function tick() {
      if (document.hidden) return;
      for (const panel of panels) panel.refresh();
    }

    function warnOfDrift() {
      const ms = clockDrift();
      const text = t("explore.drift", { length: formatDuration(Math.abs(ms)) });
      fill(
        drift,
        Math.abs(ms) > DRIFT_MS && h("div", { class: "notice warning" }, icon("warning"), h("p", null, text)),
      );
    }

    /** Shows the state of an address; panels that are the same stay as they are. @param {string} text */
    function show(text) {
      const next = readExplore(text);
      setRefresh(next.refreshMs);
      while (panels.length > next.panels.length) remove(/** @type {QueryPanel} */ (panels.at(-1)));
      next.panels.forEach((state, i) => {
        const panel = panels[i];
        if (panel) panel.show(state);
        else insert(i, state).run();
      });
    }

    show(search);
    // Not where a finger points: there the keyboard would cover the page.
    if (matchMedia("(pointer: fine)").matches) {
      requestAnimationFrame(() => panels[0]?.state.expr === "" && panels[0].editor.focus());
    }
    const driftTimer = setInterval(warnOfDrift, 5000);
    return {
      element,
      update: show,
      destroy() {
        clearInterval(timer);
        clearInterval(driftTimer);
        for (const panel of panels) panel.destroy();
      },
    };
  },
};
