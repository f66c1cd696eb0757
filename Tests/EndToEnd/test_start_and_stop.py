"""The program's life: flags, start failures, shutdown, reload."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from harness import BINARY, Apus, Target, configuration, eventually, free_port


def run(*arguments, timeout=20):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout)


def one_line(text):
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_version_and_help_say_what_they_are():
    version = run("--version")
    assert version.returncode == 0 and version.stdout.startswith("apus ")
    help_text = run("--help")
    assert help_text.returncode == 0
    for flag in ("--config.file", "--storage.tsdb.path", "--web.listen-address", "--query.max-samples"):
        assert flag in help_text.stdout


@pytest.mark.parametrize(
    "arguments", [["--no.such.flag"], ["--query.timeout=soon"], ["--query.max-samples=0"], ["--log.level=loud"], ["sing"]])
def test_a_wrong_command_line_is_one_clear_line_and_exit_code_2(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert arguments[0].split("=")[0] in one_line(result.stderr)


def test_a_port_in_use_is_one_clear_line_and_exit_code_1(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        result = run(f"--web.listen-address={address}", f"--storage.tsdb.path={tmp_path / 'data'}")
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert address in last and "another program" in last


def test_a_data_folder_that_cannot_be_one_is_one_clear_line_and_exit_code_1(tmp_path):
    (tmp_path / "file").write_text("")
    result = run(f"--web.listen-address=127.0.0.1:{free_port()}", f"--storage.tsdb.path={tmp_path / 'file' / 'data'}")
    assert result.returncode == 1
    assert str(tmp_path / "file") in result.stderr.strip().splitlines()[-1]


def test_a_second_process_on_one_data_folder_is_refused():
    with Apus() as first:
        second = run(f"--web.listen-address=127.0.0.1:{free_port()}", f"--storage.tsdb.path={first.folder / 'data'}")
        assert second.returncode == 1
        assert "in use by another process" in second.stderr.strip().splitlines()[-1]
        assert first.get("/-/healthy").status == 200


def test_a_bad_configuration_says_file_line_and_column(tmp_path):
    path = tmp_path / "prometheus.yml"
    path.write_text("global:\n  scrape_intervall: 5s\n")
    result = run(f"--config.file={path}", f"--storage.tsdb.path={tmp_path / 'data'}")
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert f"{path}:2:3" in last and "scrape_intervall" in last


def test_a_missing_configuration_is_named(tmp_path):
    result = run(f"--config.file={tmp_path / 'none.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}")
    assert result.returncode == 1
    assert "none.yml" in result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(sig):
    with Apus() as apus:
        assert apus.stop(sig) == 0


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare for a process namespace")
def test_it_stops_cleanly_as_process_1(tmp_path):
    port = free_port()
    apus = Apus(folder=tmp_path, port=port)
    outer = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", *apus.command()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        apus.process = outer
        eventually(lambda: _answers(apus))
        children = subprocess.run(["pgrep", "-P", str(outer.pid)], capture_output=True, text=True).stdout.split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert outer.wait(15) == 0
    finally:
        outer.kill()
        outer.wait()


def _answers(apus):
    try:
        return apus.get("/-/ready").status == 200
    except OSError:
        return False


def test_without_configuration_it_watches_itself():
    with Apus() as apus:
        eventually(lambda: apus.value('up{job="apus"}') == 1.0, timeout=30)
        assert apus.value("process_resident_memory_bytes") > 0
        assert apus.value("apus_build_info") == 1.0


def test_reload_is_atomic_by_signal_and_by_request():
    with Target("one 1\n") as one, Target("two 2\n") as two:
        with Apus(configuration({"one": one.address}), flags=["--web.enable-lifecycle"]) as apus:
            eventually(lambda: apus.value("one") == 1.0)

            apus.config_path.write_text("scrape_configs:\n- job_name: [\n")
            answer = apus.request("POST", "/-/reload", body=b"")
            assert answer.status == 500
            assert f"{apus.config_path}:" in answer.text
            assert [t["labels"]["job"] for t in apus.targets()] == ["one"]
            assert apus.own_metric("prometheus_config_last_reload_successful") == 0.0

            apus.config_path.write_text(configuration({"two": two.address}, extra="  tls_config: {ca_file: none.pem}\n"))
            answer = apus.request("POST", "/-/reload", body=b"")
            assert answer.status == 500 and "none.pem" in answer.text
            assert [t["labels"]["job"] for t in apus.targets()] == ["one"]
            assert apus.get("/api/v1/status/runtimeinfo").json["data"]["reloadConfigSuccess"] is False

            apus.config_path.write_text(configuration({"one": one.address, "two": two.address}))
            assert apus.request("POST", "/-/reload", body=b"").status == 200
            eventually(lambda: apus.value("two") == 2.0)
            assert apus.value("count_over_time(one[1m])") >= 1

            apus.config_path.write_text(configuration({"two": two.address}))
            apus.process.send_signal(signal.SIGHUP)
            eventually(lambda: [t["labels"]["job"] for t in apus.targets()] == ["two"])
            assert "two" in apus.get("/api/v1/status/config").json["data"]["yaml"]


def test_lifecycle_requests_are_refused_unless_enabled():
    with Apus() as apus:
        assert apus.request("POST", "/-/reload", body=b"").status == 403
        assert apus.request("POST", "/-/quit", body=b"").status == 403
