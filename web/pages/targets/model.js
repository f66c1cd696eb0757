/** The Targets page without its elements: filter and address, pools, texts. No DOM. */
import { t } from "../../app/i18n/i18n.js";

/** @typedef {import("../../types/api.d.ts").Target} Target */
/** @typedef {{health: "" | Target["health"], search: string, pool: string, collapsed: string[]}} TargetFilter */

/** @param {string} search @returns {TargetFilter} */
export function readTargetFilter(search) {
  const params = new URLSearchParams(search);
  const health = params.get("health");
  return {
    health: health === "up" || health === "down" || health === "unknown" ? health : "",
    search: params.get("search") ?? "",
    pool: params.get("scrapePool") ?? "",
    collapsed: params.getAll("collapsed"),
  };
}

/** @param {TargetFilter} filter */
export function writeTargetFilter({ health, search, pool, collapsed }) {
  const params = new URLSearchParams();
  if (health) params.set("health", health);
  if (search) params.set("search", search);
  if (pool) params.set("scrapePool", pool);
  for (const name of collapsed) params.append("collapsed", name);
  return params.toString();
}

/** Targets that have the health and contain every word, in endpoint, labels, pool or error. @param {Target[]} targets @param {TargetFilter} filter */
export function filterTargets(targets, { health, search, pool }) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return targets.filter((target) => {
    if (health && target.health !== health) return false;
    if (pool && target.scrapePool !== pool) return false;
    if (words.length === 0) return true;
    const labels = Object.entries(target.labels).map(([k, v]) => `${k}="${v}"`).join(" ");
    const text = `${target.scrapePool} ${target.scrapeUrl} ${labels} ${target.lastError}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Pools of the shown targets in the order of their names, with how many of all their targets are up. @param {Target[]} shown @param {Target[]} all */
export function pools(shown, all) {
  const names = [...new Set(shown.map((target) => target.scrapePool))].sort();
  return names.map((name) => {
    const members = all.filter((target) => target.scrapePool === name);
    return {
      name,
      targets: shown.filter((target) => target.scrapePool === name),
      up: members.filter((target) => target.health === "up").length,
      total: members.length,
    };
  });
}

/** "12 s ago"; "never" for a time that is not one (the server's zero time is in the year 1). @param {number} time @param {number} now */
export function relativeText(time, now) {
  if (!(time > 0)) return t("time.never");
  const seconds = Math.max(0, Math.floor((now - time) / 1e3));
  if (seconds < 120) return t("time.ago", { length: `${seconds} s` });
  if (seconds < 7200) return t("time.ago", { length: `${Math.floor(seconds / 60)} min` });
  return t("time.ago", {
    length: seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`,
  });
}
