"""The built-in exporters: in the server without a configuration, and alone."""

import contextlib
import gzip
import signal
import socket
import subprocess
import urllib.request

import pytest

from engine import RECORDINGS, Engine
from harness import BINARY, Apus, Target, configuration, eventually, free_port

recorded = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"needs the recordings of engines in {RECORDINGS}")


def metric_names(text):
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}


def test_without_configuration_it_watches_itself_and_the_host(tmp_path):
    no_engine = tmp_path / "none.sock"
    with Apus(flags=[f"--docker.host=unix://{no_engine}"]) as apus:
        eventually(lambda: [apus.value(f'up{{job="{job}"}}') for job in ("apus", "host", "containers")] == [1, 1, 1], timeout=40)
        assert apus.value("process_resident_memory_bytes") > 0
        assert apus.value("node_memory_MemTotal_bytes") > 1 << 26
        assert apus.value('sum(node_cpu_seconds_total{mode="idle"})') > 0
        assert apus.value('count(node_filesystem_size_bytes{mountpoint="/"})') == 1
        assert apus.value('node_scrape_collector_success{collector="meminfo"}') == 1
        # A machine without an engine: said where people look, and no alarm.
        target = apus.target("containers")
        assert target["health"] == "up" and target["scrapeUrl"] == f"{apus.base}/metrics/containers"
        assert f"Cannot connect to {no_engine}: no such file." in target["lastError"]
        assert apus.target("host")["lastError"] == ""
        assert str(no_engine) not in apus.log_text(), "a missing engine is not worth a line"


def test_the_route_prefix_does_not_get_in_its_way():
    port = free_port()
    flags = ["--web.route-prefix=/apus", "--docker.host=/nowhere.sock"]
    apus = Apus(port=port, flags=flags)
    with contextlib.ExitStack() as stack:
        apus.start(wait=False)
        stack.callback(apus.__exit__)
        ready = lambda: answers(apus, "/apus/-/ready")
        eventually(ready)
        up = lambda: apus.get("/apus/api/v1/query", query='up{job="host"} == 1').json["data"]["result"]
        eventually(up, timeout=40)
        assert apus.get("/apus/metrics/host").status == 200


def answers(apus, path):
    try:
        return apus.get(path).status == 200
    except OSError:
        return False


def test_with_a_configuration_nothing_is_added_but_the_paths_exist():
    with Target("a 1\n") as target, Apus(configuration({"web": target.address}), flags=["--docker.host=/nowhere.sock"]) as apus:
        eventually(lambda: apus.value('up{job="web"}') == 1.0)
        assert [t["labels"]["job"] for t in apus.targets()] == ["web"]
        page = apus.get("/metrics/host", headers={"Accept-Encoding": "gzip"})
        assert page.status == 200 and page.headers["Content-Encoding"] == "gzip"
        text = gzip.decompress(page.body).decode()
        assert {"node_load1", "node_uname_info", "node_cpu_seconds_total"} <= metric_names(text)
        assert apus.get("/metrics/containers").status == 200


def test_the_jobs_of_the_documentation_work():
    port = free_port()
    jobs = "".join(
        f"- job_name: {name}\n  metrics_path: /metrics/{name}\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n"
        for name in ("host", "containers"))
    config = f"global: {{scrape_interval: 1s}}\nscrape_configs:\n{jobs}"
    with Apus(config, port=port, flags=["--docker.host=/nowhere.sock"]) as apus:
        eventually(lambda: apus.value("node_load1") is not None)
        eventually(lambda: apus.value('up{job="containers"}') == 1.0)


def test_exporters_can_be_turned_off():
    with Apus(flags=["--no-exporter.host", "--no-exporter.containers"]) as apus:
        eventually(lambda: [t["labels"]["job"] for t in apus.targets()] == ["apus"])
        assert apus.get("/metrics/host").status == 404
        assert apus.get("/metrics/containers").status == 404
        assert "--no-exporter.containers" in apus.get("/api/v1/status/containers").json["error"]


