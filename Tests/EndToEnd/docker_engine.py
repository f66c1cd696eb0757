"""A Docker Engine for tests, in a network and a mount namespace of its own.

Its ports, addresses, bridges and packet filter are those of the namespace, so that it neither meets nor disturbs another engine or
server of the machine, and whatever it leaves behind goes with the namespace. While an `Engine` is entered the calling thread, and
with it every program that it starts, is in the network namespace, too: `localhost` is the engine's host.

Needs root and Debian's docker.io; `Unavailable` says what is missing.
"""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import harness

CLONE_NEWNET = 0x40000000


class Unavailable(Exception):
    """Why there can be no engine here."""


class Engine:
    def __init__(self, metrics_port=9323):
        self.metrics_port = metrics_port
        self.process = None
        self._own_network = None

    @property
    def environment(self):
        """What a Docker command needs to reach this engine and to leave the user's settings alone."""
        return os.environ | {
            "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(self.folder / "config"), "DOCKER_BUILDKIT": "0"}

    def __enter__(self):
        if os.geteuid() != 0:
            raise Unavailable("only root may start a Docker Engine")
        for program in ["dockerd", "docker", "ip", "unshare", "iptables"]:
            if not shutil.which(program):
                raise Unavailable(f"{program} is not installed: apt-get install docker.io iproute2 iptables")
        # Short, for the paths of sockets below it must not be longer than 108 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))
        self.socket = self.folder / "docker.sock"
        self.name = self.folder.name
        try:
            self._enter_network()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._stop()
        self._leave_network()
        shutil.rmtree(self.folder, ignore_errors=True)

    def docker(self, *arguments, check=True):
        """What a Docker command prints."""
        result = subprocess.run(
            ["docker", *arguments], env=self.environment, capture_output=True, text=True, timeout=120)
        if check and result.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)}: {result.stderr}")
        return result.stdout.strip()

    def api(self, path):
        """What the engine answers to a GET, which must be JSON."""
        connection = _UnixConnection(self.socket)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return json.loads(body)
        finally:
            connection.close()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    # The network namespace.

    def _enter_network(self):
        added = subprocess.run(["ip", "netns", "add", self.name], capture_output=True, text=True)
        if added.returncode != 0:
            raise Unavailable(f"this kernel gives no network namespace: {added.stderr.strip()}")
        self._own_network = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with open(f"/run/netns/{self.name}") as network:
            _set_network(network.fileno())
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def _leave_network(self):
        if self._own_network is None:
            return
        try:
            _set_network(self._own_network)
        finally:
            os.close(self._own_network)
            self._own_network = None
            subprocess.run(["ip", "netns", "delete", self.name], check=True)

    # The engine.

    def _start(self):
        command = [
            "unshare", "--mount", "dockerd", "--data-root", self.folder / "root", "--exec-root", self.folder / "exec",
            "--pidfile", self.folder / "pid", "--host", f"unix://{self.socket}", "--shutdown-timeout", "5",
            "--experimental", "--metrics-addr", f"0.0.0.0:{self.metrics_port}"]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self.docker("version", "--format", "{{.Server.Version}}", check=False):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("dockerd does not start here: " + "\n".join(self.log().splitlines()[-5:]))
            time.sleep(0.1)

    def _stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
                containers = self.docker("ps", "--all", "--quiet", check=False).split()
                if containers:
                    self.docker("rm", "--force", "--volumes", *containers, check=False)
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for process in self._left_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        harness.eventually(lambda: not self._left_processes())

    def _left_processes(self):
        """Processes of the engine's network that the engine did not end, such as the shims of its containers."""
        listed = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True)
        found = [int(line) for line in listed.stdout.split()]
        return [process for process in found if self._is_of_engine(process)]

    def _is_of_engine(self, process):
        with contextlib.suppress(OSError):
            return str(self.folder) in pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
        return False


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _set_network(descriptor):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise Unavailable(f"this process may not change its network: {os.strerror(number)}")
