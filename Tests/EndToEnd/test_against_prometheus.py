"""The program's answers against those of a real Prometheus on the same data.

Runs only when APUS_PROMETHEUS names a Prometheus of version 3. Both servers get the same series by remote write 1.0 and
are asked the same queries: some written by hand, some hundred made up from a seed (APUS_PROMETHEUS_SEED,
APUS_PROMETHEUS_QUERIES), and those of the file that APUS_PROMETHEUS_QUERY_FILE names (one a line).
"""

import json
import math
import os
import pathlib
import random
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

import harness
import remote_write
from peers import PROMETHEUS, needs_prometheus_3

SHARED_QUERIES = harness.REPOSITORY.parent / "shared/differential/queries.txt"
FEATURES = "promql-experimental-functions,promql-duration-expr,promql-delayed-name-removal,native-histograms"
STEP = 15_000
COUNT = 240

pytestmark = needs_prometheus_3


# MARK: Data


def times(base, dice):
    """Times of samples, regular or not, with gaps; True where the series ends for a while."""
    jitter = dice.random() < 0.3
    index = 0
    while index < COUNT:
        now = base + index * STEP + (dice.randrange(0, STEP // 2) if jitter else 0)
        luck = dice.random()
        if luck < 0.02:
            yield now, True
            index += dice.randrange(1, 30)
        elif luck < 0.04:
            index += dice.randrange(1, 30)
        else:
            yield now, False
            index += 1


def samples(base, dice, value):
    result = [(now, None if is_end else value()) for now, is_end in times(base, dice)]
    # A series of histograms ends with a histogram: floats would be written before all of them, out of order.
    is_native = any(isinstance(value, dict) for _, value in result)
    end = {"count": 0, "sum": remote_write.STALE} if is_native else remote_write.STALE
    return [(now, end if value is None else value) for now, value in result]


def counter(dice, scale):
    total = 0

    def value():
        nonlocal total
        total = 0 if dice.random() < 0.02 else total + dice.randrange(0, scale)
        return float(total)

    return value


def native(dice, custom):
    buckets = {index: 0 for index in ((0, 1, 2, 3) if custom else (-2, -1, 1, 2))}
    zero = 0

    def value():
        nonlocal zero
        if dice.random() < 0.02:
            zero = 0
            for index in buckets:
                buckets[index] = 0
        for index in buckets:
            buckets[index] += dice.randrange(0, 5)
        result = {"positive": dict(buckets), "count": sum(buckets.values()), "sum": sum(buckets.values()) * 1.25}
        if custom:
            result["custom"] = [0.5, 1.0, 2.5]
        else:
            zero += dice.randrange(0, 3)
            result.update(zero_count=zero, zero_threshold=0.001, count=result["count"] + zero, schema=1)
        return result

    return value


def dataset(base, seed):
    dice = random.Random(seed)
    result = []

    def add(value, **labels):
        result.append(({"__name__": labels.pop("name"), **labels}, samples(base, dice, value)))

    strange = [math.nan, math.inf, -math.inf, -0.0, 1e300, 1e-300]
    for instance in ("i0", "i1", "i2"):
        for job in ("a", "b"):
            target = {"instance": instance, "job": job}
            for code in ("200", "404", "500"):
                add(counter(dice, 20), name="requests_total", code=code, **target)
            add(lambda: dice.randrange(-240, 240) / 8, name="temperature", **target)
            add(lambda: float(dice.randrange(0, 5)), name="memory_bytes", zone=dice.choice("xy"), **target)
            add(lambda: dice.choice(strange + [dice.random()]), name="strange", **target)
            add(lambda: float(dice.random() < 0.9), name="up", **target)
            add(lambda: 1.0, name="target_info", version=dice.choice("12"), **target)
            share = 0
            for bound in ("0.1", "0.5", "1", "+Inf"):
                share += dice.randrange(1, 6)
                one = share
                add(iter_value(one), name="latency_seconds_bucket", le=bound, **target)
            add(native(dice, False), name="native_seconds", **target)
            add(native(dice, True), name="custom_seconds", **target)
    result.append(({"__name__": "http.requests", "k8s.pod": "pöd"}, samples(base, dice, counter(dice, 9))))
    return result


def iter_value(slope):
    index = 0

    def value():
        nonlocal index
        index += 1
        return float(slope * index)

    return value


# MARK: Queries

HAND_PICKED = """
requests_total{code=~"4..|5.."}
sum by (job) (rate(requests_total[5m]))
topk(3, temperature)
quantile by (job) (0.3, temperature)
{"http.requests"}
rate(requests_total[5m] offset 10m)
max_over_time(sum by (job) (rate(requests_total[2m]))[20m:1m])
requests_total / on (instance, job) group_left (version) target_info
requests_total * on (job) group_left temperature
temperature > bool on (instance, job) up
sum(temperature) without (job)
histogram_quantile(0.9, sum by (le, job) (rate(latency_seconds_bucket[5m])))
histogram_quantile(2, latency_seconds_bucket)
histogram_quantile(0.5, rate(native_seconds[5m]))
histogram_fraction(0, 1, sum by (job) (native_seconds))
histogram_avg(rate(custom_seconds[5m]))
sum(native_seconds) + sum(custom_seconds)
native_seconds + 1
avg by (job) (rate(native_seconds[10m]))
rate(temperature[5m])
absent(missing{job="a"})
absent_over_time(missing[5m])
count_values("value", memory_bytes)
label_replace(up, "target", "$1-$2", "instance", "(i)(.*)")
label_join(up, "both", "/", "instance", "job")
sort_desc(memory_bytes)
sort_by_label(up, "instance")
predict_linear(temperature[10m], 600)
double_exponential_smoothing(temperature[10m], 0.5, 0.3)
stddev_over_time(strange[10m])
avg_over_time(strange[5m])
mad_over_time(temperature[10m])
info(requests_total)
clamp(temperature, -5, 5) and on (job) up == 1
year(vector(time())) + month()
""".strip().splitlines()


class Grammar:
    """Makes up queries of what Prometheus 3.5 knows."""

    def __init__(self, dice, base):
        self.dice, self.base = dice, base

    def selector(self):
        name = self.dice.choice(
            ["requests_total"] * 2
            + ["temperature", "memory_bytes", "strange", "up", "latency_seconds_bucket", "native_seconds", "custom_seconds"]
        )
        matcher = self.dice.choice(["", "", '{job="a"}', '{instance=~"i[01]"}', '{instance!="i1"}', '{zone=""}'])
        return name + matcher

    def modifiers(self):
        if self.dice.random() < 0.1:
            return f" offset {self.dice.choice(['', '-'])}{self.dice.randrange(1, 600)}s"
        if self.dice.random() < 0.1:
            middle = self.base / 1000 + self.dice.randrange(0, COUNT * STEP // 1000)
            return self.dice.choice([" @ start()", " @ end()", f" @ {middle}"])
        return ""

    def window(self, depth):
        if depth > 0 and self.dice.random() < 0.2:
            return f"({self.vector(depth - 1)})[{self.dice.randrange(60, 900)}s:{self.dice.choice(['30s', '1m', '45s'])}]"
        return f"{self.selector()}[{self.dice.randrange(15, 900)}s]{self.modifiers()}"

    def scalar(self):
        return self.dice.choice(["0", "1", "2.5", "-3", "Inf", "NaN", "time()", "scalar(sum(up))", "pi()"])

    def vector(self, depth):
        pick = self.dice.choice
        if depth <= 0 or self.dice.random() < 0.15:
            return self.selector() + self.modifiers()
        kind = self.dice.randrange(7)
        if kind <= 1:
            function = pick(
                "rate increase delta irate idelta changes resets deriv avg_over_time sum_over_time min_over_time"
                " max_over_time count_over_time last_over_time stddev_over_time stdvar_over_time present_over_time"
                " ts_of_max_over_time mad_over_time".split()
            )
            return f"{function}({self.window(depth)})"
        if kind == 2:
            operation = pick("sum avg min max count group stddev stdvar".split())
            grouping = pick(["", " by (job)", " without (instance)", " by (code, instance)"])
            return f"{operation}{grouping} ({self.vector(depth - 1)})"
        if kind == 3:
            operation = pick("+ - * / % ^ atan2 == != < > <= >=".split())
            return f"({self.vector(depth - 1)}) {operation} {self.scalar()}"
        if kind == 4:
            operation = pick("+ - * / > < == and or unless".split())
            matching = pick(["", "on (instance, job) ", "ignoring (code, zone) "])
            return f"({self.vector(depth - 1)}) {operation} {matching}({self.vector(depth - 1)})"
        if kind == 5:
            function = pick("abs ceil floor round sqrt exp ln sgn timestamp sin -".split())
            return f"{function}({self.vector(depth - 1)})"
        function = pick("histogram_count histogram_sum histogram_avg histogram_stddev".split() + ["histogram_quantile"])
        quantile = "0.7, " if function == "histogram_quantile" else ""
        return f"{function}({quantile}{pick(['native_seconds', 'rate(native_seconds[5m])', 'sum by (job) (custom_seconds)'])})"


def queries(base):
    dice = random.Random(int(os.environ.get("APUS_PROMETHEUS_SEED", "1")))
    result = list(HAND_PICKED)
    path = os.environ.get("APUS_PROMETHEUS_QUERY_FILE")
    if path:
        result += [line for line in pathlib.Path(path).read_text().splitlines() if line and not line.startswith("#")]
    grammar = Grammar(dice, base)
    result += [grammar.vector(3) for _ in range(int(os.environ.get("APUS_PROMETHEUS_QUERIES", "400")))]
    return result


# MARK: Comparing


def ask(server, path, parameters):
    request = urllib.request.Request(server + path, data=urllib.parse.urlencode(parameters).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def same_number(a, b):
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y or abs(x - y) <= max(1e-9 * max(abs(x), abs(y)), 1e-12)


def same(a, b):
    """Values of JSON answers: numbers in texts within 1e-9, all else exactly."""
    if isinstance(a, str) and isinstance(b, str):
        try:
            return same_number(a, b)
        except ValueError:
            return a == b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b or (isinstance(a, float) and isinstance(b, (int, float)) and abs(a - b) < 0.001)


def labels_of(element):
    return json.dumps(element["metric"], sort_keys=True)


def plain(text):
    """An annotation without details that versions of Prometheus word differently."""
    return re.sub(r"\(see https?://[^)]*\)", "", text.split(", from buckets")[0]).split(" (")[0].strip()


def difference(expected, actual):
    if expected["status"] != actual["status"]:
        return f"expected {expected.get('error', expected['status'])}, got {actual.get('error', actual['status'])}"
    if expected["status"] == "error":
        if expected["errorType"] == actual["errorType"]:
            return None
        return f"expected the error type {expected['errorType']}, got {actual['errorType']}"
    for key in ("warnings", "infos"):
        a, b = ({plain(text) for text in answer.get(key, [])} for answer in (expected, actual))
        if a != b:
            return f"expected the {key} {sorted(a)}, got {sorted(b)}"
    a, b = expected["data"], actual["data"]
    if a["resultType"] != b["resultType"]:
        return f"expected {a['resultType']}, got {b['resultType']}"
    if a["resultType"] in ("scalar", "string"):
        return None if same(a["result"], b["result"]) else f"expected {a['result']}, got {b['result']}"
    left = {labels_of(element): element for element in a["result"]}
    right = {labels_of(element): element for element in b["result"]}
    if left.keys() != right.keys():
        return f"missing {sorted(left.keys() - right.keys())[:3]}, too much {sorted(right.keys() - left.keys())[:3]}"
    for labels, element in left.items():
        if not same(element, right[labels]):
            return f"{labels}: expected {str(element)[:300]}, got {str(right[labels])[:300]}"
    return None


# MARK: Servers


class Prometheus:
    def __init__(self, folder):
        self.folder, self.port = folder, harness.free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")

    def __enter__(self):
        self.log = open(self.folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--web.enable-remote-write-receiver",
                f"--enable-feature={FEATURES}",
            ],
            stdout=self.log,
            stderr=self.log,
        )
        harness.eventually(self.is_ready, timeout=60)
        return self

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "prometheus.log").read_text()[-2000:]
        try:
            with urllib.request.urlopen(self.base + "/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def differences(reference, subject, base):
    """Asks both servers everything; a line for each difference."""
    lines, compared, filled, crashed = [], 0, 0, 0
    begin, end = base / 1000, (base + COUNT * STEP) / 1000
    for query in queries(base):
        for path, parameters in (
            ("/api/v1/query", {"time": begin + (end - begin) * 0.7}),
            ("/api/v1/query_range", {"start": begin - 300, "end": end + 300, "step": 67}),
        ):
            expected = ask(reference, path, {"query": query, **parameters})
            if "unexpected error" in expected.get("error", ""):
                crashed += 1
                continue
            actual = ask(subject, path, {"query": query, **parameters})
            compared += 1
            filled += bool(expected["status"] == "success" and expected["data"]["result"])
            text = difference(expected, actual)
            if text:
                lines.append(f"{path.rsplit('/', 1)[1]} {query}: {text}")
    print(f"compared {compared} answers with Prometheus, {filled} of them not empty: {len(lines)} differ;"
        f" Prometheus itself failed at {crashed}")
    assert filled * 2 > compared, "most answers are empty: the data did not arrive, or the queries are bad"
    return lines


def test_equal_answers_to_equal_queries(tmp_path):
    base = (int(time.time()) - COUNT * STEP // 1000 - 300) * 1000
    series = dataset(base, 7)
    with Prometheus(tmp_path) as reference:
        apus = harness.Apus(config="", flags=["--web.enable-remote-write-receiver"])
        apus.start()
        try:
            for server in (reference.base, apus.base):
                remote_write.push(server, series)
            lines = differences(reference.base, apus.base, base)
            shown = "\n".join(lines[:40])
            assert not lines, f"{len(lines)} answers differ:\n{shown}"
        finally:
            apus.stop()


@pytest.mark.skipif(not SHARED_QUERIES.exists(), reason=f"needs {SHARED_QUERIES}")
def test_the_shared_differential_queries_agree(tmp_path):
    folder = SHARED_QUERIES.parent
    base = (int(time.time()) // 3600 - 3) * 3600
    with Prometheus(tmp_path) as reference:
        apus = harness.Apus(config="", flags=["--web.enable-remote-write-receiver"])
        apus.start()
        try:
            for server in (reference.base, apus.base):
                subprocess.run(
                    ["python3", folder / "dataset.py", "--url", server, "--base", str(base)], check=True, timeout=300
                )
            run = subprocess.run(
                ["python3", folder / "diff_promql.py", reference.base, apus.base, SHARED_QUERIES, "--base", str(base)],
                capture_output=True, text=True, timeout=300,
            )
            assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-1000:]
        finally:
            apus.stop()
