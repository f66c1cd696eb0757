/** What to do about a query that the server's limits ended. */
import { t } from "../../app/i18n/i18n.js";

/** @typedef {"samples" | "memory" | "timeout" | "killed" | "busy"} Limit */

/**
 * Which limit an error is about; null for other errors. The API has a kind of its own for few of them, so the text
 * decides too.
 * @param {{kind: string, message: string, status: number}} error
 * @returns {Limit | null}
 */
export function limitOf({ kind, message, status }) {
  if (kind === "bad_data" || kind === "network") return null;
  if (/\bkilled\b/i.test(message)) return "killed";
  if (/too many queries|max-total-memory/i.test(message) || status === 429) return "busy";
  if (/too many samples|max-samples/i.test(message)) return "samples";
  if (/\bmemory\b/i.test(message)) return "memory";
  return kind === "timeout" || /timed out/i.test(message) ? "timeout" : null;
}

/** @param {{kind: string, message: string, status: number}} error */
export function adviceFor(error) {
  const limit = limitOf(error);
  return limit && t(`advice.${limit}`);
}
