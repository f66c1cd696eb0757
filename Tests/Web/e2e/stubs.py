"""API answers in the form the contracts give them, for pages whose server side a test does not want to depend on."""

import json
import math
import re
import urllib.parse

from playwright.sync_api import Page, Route

QUERY = re.compile(r"/api/v1/query\?")
RANGE = re.compile(r"/api/v1/query_range")
EXPLAIN = re.compile(r"/api/v1/explain")
EXEMPLARS = re.compile(r"/api/v1/query_exemplars")
FORMAT = re.compile(r"/api/v1/format_query")
QUERIES = re.compile(r"/api/v1/queries(\?|$)")
HEAVY = re.compile(r"/api/v1/queries/heavy")
KILL = re.compile(r"/api/v1/queries/[^/]+/kill")


def fulfil(route: Route, data: object, **extra: object) -> None:
    route.fulfill(status=200, content_type="application/json", body=json.dumps({"status": "success", "data": data, **extra}))


def fail(route: Route, status: int, kind: str, message: str) -> None:
    body = {"status": "error", "errorType": kind, "error": message}
    route.fulfill(status=status, content_type="application/json", body=json.dumps(body))


def asked(route: Route) -> dict[str, str]:
    """The parameters of a request, from its address or its form."""
    request = route.request
    text = request.post_data if request.method == "POST" and request.post_data else urllib.parse.urlsplit(request.url).query
    return dict(urllib.parse.parse_qsl(text))


SLOW = 'sum by (job) (rate(http_requests_total{zone="서울"}[5m])) / scalar(sum(rate(http_requests_total{zone="서울"}[5m])))'


def node(label: str, part: str, milliseconds: float, *children: dict, query: str = SLOW, kind: str = "call", **facts: object) -> dict:
    """A node of the tree whose place is where `part` stands in the query, in bytes."""
    start = len(query[: query.index(part)].encode())
    return {
        "id": 0,
        "type": kind,
        "label": label,
        "text": part,
        "position": {"start": start, "end": start + len(part.encode())},
        "seriesIn": 1200,
        "seriesOut": 3,
        "samplesIn": 288_000,
        "samplesRead": 0,
        "samplesOut": 720,
        "bytes": 57_600,
        "nanoseconds": int(milliseconds * 1e6),
        "isShared": False,
        "isConstant": False,
        "notes": [],
        "children": list(children),
        **facts,
    }


def slow_explanation() -> dict:
    """Explain's answer for `SLOW`."""
    selector = 'http_requests_total{zone="서울"}[5m]'
    rate = f"rate({selector})"
    left = f"sum by (job) ({rate})"
    right = f"scalar(sum({rate}))"
    read = node("http_requests_total{…}[5m]", selector, 31, kind="matrixSelector", seriesIn=0, seriesOut=1200, samplesRead=288_000)
    root = node(
        "/",
        SLOW,
        0.4,
        node("sum by (job)", left, 9, node("rate", rate, 84, read, isShared=True, notes=["one pass over the window"]), kind="aggregation"),
        node("scalar", right, 0.1, node("sum", f"sum({rate})", 4, kind="aggregation")),
        kind="binaryExpr",
    )
    return {
        "query": SLOW,
        "kind": "range",
        "root": root,
        "result": {"series": 3, "samples": 720},
        "reasons": [],
        "statistics": STATISTICS,
    }


STATISTICS = {
    "timings": {"evalTotalTime": 0.128, "execTotalTime": 0.1285, "execQueueTime": 0.0001},
    "samples": {"totalQueryableSamples": 288_000, "samplesRead": 288_000, "peakSamples": 5000},
    "memory": {"peakBytes": 6_291_456},
}

MISSPELT = 'sum(rate(http_reqests_total{zone="서울"}[5m]))'


