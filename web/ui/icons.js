/** The icons: 20 by 20 strokes drawn in the text's colour, hidden from assistive technology because a text always says the same. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  explore: "M3 15.5 7.2 10l3.3 3L17 5M17 5h-4M17 5v4",
  targets: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8ZM10 10h.01",
  containers: "M3.5 6.500 10 3l6.500 3.500v7L10 17l-6.500-3.500v-7ZM3.5 6.500 10 10l6.500-3.500M10 10v7",
  status: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13M7 4v3M13 8.5v3M6 13v3",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  plus: "M10 4.5v11M4.5 10h11",
  play: "M7 4.8v10.4L15.2 10 7 4.8Z",
  stop: "M6 6h8v8H6z",
  left: "m12 5-5 5 5 5",
  right: "m8 5 5 5-5 5",
  down: "m5.5 8 4.5 4.5L14.5 8",
  zoomout: "M8.7 4a4.7 4.7 0 1 0 0 9.4 4.7 4.7 0 0 0 0-9.4ZM12.2 12.2 16.5 16.5M6.6 8.7h4.2",
  clock: "M10 3.2a6.8 6.8 0 1 0 0 13.6 6.8 6.8 0 0 0 0-13.6ZM10 6.4V10l2.6 1.8",
  refresh: "M16 10a6 6 0 1 1-1.9-4.4M16 3.5V7h-3.5",
  search: "M8.7 4a4.7 4.7 0 1 0 0 9.4 4.7 4.7 0 0 0 0-9.4ZM12.2 12.2 16.5 16.5",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  sun:
    "M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1",
  moon: "M15.8 11.9A6.4 6.4 0 0 1 8.1 4.2a6.4 6.4 0 1 0 7.7 7.7Z",
  system: "M3.5 4.5h13v8.5h-13zM7.5 16h5M10 13v3",
  warning: "M10 3.8 17.2 16H2.8L10 3.8ZM10 8.3v3.4M10 13.7v.1",
  info: "M10 3.2a6.8 6.8 0 1 0 0 13.6 6.8 6.8 0 0 0 0-13.6ZM10 9.3v4M10 6.7v.1",
  format: "M4 5h12M7 9h9M7 13h6M4 17h8",
  trash: "M4.5 6h11M8 6V4.3h4V6M6 6l.7 10h6.6L14 6",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The product's mark: a swift in flight. */
export function brandMark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", "brand-mark");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute(
    "d",
    "M2 9c6-1.500 10.500.5 13.500 4.500C19 8 24 4.500 30 4c-5 2.500-8.500 6.500-10 11.500 1 4 .5 8-2.500 12.500-.3-4-1.300-7-3.500-9.500C10.500 18 6 14.500 2 9Z",
  );
  svg.append(path);
  return svg;
}
