import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { filesUnder, moduleGraph, staticImports, WEB } from "./graph.js";
import en from "../../../web/app/i18n/en.js";
import ko from "../../../web/app/i18n/ko.js";
import insightEn from "../../../web/app/i18n/insight/en.js";
import insightKo from "../../../web/app/i18n/insight/ko.js";

const ENGLISH = { ...en, ...insightEn };
const KOREAN = { ...ko, ...insightKo };

const html = await Deno.readTextFile(new URL("index.html", WEB));

Deno.test("index.html preloads exactly the modules that main.js needs", async () => {
  const listed = [...html.matchAll(/rel="modulepreload" href="ui\/\{\{id\}\}\/([^"]+)"/g)].map((m) => m[1])
    .sort();
  assert.deepEqual(listed, await moduleGraph("app/main.js"));
});

Deno.test("index.html has no inline script, no style, and only versioned addresses", () => {
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/);
  for (const [, attributes, body] of html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)) {
    assert.match(attributes ?? "", /src="ui\/\{\{id\}\}\//);
    assert.equal(body?.trim(), "");
  }
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert.match(address ?? "", /^(ui\/\{\{id\}\}\/|\{\{base\}\}$)/);
  }
});

Deno.test("modules import relatively, and nothing turns text into markup or code", async () => {
  for (const url of await filesUnder(WEB, /\.js$/)) {
    const source = await Deno.readTextFile(url);
    const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
    assert.doesNotMatch(
      code,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
      url.href,
    );
    assert.doesNotMatch(code, /setAttribute\("style"|https?:\/\/(?!www\.w3\.org\/2000\/svg)/, url.href);
    for (const target of staticImports(source, url)) {
      assert.ok(target.href.startsWith(WEB.href), `${url.href} imports ${target.href}`);
    }
  }
});

Deno.test("chart and promql modules load without a document, except those that draw", async () => {
  const drawing = /(chart\/(chart|legend|heatmap)|promql\/(editor|catalogue))\.js$/;
  for (const folder of ["chart/", "promql/"]) {
    for (const url of await filesUnder(new URL(folder, WEB), /\.js$/)) {
      if (!drawing.test(url.pathname)) await import(url.href);
    }
  }
});

/** @param {string} source */
const withoutComments = (source) => source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
/** @param {string | Uint8Array} bytes */
const zipped = (bytes) => gzipSync(bytes, { level: 9 }).length / 1024;

Deno.test("the whole interface stays below 104 KiB of gzip without its comments", async () => {
  let total = 0;
  for (const url of await filesUnder(WEB, /\.(js|css|svg|html)$/)) {
    total += zipped(withoutComments(await Deno.readTextFile(url)));
  }
  assert.ok(total < 104, `${total.toFixed(1)} KiB`);
});

Deno.test("the first page, which is served without comments, stays below 56 KiB of gzip", async () => {
  const first = [
    "index.html",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "icon.svg",
    ...await moduleGraph("app/main.js"),
  ];
  let total = 0;
  for (const path of first) total += zipped(withoutComments(await Deno.readTextFile(new URL(path, WEB))));
  assert.ok(total < 56, `${total.toFixed(1)} KiB`);
});

Deno.test("Korean has the same texts with the same parameters as English", () => {
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
  assert.deepEqual(Object.keys(insightKo).sort(), Object.keys(insightEn).sort());
  assert.deepEqual(Object.keys(en).filter((key) => key in insightEn), []);
  /** @param {string} text */
  const names = (text) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]))].sort();
  for (const [key, text] of Object.entries(ENGLISH)) {
    assert.deepEqual(names(KOREAN[/** @type {keyof typeof ENGLISH} */ (key)]), names(text), key);
  }
});

Deno.test("every text is used, and every used key is a text", async () => {
  let code = "";
  for (const url of await filesUnder(WEB, /\.js$/)) {
    if (!url.pathname.includes("/i18n/")) code += await Deno.readTextFile(url);
  }
  const families = [...code.matchAll(/t\(`([\w.]+)\$\{/g)].map((m) => m[1] ?? "");
  for (const key of Object.keys(ENGLISH)) {
    assert.ok(code.includes(`"${key}"`) || families.some((f) => key.startsWith(f)), `${key} is not used`);
  }
});

Deno.test("texts of what loads later are used only by what loads later", async () => {
  for (const path of await moduleGraph("app/main.js")) {
    const code = await Deno.readTextFile(new URL(path, WEB));
    for (const key of Object.keys(insightEn)) assert.ok(!code.includes(`t("${key}"`), `${path} uses ${key}`);
  }
});
