"""Nothing that a query has shown is lost by kill -9, on the real program under load."""

import itertools
import random
import time

from harness import Apus, Target, configuration, eventually


# The numbers of the series that are looked at, as a pattern.
WATCHED = "0|7|99|250|499"


def samples(apus, numbers, window):
    """What a query shows of the load: samples by time, by instance and number."""
    return {
        (series["metric"]["instance"], series["metric"]["n"]): dict(series["values"])
        for series in apus.query(f'load_total{{n=~"{numbers}"}}[{window}]')
    }


def test_what_a_query_showed_survives_kill_9():
    counter = itertools.count()

    def page():
        number = next(counter)
        return "".join(f'load_total{{n="{n}"}} {number}\n' for n in range(500))

    random_moments = random.Random(20261122)
    shown = {}
    # Ten targets of 500 series every 100 ms, as fast as they answer, in ten rounds with one folder.
    targets = [Target(page) for _ in range(10)]
    apus = Apus(configuration({"load": [t.address for t in targets]}, interval="100ms"))
    try:
        for round_number in range(10):
            apus.start()
            stored = samples(apus, WATCHED, "10m")
            for key, values in shown.items():
                missing = {t: v for t, v in values.items() if stored.get(key, {}).get(t) != v}
                assert not missing, f"round {round_number}: {key} lost {len(missing)} of {len(values)} samples"
            eventually(lambda: apus.query('count(load_total)'), timeout=10)
            end = time.monotonic() + random_moments.uniform(0.2, 1.2)
            while time.monotonic() < end:
                for key, values in samples(apus, random_moments.choice(WATCHED.split("|")), "30s").items():
                    shown.setdefault(key, {}).update(values)
            apus.kill()
        assert sum(len(v) for v in shown.values()) > 1_000
    finally:
        apus.__exit__()
        for target in targets:
            target.server.shutdown()
            target.server.server_close()


def test_a_damaged_end_of_the_log_is_cut_logged_and_counted():
    with Target("kept 1\n") as target:
        apus = Apus(configuration({"t": target.address}, interval="200ms"))
        with apus:
            eventually(lambda: (apus.value("count_over_time(kept[1m])") or 0) >= 3)
            apus.kill()
            log = sorted(p for p in (apus.folder / "data" / "wal").iterdir() if p.is_file())[-1]
            with open(log, "ab") as file:
                file.write(b"\x07half a record")
            apus.start()
            assert apus.value("count_over_time(kept[1m])") >= 3
            assert apus.own_metric("prometheus_tsdb_wal_corruptions_total") == 1.0
            assert str(log.name) in apus.log_text()
