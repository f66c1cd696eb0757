"""The textbook's scene in a real Docker Engine, told by the commands of the tutorial.

Everything runs in an engine and a network of its own (docker_engine.py). The commands are those of docs/tutorial.md in their order, and
after each the test looks at what it has brought about. The scrape configuration is the textbook's own where the folder of shared data
is there, else that of the examples, which has the same jobs. Without an engine all is skipped, or fails where APUS_ENGINE_REQUIRED is
set. The programs are those beside APUS_BINARY.
"""

import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import time
import urllib.error
import urllib.request

import pytest

import docker_engine
import harness
import tutorial

DOCS = harness.REPOSITORY / "docs"
SHARED = pathlib.Path(os.environ.get("APUS_SHARED", harness.REPOSITORY.parent / "shared"))
TEXTBOOK = SHARED / "seed-scenario/exercises"
BINARIES = pathlib.Path(harness.BINARY).parent
PROGRAMS = ["apus", "ImageGallery", "ImageOfTheDay", "AccessLog", "LoadGenerator"]

# The interval at which the access log is scraped, and what a machine that is busy with other tests may add.
SCRAPE, SLACK = 3, 3


def test_both_languages_have_the_same_commands():
    english, korean = (tutorial.commands(DOCS / page) for page in ["tutorial.md", "tutorial.ko.md"])
    assert list(english.items()) == list(korean.items())


class Scene:
    """The engine with the scene in it, and the reader of the tutorial."""

    def __init__(self, engine, shell):
        self.engine, self.shell = engine, shell
        self.pages = tutorial.commands(DOCS / "tutorial.md")
        self.apus = harness.Apus(port=9090)
        self.followed = []

    def follow(self, name):
        """Runs the commands of that name, which must be the next of the page; what they print."""
        expected = list(self.pages)[len(self.followed)]
        assert name == expected, f"the tutorial goes on with {expected!r}; did an earlier test fail?"
        output = self.shell.run(self.pages[name])
        self.followed.append(name)
        return output

    def containers(self, service):
        return self.engine.docker("ps", "--quiet", "--filter", f"label=com.docker.compose.service={service}").split()

    def inspect(self, *containers):
        return json.loads(self.engine.docker("inspect", *containers))

    def up(self, job):
        """The value of `up` of each target of a job that is there now."""
        return [float(series["value"][1]) for series in self.apus.query(f'up{{job="{job}"}}')]


