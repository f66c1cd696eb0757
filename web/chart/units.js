/** Numbers as people read them: SI and binary prefixes, durations; and a careful guess of a query's unit. No DOM. */

/** @typedef {"none" | "bytes" | "bytes/s" | "seconds" | "ratio"} Unit */

const SI = ["", "k", "M", "G", "T", "P", "E"];
const SMALL = ["", "m", "µ", "n", "p"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** @param {number} v @param {number} digits significant digits */
function trim(v, digits) {
  return String(Number(v.toPrecision(digits)));
}

/**
 * A short text for axes, legends and tooltips.
 * @param {number} v
 * @param {Unit} [unit]
 * @param {number} [digits] significant digits
 */
export function formatValue(v, unit = "none", digits = 4) {
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "+Inf" : "-Inf";
  const sign = v < 0 ? "−" : "";
  const abs = Math.abs(v);
  if (unit === "bytes" || unit === "bytes/s") {
    const power = abs < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(abs) / 10));
    return `${sign}${trim(abs / 1024 ** power, digits)} ${BINARY[power]}${unit === "bytes/s" ? "/s" : ""}`;
  }
  if (unit === "seconds") return sign + formatSeconds(abs, digits);
  if (unit === "ratio") return `${sign}${trim(abs * 100, digits)} %`;
  if (abs === 0) return "0";
  if (abs >= 1e21 || abs < 1e-13) return sign + abs.toExponential(2);
  if (abs >= 1e4) {
    const power = Math.min(SI.length - 1, Math.floor(Math.log10(abs) / 3));
    return `${sign}${trim(abs / 1e3 ** power, digits)}${SI[power]}`;
  }
  if (abs < 1e-3) {
    const power = Math.min(SMALL.length - 1, Math.ceil(-Math.log10(abs) / 3));
    return `${sign}${trim(abs * 1e3 ** power, digits)}${SMALL[power]}`;
  }
  return sign + trim(abs, digits);
}

/** @param {number} s @param {number} digits */
function formatSeconds(s, digits) {
  if (s === 0) return "0 s";
  if (s < 1e-6) return `${trim(s * 1e9, digits)} ns`;
  if (s < 1e-3) return `${trim(s * 1e6, digits)} µs`;
  if (s < 1) return `${trim(s * 1e3, digits)} ms`;
  if (s < 120) return `${trim(s, digits)} s`;
  if (s < 7200) return `${trim(s / 60, digits)} min`;
  if (s < 172800) return `${trim(s / 3600, digits)} h`;
  return `${trim(s / 86400, digits)} d`;
}

const KEEPS_UNIT =
  /^(sum|avg|min|max|topk|bottomk|quantile|limitk|stddev|sort|sort_desc|abs|delta|idelta|increase|histogram_quantile|label_replace|label_join|last_over_time|avg_over_time|min_over_time|max_over_time|sum_over_time|quantile_over_time|first_over_time|clamp_min|clamp_max)$/;

/**
 * The unit of an expression's result by the naming rules of metrics; "none" wherever it is not plain.
 * @param {import("../promql/lexer.js").Token[]} tokens
 * @returns {Unit}
 */
export function guessUnit(tokens) {
  const metrics = new Set(tokens.filter((t) => t.type === "metric").map((t) => t.text));
  const [metric] = metrics;
  if (metrics.size !== 1 || metric === undefined) return "none";
  if (
    tokens.some((t) =>
      t.type === "operator" && /^([-+*/%^<>]|[<>=!]=)$/.test(t.text) && !isMatcher(tokens, t)
    )
  ) {
    return "none";
  }
  let rate = false;
  for (const t of tokens) {
    if (t.type !== "function" && t.type !== "aggregation") continue;
    if (/^(rate|irate|deriv)$/.test(t.text)) rate = true;
    else if (!KEEPS_UNIT.test(t.text)) return "none";
  }
  const quantile = tokens.some((t) => t.text === "histogram_quantile");
  const name = metric.replace(/_(total|sum)$/, "");
  const base = quantile ? name.replace(/_bucket$/, "") : name;
  if (/_(timestamp|time)_seconds$|_info$|_count$|_bucket$/.test(base)) return "none";
  if (/_bytes$/.test(base)) return rate && !quantile ? "bytes/s" : "bytes";
  if (/_seconds$/.test(base)) return rate && !quantile ? "none" : "seconds";
  return /_ratio$/.test(base) && !rate ? "ratio" : "none";
}

/** The unit of a histogram's bounds: that of its metric, whatever was done to it. @param {import("../promql/lexer.js").Token[]} tokens @returns {Unit} */
export function boundUnit(tokens) {
  const metrics = new Set(tokens.filter((t) => t.type === "metric").map((t) => t.text));
  const unit = metrics.size === 1 ? /_(bytes|seconds|ratio)$/.exec([...metrics][0] ?? "")?.[1] : undefined;
  return /** @type {Unit} */ (unit ?? "none");
}

/** Whether the operator stands between a label and its value. @param {import("../promql/lexer.js").Token[]} tokens @param {import("../promql/lexer.js").Token} operator */
function isMatcher(tokens, operator) {
  const before = tokens.filter((t) => t.end <= operator.start && t.type !== "space").at(-1);
  return before?.type === "label";
}
