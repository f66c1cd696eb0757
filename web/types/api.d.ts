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
  & { stats?: QueryStatistics }
  & (
    | { resultType: "vector"; result: VectorElement[] }
    | { resultType: "matrix"; result: MatrixElement[] }
    | { resultType: "scalar"; result: Sample }
    | { resultType: "string"; result: Sample }
  );

/** What `stats` adds to an answer; times in seconds. Other servers leave parts out. */
export interface QueryStatistics {
  timings?: { evalTotalTime?: number; execTotalTime?: number; execQueueTime?: number };
  samples?: { samplesRead?: number; totalQueryableSamples?: number; peakSamples?: number };
  memory?: { peakBytes?: number };
}

/** Byte offsets in the query as sent. */
export interface BytePosition {
  start: number;
  end: number;
}

export interface ExplainNode {
  id: number;
  type: string;
  label: string;
  text: string;
  position: BytePosition;
  seriesIn: number;
  seriesOut: number;
  samplesIn: number;
  samplesRead: number;
  samplesOut: number;
  bytes: number;
  /** The node's own time without its children's. */
  nanoseconds: number;
  isShared: boolean;
  isConstant: boolean;
  notes?: string[];
  children?: ExplainNode[];
}

/** Why a result, or a side of a binary operation, is empty. */
export interface ExplainReason {
  text: string;
  position: BytePosition;
  suggestions?: string[];
  kind: string;
}

export interface ExplainData {
  query: string;
  kind: "instant" | "range";
  root: ExplainNode;
  result: { series: number; samples: number };
  reasons?: ExplainReason[];
  statistics?: QueryStatistics;
}

export interface ExemplarSeries {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

export interface RunningQuery {
  id: string;
  query: string;
  kind: "instant" | "range";
  state: "queued" | "running";
  started: string;
  elapsedSeconds: number;
  seriesSelected: number;
  samplesRead: number;
  memoryBytes: number;
  peakMemoryBytes: number;
  client?: string;
}

export interface RunningQueries {
  queries: RunningQuery[];
  /** Limits by their names in the API; 0 for none. */
  limits: Record<string, number>;
  memoryBytes: number;
}

export interface HeavyQuery {
  fingerprint: string;
  query: string;
  count: number;
  slowCount: number;
  totalSeconds: number;
  maxSeconds: number;
  samplesRead: number;
  maxMemoryBytes: number;
  failures: number;
  lastSeen: string;
}

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

export type Tab = "table" | "graph" | "explain" | "json";

export interface PanelState {
  expr: string;
  tab: Tab;
  rangeMs: number;
  /** null means "now". */
  endMs: number | null;
  resolution: Resolution;
  stacked: boolean;
  exemplars: boolean;
  /** What the Explain tab looks at: all steps of the range, or its end alone. */
  explain: "range" | "instant";
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

/** The container engine, and whether it has metrics of its own. */
export interface ContainerStatus {
  engine: {
    address: string;
    connected: boolean;
    version: string;
    apiVersion: string;
    kernel: string;
    system: string;
    problem: string;
  };
  containers: Record<string, number>;
  leftOut: number;
  engineMetrics: {
    address: string;
    exposed: boolean;
    /** What to write where, while they do not answer. */
    hint?: { text: string; file: string; content: string; problem: string };
  };
}

/** What happened to a container; seconds since the epoch. */
export interface ContainerEvent {
  time: number;
  action: string;
  id: string;
  name: string;
  image: string;
  project: string;
  service: string;
  replica: string;
  exitCode?: number;
}