@recorded
@pytest.mark.parametrize("version, dash", [("engine-28.5", "-"), ("engine-20.10", "_")])
def test_containers_of_an_engine_appear_by_name(tmp_path, version, dash):
    names = {f"ch09{dash}accesslog{dash}{number}" for number in (1, 2, 3)}
    config = "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: containers\n  metrics_path: /metrics/containers\n"
    port = free_port()
    config += f"  static_configs:\n  - targets: ['127.0.0.1:{port}']\n"
    with Engine(tmp_path / "docker.sock", version) as engine:
        with Apus(config, port=port, flags=[f"--docker.host=unix://{engine.path}"]) as apus:
            seen = lambda: {r["metric"]["name"] for r in apus.query('container_last_seen{name!=""}')}
            eventually(lambda: seen() == names)
            first = f"ch09{dash}accesslog{dash}1"
            found = apus.query(f'container_start_time_seconds{{name="{first}"}}')[0]["metric"]
            assert (found["project"], found["service"], found["replica"]) == ("ch09", "accesslog", "1")
            assert found["container_label_com_docker_compose_service"] == "accesslog"
            assert apus.target("containers")["lastError"] == ""

            status = apus.get("/api/v1/status/containers").json["data"]
            assert status["engine"]["connected"] is True and status["engine"]["problem"] == ""
            assert status["engine"]["version"] == version.removeprefix("engine-") or status["engine"]["version"].startswith(
                version.removeprefix("engine-"))
            assert status["containers"] == {"running": 3}
            hint = status["engineMetrics"]
            if not hint["exposed"]:
                assert '"metrics-addr": "127.0.0.1:9323"' in hint["hint"]["content"]
                assert ('"experimental": true' in hint["hint"]["content"]) == (version == "engine-20.10")

            engine.happen(first, "die", state="exited", exitCode="137")
            events = eventually(lambda: apus.get("/api/v1/status/containers/events", action="die").json["data"])
            assert [(e["name"], e["exitCode"], e["service"]) for e in events] == [(first, 137, "accesslog")]
            assert apus.get("/api/v1/status/containers/events", name="other").json["data"] == []
            assert apus.get("/api/v1/status/containers/events", end=events[0]["time"] - 1).json["data"] == []
            assert apus.get("/api/v1/status/containers/events", action="explode").status == 400
            eventually(lambda: apus.get("/api/v1/status/containers").json["data"]["containers"] == {"exited": 1, "running": 2})


@recorded
def test_an_engine_that_ends_and_comes_back_is_followed_again(tmp_path):
    path = tmp_path / "docker.sock"
    with Apus(configuration({}), flags=[f"--docker.host=unix://{path}"]) as apus:
        status = lambda: apus.get("/api/v1/status/containers").json["data"]
        assert status()["engine"]["connected"] is False
        with Engine(path):
            eventually(lambda: status()["engine"]["connected"])
        problem = eventually(lambda: not status()["engine"]["connected"] and status()["engine"]["problem"])
        assert f"Cannot connect to {path}: no such file." in problem
        with Engine(path):
            eventually(lambda: status()["engine"]["connected"], timeout=40)


class Exporter:
    """An exporter by itself."""

    def __init__(self, kind, *flags):
        self.address = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [BINARY, "exporter", kind, f"--web.listen-address={self.address}", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def get(self, path, **headers):
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.headers, answer.read()

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(self.process.stdout.read())
        try:
            return self.get("/-/healthy")
        except OSError:
            return None

    def __enter__(self):
        eventually(self.answers)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_the_host_exporter_alone():
    with Exporter("host") as exporter:
        headers, landing = exporter.get("/")
        assert headers["Content-Type"].startswith("text/html") and b'<a href="metrics">' in landing
        headers, text = exporter.get("/metrics")
        assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
        names = metric_names(text.decode())
        assert {"node_load1", "node_timex_sync_status", "process_cpu_seconds_total"} <= names
        accept = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "gzip"}
        headers, packed = exporter.get("/metrics", **accept)
        assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        text = gzip.decompress(packed).decode()
        assert text.endswith("# EOF\n") and text.count("# EOF") == 1
        exporter.process.send_signal(signal.SIGTERM)
        assert exporter.process.wait(10) == 0


def test_a_server_scrapes_the_host_exporter():
    with Exporter("host") as exporter, Apus(configuration({"node": exporter.address})) as apus:
        eventually(lambda: apus.value('up{job="node"}') == 1.0)
        assert apus.value("node_memory_MemTotal_bytes") > 1 << 26
        assert apus.get("/api/v1/metadata", metric="node_load1").json["data"]["node_load1"][0]["help"] == "1m load average."


@recorded
def test_the_container_exporter_alone(tmp_path):
    with Engine(tmp_path / "docker.sock") as engine:
        with Exporter("containers", f"--docker.host={engine.path}", "--containers.deny-labels=com.docker.compose.project") as exporter:
            text = eventually(lambda: 'name="ch09-accesslog-2"' in (text := exporter.get("/metrics")[1].decode()) and text)
            assert "container_label_com_docker_compose_service" in text
            assert "container_label_com_docker_compose_project" not in text
            exporter.process.send_signal(signal.SIGTERM)
            assert exporter.process.wait(10) == 0


def test_what_cannot_be_used_is_one_clear_line():
    def run(*arguments):
        return subprocess.run([BINARY, "exporter", *arguments], capture_output=True, text=True, timeout=20)

    assert "--docker.host=ssh://box" in run("containers", "--docker.host=ssh://box").stderr
    assert "--web.listen-address=nowhere" in run("host", "--web.listen-address=nowhere").stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("host", "--web.listen-address=127.0.0.1:%d" % taken.getsockname()[1])
    assert result.returncode == 1 and "another program" in result.stderr.strip().splitlines()[-1]
