"""The client library in a service, seen by the programs for which it exposes metrics.

A real Prometheus (APUS_PROMETHEUS, or `prometheus` on the path, of version 2.40 or newer) scrapes the service in all three
formats, and promtool (APUS_PROMTOOL, or beside it) checks the text. What is missing is skipped with a message. The service
is APUS_CLIENT_SERVICE, or that of the release build.
"""

import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse
import urllib.request

import pytest

import harness
from peers import PROMETHEUS, PROMTOOL, needs_prometheus, needs_promtool

SERVICE = os.environ.get("APUS_CLIENT_SERVICE", str(harness.REPOSITORY / ".build/release/ClientService"))
SHARED = pathlib.Path(os.environ.get("APUS_SHARED", harness.REPOSITORY.parent / "shared"))

ACCEPT = {
    "text": "text/plain;version=0.0.4",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "protobuf": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
}

pytestmark = pytest.mark.skipif(not os.path.exists(SERVICE), reason=f"needs the service {SERVICE}: build it")
needs_corpus = pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the recorded expositions in {SHARED}")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The address of a running service on which some work was done."""
    port = harness.free_port()
    log = open(tmp_path_factory.mktemp("service") / "log", "wb")
    process = subprocess.Popen([SERVICE, str(port)], stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        harness.eventually(lambda: answers(f"{base}/metrics"))
        for name in ["a", "a", "bb", "c"]:
            assert urllib.request.urlopen(f"{base}/work/{name}").read() == b"done"
        yield base
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def answers(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=2).status == 200
    return False


def fetch(url, accept, encoding="identity"):
    request = urllib.request.Request(url, headers={"Accept": accept, "Accept-Encoding": encoding})
    with urllib.request.urlopen(request) as answer:
        return answer.headers, answer.read()


@contextlib.contextmanager
def formats_by_path(service):
    """A port at which /text, /openmetrics and /protobuf give the service's metrics in that format, whatever is asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            headers, body = fetch(f"{service}/metrics", ACCEPT[self.path.strip("/")])
            self.send_response(200)
            self.send_header("Content-Type", headers["Content-Type"])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()


@contextlib.contextmanager
def prometheus(folder, port):
    """The address of a Prometheus that scrapes all three formats."""
    jobs = "".join(
        f"  - job_name: {name}\n    metrics_path: /{name}\n    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
        for name in ACCEPT
    )
    (folder / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs:\n{jobs}")
    own = harness.free_port()
    with open(folder / "prometheus.log", "wb") as log:
        process = subprocess.Popen(
            [
                PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{own}", "--enable-feature=native-histograms,exemplar-storage",
            ],
            stdout=log, stderr=log,
        )
        try:
            harness.eventually(lambda: answers(f"http://127.0.0.1:{own}/-/ready"), timeout=60)
            yield f"http://127.0.0.1:{own}"
        finally:
            process.terminate()
            process.wait(20)


def api(base, path, **parameters):
    with urllib.request.urlopen(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
        return json.load(answer)["data"]


def query(base, expression):
    return api(base, "query", query=expression)["result"]


@needs_prometheus
def test_prometheus_scrapes_all_three_formats_to_the_same_series(service, tmp_path):
    with formats_by_path(service) as port, prometheus(tmp_path, port) as base:
        harness.eventually(lambda: len(query(base, "up == 1")) == 3, timeout=30)
        targets = api(base, "targets", state="active")["activeTargets"]
        assert [target["lastError"] for target in targets] == ["", "", ""]

        # Series that are native in one format, that only OpenMetrics has, or that Prometheus adds itself.
        rest = '__name__!~"(work_cost|work_weight).*|.*_created|scrape_.*|up"'
        series = {}
        for job in ACCEPT:
            found = query(base, f'{{job="{job}",{rest}}}')
            series[job] = {
                json.dumps({name: value for name, value in element["metric"].items() if name != "job"}, sort_keys=True)
                for element in found
            }
        assert len(series["text"]) > 40
        # Older scrapers see other spellings of bounds in text; the values of the labels are the same numbers.
        assert normal(series["text"]) == normal(series["openmetrics"]) == normal(series["protobuf"])

        for job in ACCEPT:
            done = {element["metric"]["name"]: element["value"][1] for element in query(base, f'work_done_total{{job="{job}"}}')}
            assert done == {"a": "2", "bb": "1", "c": "1"}
            calls = query(base, f'sum(library_calls_total{{job="{job}"}})')
            assert calls[0]["value"][1] == "4"
            requests = query(base, f'http_requests_total{{job="{job}",route="/work/{{name}}",code="200",method="get"}}')
            assert requests[0]["value"][1] == "4"
            assert query(base, f'log_messages_total{{job="{job}",level="notice",label="service"}}')[0]["value"][1] == "1"
        native = query(base, 'work_cost{job="protobuf"}')
        assert native[0]["histogram"][1]["count"] == "4", native
        exemplars = api(base, "query_exemplars", query='work_done_total{job="openmetrics"}', start="0", end="9999999999")
        assert {entry["exemplars"][0]["labels"]["trace_id"] for entry in exemplars} == {"4bf92f3577b34da6"}


def normal(series):
    """Series with the numbers in `le` and `quantile` in one spelling."""
    result = set()
    for text in series:
        labels = json.loads(text)
        for name in ("le", "quantile"):
            if name in labels:
                labels[name] = float(labels[name])
        result.add(json.dumps(labels, sort_keys=True))
    return result


@needs_promtool
def test_promtool_finds_nothing_wrong_with_the_metrics(service):
    _, body = fetch(f"{service}/metrics", ACCEPT["text"])
    result = subprocess.run([PROMTOOL, "check", "metrics"], input=body, capture_output=True)
    assert (result.returncode, result.stdout + result.stderr) == (0, b"")


def check(body, *flags):
    return subprocess.run([harness.BINARY, "check", "metrics", *flags, "-"], input=body, capture_output=True, text=False)


@pytest.mark.parametrize("name, flag", [("text", "prometheus"), ("openmetrics", "openmetrics")])
def test_the_program_finds_nothing_wrong_with_the_metrics(service, name, flag):
    _, body = fetch(f"{service}/metrics", ACCEPT[name])
    result = check(body, "--strict", "--format", flag)
    assert (result.returncode, result.stdout + result.stderr) == (0, b"")


@needs_promtool
@pytest.mark.parametrize(
    "text",
    [
        b"# TYPE a gauge\na 1\n",
        b"# HELP a A.\n# TYPE a counter\na 1\n",
        b"# HELP x_milliseconds X.\n# TYPE x_milliseconds gauge\nx_milliseconds 1\n",
        b"# HELP a_count X.\n# TYPE a_count gauge\na_count 1\n",
        b"# HELP aB X.\n# TYPE aB gauge\naB{cD=\"1\"} 1\n",
        b"a{ 1\n",
    ],
)
def test_the_program_and_promtool_complain_of_the_same(text):
    theirs = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True)
    ours = check(text)
    assert ours.returncode == theirs.returncode
    if ours.returncode == 3:
        assert sorted(ours.stdout.splitlines()) == sorted((theirs.stdout + theirs.stderr).splitlines())


@needs_corpus
@pytest.mark.parametrize("kind, code, count", [("good", 0, 33), ("bad", 1, 136)])
def test_strict_checks_agree_with_the_conformance_cases(kind, code, count):
    files = sorted((SHARED / "expositions/openmetrics-conformance" / kind).glob("*.om"))
    assert len(files) >= count
    wrong = []
    for file in files:
        command = [harness.BINARY, "check", "metrics", "--parse-only", "--strict", "--format", "openmetrics", str(file)]
        result = subprocess.run(command, capture_output=True)
        if result.returncode != code:
            wrong.append((file.name, result.returncode, result.stderr))
    assert wrong == []


def test_gzip_is_given_to_those_who_take_it(service):
    headers, body = fetch(f"{service}/metrics", ACCEPT["openmetrics"], "gzip")
    assert headers["Content-Encoding"] == "gzip"
    plain_headers, plain = fetch(f"{service}/metrics", ACCEPT["openmetrics"])
    assert plain_headers["Content-Encoding"] is None
    assert len(body) * 3 < len(plain)


def test_a_file_that_is_not_there_is_told_of():
    result = subprocess.run([harness.BINARY, "check", "metrics", "/nowhere"], capture_output=True)
    assert result.returncode == 2
    assert b"/nowhere" in result.stderr
