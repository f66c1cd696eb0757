/**
 * A table that shows many thousand rows by keeping only those in sight in the document. Rows have one height; columns are sortable;
 * widths come from the longest text, so that nothing jumps while scrolling.
 */
import { h, uid } from "./dom.js";

/**
 * `text` is what sorting, sizing and copying see; `cell` draws it where plain text is not enough.
 * @template T
 * @typedef {{title: string, text: (row: T) => string, value?: (row: T) => number, cell?: (row: T) => import("./dom.js").Child,
 *   numeric?: boolean, sticky?: boolean, grow?: boolean, maxChars?: number, minChars?: number}} Column
 */

const ROW = 32;
const SPARE = 8;
const collator = new Intl.Collator(undefined, { numeric: true });

/** Width of a text in units of a digit; wide scripts count double. @param {string} text */
function chars(text) {
  let n = 0;
  for (const c of text) n += (c.codePointAt(0) ?? 0) > 0x10ff ? 2 : 1;
  return n;
}

/**
 * What a table hands to its successor, so that a refresh keeps the order and the place the reader chose.
 * @typedef {{title?: string, down?: boolean, scroll?: number, open?: string}} TableMemory `open` is for the page: what is shown below
 */

/**
 * @template T
 * @param {{label: string, columns: Column<T>[], rows: T[], maxHeight: number, memory: TableMemory,
 *   decorate?: (tr: HTMLTableRowElement, row: T) => void}} options
 */
export function createVirtualTable({ label, columns, rows, maxHeight, memory, decorate }) {
  let order = rows;
  let sort = { column: columns.findIndex((c) => c.title === memory.title), down: memory.down ?? false };
  let first = -1;
  const top = h("tr", { class: "vtable-spacer", "aria-hidden": "true" });
  const bottom = h("tr", { class: "vtable-spacer", "aria-hidden": "true" });
  const body = h("tbody", null);
  const headers = columns.map((column, i) => {
    const button = h(
      "button",
      { type: "button", class: "sort-button", on: { click: () => sortBy(i) } },
      column.title,
    );
    return h("th", { scope: "col", class: classes(column) }, button);
  });
  const widths = columns.map((column) => {
    let widest = Math.max(chars(column.title) + 2, column.minChars ?? 0);
    // A few thousand rows tell enough about widths.
    for (let i = 0; i < rows.length && i < 3000; i++) {
      widest = Math.max(widest, chars(column.text(/** @type {T} */ (rows[i]))));
    }
    return Math.min(widest, column.maxChars ?? 44) + 3.5;
  });
  const total = widths.reduce((a, b) => a + b, 0);
  const grows = columns.some((c) => c.grow);
  const table = h(
    "table",
    { class: "vtable", "aria-rowcount": rows.length + 1, vars: { "--min": `${total}ch` } },
    h("caption", { class: "visually-hidden", id: uid("caption") }, label),
    h(
      "colgroup",
      null,
      columns.map((c, i) =>
        h("col", {
          vars: c.grow ? {} : { "--w": grows ? `${widths[i]}ch` : `${((widths[i] ?? 0) / total) * 100}%` },
        })
      ),
    ),
    h("thead", null, h("tr", { "aria-rowindex": 1 }, headers)),
    body,
  );
  const element = h("div", {
    class: "vtable-box",
    tabIndex: 0,
    role: "region",
    "aria-label": label,
    vars: { "--max": `${maxHeight}px` },
    on: {
      scroll: () => {
        memory.scroll = element.scrollTop;
        render();
      },
    },
  }, table);

  /** @param {Column<T>} column */
  function classes(column) {
    return [column.numeric && "num", column.sticky && "sticky"].filter(Boolean).join(" ");
  }

  /** @param {number} column */
  function sortBy(column) {
    const numeric = columns[column]?.value !== undefined;
    sort = { column, down: sort.column === column ? !sort.down : numeric };
    memory.title = columns[column]?.title;
    memory.down = sort.down;
    applySort();
    element.scrollTop = 0;
    first = -1;
    render();
  }

  function applySort() {
    headers.forEach((th, i) => {
      if (i === sort.column) th.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    const column = columns[sort.column];
    if (!column) return;
    const sign = sort.down ? -1 : 1;
    const { value, text } = column;
    order = [...rows].sort((a, b) => {
      if (!value) return sign * collator.compare(text(a), text(b));
      const x = value(a), y = value(b);
      // Values that are not numbers come last in both directions.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return x === y ? 0 : x < y ? -sign : sign;
    });
  }

  function render() {
    const from = Math.max(0, Math.min(Math.floor(element.scrollTop / ROW) - SPARE, order.length));
    if (Math.abs(from - first) < SPARE / 2 && first >= 0) return;
    first = from;
    const to = Math.min(order.length, from + Math.ceil(maxHeight / ROW) + 2 * SPARE);
    top.style.height = `${from * ROW}px`;
    bottom.style.height = `${(order.length - to) * ROW}px`;
    const shown = order.slice(from, to).map((row, i) => {
      const cells = columns.map((column) => {
        const text = column.text(row);
        return h("td", {
          class: classes(column),
          title: chars(text) > (column.maxChars ?? 44) - 2 ? text : null,
        }, column.cell ? column.cell(row) : text);
      });
      const tr = h("tr", { "aria-rowindex": from + i + 2 }, cells);
      decorate?.(tr, row);
      return tr;
    });
    body.replaceChildren(...(from > 0 ? [top] : []), ...shown, ...(to < order.length ? [bottom] : []));
  }

  applySort();
  render();
  return {
    element,
    /** Goes back to the remembered place; only once the table is in the document. */
    restore() {
      if (memory.scroll) element.scrollTop = memory.scroll;
    },
    /** Draws the rows in sight again, after what `decorate` reads has changed. */
    refresh() {
      first = -1;
      render();
    },
  };
}
