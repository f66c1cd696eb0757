"""The services of the scene as programs, without containers: routes, metrics and how they end.

The programs are those beside APUS_BINARY.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import harness

BINARIES = pathlib.Path(harness.BINARY).parent
PROGRAMS = ["ImageGallery", "ImageOfTheDay", "AccessLog", "LoadGenerator"]

pytestmark = pytest.mark.skipif(
    not all((BINARIES / program).exists() for program in PROGRAMS),
    reason=f"needs {', '.join(PROGRAMS)} in {BINARIES}: swift build -c release")


class Service:
    """A running program of the scene."""

    def __init__(self, program, **environment):
        self.program, self.port = BINARIES / program, harness.free_port()
        self.environment = os.environ | {"PORT": str(self.port)} | environment
        self.process = subprocess.Popen(
            [self.program], env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, path, body=None):
        """Status and text of an answer; a body makes it a POST of JSON."""
        request = urllib.request.Request(
            self.base + path, data=body and json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def health(self):
        """What the program says when it is asked to look after the one that runs."""
        return subprocess.run([self.program, "health"], env=self.environment, capture_output=True, timeout=20).returncode

    def __enter__(self):
        def answers():
            with contextlib.suppress(OSError):
                return self.request("/metrics")[0] in (200, 404)

        harness.eventually(answers)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def series(text, name):
    """The series of a metric in an exposition, with their values."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if re.match(rf"{name}[ {{]", line)}


def test_the_gallery_asks_its_neighbours_and_counts_by_code():
    with Service("ImageOfTheDay") as images, Service("AccessLog") as log, Service(
            "ImageGallery", IMAGE_API_URL=images.base + "/image", ACCESS_API_URL=log.base + "/access-log") as gallery:
        before = gallery.request("/metrics")[1]
        assert series(before, "image_gallery_in_flight_requests") == {"image_gallery_in_flight_requests": 0}
        assert series(before, "image_gallery_requests_total") == {}, "the counter appears with the first request"
        answers = [gallery.request(path) for path in ["/", "/favicon.ico", "/a/b/c"] * 20]
        statuses = [status for status, _ in answers]
        assert set(statuses) <= {200, 500} and 200 in statuses
        assert {text for status, text in answers if status == 500} <= {"Failed"}
        shown = next(text for status, text in answers if status == 200)
        picture = json.loads(images.request("/image")[1])
        assert picture["url"].startswith("data:image/svg+xml,") and picture["caption"] in shown
        text = gallery.request("/metrics")[1]
        assert series(text, "image_gallery_requests_total") == {
            f'image_gallery_requests_total{{code="{code}",method="get"}}': statuses.count(code) for code in set(statuses)}
        assert json.loads(log.request("/stats")[1]) == {"logs": statuses.count(200)}
        for name in ["go_goroutines", "go_memstats_stack_inuse_bytes", "process_resident_memory_bytes", "swift_info"]:
            assert all(value > 0 for value in series(text, name).values()) and series(text, name), name


def test_the_gallery_shows_a_page_when_its_neighbours_are_away():
    nobody = f"http://127.0.0.1:{harness.free_port()}/"
    with Service("ImageGallery", IMAGE_API_URL=nobody, ACCESS_API_URL=nobody) as gallery:
        status, text = next(answer for answer in iter(lambda: gallery.request("/"), None) if answer[0] == 200)
        assert "not available" in text and "<img" not in text
        warnings = series(gallery.request("/metrics")[1], "log_messages_total")
        assert next(value for labels, value in warnings.items() if 'level="warning"' in labels) >= 2


def test_the_picture_is_drawn_once_and_then_kept():
    with Service("ImageOfTheDay") as images:
        pictures = [json.loads(images.request("/image")[1]) for _ in range(5)]
        assert all(picture == pictures[0] for picture in pictures) and set(pictures[0]) == {"url", "caption", "copyright"}
        text = images.request("/actuator/prometheus")[1]
        assert series(text, "iotd_api_image_load_total") == {
            'iotd_api_image_load_total{status="cached"}': 4, 'iotd_api_image_load_total{status="success"}': 1}
        labels = '{class="iotd.ImageController",exception="none",method="get"}'
        assert series(text, "method_timed_seconds_count") == {f"method_timed_seconds_count{labels}": 5}
        total = series(text, "method_timed_seconds_sum")[f"method_timed_seconds_sum{labels}"]
        longest = series(text, "method_timed_seconds_max")[f"method_timed_seconds_max{labels}"]
        assert 0 < longest <= total < 5
        assert series(text, "jvm_memory_used_bytes") and series(text, "tomcat_threads_current_threads")
        assert json.loads(images.request("/actuator/health")[1]) == {"status": "UP"}
        assert images.request("/")[0] == 200
        svg = urllib.parse.unquote(pictures[0]["url"].removeprefix("data:image/svg+xml,"))
        assert svg.startswith("<svg ") and svg.count("<circle") == 120 and svg.endswith("</svg>")


def test_the_access_log_counts_accesses_and_addresses_with_its_host_name():
    with Service("AccessLog") as log:
        for address in ["10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:1"]:
            assert log.request("/access-log", {"clientIp": address}) == (201, "Created")
        assert log.request("/access-log", {"clientIp": "x" * 101})[0] == 400
        assert log.request("/access-log", {"wrong": "field"})[0] == 400
        text = log.request("/metrics")[1]
        host = os.uname().nodename
        assert series(text, "access_log_total") == {f'access_log_total{{hostname="{host}"}}': 3}
        assert series(text, "access_client_ip_current") == {f'access_client_ip_current{{hostname="{host}"}}': 2}
        assert "# HELP access_log_total Access Log - total log requests" in text
        assert "# HELP access_client_ip_current Access Log - current unique IP addresses" in text
        sockets = series(text, "nodejs_active_handles")
        assert sockets[f'nodejs_active_handles{{hostname="{host}",type="Socket"}}'] >= 1
        assert all(f'hostname="{host}"' in line for line in text.splitlines() if not line.startswith("#"))
        log.process.send_signal(signal.SIGTERM)
        output, _ = log.process.communicate(timeout=10)
        assert output.count("Access log, client IP: 10.0.0.1:1") == 2


@pytest.mark.parametrize("program", ["ImageGallery", "ImageOfTheDay", "AccessLog"])
def test_a_service_looks_after_itself_and_ends_at_sigterm(program):
    with Service(program) as service:
        assert service.health() == 0
        service.process.send_signal(signal.SIGTERM)
        service.process.communicate(timeout=10)
        assert service.process.returncode == 0
        assert service.health() == 1


def test_the_load_generator_sends_what_it_was_told_and_says_what_came_back():
    with Service("AccessLog") as log:
        url = f"{log.base}/stats"
        done = subprocess.run([BINARIES / "LoadGenerator", url, "100", "50"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0
        assert "50 requests: 50 with status 200, 0 without answer" in done.stdout
        endless = subprocess.Popen([BINARIES / "LoadGenerator", url, "1000"], stdout=subprocess.PIPE, text=True)
        endless.stdout.readline()
        endless.send_signal(signal.SIGTERM)
        output, _ = endless.communicate(timeout=15)
        assert endless.returncode == 0 and "with status 200" in output
    assert subprocess.run([BINARIES / "LoadGenerator", url, "no number"], capture_output=True).returncode == 2
