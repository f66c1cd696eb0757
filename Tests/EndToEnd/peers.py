"""The Prometheus that tests go to and fro with: APUS_PROMETHEUS, or `prometheus` on the path, with its promtool beside it."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

PROMETHEUS = os.environ.get("APUS_PROMETHEUS") or shutil.which("prometheus")
PROMTOOL = (
    os.environ.get("APUS_PROMTOOL")
    or (PROMETHEUS and shutil.which("promtool", path=str(pathlib.Path(PROMETHEUS).parent)))
    or shutil.which("promtool")
)


def version():
    """The version of Prometheus, such as (2, 42); (0, 0) where there is none."""
    if not PROMETHEUS:
        return (0, 0)
    told = subprocess.run([PROMETHEUS, "--version"], capture_output=True, text=True, check=True, timeout=30)
    major, minor = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr).groups()
    return (int(major), int(minor))


needs_prometheus = pytest.mark.skipif(
    version() < (2, 40), reason="needs a Prometheus of version 2.40 or newer: set APUS_PROMETHEUS to its path"
)
needs_prometheus_3 = pytest.mark.skipif(
    version() < (3, 0), reason="needs a Prometheus of version 3: set APUS_PROMETHEUS to its path"
)
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="needs promtool: set APUS_PROMTOOL to its path")
