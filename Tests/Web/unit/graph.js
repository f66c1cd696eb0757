/** Reads the module graph from the sources, for the checks of index.html and of the import rules. */

export const WEB = new URL("../../../web/", import.meta.url);

/** @param {URL} folder @param {RegExp} pattern @returns {Promise<URL[]>} */
export async function filesUnder(folder, pattern) {
  const found = [];
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) found.push(...await filesUnder(url, pattern));
    else if (pattern.test(entry.name)) found.push(url);
  }
  return found.sort((a, b) => a.href.localeCompare(b.href));
}

/** Modules a source imports when it loads (not types, not `import()`). @param {string} source @param {URL} from */
export function staticImports(source, from) {
  return [...source.matchAll(/^(?:import|export)[^;]*?from "([^"]+)"|^import "([^"]+)"/gm)]
    .map((m) => new URL(m[1] ?? m[2] ?? "", from));
}

/** Every module that loads with the entry, as paths below web/. @param {string} entry */
export async function moduleGraph(entry) {
  const seen = new Set();
  /** @param {URL} url */
  const visit = async (url) => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const next of staticImports(await Deno.readTextFile(url), url)) await visit(next);
  };
  await visit(new URL(entry, WEB));
  return [...seen].map((href) => href.slice(WEB.href.length)).sort();
}
