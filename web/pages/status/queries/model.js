/** The Queries page without its elements: limits as texts, memory as a share. No DOM. */
import { t } from "../../../app/i18n/i18n.js";
import { formatValue } from "../../../chart/units.js";

/**
 * `maxTotalMemoryBytes` → "Max total memory", "1 GiB". Names are the API's, so they are not translated; 0 is no limit.
 * @param {string} name
 * @param {number} value
 */
export function limitText(name, value) {
  const unit = name.endsWith("Bytes") ? "bytes" : name.endsWith("Seconds") ? "seconds" : "none";
  const words = name.replace(/(Bytes|Seconds)$/, "").replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase();
  return {
    name: words.slice(0, 1).toUpperCase() + words.slice(1),
    text: value > 0 ? formatValue(value, unit) : t("queries.noLimit"),
  };
}

/** Percent of the limit, at most 100; 0 without a limit. @param {number} used @param {number} limit */
export function memoryShare(used, limit) {
  return limit > 0 ? Math.min(100, Math.max(0, (used / limit) * 100)) : 0;
}
