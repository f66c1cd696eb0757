"""`apus query` and `apus check` as people and scripts use them."""

import json
import os
import subprocess

import pytest

from harness import BINARY, Apus, Target, configuration, eventually


def apus_command(*arguments, standard_input=None, **environment):
    return subprocess.run(
        [BINARY, *arguments], input=standard_input, capture_output=True, text=True, timeout=60,
        env={**os.environ, "COLUMNS": "120", **environment})


@pytest.fixture(scope="module")
def server():
    with Target('series_total{n="1"} 5\nseries_total{n="2"} 7\nodd{text="a\\x1b[2J"} 1\n') as target:
        with Apus(configuration({"t": target.address})) as apus:
            eventually(lambda: apus.value("count(count_over_time(series_total[1m]) > 2)") == 2.0)
            yield apus


def query(server, *arguments, **environment):
    command, *rest = arguments
    return apus_command("query", command, "--server", server.base, *rest, **environment)


def test_an_instant_query_is_a_table(server):
    shown = query(server, "instant", "series_total")
    assert shown.returncode == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["metric", "instance", "job", "n", "value"]
    assert sorted(line[-1] for line in lines[1:]) == ["5", "7"]
    assert "\x1b" not in shown.stdout


def test_times_may_be_relative(server):
    assert query(server, "instant", "--time", "-1d", "series_total").stdout == "(no series)\n"
    assert "series_total" in query(server, "instant", "--time", "now-0s", "series_total").stdout
    assert query(server, "instant", "--time", "yesterday", "series_total").returncode == 2


def test_json_is_the_data_of_the_server(server):
    shown = query(server, "instant", "--format", "json", "--time", "1000.5", "vector(1)")
    assert json.loads(shown.stdout) == {"resultType": "vector", "result": [{"metric": {}, "value": [1000.5, "1"]}]}


def test_a_range_has_sparklines_and_figures(server):
    shown = query(server, "range", "--start", "-1m", "--step", "1s", "series_total")
    header, *rows = shown.stdout.splitlines()
    assert header.split() == ["series", "course", "min", "max", "last"]
    assert len(rows) == 2 and any("▁" in row for row in rows)
    assert sorted(row.split()[-1] for row in rows) == ["5", "7"]
    assert query(server, "range", "--start", "now", "--end", "-1h", "up").returncode == 2


def test_series_and_labels_are_listed(server):
    assert sorted(line.split("{")[0] for line in query(server, "series", "series_total").stdout.splitlines()) == [
        "series_total", "series_total"]
    assert query(server, "labels", "n").stdout.split() == ["1", "2"]
    assert {"__name__", "n", "job"} <= set(query(server, "labels").stdout.split())


def test_explain_draws_the_tree_and_says_why_a_result_is_empty(server):
    shown = query(server, "explain", "sum by (n) (rate(series_total[1m]))")
    assert shown.returncode == 0, shown.stderr
    assert "└─ rate" in shown.stdout and "result: 2 series" in shown.stdout
    empty = query(server, "explain", "sum(serie_total)").stdout
    assert "why: " in empty and "serie_total" in empty and "^~~~" in empty and "did you mean: series_total" in empty


def test_a_server_without_explain_is_told_as_such():
    def respond(handler):
        handler.send_response(404)
        handler.send_header("Content-Length", "19")
        handler.end_headers()
        handler.wfile.write(b"404 page not found\n")

    with Target(respond=respond) as other:
        shown = apus_command("query", "explain", "--server", f"http://{other.address}", "up")
    assert shown.returncode == 1 and "does not explain queries" in shown.stderr


def test_warnings_go_to_the_standard_error(server):
    shown = query(server, "instant", "quantile(2, series_total)")
    assert shown.returncode == 0 and "PromQL warning: quantile value" in shown.stderr
    assert "warning" not in shown.stdout


def test_failures_have_exit_codes(server):
    wrong = query(server, "instant", "sum(")
    assert wrong.returncode == 1 and "1:5: parse error: unclosed left parenthesis" in wrong.stderr
    assert apus_command("query", "instant", "--server", "http://127.0.0.1:1", "up").returncode == 1
    assert apus_command("query", "instant").returncode == 2
    assert query(server, "instant", "--format", "xml", "up").returncode == 2


def test_control_characters_of_labels_do_not_reach_the_terminal(server):
    shown = query(server, "instant", 'label_replace(vector(1), "x", "\\x1b[2J", "", "")')
    assert "\x1b" not in shown.stdout and "\ufffd[2J" in shown.stdout


def test_expressions_of_a_file_are_checked(tmp_path):
    file = tmp_path / "expressions.txt"
    file.write_text("sum(up)\n\n# a comment\n  rate(foo)\nup{\n")
    checked = apus_command("check", "expr", str(file))
    assert checked.returncode == 1
    assert f'{file}:4:8: expected type range vector in call to function "rate"' in checked.stdout
    assert "  rate(foo)\n       ^~~\n" in checked.stdout
    assert f"{file}:5:4: unexpected end of input inside braces" in checked.stdout
    entries = json.loads(apus_command("check", "expr", "--format", "json", str(file)).stdout)
    assert [(entry["line"], entry["ok"]) for entry in entries] == [(1, True), (4, False), (5, False)]
    assert entries[1]["position"] == {"start": 5, "end": 8} and entries[1]["column"] == 8


def test_good_expressions_pass_and_unreadable_files_do_not(tmp_path):
    assert apus_command("check", "expr", "-", standard_input="up\nsum(up)\n").returncode == 0
    assert apus_command("check", "expr", "-", standard_input="sum(\n").returncode == 1
    assert apus_command("check", "expr", str(tmp_path / "absent")).returncode == 2
    assert apus_command("check", "expr", str(tmp_path)).returncode == 2