def page(path="", port=8010):
    """Status and text of an answer of the gallery."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def gallery_metric(name):
    status, text = page("metrics")
    assert status == 200
    return sum(float(line.split()[-1]) for line in text.splitlines() if re.match(rf"{re.escape(name)}[ {{]", line))


@contextlib.contextmanager
def paused(scene, service):
    containers = scene.containers(service)
    scene.engine.docker("pause", *containers)
    try:
        yield
    finally:
        scene.engine.docker("unpause", *containers)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    def unavailable(reason):
        if os.environ.get("APUS_ENGINE_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)

    if not shutil.which("docker-compose"):
        unavailable("docker-compose is not installed: apt-get install docker-compose")
    missing = [program for program in PROGRAMS if not (BINARIES / program).exists()]
    if missing:
        unavailable(f"{BINARIES} has no {', '.join(missing)}: swift build -c release")
    began = time.monotonic()
    try:
        with docker_engine.Engine() as engine:
            environment = engine.environment | {
                "APUS_BINARIES": str(BINARIES), "DOCKER_SOCKET": str(engine.socket)}
            if TEXTBOOK.is_dir():
                environment["APUS_CONFIG"] = str(TEXTBOOK / "prometheus/prometheus.yml")
            shell = tutorial.Shell(harness.REPOSITORY, environment)
            try:
                yield Scene(engine, shell)
            finally:
                shell.close()
    except docker_engine.Unavailable as reason:
        unavailable(str(reason))
    print(f"the scene took {time.monotonic() - began:.0f} s")


def test_the_scene_starts_from_scratch_images(scene):
    scene.follow("check the engine")
    images = scene.follow("start")
    sizes = dict(re.findall(r"^([a-z-]+) +([0-9.]+) MB$", images, re.MULTILINE))
    assert set(sizes) == {"apus", "image-gallery", "image-of-the-day", "access-log", "load-generator"}, images
    print(sizes)
    for container in scene.inspect(*scene.engine.docker("ps", "--quiet").split()):
        assert container["Config"]["User"] == "65534:65534", container["Name"]
        assert container["HostConfig"]["ReadonlyRootfs"], container["Name"]
        assert container["HostConfig"]["CapDrop"] == ["ALL"], container["Name"]


def test_the_page_shows_the_picture(scene):
    assert re.search("Image Gallery|Failed", scene.follow("look"))
    answers = [page() for _ in range(8)]
    text = next(text for status, text in answers if status == 200)
    assert '<img src="data:image/svg+xml,' in text and "<title>Image Gallery</title>" in text


def test_the_gallery_tells_its_own_numbers(scene):
    lines = scene.follow("metrics").splitlines()
    assert "# HELP image_gallery_requests_total Image Gallery - total requests" in lines
    assert "# TYPE image_gallery_requests_total counter" in lines
    assert "# HELP image_gallery_in_flight_requests Image Gallery - in-flight requests" in lines
    assert "# TYPE image_gallery_in_flight_requests gauge" in lines


def test_six_targets_are_found_and_up(scene):
    scene.follow("targets")
    jobs = [target["labels"]["job"] for target in scene.apus.targets()]
    assert sorted(jobs) == ["access-log"] * 3 + ["docker", "image-gallery", "iotd-api"]
    addresses = {
        network["IPAddress"] + ":80" for container in scene.inspect(*scene.containers("accesslog"))
        for network in container["NetworkSettings"]["Networks"].values()}
    found = {target["labels"]["instance"] for target in scene.apus.targets() if target["labels"]["job"] == "access-log"}
    assert found == addresses


def test_every_container_finds_itself_healthy(scene):
    def all_healthy():
        states = {one["Name"]: one["State"]["Health"] for one in scene.inspect(*scene.engine.docker("ps", "-q").split())}
        return all(health["Status"] == "healthy" for health in states.values())

    harness.eventually(all_healthy, timeout=30)


def test_one_visitor_in_ten_meets_a_failure(scene):
    before = {code: gallery_metric(f'image_gallery_requests_total{{code="{code}",method="get"}}') for code in [200, 500]}
    output = scene.follow("visitors")
    counts = re.findall(r"^600 requests: (\d+) with status 200, (\d+) with status 500, 0 without answer\r?$", output, re.MULTILINE)
    assert counts, output
    good, failed = (int(count) for count in counts[-1])
    assert good + failed == 600
    # Binomial with n = 600 and p = 0.1: five standard deviations of 7.3 around 60, left by one run in two million.
    assert 23 <= failed <= 97
    assert gallery_metric('image_gallery_requests_total{code="200",method="get"}') - before[200] == good
    assert gallery_metric('image_gallery_requests_total{code="500",method="get"}') - before[500] == failed


def test_the_chapters_queries(scene):
    scene.follow("ask")
    logs = scene.apus.query("access_log_total")
    assert len(logs) == 3
    assert {series["metric"]["hostname"] for series in logs} == {name[:12] for name in scene.containers("accesslog")}
    # Each replica was asked by some visitors: addresses are chosen by chance.
    assert all(float(series["value"][1]) > 100 for series in logs)
    total = scene.apus.query("sum(access_log_total) without (hostname, instance)")
    assert [series["metric"] for series in total] == [{"job": "access-log"}]
    good = scene.apus.value('image_gallery_requests_total{code="200"}')
    assert float(total[0]["value"][1]) == good
    failed = scene.apus.query('image_gallery_requests_total{code="500"}')
    assert [series["metric"]["method"] for series in failed] == ["get"]
    requests = good + float(failed[0]["value"][1])
    share = scene.apus.value('sum(image_gallery_requests_total{code="500"}) / sum(image_gallery_requests_total)')
    assert abs(share - 0.1) < 5 * (0.1 * 0.9 / requests) ** 0.5
    assert scene.apus.value("image_gallery_in_flight_requests") == 0


def test_requests_in_flight_are_counted_while_they_wait(scene):
    in_flight = "image_gallery_in_flight_requests"
    with concurrent.futures.ThreadPoolExecutor(6) as visitors, paused(scene, "iotd"):
        answers = [visitors.submit(page) for _ in range(6)]
        # Those that fail by chance are answered at once; the others wait for the picture.
        harness.eventually(lambda: 0 < gallery_metric(in_flight) == sum(not one.done() for one in answers), timeout=4)
    assert {answer.result()[0] for answer in answers} <= {200, 500}
    harness.eventually(lambda: gallery_metric(in_flight) == 0)


def scaled(scene, name, count):
    """Follows the tutorial, which waits for two scrapes, and sees that the targets are the replicas then, and up."""
    scene.follow(name)

    def expected():
        targets = [one for one in scene.apus.targets() if one["labels"]["job"] == "access-log"]
        return [one["health"] for one in targets] == ["up"] * count

    harness.eventually(expected, timeout=SLACK)
    assert len(scene.containers("accesslog")) == count
    # Series of a target that is gone end two intervals later, as with Prometheus.
    harness.eventually(lambda: scene.up("access-log") == [1.0] * count, timeout=2.2 * SCRAPE + SLACK)
    assert len(scene.apus.query("access_log_total")) == count


def test_two_replicas_are_left_two_scrapes_after_scaling_down(scene):
    scaled(scene, "fewer", 2)


def test_five_replicas_are_there_two_scrapes_after_scaling_up(scene):
    scaled(scene, "more", 5)


def test_the_engine_counts_containers_as_docker_ps_does(scene):
    with paused(scene, "iotd"):
        scene.follow("engine")
        listed = scene.engine.docker("ps", "--all", "--format", "{{.State}}").split()
        expected = {state: listed.count(word) for state, word in
                    [("running", "running"), ("paused", "paused"), ("stopped", "exited")]}
        assert expected["paused"] == 1 and expected["running"] >= 7

        def states():
            series = scene.apus.query("engine_daemon_container_states_containers")
            return {one["metric"]["state"]: int(one["value"][1]) for one in series}

        harness.eventually(lambda: states() == expected, timeout=12)


@pytest.mark.skipif(not TEXTBOOK.is_dir(), reason=f"needs the textbook's dashboard in {TEXTBOOK}")
def test_every_panel_of_the_textbooks_dashboard_has_data(scene):
    dashboard = json.loads((TEXTBOOK / "grafana/dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(queries) == 21
    # What was paused before may have missed a scrape: its next is due within ten seconds.
    harness.eventually(lambda: [query for query in queries if not scene.apus.query(query)] == [], timeout=10 + SLACK)


class ContainerMetrics:
    """What Apus tells of containers at one moment."""

    def __init__(self, apus):
        self.lines = apus.get("/metrics/containers").text.splitlines()

    def value(self, name, container):
        """The one value of a metric for the container with that id; its timestamp is not of interest."""
        found = [line for line in self.lines if line.startswith(name + "{") and f'id="/docker/{container}"' in line]
        assert len(found) == 1, f"{name} of {container}: {found}"
        return float(found[0].rpartition("}")[2].split()[0])


def statistics(scene, identifiers):
    """The engine's own measurements, by container, each made after this was called.

    An engine of this age measures once a second, whoever asks, and may give what it measured just before.
    """
    began = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")

    def measured(identifier):
        def later():
            answer = scene.engine.api(f"/containers/{identifier}/stats?stream=false&one-shot=true")
            return answer["read"] > began and answer

        return harness.eventually(later)

    with concurrent.futures.ThreadPoolExecutor(len(identifiers)) as pool:
        return dict(zip(identifiers, pool.map(measured, identifiers)))


def running(scene):
    return scene.engine.docker("ps", "--quiet", "--no-trunc").split()


def test_processor_time_is_that_of_docker_stats(scene):
    scene.follow("containers")
    identifiers = running(scene)
    assert len(identifiers) == 8

    def engines():
        measured = statistics(scene, identifiers)
        return {one: measured[one]["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9 for one in identifiers}

    def ours():
        metrics = ContainerMetrics(scene.apus)
        return {one: metrics.value("container_cpu_usage_seconds_total", one) for one in identifiers}

    # Whatever happens in between, a counter that is read between two readings of the engine lies between them, but for a tick
    # of the kernel: it keeps the time twice, in control groups of both versions, and brings them up to date one after the other.
    tick = 0.01
    first, begin = engines(), ours()
    with concurrent.futures.ThreadPoolExecutor(4) as visitors:
        list(visitors.map(lambda _: page(), range(400)))
    end, last = ours(), engines()
    for one in identifiers:
        assert first[one] <= begin[one] + tick and begin[one] <= end[one] <= last[one] + tick
    gallery = scene.inspect(*scene.containers("image-gallery"))[0]["Id"]
    spent, expected = end[gallery] - begin[gallery], last[gallery] - first[gallery]
    # The engine looks once a second: beside the visits it sees some seconds of idling and a health check.
    assert expected * 0.95 - 0.1 <= spent <= expected + 2 * tick, f"{spent} s, and {expected} s by the engine"


def test_memory_is_that_of_docker_stats(scene):
    units = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

    def differences():
        """For each container the share by which the working set differs from what docker stats shows."""
        before = ContainerMetrics(scene.apus)
        shown = scene.engine.docker("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}} {{.MemUsage}}")
        after = ContainerMetrics(scene.apus)
        result = {}
        for line in shown.splitlines():
            identifier, size, unit = re.match(r"(\w+) ([0-9.]+)([A-Za-z]+) /", line).groups()
            expected = float(size) * units[unit]
            values = [metrics.value("container_memory_working_set_bytes", identifier) for metrics in [before, after]]
            result[identifier] = max(min(values) / expected - 1, 1 - max(values) / expected)
        return result

    assert len(differences()) == 8
    # A container may take or give memory between two looks; one look without that is enough.
    harness.eventually(lambda: max(differences().values()) < 0.03, timeout=40)
    print(scene.engine.docker("stats", "--no-stream", "--format", "{{.Name}}: {{.MemUsage}}, {{.PIDs}} threads"))


def test_a_container_that_is_killed_and_started_again_stays_itself(scene):
    addresses = re.findall(r'"instance":"([0-9.]+:80)"', scene.follow("kill"))
    assert len(addresses) == 4 + 5, "four replicas while one was dead, five again after that"
    harness.eventually(lambda: sum(scene.up("access-log")) == 5, timeout=SLACK)
    scene.follow("deaths")
    died = [one["metric"] for one in scene.apus.query('container_events_total{action="die",service="accesslog"} > 0')]
    assert len(died) == 1
    name = died[0]["name"]
    history = f'container_start_time_seconds{{name="{name}"}}[5m]'
    assert len(scene.apus.query(f"last_over_time({history})")) == 1, "one series, before and after"
    assert scene.apus.value(f"changes({history})") == 1
    events = scene.apus.get("/api/v1/status/containers/events", name=name).json["data"]
    deaths = [event for event in events if event["action"] == "die"]
    assert [event["exitCode"] for event in deaths] == [137]
    assert [event for event in events if event["action"] == "start" and event["time"] > deaths[0]["time"]]


def test_a_container_that_is_made_anew_takes_the_place_of_the_old_one(scene):
    scene.shell.run("docker-compose up -d --no-deps --force-recreate iotd")
    seen = 'last_over_time(container_last_seen{service="iotd"}[5m])'
    harness.eventually(lambda: scene.apus.value(f"count(count by (id) ({seen}))") == 2, timeout=25)
    places = scene.apus.query(f"count by (project, service, replica) ({seen})")
    assert [one["metric"] for one in places] == [{"project": "examples", "service": "iotd", "replica": "1"}]


def test_nothing_is_left_when_the_scene_is_put_away(scene):
    scene.follow("away")
    assert scene.followed == list(scene.pages), "the tutorial has commands that no test follows"
    assert scene.engine.docker("ps", "--all", "--quiet") == ""
    assert scene.engine.docker("volume", "ls", "--quiet") == ""
