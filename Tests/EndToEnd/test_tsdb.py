"""`apus tsdb`: data folders looked into, samples moved in and out.

With APUS_PROMETHEUS (a Prometheus 2.42 or newer) and APUS_PROMTOOL (its promtool) also the way from and to Prometheus: what one
serves, the other serves then.
"""

import contextlib
import gzip
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

import remote_write
from harness import BINARY, Apus, Target, configuration, eventually, free_port
from peers import PROMETHEUS, PROMTOOL, needs_prometheus, needs_promtool

HOUR = 3_600_000


def tsdb(*arguments, standard_input=None, code=0):
    done = subprocess.run(
        [BINARY, "tsdb", *map(str, arguments)], input=standard_input, capture_output=True, text=True, timeout=120,
        env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def open_metrics(start, order=reversed):
    """Counters, newest samples first, and a classic histogram."""
    count, step = 600, 60
    lines = ["# TYPE made counter"]
    for number in range(4):
        lines += [f'made_total{{n="{number}"}} {k * (number + 1)} {start + k * step}' for k in order(range(count))]
    lines += ["# TYPE took histogram"]
    for k in range(0, count, 10):
        lines += [f'took_bucket{{le="{le}"}} {k} {start + k * step}.25' for le in ("0.5", "+Inf")]
        lines += [f"took_count {k} {start + k * step}.25", f"took_sum {k * 0.1:.3f} {start + k * step}.25"]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture
def imported(tmp_path):
    """A data folder with the samples of two days ago, and their first second."""
    start = int(time.time()) // 7200 * 7200 - 2 * 86400
    (tmp_path / "text").write_text(open_metrics(start))
    summary = json.loads(
        tsdb("import", "openmetrics", tmp_path / "text", "--into", tmp_path / "apus/data", "--format", "json"))
    assert summary["samples"] == 4 * 600 + 60 * 4 and summary["series"] == 8
    return tmp_path / "apus", start


# MARK: Alone


def test_what_was_imported_is_served(imported):
    folder, start = imported
    with Apus(configuration({}), folder=folder) as apus:
        assert apus.value('made_total{n="2"}', time=start + 600) == 30
        assert apus.value("sum(increase(made_total[10m]))", time=start + 6000) == pytest.approx(100, rel=0.01)
        assert apus.value("histogram_quantile(0.5, rate(took_bucket[1h]))", time=start + 7200) == 0.25


def test_a_folder_is_looked_into_while_it_is_served(imported, tmp_path):
    folder, start = imported
    with Target("live 5\n") as target, Apus(configuration({"t": target.address}), folder=folder) as apus:
        eventually(lambda: apus.value("count_over_time(live[1m])"))
        data = folder / "data"
        listing = json.loads(tsdb("list", data, "--format", "json"))
        assert sum(block["samples"] for block in listing["blocks"]) == 2640
        assert listing["head"]["series"] > 0 and listing["unreadable"] == []
        assert "head" in tsdb("list", data)
        assert json.loads(tsdb("verify", data, "--format", "json"))["damage"] == []
        analysis = json.loads(tsdb("analyze", data, "--format", "json"))
        assert {"name": "made_total", "count": 4} in analysis["seriesByMetric"]
        assert {"name": "live", "count": 1} in json.loads(tsdb("analyze", data, "--limit", "500", "--format", "json"))[
            "seriesByMetric"]
        dumped = tsdb("dump", data, "--match", 'made_total{n="1"}', "--start", start, "--end", start + 120)
        assert dumped == "".join(
            f'made_total{{n="1"}} {k * 2}.0 {start + k * 60}.000\n' for k in range(3)) + "# EOF\n"
        assert "live" in tsdb("dump", data, "--match", "live", "--format", "json")
        # Only a running server may write.
        assert "in use" in tsdb("import", "openmetrics", "-", "--into", data, standard_input="a 1 1\n# EOF\n", code=1)


def test_damage_is_found_and_named(imported):
    folder, _ = imported
    columns = next((folder / "data/blocks").glob("*/columns"))
    data = bytearray(columns.read_bytes())
    data[len(data) // 2] ^= 4
    columns.write_bytes(data)
    shown = tsdb("verify", folder / "data", code=1)
    assert str(columns) in shown and "checksum" in shown and "1 damaged" in shown


def test_what_is_wrong_is_said(tmp_path):
    assert "no data folder" in tsdb("list", tmp_path / "none", code=1)
    assert "stdin:2:1" in tsdb("import", "openmetrics", "-", "--into", tmp_path / "d", standard_input="a 1 1\n!\n# EOF\n", code=1)
    assert "neither a block nor a data folder" in tsdb("import", "prometheus", tmp_path, "--into", tmp_path / "d", code=1)
    tsdb("dump", tmp_path, "--match", "{", code=2)
    tsdb("import", "csv", "-", "--separator", "ab", code=2)


def test_comma_separated_values(tmp_path):
    table = "timestamp,metric,room,value\n2024-01-01T00:00:00Z,temperature,a,20.5\n1704067260,temperature,b,21\n"
    tsdb("import", "csv", "-", "--into", tmp_path / "d", "--label", "site=x", standard_input=table)
    assert tsdb("dump", tmp_path / "d") == (
        'temperature{room="a",site="x"} 20.5 1704067200.000\n'
        'temperature{room="b",site="x"} 21.0 1704067260.000\n# EOF\n')


# MARK: Over HTTP


def test_old_samples_come_in_over_http(tmp_path):
    start = int(time.time()) - 3 * 86400
    text = open_metrics(start).encode()
    with Apus(configuration({}), flags=["--web.enable-admin-api"]) as apus:
        path = "/api/v1/admin/tsdb/import"
        taken = apus.request("POST", path, gzip.compress(text), {"Content-Encoding": "gzip"})
        assert taken.status == 200, taken.text
        summary = taken.json["data"]
        assert summary["samples"] == 4 * 600 + 60 * 4 and summary["series"] == 8
        assert summary["minTime"] == start * 1000 and len(summary["blocks"]) >= 1
        assert apus.value('made_total{n="2"}', time=start + 600) == 30
        table = f"timestamp,metric,value\n{start},temperature,20.5\n".encode()
        assert apus.request("POST", path, table, {"Content-Type": "text/csv"}).json["data"]["samples"] == 1
        assert apus.value("temperature", time=start) == 20.5
        bad = apus.request("POST", path, b"a 1 1\n!\n# EOF\n")
        assert bad.status == 400 and "body:2:1" in bad.text
        ahead = apus.request("POST", path, f"a 1 {start + 9 * 86400}\n# EOF\n".encode())
        assert ahead.status == 400 and "is to come" in ahead.text
        blocks = apus.get("/api/v1/status/tsdb").json["data"]["blocks"]
        # Overlapping blocks may have become one meanwhile.
        assert blocks["samples"] == summary["samples"] + 1 and blocks["unreadable"] == 0


def test_metadata_and_limits_survive_a_kill(tmp_path):
    (tmp_path / "apus").mkdir()
    page = "# HELP made All that was made.\n# TYPE made counter\n" + "".join(f'made{{n="{n}"}} 1\n' for n in range(20))
    with Target(page) as target:
        limits = "storage: {tsdb: {limits: {rules: [{match: made, max_series: 5}]}}}\n"
        with Apus(configuration({"t": target.address}) + limits, folder=tmp_path / "apus") as apus:
            eventually(lambda: apus.value("count(made)") == 5)
            status = apus.target("t")
            assert status["health"] == "up" and "made selects its limit of 5 series" in status["lastError"]
            refused = apus.get("/api/v1/status/tsdb").json["data"]["limits"]["refused"][0]
            assert refused["reason"] == "series_of_selector" and refused["name"] == "made" and refused["count"] >= 15
            apus.kill()
    with Apus(configuration({}), folder=tmp_path / "apus") as apus:
        known = apus.get("/api/v1/metadata", metric="made").json["data"]
        assert known == {"made": [{"type": "counter", "unit": "", "help": "All that was made."}]}


def test_bench_measures_and_leaves_nothing(tmp_path):
    report = json.loads(tsdb("bench", "--series", 2000, "--samples", 50, "--format", "json"))
    assert report["samples"] == 100_000 and report["refused"] == 0
    assert report["samplesPerSecond"] > 10_000 and 0 < report["diskBytesPerSample"] < 30
    folder = tmp_path / "kept"
    assert "samples a second" in tsdb("bench", "--series", 10, "--samples", 5, "--storage.tsdb.path", folder)
    assert json.loads(tsdb("list", folder, "--format", "json"))["head"]["series"] == 10
    assert "is not empty" in tsdb("bench", "--series", 10, "--samples", 5, "--storage.tsdb.path", folder, code=1)


# MARK: With Prometheus


class Prometheus:
    """A Prometheus on a folder."""

    def __init__(self, folder, *flags, config="global: {}\n"):
        self.folder, self.flags, self.port = pathlib.Path(folder), flags, free_port()
        self.config = self.folder.parent / f"{self.folder.name}.yml"
        self.config.write_text(config)

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.log = open(self.folder.parent / f"{self.folder.name}.log", "ab")
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=100y",
             "--enable-feature=native-histograms", "--query.lookback-delta=5m", *self.flags],
            stdout=self.log, stderr=self.log)
        eventually(self.is_ready, timeout=30)
        return self

    def is_ready(self):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(self.base + "/-/ready", timeout=5).status == 200

    def __exit__(self, *_):
        self.stop()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)
        self.log.close()

    def post(self, path):
        urllib.request.urlopen(urllib.request.Request(self.base + path, method="POST"), timeout=30).read()


