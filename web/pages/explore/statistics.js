/** The line below a result: how many series, and what they cost the server. No DOM. */
import { t } from "../../app/i18n/i18n.js";
import { formatValue } from "../../chart/units.js";

/**
 * @param {import("../../types/api.d.ts").QueryStatistics | undefined} statistics
 * @returns {string[]} only what the server gives
 */
export function statisticsTexts(statistics) {
  const { timings, samples, memory } = statistics ?? {};
  const read = samples?.samplesRead ?? samples?.totalQueryableSamples;
  const seconds = timings?.execTotalTime ?? timings?.evalTotalTime;
  return [
    read !== undefined && t("foot.samples", { n: formatValue(read) }),
    seconds !== undefined && t("foot.server", { time: formatValue(seconds, "seconds", 3) }),
    memory?.peakBytes !== undefined && t("foot.memory", { bytes: formatValue(memory.peakBytes, "bytes", 3) }),
  ].filter((text) => text !== false);
}