def empty_explanation(kind: str = "instant") -> dict:
    """Explain's answer for `MISSPELT`."""
    selector = 'http_reqests_total{zone="서울"}[5m]'
    start = MISSPELT.index("http_reqests_total")
    leaf = node("http_reqests_total{…}[5m]", selector, 0.01, query=MISSPELT, kind="matrixSelector", seriesOut=0)
    return {
        "query": MISSPELT,
        "kind": kind,
        "root": node("sum", MISSPELT, 0.01, node("rate", f"rate({selector})", 0.01, leaf, query=MISSPELT), query=MISSPELT),
        "result": {"series": 0, "samples": 0},
        "reasons": [
            {
                "text": 'no series has the metric name "http_reqests_total"',
                "position": {"start": start, "end": start + len("http_reqests_total")},
                "suggestions": ["http_requests_total", "http_responses_total"],
                "kind": "metricNeverSeen",
            },
            {
                "text": "nothing is left to add up",
                "position": {"start": 0, "end": len(MISSPELT.encode())},
                "kind": "aggregationOfNothing",
            },
        ],
        "statistics": STATISTICS,
    }


def histogram(at: float, scale: float = 1) -> dict:
    """A native histogram of schema 2 around `at` seconds."""
    buckets = [[3, "-2.938735877055719e-39", "2.938735877055719e-39", "2"]]
    for i in range(-16, 9):
        lower, upper = 2 ** (i / 4), 2 ** ((i + 1) / 4)
        population = round(scale * 100 * math.exp(-((math.log2(lower / at)) ** 2)))
        if population > 0:
            buckets.append([0, f"{lower:.6g}", f"{upper:.6g}", str(population)])
    count = sum(int(b[3]) for b in buckets)
    return {"count": str(count), "sum": f"{count * at:.6g}", "buckets": buckets}


def histogram_matrix(route: Route) -> None:
    """Answers a range query with two series of histograms that wander, on the grid that was asked for."""
    ask = asked(route)
    start, end, step = float(ask["start"]), float(ask["end"]), float(ask["step"])
    times = [start + i * step for i in range(int((end - start) / step) + 1)]
    result = [
        {
            "metric": {"__name__": "request_duration_seconds", "path": f"/{s}"},
            "histograms": [[round(t, 3), histogram(0.3 + s * 0.5 + 0.15 * math.sin(i / 20), 1 + s)] for i, t in enumerate(times)],
        }
        for s in range(2)
    ]
    fulfil(route, {"resultType": "matrix", "result": result, "stats": STATISTICS})


def running_queries(elapsed: float = 0.4) -> dict:
    return {
        "queries": [
            {
                "id": "17",
                "query": SLOW,
                "kind": "range",
                "state": "running",
                "started": "2026-11-22T09:00:00Z",
                "elapsedSeconds": elapsed,
                "seriesSelected": 1200,
                "samplesRead": 1_234_567,
                "memoryBytes": 900_000_000,
                "peakMemoryBytes": 1_000_000_000,
                "client": "127.0.0.1:51234",
            },
            {
                "id": "18",
                "query": "up",
                "kind": "instant",
                "state": "queued",
                "started": "2026-11-22T09:00:01Z",
                "elapsedSeconds": 0.01,
                "seriesSelected": 0,
                "samplesRead": 0,
                "memoryBytes": 0,
                "peakMemoryBytes": 0,
            },
        ],
        "limits": {
            "concurrency": 20,
            "maxMemoryBytes": 1_073_741_824,
            "maxTotalMemoryBytes": 4_294_967_296,
            "maxSamples": 50_000_000,
            "timeoutSeconds": 120,
            "maxQueued": 0,
        },
        "memoryBytes": 900_000_000,
    }


def heavy_queries() -> dict:
    return {
        "fingerprints": [
            {
                "fingerprint": f"f{i}",
                "query": query,
                "count": count,
                "slowCount": i,
                "totalSeconds": total,
                "maxSeconds": total / 2,
                "samplesRead": 1000 * count,
                "maxMemoryBytes": 2**20 * (i + 1),
                "failures": i,
                "lastSeen": "2026-11-22T09:00:00Z",
            }
            for i, (query, count, total) in enumerate(
                [('sum(rate(x{job=~"…"}[5m]))', 3, 4.5), ("count(up)", 900, 0.7), ("topk(…, y)", 12, 31.0)]
            )
        ]
    }


def serve_queries(page: Page) -> None:
    page.route(HEAVY, lambda route: fulfil(route, heavy_queries()))
    page.route(QUERIES, lambda route: fulfil(route, running_queries()))