def everything(base, end, selector='{job="moved"}'):
    """Every sample of the selected series, by labels."""
    query = urllib.parse.urlencode({"query": f"{selector}[2d]", "time": end})
    with urllib.request.urlopen(f"{base}/api/v1/query?{query}", timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return {
        json.dumps(series["metric"], sort_keys=True): (series.get("values", []), series.get("histograms", []))
        for series in result
    }


def feed(base, start, end, dice):
    """Floats, staleness markers and native histograms, whose counters are reset from time to time."""
    totals = [0.0] * 12
    histogram = {"count": 0, "sum": 0.0, "schema": 2, "zero_threshold": 0.001, "zero_count": 0, "positive": {}}
    for now in range(start, end, 15_000):
        batch = []
        for number in range(12):
            totals[number] += dice.randrange(50) / (1 + number % 3)
            value = remote_write.STALE if dice.random() < 0.003 else totals[number]
            labels = {"__name__": f"moved_{number % 3}_total", "n": str(number), "job": "moved"}
            batch.append((labels, [(now + number, value)]))
        if dice.random() < 0.01:
            histogram.update(count=0, sum=0.0, zero_count=0, positive={})
        bucket = dice.randrange(-3, 9)
        histogram["positive"][bucket] = histogram["positive"].get(bucket, 0) + 1
        histogram.update(count=histogram["count"] + 1, sum=histogram["sum"] + bucket)
        copied = {**histogram, "positive": dict(histogram["positive"])}
        batch.append(({"__name__": "moved_seconds", "job": "moved"}, [(now, copied)]))
        remote_write.push(base, batch)


@needs_promtool
def test_promtool_reads_what_was_exported(imported, tmp_path):
    folder, start = imported
    tsdb("export", folder / "data", "--to", tmp_path / "out")
    listing = subprocess.run([PROMTOOL, "tsdb", "list", tmp_path / "out"], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listing.stdout.splitlines()[1:]]
    assert len(rows) == len(list((tmp_path / "out").glob("0*")))
    analysis = subprocess.run([PROMTOOL, "tsdb", "analyze", tmp_path / "out"], capture_output=True, text=True)
    assert analysis.returncode == 0 and "made_total" in analysis.stdout, analysis.stderr
    # And the other way round: what promtool makes of the same text is the same. It wants the oldest samples first.
    (tmp_path / "text").write_text(open_metrics(start, order=list))
    made = [PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", tmp_path / "text", tmp_path / "made"]
    subprocess.run(made, capture_output=True, check=True)
    tsdb("import", "prometheus", tmp_path / "made", "--into", tmp_path / "again")
    assert tsdb("dump", tmp_path / "again", "--format", "json") == tsdb("dump", folder / "data", "--format", "json")


@needs_prometheus
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_moving_over_and_back(tmp_path, end):
    now = int(time.time() * 1000) // 15_000 * 15_000
    source = tmp_path / "prometheus"
    with Prometheus(source, "--web.enable-remote-write-receiver", "--web.enable-admin-api") as prometheus:
        # Six hours, so that some is in blocks and some in the head.
        feed(prometheus.base, now - 6 * HOUR, now, random.Random(end))
        selector = urllib.parse.quote('moved_1_total{n="4"}')
        prometheus.post(
            f"/api/v1/admin/tsdb/delete_series?match[]={selector}&start={now / 1000 - 20000}&end={now / 1000 - 900}")
        expected = everything(prometheus.base, now / 1000 + 60)
        prometheus.stop(end)
    assert len(expected) == 13
    data = tmp_path / "apus/data"
    data.parent.mkdir()
    tsdb("import", "prometheus", source, "--into", data)
    assert json.loads(tsdb("verify", data, "--format", "json"))["damage"] == []
    tsdb("export", data, "--to", tmp_path / "back")
    with Apus(configuration({}), folder=tmp_path / "apus") as apus:
        assert everything(apus.base, now / 1000 + 60) == expected
    with Prometheus(tmp_path / "back") as back:
        assert everything(back.base, now / 1000 + 60) == expected
