"""A container engine's API on a unix socket, answering what real engines were recorded to answer."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import socketserver
import threading
import time
import urllib.parse

from harness import REPOSITORY

SHARED = pathlib.Path(os.environ.get("APUS_SHARED", REPOSITORY.parent / "shared"))
RECORDINGS = SHARED / "docker-api"


class Engine:
    """`version` is the folder of a recording; containers are the recorded ones, each with the recorded inspection and figures."""

    def __init__(self, socket_path, version="engine-28.5"):
        folder = RECORDINGS / version
        self.path = str(socket_path)
        self.containers = {c["Id"]: c for c in self._read(folder, "containers-json.json")}
        self.inspection = self._read(folder, "container-inspect.json")
        self.statistics = self._read(folder, "stats-oneshot.json")
        self.answers = {
            "/version": self._read(folder, "version.json"),
            "/info": self._read(folder, "info.json"),
            "/images/json": self._read(folder, "images-json.json"),
        }
        self.states = {}
        self.streams = []
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with contextlib.suppress(OSError):
                    engine._answer(self)

            def address_string(self):
                return "socket"

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self.server = Server(self.path, Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def _read(folder, name):
        return json.loads((folder / name).read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for stream in self.streams:
            stream.put(None)
        self.server.shutdown()
        self.server.server_close()
        os.unlink(self.path)

    def id_of(self, name):
        return next(i for i, c in self.containers.items() if c["Names"][0] == f"/{name}")

    def happen(self, name, action, state=None, **attributes):
        """Something happens to a container: its state changes, and everybody who follows the events is told."""
        container = self.id_of(name)
        if state:
            self.states[container] = state
        now = time.time_ns()
        event = {
            "Type": "container", "Action": action, "scope": "local", "time": now // 10**9, "timeNano": now,
            "Actor": {
                "ID": container,
                "Attributes": {"name": name, "image": "accesslog:latest", **self.containers[container]["Labels"], **attributes},
            },
        }
        for stream in self.streams:
            stream.put(event)

    def _answer(self, handler):
        path = urllib.parse.urlsplit(handler.path).path
        parts = path.strip("/").split("/")
        if path == "/events":
            return self._stream(handler)
        if path == "/containers/json":
            return self._send(handler, list(self.containers.values()))
        if parts[0] == "containers" and len(parts) == 3 and parts[1] in self.containers:
            if parts[2] == "json":
                return self._send(handler, self._inspect(parts[1]))
            if parts[2] == "stats":
                return self._send(handler, {**self.statistics, "id": parts[1]})
        if path in self.answers:
            return self._send(handler, self.answers[path])
        self._send(handler, {"message": "page not found"}, status=404)

    def _inspect(self, container):
        found = json.loads(json.dumps(self.inspection))
        listed = self.containers[container]
        # The recorded process is none of this machine's.
        found["Id"], found["Name"], found["Config"]["Labels"] = container, listed["Names"][0], listed["Labels"]
        found["State"]["Pid"] = 0
        if container in self.states:
            found["State"].update({"Status": self.states[container], "Running": self.states[container] == "running"})
        return found

    def _send(self, handler, value, status=200):
        data = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _stream(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.flush()
        events = queue.Queue()
        self.streams.append(events)
        while (event := events.get()) is not None:
            line = json.dumps(event).encode() + b"\n"
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")
