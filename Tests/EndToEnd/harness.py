"""What the end-to-end tests share: the real program as a child process, and targets for it to scrape.

Standard library only. The program is taken from APUS_BINARY, or from the release build of this checkout.
"""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("APUS_BINARY", str(REPOSITORY / ".build/release/apus"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(check, timeout=20.0, every=0.05):
    """The first true value of check(); the last false one is shown when the time is up."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout} s: {check.__name__} gave {value!r}")
        time.sleep(every)


class Answer:
    """An HTTP answer, whatever its status."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Apus:
    """The program, started on a free port with a folder of its own."""

    def __init__(self, config=None, flags=(), folder=None, port=None):
        self._temporary = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="apus-e2e-")
            folder = self._temporary.name
        self.folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.flags = list(flags)
        self.config_path = self.folder / "prometheus.yml"
        if config is not None:
            self.config_path.write_text(config)
        self.has_config = config is not None or self.config_path.exists()
        self.process = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self):
        command = [BINARY, f"--storage.tsdb.path={self.folder / 'data'}", f"--web.listen-address=127.0.0.1:{self.port}"]
        if self.has_config:
            command.append(f"--config.file={self.config_path}")
        return command + self.flags

    def start(self, wait=True):
        self.log = open(self.folder / "apus.log", "ab")
        self.process = subprocess.Popen(
            self.command(), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=self.folder)
        if wait:
            eventually(self.is_ready, timeout=30)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"apus ended with {self.process.returncode}: {self.log_text()[-2000:]}")
        try:
            return self.get("/-/ready").status == 200
        except OSError:
            return False

    def log_text(self):
        return (self.folder / "apus.log").read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self, sig=signal.SIGTERM, timeout=20):
        """Ends the program in order; the exit code."""
        self.process.send_signal(sig)
        code = self.process.wait(timeout)
        self.log.close()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._temporary:
            self._temporary.cleanup()

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def request(self, method, path, body=None, headers=(), timeout=30):
        request = urllib.request.Request(self.base + path, data=body, method=method, headers=dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, timeout=30, headers=(), **parameters):
        query = "?" + urllib.parse.urlencode(parameters, doseq=True) if parameters else ""
        return self.request("GET", path + query, timeout=timeout, headers=headers)

    def query(self, expression, **parameters):
        answer = self.get("/api/v1/query", query=expression, **parameters)
        assert answer.status == 200, answer.text
        return answer.json["data"]["result"]

    def value(self, expression, **parameters):
        result = self.query(expression, **parameters)
        return float(result[0]["value"][1]) if result else None

    def own_metric(self, name):
        """The value of a series without labels on the program's own /metrics page."""
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return None

    def targets(self):
        return self.get("/api/v1/targets").json["data"]["activeTargets"]

    def target(self, job):
        return next((t for t in self.targets() if t["labels"]["job"] == job), None)


class Target:
    """Something to scrape: `respond(handler)` writes the whole answer, or set `body`."""

    def __init__(self, body="", respond=None, content_type="text/plain; version=0.0.4"):
        target = self
        self.body, self.respond, self.content_type, self.requests = body, respond, content_type, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                target.requests += 1
                with contextlib.suppress(OSError):
                    if target.respond:
                        target.respond(self)
                        return
                    text = target.body() if callable(target.body) else target.body
                    data = text if isinstance(text, bytes) else text.encode()
                    self.send_response(200)
                    self.send_header("Content-Type", target.content_type)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def configuration(jobs, interval="1s", extra=""):
    """A configuration with one static job for each (name, address); values may be lists of addresses."""
    lines = [f"global:\n  scrape_interval: {interval}\n  scrape_timeout: {interval}\n", "scrape_configs:\n"]
    for name, addresses in jobs.items():
        addresses = [addresses] if isinstance(addresses, str) else addresses
        lines.append(f"- job_name: {name}\n  static_configs:\n  - targets: {json.dumps(addresses)}\n{extra}")
    return "".join(lines)
