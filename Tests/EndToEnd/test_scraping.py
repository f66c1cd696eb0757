"""Scraping real targets over loopback, good and hostile."""

import gzip
import time

import pytest

from harness import Apus, Target, configuration, eventually

GOOD = """# HELP requests_total Requests served.
# TYPE requests_total counter
requests_total{code="200",path="/a b"} 10
requests_total{code="500",path="/a b"} 1
# TYPE temperature gauge
temperature -1.5
"""


def test_samples_and_synthetic_series_can_be_queried():
    with Target(GOOD) as target, Apus(configuration({"web": target.address})) as apus:
        eventually(lambda: apus.value('up{job="web"}') == 1.0)
        labels = {"__name__": "requests_total", "code": "200", "path": "/a b", "job": "web", "instance": target.address}
        result = apus.query('requests_total{code="200"}')
        assert [r["metric"] for r in result] == [labels] and result[0]["value"][1] == "10"
        assert apus.value("temperature") == -1.5
        assert apus.value("scrape_samples_scraped") == 3.0
        assert apus.value("sum without (code) (requests_total)") == 11.0
        metadata = apus.get("/api/v1/metadata", metric="requests_total").json["data"]
        assert metadata == {"requests_total": [{"type": "counter", "help": "Requests served.", "unit": ""}]}
        state = apus.target("web")
        assert state["health"] == "up" and state["lastError"] == "" and state["scrapeUrl"] == f"http://{target.address}/metrics"


def test_a_broken_exposition_stores_nothing_and_disturbs_nobody():
    broken = "good_before 1\nbroken{label=unquoted} 2\n"
    with Target(broken) as bad, Target(GOOD) as good:
        with Apus(configuration({"bad": bad.address, "good": good.address})) as apus:
            eventually(lambda: apus.target("bad") and apus.target("bad")["health"] == "down")
            eventually(lambda: apus.value('up{job="good"}') == 1.0)
            error = apus.target("bad")["lastError"]
            assert "line 2, column 14" in error, error
            assert apus.query("good_before") == []
            eventually(lambda: apus.value('up{job="bad"}') == 0.0)


def test_a_series_that_vanishes_ends_at_once():
    target = Target("gone 1\nstays 1\n")
    with target, Apus(configuration({"t": target.address})) as apus:
        eventually(lambda: apus.value("gone") == 1.0)
        target.body = "stays 1\n"
        eventually(lambda: apus.query("gone") == [], timeout=10)
        assert apus.value("stays") == 1.0
        target.respond = lambda handler: handler.connection.close()
        eventually(lambda: apus.query("stays") == [], timeout=10)
        assert apus.value('up{job="t"}') == 0.0


def dribble(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(1)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Content-Length", str(1 << 30))
    handler.end_headers()
    chunk = b"endless_metric 1\n" * 4096
    for _ in range((1 << 30) // len(chunk)):
        handler.wfile.write(chunk)


def long_line(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Content-Length", str(100 << 20))
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"a" * (1 << 20))


def gzip_bomb(handler):
    data = gzip.compress(b"\0" * (200 << 20), 9)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def many_labels(handler):
    labels = ",".join(f'l{i}="v"' for i in range(10_000))
    data = f"wide{{{labels}}} 1\n".encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def plain(data, content_type="text/plain"):
    def respond(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return respond


def test_hostile_targets_cost_bounded_memory_and_time():
    responses = {
        "dribble": dribble,
        "endless": endless,
        "long-line": long_line,
        "gzip-bomb": gzip_bomb,
        "many-labels": many_labels,
        "invalid-utf8": plain(b'bad{a="\xff\xfe"} 1\n'),
        "nul": plain(b"a\0b 1\n"),
        "html": plain(b"<html></html>", "text/html"),
        "empty-answer": lambda handler: handler.connection.close(),
    }
    targets = {name: Target(respond=respond) for name, respond in responses.items()}
    good = Target(GOOD)
    jobs = {name: target.address for name, target in targets.items()} | {"good": good.address}
    extra = "  body_size_limit: 16MB\n  label_limit: 500\n"
    try:
        with Apus(configuration(jobs, interval="2s", extra=extra)) as apus:
            for name in responses:
                eventually(lambda: apus.target(name) and apus.target(name)["health"] == "down", timeout=30)
                assert apus.target(name)["lastError"], name
            peak = max(apus.resident_bytes() for _ in range(20) if not time.sleep(0.1))
            assert peak < 500 << 20, f"{peak >> 20} MiB resident"
            assert apus.value('up{job="good"}') == 1.0
            assert apus.target("good")["lastScrapeDuration"] < 2
            for name in responses:
                assert apus.value(f'up{{job="{name}"}}') == 0.0
    finally:
        for target in [*targets.values(), good]:
            target.server.shutdown()
            target.server.server_close()


@pytest.mark.parametrize("limit", ["sample_limit: 2", "label_limit: 3", "label_name_length_limit: 4", "label_value_length_limit: 3"])
def test_limits_fail_the_scrape_and_say_which(limit):
    with Target(GOOD) as target, Apus(configuration({"t": target.address}, extra=f"  {limit}\n")) as apus:
        eventually(lambda: apus.target("t") and apus.target("t")["health"] == "down")
        assert "limit" in apus.target("t")["lastError"]
        assert apus.query("temperature") == []
