/** The Containers page without its elements: what is asked, and containers made of the answers. No DOM. */

/** @typedef {import("../../types/api.d.ts").VectorElement} VectorElement */
/**
 * What is known of a container; numbers are NaN where nothing told them.
 * @typedef {{id: string, name: string, image: string, project: string, service: string, replica: string, state: string,
 *   health: string, processor: number, memory: number, limit: number, received: number, sent: number, restarts: number,
 *   started: number}} Container
 */

/**
 * Expressions by what they tell. All series of a container have its `id`, whichever exporter of the field told them; states are
 * what only an engine knows.
 */
export const QUESTIONS = /** @type {const} */ ({
  state: 'container_state{name!=""} == 1',
  health: 'container_health_status{name!=""} == 1',
  memory: 'container_memory_working_set_bytes{name!=""}',
  limit: 'container_spec_memory_limit_bytes{name!=""} > 0',
  restarts: 'container_restarts_total{name!=""}',
  started: 'container_start_time_seconds{name!=""}',
  processor: 'sum by (id) (rate(container_cpu_usage_seconds_total{name!=""}[2m]))',
  received: 'sum by (id) (rate(container_network_receive_bytes_total{name!=""}[2m]))',
  sent: 'sum by (id) (rate(container_network_transmit_bytes_total{name!=""}[2m]))',
});

/** @typedef {keyof typeof QUESTIONS} Question */

/**
 * The containers by project, service, replica and name.
 * @param {Record<Question, VectorElement[]>} answers
 * @returns {Container[]}
 */
export function containersOf(answers) {
  /** @type {Map<string, Container>} */
  const found = new Map();
  for (const question of /** @type {const} */ (["state", "memory"])) {
    for (const { metric } of answers[question]) {
      const id = metric["id"] ?? "";
      if (found.has(id)) continue;
      found.set(id, {
        id,
        name: metric["name"] ?? "",
        image: metric["image"] ?? "",
        project: metric["project"] ?? metric["container_label_com_docker_compose_project"] ?? "",
        service: metric["service"] ?? metric["container_label_com_docker_compose_service"] ?? "",
        replica: metric["replica"] ?? metric["container_label_com_docker_compose_container_number"] ?? "",
        state: question === "state" ? metric["state"] ?? "" : "",
        health: "",
        processor: NaN,
        memory: NaN,
        limit: NaN,
        received: NaN,
        sent: NaN,
        restarts: NaN,
        started: NaN,
      });
    }
  }
  for (const { metric } of answers.health) {
    const container = found.get(metric["id"] ?? "");
    if (container) container.health = metric["status"] ?? "";
  }
  const numbers = /** @type {const} */ ([
    "processor",
    "memory",
    "limit",
    "received",
    "sent",
    "restarts",
    "started",
  ]);
  for (const question of numbers) {
    for (const { metric, value } of answers[question]) {
      const container = found.get(metric["id"] ?? "");
      if (container && value) container[question] = Number(value[1]);
    }
  }
  /** @param {Container} c */
  const place = (c) => [c.project, c.service, c.replica.padStart(6, "0"), c.name];
  return [...found.values()].sort((a, b) => {
    const [first, second] = [place(a), place(b)];
    for (const [i, text] of first.entries()) {
      const order = text.localeCompare(second[i] ?? "");
      if (order !== 0) return order;
    }
    return 0;
  });
}

/** Containers that have every word in name, image, service or state. @param {Container[]} containers @param {string} search */
export function filterContainers(containers, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return containers.filter((c) => {
    const text = [c.name, c.image, c.project, c.service, c.state, c.health].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** How a state is coloured, in the words of the health of targets. @param {Container} container */
export function tone({ state, health }) {
  if (health === "unhealthy" || state === "dead") return "down";
  if (state === "running" || state === "") return health === "starting" ? "unknown" : "up";
  return "unknown";
}

/** The jobs that bring containers where a configuration file is used. @param {string} address host and port of this server */
export const jobsFor = (address) =>
  `scrape_configs:
- job_name: containers
  metrics_path: /metrics/containers
  static_configs:
  - targets: ["${address}"]
`;
