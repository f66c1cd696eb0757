"""`apus tsdb` that ends early: on a full disk and on a signal nothing half stays, and the same command goes through afterwards.

Full disks are small file systems in memory, which only root can mount. With APUS_PROMETHEUS and APUS_PROMTOOL also the way from a
Prometheus and back to one.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import time

import pytest

from harness import BINARY, Apus, configuration, eventually
from peers import PROMTOOL, needs_prometheus, needs_promtool
from test_tsdb import HOUR, Prometheus, everything, feed, open_metrics, tsdb


@contextlib.contextmanager
def small_disk(path, kilobytes):
    """A disk of so many kilobytes, and what changes its size."""
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", path], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")

    def resize(kilobytes):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", path], check=True)

    try:
        yield resize
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def is_about_space(text):
    return "No space left" in text or "nearly full" in text


# MARK: Full disks


def test_a_snapshot_that_does_not_fit_leaves_nothing_and_is_made_later(tmp_path):
    start = int(time.time()) // 7200 * 7200 - 86400
    (tmp_path / "text").write_text(open_metrics(start))
    with small_disk(tmp_path / "disk", 3_000) as resize:
        folder = tmp_path / "disk/apus"
        folder.mkdir()
        tsdb("import", "openmetrics", tmp_path / "text", "--into", folder / "data")
        with Apus(configuration({}), folder=folder, flags=["--web.enable-admin-api"]) as apus:
            expected = apus.value("sum(count_over_time(made_total[2d]))")
            assert expected == 2400
            filler = tmp_path / "disk/filler"
            with open(filler, "wb") as file, contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(4096))
            answer = apus.request("POST", "/api/v1/admin/tsdb/snapshot")
            assert answer.status == 500 and is_about_space(answer.text), answer.text
            snapshots = folder / "data/snapshots"
            assert not snapshots.exists() or not list(snapshots.iterdir())
            body = open_metrics(start - 86400).encode()
            refused = apus.request("POST", "/api/v1/admin/tsdb/import", body)
            assert refused.status in (500, 503) and is_about_space(refused.text), refused.text
            assert apus.value("sum(count_over_time(made_total[2d]))") == expected
            filler.unlink()
            resize(20_000)
            eventually(lambda: apus.request("POST", "/api/v1/admin/tsdb/import", body).status == 200)
            name = apus.request("POST", "/api/v1/admin/tsdb/snapshot").json["data"]["name"]
        assert json.loads(tsdb("verify", snapshots / name, "--format", "json"))["damage"] == []
        assert not list((folder / "data").glob("**/*.tmp"))


@needs_prometheus
@needs_promtool
def test_moving_over_and_back_on_disks_that_become_full(tmp_path):
    now = int(time.time() * 1000) // 15_000 * 15_000
    source = tmp_path / "prometheus"
    with Prometheus(source, "--web.enable-remote-write-receiver") as prometheus:
        feed(prometheus.base, now - 5 * HOUR, now, random.Random(3))
        expected = everything(prometheus.base, now / 1000 + 60)
        prometheus.stop(signal.SIGKILL)
    assert len(expected) == 13
    with small_disk(tmp_path / "disk", 150) as resize:
        data = tmp_path / "disk/apus/data"
        data.parent.mkdir()
        moving = ["import", "prometheus", source, "--into", data]
        assert is_about_space(tsdb(*moving, code=1))
        assert list((data / "blocks").iterdir()) == []
        resize(20_000)
        tsdb(*moving)
        assert json.loads(tsdb("verify", data, "--format", "json"))["damage"] == []
        with Apus(configuration({}), folder=data.parent) as apus:
            assert everything(apus.base, now / 1000 + 60) == expected
        with small_disk(tmp_path / "out", 60) as resize_out:
            back = ["export", data, "--to", tmp_path / "out/blocks", "--block-duration", "2h"]
            assert is_about_space(tsdb(*back, code=1))
            assert list((tmp_path / "out/blocks").iterdir()) == []
            resize_out(20_000)
            tsdb(*back)
            listing = subprocess.run(
                [PROMTOOL, "tsdb", "list", tmp_path / "out/blocks"], capture_output=True, text=True, check=True)
            assert len(listing.stdout.splitlines()) >= 3
            with Prometheus(tmp_path / "out/blocks") as again:
                assert everything(again.base, now / 1000 + 60) == expected


# MARK: Signals


def start(*arguments, folder, **options):
    return subprocess.Popen(
        [BINARY, "tsdb", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)}, **options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bench_that_is_interrupted_removes_its_folder(tmp_path, number):
    process = start("bench", "--series", 20_000, "--samples", 100_000, folder=tmp_path)
    eventually(lambda: list(tmp_path.glob("apus-bench-*/wal/*")))
    time.sleep(0.5)
    process.send_signal(number)
    assert process.wait(15) == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_an_import_that_is_interrupted_leaves_nothing(tmp_path):
    data = tmp_path / "data"
    process = start("import", "openmetrics", "-", "--into", data, folder=tmp_path, stdin=subprocess.PIPE)
    process.stdin.write(open_metrics(1_700_000_000).encode().removesuffix(b"# EOF\n") * 50)
    process.stdin.flush()
    eventually(lambda: list((data / "blocks").glob("*.tmp")))
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 128 + signal.SIGTERM
    assert list((data / "blocks").iterdir()) == []
    # The folder is free again.
    tsdb("import", "openmetrics", "-", "--into", data, standard_input="a 1 1\n# EOF\n")
    assert tsdb("dump", data) == "a 1.0 1.000\n# EOF\n"


def test_an_export_that_is_interrupted_leaves_nothing(tmp_path):
    tsdb("bench", "--series", 5_000, "--samples", 2_000, "--storage.tsdb.path", tmp_path / "data")
    target, temporary = tmp_path / "out", tmp_path / "views"
    temporary.mkdir()
    process = start("export", tmp_path / "data", "--to", target, "--block-duration", "1h", folder=temporary)
    eventually(lambda: target.exists() and list(target.iterdir()), every=0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 128 + signal.SIGINT
    assert list(target.iterdir()) == [] and list(temporary.iterdir()) == []
