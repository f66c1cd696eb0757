"""The tutorial as the test reads it: commands with names, and a shell in which they are run one after the other."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time

BLOCK = re.compile(r"^<!-- (?P<name>[^\n]+) -->\n```sh\n(?P<commands>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(path):
    """The commands of a page by name, in the order of the page."""
    text = path.read_text()
    found = [(match["name"], match["commands"]) for match in BLOCK.finditer(text)]
    if len(found) != text.count("```sh\n"):
        raise AssertionError(f"{path.name} has commands without a name, which no test would run")
    if len(dict(found)) != len(found):
        raise AssertionError(f"{path.name} gives a name to commands twice")
    return dict(found)


class Shell:
    """A shell in which commands leave variables and functions to those after them, as they would for a reader.

    A command that fails ends the shell.
    """

    def __init__(self, folder, environment):
        self._process = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"], cwd=folder, env=environment, text=True, bufsize=1, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._lines, self._changed = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def run(self, text, timeout=120):
        """What the commands print; fails when one of them fails or time is up."""
        end = f"--- done {time.monotonic_ns()}"
        with self._changed:
            self._lines.clear()
        # Commands must not read what is meant for the shell.
        self._process.stdin.write("{\n" + text + "\n} </dev/null\necho '" + end + "'\n")
        self._process.stdin.flush()
        with self._changed:
            finished = self._changed.wait_for(
                lambda: end in self._lines or None in self._lines, timeout)
            lines = [line for line in self._lines if line not in (end, None)]
            ended = None in self._lines
        output = "\n".join(lines)
        if not finished or ended:
            reason = "a command failed" if ended else f"it took longer than {timeout} s"
            raise AssertionError(f"{reason}:\n{text}\n{output}")
        return output

    def close(self):
        """Ends the shell and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self):
        for line in self._process.stdout:
            self._note(line.rstrip("\n"))
        self._note(None)

    def _note(self, line):
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()
