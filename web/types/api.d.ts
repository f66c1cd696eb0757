/** Shapes of the HTTP API's answers and of the state that pages share. Types only; never shipped. */

export type Labels = Record<string, string>;
/** Seconds since the epoch and the value's text. */
export type Sample = [number, string];
export interface NativeHistogram {
  count: string;
  sum: string;
  buckets?: [number, string, string, string][];
}
export type HistogramSample = [number, NativeHistogram];

export interface VectorElement {
  metric: Labels;
  value?: Sample;
  histogram?: HistogramSample;
}
export interface MatrixElement {
  metric: Labels;
  values?: Sample[];
  histograms?: HistogramSample[];
}

export type QueryData =
  | { resultType: "vector"; result: VectorElement[] }
  | { resultType: "matrix"; result: MatrixElement[] }
  | { resultType: "scalar"; result: Sample }
  | { resultType: "string"; result: Sample };

export interface Answer<T> {
  data: T;
  warnings: string[];
  infos: string[];
  /** Milliseconds from request to parsed answer. */
  elapsed: number;
  /** Characters of the answer's body. */
  size: number;
}

export type Resolution =
  | { type: "auto"; density: "low" | "medium" | "high" }
  | { type: "fixed" | "custom"; stepMs: number };

export type Tab = "table" | "graph" | "json";

export interface PanelState {
  expr: string;
  tab: Tab;
  rangeMs: number;
  /** null means "now". */
  endMs: number | null;
  resolution: Resolution;
  stacked: boolean;
  /** Parameters of other programs' links that we keep as they are. */
  kept: [string, string][];
}

export interface ExploreState {
  panels: PanelState[];
  /** Milliseconds between automatic runs, 0 for off. */
  refreshMs: number;
}

export interface Target {
  discoveredLabels: Labels;
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: "up" | "down" | "unknown";
  scrapeInterval: string;
  scrapeTimeout: string;
}

export interface TargetsData {
  activeTargets: Target[];
  droppedTargets?: { discoveredLabels: Labels }[];
  droppedTargetCounts?: Record<string, number>;
}

export interface Metadata {
  type: string;
  help: string;
  unit: string;
}

export interface NamedCount {
  name: string;
  value: number;
}

export interface TsdbStatus {
  headStats: Record<string, number>;
  seriesCountByMetricName: NamedCount[];
  labelValueCountByLabelName: NamedCount[];
  memoryInBytesByLabelName: NamedCount[];
  seriesCountByLabelValuePair: NamedCount[];
}
