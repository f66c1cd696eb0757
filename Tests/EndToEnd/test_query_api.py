"""What the HTTP API tells of queries: form, tree, cost, limits, log."""

import json
import threading

import pytest

from harness import Apus, Target, configuration, eventually


@pytest.fixture(scope="module")
def apus():
    flags = [
        "--query.max-memory=8MB", "--query.slow-threshold=1ms", "--enable-feature=promql-per-step-stats,no-such-thing",
        "--query.log-file=queries.log",
    ]
    with Target('series_total{n="1"} 5\nseries_total{n="2"} 7\n') as target:
        with Apus(configuration({"t": target.address}), flags=flags) as server:
            eventually(lambda: server.value("sum(series_total)") == 12.0)
            yield server


def test_long_expressions_are_formatted_on_lines(apus):
    name = "a" * 101
    assert apus.get("/api/v1/format_query", query=f"sum({name})").json["data"] == f"sum(\n  {name}\n)"


def test_the_tree_of_an_expression(apus):
    tree = apus.get("/api/v1/parse_query", query="sum by (n) (rate(series_total[5m] offset 1m))").json["data"]
    assert (tree["type"], tree["op"], tree["grouping"]) == ("aggregation", "sum", ["n"])
    call = tree["expr"]
    assert call["func"] == {"argTypes": ["matrix"], "name": "rate", "returnType": "vector", "variadic": 0}
    assert (call["args"][0]["range"], call["args"][0]["offset"]) == (300000, 60000)


def test_statistics_have_steps_when_the_feature_is_on(apus):
    stats = apus.get("/api/v1/query", query="series_total", stats="all").json["data"]["stats"]
    assert stats["samples"]["totalQueryableSamples"] >= 2
    assert len(stats["samples"]["totalQueryableSamplesPerStep"]) == 1
    assert stats["timings"]["execTotalTime"] > 0 and stats["memory"]["peakBytes"] > 0
    assert "stats" not in apus.get("/api/v1/query", query="series_total").json["data"]


def test_explain_measures_each_node(apus):
    data = apus.get("/api/v1/explain", query="sum(series_total)").json["data"]
    assert data["kind"] == "instant" and data["result"] == {"series": 1, "samples": 1}
    assert data["root"]["type"] == "aggregation" and data["root"]["seriesIn"] == 2
    selector = data["root"]["children"][0]
    assert selector["type"] == "vectorSelector" and selector["seriesOut"] == 2 and selector["samplesRead"] >= 2
    assert data["reasons"] == []


def test_an_empty_result_has_a_reason(apus):
    data = apus.get("/api/v1/explain", query="serie_total").json["data"]
    assert data["reasons"][0]["kind"] == "metricNeverSeen"
    assert "series_total" in data["reasons"][0]["suggestions"]
    assert data["reasons"][0]["position"] == {"start": 0, "end": 11}


def test_a_query_over_the_memory_limit_fails_alone(apus):
    answer = apus.get("/api/v1/query", query="count_over_time(vector(1)[1000h:1s])")
    assert answer.status == 422 and answer.json["errorType"] == "execution", answer.text
    assert apus.value("sum(series_total)") == 12.0


def test_running_queries_are_listed_and_killed():
    terms = (f"quantile_over_time(0.{n}, (vector(time()) % {n})[600s:1s])" for n in range(101, 301))
    slow, answers = " + ".join(terms), []
    with Apus(configuration({})) as server:

        def ask():
            answers.append(server.get("/api/v1/query_range", query=slow, start="0", end="10999", step="1"))

        asking = threading.Thread(target=ask)
        asking.start()

        def listed():
            return next((q for q in server.get("/api/v1/queries").json["data"]["queries"] if q["query"] == slow), None)

        entry = eventually(listed)
        assert entry["client"].startswith("127.0.0.1") and entry["kind"] == "range"
        assert server.request("POST", f"/api/v1/queries/{entry['id']}/kill").status == 200
        asking.join(60)
        assert answers[0].status != 200 and answers[0].json["status"] == "error"
        assert server.get("/api/v1/queries").json["data"]["queries"] == []
        assert server.request("POST", f"/api/v1/queries/{entry['id']}/kill").status == 404


def test_heavy_queries_are_counted_by_shape(apus):
    for n in ("1", "2"):
        apus.query(f'series_total{{n="{n}"}}')
    shapes = apus.get("/api/v1/queries/heavy").json["data"]["fingerprints"]
    shape = next(s for s in shapes if "series_total{" in s["query"] and s["count"] >= 2)
    assert shape["totalSeconds"] > 0 and shape["lastSeen"].startswith("20")


def test_exemplars_and_remote_write_answer(apus):
    assert apus.get("/api/v1/query_exemplars", query="series_total").json == {"status": "success", "data": []}
    refused = apus.request("POST", "/api/v1/write", body=b"")
    assert refused.status == 404 and "--web.enable-remote-write-receiver" in refused.text


def test_flags_and_features_are_true(apus):
    flags = apus.get("/api/v1/status/flags").json["data"]
    assert flags["query.max-memory"] == "8MB" and flags["query.slow-threshold"] == "1ms"
    features = apus.get("/api/v1/features").json["data"]
    assert features["promql"]["per_step_stats"] is True and features["promql_functions"]["info"] is True
    assert 'msg="Unknown option for --enable-feature" option=no-such-thing' in apus.log_text()


def test_queries_are_logged(apus):
    apus.query("series_total + 41")
    log = apus.folder / "queries.log"
    eventually(lambda: "series_total + 41" in log.read_text())
    line = next(json.loads(l) for l in log.read_text().splitlines() if "series_total + 41" in l)
    assert line["httpRequest"]["path"] == "/api/v1/query" and line["httpRequest"]["clientIP"] == "127.0.0.1"
    assert line["stats"]["timings"]["execTotalTime"] >= 0
