"""The HTTP API as clients of Prometheus use it."""

import gzip
import socket
import time

import pytest

from harness import Apus, Target, configuration, eventually


@pytest.fixture(scope="module")
def apus():
    with Target('series_total{n="1"} 5\nseries_total{n="2"} 7\n') as target:
        with Apus(configuration({"t": target.address}), flags=["--query.max-samples=100000", "--query.timeout=5s"]) as server:
            eventually(lambda: server.value("sum(series_total)") == 12.0)
            yield server


@pytest.mark.parametrize(
    ("path", "parameters", "status", "kind", "message"),
    [
        ("/api/v1/query", {"query": "sum("}, 400, "bad_data", '1:5: parse error'),
        ("/api/v1/query", {"query": "up{"}, 400, "bad_data", "parse error"),
        ("/api/v1/query", {}, 400, "bad_data", "query"),
        ("/api/v1/query", {"query": "up", "time": "yesterday"}, 400, "bad_data", "time"),
        ("/api/v1/query_range", {"query": "up", "start": "0", "end": "1", "step": "0"}, 400, "bad_data", "step"),
        ("/api/v1/query_range", {"query": "up", "start": "2", "end": "1", "step": "1"}, 400, "bad_data", "end timestamp"),
        ("/api/v1/query_range", {"query": "up", "start": "0", "end": "100000", "step": "1"}, 400, "bad_data", "11,000"),
        ("/api/v1/query_range", {"query": "up[5m]", "start": "0", "end": "1", "step": "1"}, 400, "bad_data", "range vector"),
        ("/api/v1/series", {}, 400, "bad_data", "match[]"),
        ("/api/v1/query", {"query": "label_replace(up, \"x\", \"$1\", \"job\", \"(\")"}, 400, "bad_data", ""),
        ("/api/v1/query", {"query": "up + on(job) group_left up{job=~\"(\"}"}, 400, "bad_data", ""),
    ],
)
def test_bad_requests_are_answered_in_the_peers_shape(apus, path, parameters, status, kind, message):
    answer = apus.get(path, **parameters)
    if kind == "bad_data" and message == "" and answer.status == 422:
        kind, status = "execution", 422
    assert answer.status == status, answer.text
    assert answer.json["status"] == "error" and answer.json["errorType"] == kind
    assert message in answer.json["error"]


def test_a_query_over_its_limit_fails_alone(apus):
    answer = apus.get("/api/v1/query", query="count_over_time(vector(1)[100h:1ms])")
    assert answer.status in (422, 503), answer.text
    assert answer.json["errorType"] in ("execution", "timeout")
    assert apus.value("sum(series_total)") == 12.0


def test_answers_are_compressed_when_asked(apus):
    answer = apus.get("/api/v1/label/__name__/values", headers={"Accept-Encoding": "gzip"})
    body = gzip.decompress(answer.body) if answer.headers["Content-Encoding"] == "gzip" else answer.body
    assert b"series_total" in body
    metrics = apus.get("/metrics", headers={"Accept-Encoding": "gzip"})
    assert metrics.headers["Content-Encoding"] == "gzip"
    assert b"prometheus_tsdb_head_series" in gzip.decompress(metrics.body)


def test_listings_name_what_is_stored(apus):
    assert "series_total" in apus.get("/api/v1/label/__name__/values").json["data"]
    assert {"__name__", "instance", "job", "n"} <= set(apus.get("/api/v1/labels").json["data"])
    series = apus.get("/api/v1/series", **{"match[]": "series_total"}).json["data"]
    assert sorted(s["n"] for s in series) == ["1", "2"]


def test_status_routes_answer(apus):
    for name in ("buildinfo", "config", "flags", "runtimeinfo", "tsdb"):
        answer = apus.get(f"/api/v1/status/{name}")
        assert answer.status == 200 and answer.json["status"] == "success", name
    assert apus.get("/api/v1/status/tsdb").json["data"]["headStats"]["numSeries"] > 2


def test_unknown_paths_and_methods(apus):
    assert apus.get("/api/v1/nothing").status == 404
    assert apus.request("DELETE", "/api/v1/query").status == 405


def test_the_pages_carry_a_strict_policy(apus):
    page = apus.get("/targets")
    assert page.status == 200 and "text/html" in page.headers["Content-Type"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert apus.get("/", headers={"If-None-Match": page.headers["ETag"]}).status in (200, 304)


def test_a_request_of_one_byte_a_second_holds_nobody_up(apus):
    connections = []
    for _ in range(50):
        connection = socket.create_connection(("127.0.0.1", apus.port))
        connection.send(b"GET /api/v1/query?query=up HT")
        connections.append(connection)
    started = time.monotonic()
    assert apus.value("sum(series_total)") == 12.0
    assert time.monotonic() - started < 2
    for connection in connections:
        connection.close()


def test_a_form_of_a_gigabyte_is_refused(apus):
    with socket.create_connection(("127.0.0.1", apus.port)) as connection:
        connection.sendall(
            b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 1073741824\r\n\r\nquery=")
        refused = b""
        try:
            for _ in range(2_000):
                connection.sendall(b"a" * (1 << 19))
        except OSError:
            pass
        try:
            refused = connection.recv(4096)
        except OSError:
            pass
    assert refused == b"" or refused.split()[1] in (b"413", b"400")
    assert apus.resident_bytes() < 400 << 20
    assert apus.value("sum(series_total)") == 12.0
