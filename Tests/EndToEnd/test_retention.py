"""Rules of retention and roll-ups in the configuration: at start, on reload, refused with their place."""

from harness import Apus, Target, configuration, eventually


def storage(*lines):
    return "storage:\n  tsdb:\n" + "".join(f"    {line}\n" for line in lines)


def test_rules_hold_from_the_start_and_are_put_in_force_on_reload():
    with Target("one 1\n") as one, Target("two 2\n") as two:
        jobs = configuration({"one": one.address, "two": two.address})
        rules = storage("retention:", "  time: 10d", "  rules: [{match: '{job=\"one\"}', time: 3s}]")
        with Apus(rules + jobs, flags=["--web.enable-lifecycle", "--storage.tsdb.retention.size=50GB"]) as apus:

            def kept():
                return apus.get("/api/v1/status/runtimeinfo").json["data"]["storageRetention"]

            assert kept() == '10d or 50GiB; {job="one"} 3s'
            assert "match: '{job=\"one\"}'" in apus.get("/api/v1/status/config").json["data"]["yaml"]
            eventually(lambda: (apus.value("count_over_time(two[1m])") or 0) >= 7)
            assert 1 <= apus.value("count_over_time(one[1m])") <= 4

            apus.config_path.write_text(storage("retention: {rules: [{match: 'rate(up)', time: 1d}]}") + jobs)
            answer = apus.request("POST", "/-/reload", body=b"")
            assert answer.status == 500 and f"{apus.config_path}:3:33" in answer.text, answer.text
            assert kept() == '10d or 50GiB; {job="one"} 3s'

            # What was only hidden is there again, and the flag counts where the file says nothing.
            apus.config_path.write_text(storage("rollups: [{resolution: 5m, after: 1d, keep: 90d}]") + jobs)
            assert apus.request("POST", "/-/reload", body=b"").status == 200
            assert kept() == "15d or 50GiB; roll-up 5m 90d"
            assert apus.value("count_over_time(one[1m])") >= 5
            assert "resolution: 5m" in apus.get("/api/v1/status/config").json["data"]["yaml"]
