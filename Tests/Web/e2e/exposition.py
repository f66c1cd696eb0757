"""A small page of metrics for the browser tests, and one that cannot be read.

Run alone (`python3 exposition.py 9555`) it serves a server that the tests reach through APUS_BASE_URL.
"""

import http.server
import math
import sys
import threading
import time

ROOMS = ("attic", "cellar", "kitchen")


def page(now: float) -> str:
    lines = [
        "# HELP fixture_temperature_celsius Temperature of a room.",
        "# TYPE fixture_temperature_celsius gauge",
    ]
    for i, room in enumerate(ROOMS):
        lines.append(f'fixture_temperature_celsius{{room="{room}",floor="{i}"}} {20 + 5 * i + math.sin(now / 7 + i):.3f}')
    lines += [
        "# HELP fixture_requests_total Requests of the fixture.",
        "# TYPE fixture_requests_total counter",
        f"fixture_requests_total {int(now) % 100000000}",
        "# HELP fixture_memory_bytes Memory of the fixture.",
        "# TYPE fixture_memory_bytes gauge",
        "fixture_memory_bytes 67108864",
    ]
    return "\n".join(lines) + "\n"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        broken = self.path.startswith("/broken")
        body = ("this is { not an exposition\n" if broken else page(time.time())).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a request a second would drown the tests' own lines."""


def serve(port: int = 0) -> http.server.ThreadingHTTPServer:
    """Starts serving on a thread of its own; port 0 takes a free one."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configuration(port: int) -> str:
    """The configuration that the tests expect a server to run with."""
    return f"""\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: fixture
    static_configs:
      - targets: ["127.0.0.1:{port}"]
        labels: {{env: test}}
  - job_name: broken
    metrics_path: /broken
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


if __name__ == "__main__":
    chosen = int(sys.argv[1])
    serve(chosen)
    print(configuration(chosen))
    threading.Event().wait()
