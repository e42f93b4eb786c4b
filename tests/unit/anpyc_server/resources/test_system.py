"""What a run's process takes, as answer, figures and file; and what the machines of workers do."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from plotly import graph_objects

from anpyc_queue import workers
from anpyc_queue.system import SystemLog, Usage
from anpyc_queue.tables import Worker
from serving import Server, Trainer, queued, spec

GIB = 1 << 30
CARD = Usage(60.0, 1.5, GIB, 1_000, 2_000_000, 0.4, 8 * GIB, 2.5)
FIGURES = ("processor", "memory", "gpu", "gpu_memory", "power", "disk")


@pytest.fixture
def training(server: Server) -> Trainer:
    return Trainer(server.database, queued(server.database, spec(name="Measured")))


def _measured(server: Server, trainer: Trainer, *usages: Usage, together: int = 1) -> str:
    system_log = SystemLog(trainer.claim, together)
    for usage in usages:
        system_log.record(server.database, usage)
    return trainer.claim.run_id


def _figure(server: Server, run_id: str, name: str, **options: Any) -> Any:
    drawn = server.get(f"/api/figures/system_{name}", run=run_id, **options)
    layout = {key: value for key, value in drawn["layout"].items() if key != "meta"}
    graph_objects.Figure(data=drawn["data"], layout=layout)
    return drawn


def test_what_was_measured_is_answered_with_its_sentence(server: Server, training: Trainer) -> None:
    run_id = _measured(server, training, CARD, replace(CARD, cores=2.5, gpu_use=0.6), together=4)
    answer = server.get(f"/api/runs/{run_id}/system")
    assert (answer["together"], answer["gpu"]) == (4, True)
    assert answer["items"][0] | CARD.__dict__ == answer["items"][0]
    assert answer["sentence"] == (
        "In 2 m 0 s its process took 2.0 cores on average, 1.1 GB of memory at most, the card at work 50.0 % "
        "of the time. The card took 5 Wh. The process trains 4 runs as one: all is of all of them."
    )
    assert (
        len(server.get(f"/api/runs/{_measured(server, training, *[CARD] * 20)}/system", points=10)["items"])
        <= 10
    )


def test_a_run_that_was_not_measured_says_so(server: Server, training: Trainer) -> None:
    run_id = training.claim.run_id
    answer = server.get(f"/api/runs/{run_id}/system")
    assert (answer["items"], answer["gpu"], answer["sentence"]) == (
        [],
        False,
        "Nothing was measured of its process.",
    )
    for name in FIGURES:
        assert _figure(server, run_id, name)["layout"]["meta"]["empty"]


def test_figures_show_it_over_the_time_of_training(server: Server, training: Trainer) -> None:
    run_id = _measured(server, training, *[replace(CARD, read=None)] * 3)
    drawn = {name: _figure(server, run_id, name) for name in FIGURES}
    assert not any(figure["layout"]["meta"]["empty"] for figure in drawn.values())
    lines = {name: figure["data"][0] for name, figure in drawn.items()}
    assert lines["processor"]["x"] == [1, 2, 3]
    assert lines["processor"]["y"] == [1.5] * 3
    assert lines["memory"]["y"] == [1.0737] * 3
    assert lines["gpu"]["y"] == [40] * 3
    assert lines["power"]["y"] == [150] * 3
    assert [(line["name"], line["y"]) for line in drawn["disk"]["data"]] == [
        ("read", [0, 0, 0]), ("written", [2, 4, 6]), ("files of the run", [0, 0, 0]),
    ]  # fmt: skip
    assert drawn["power"]["layout"]["meta"]["sentence"].startswith("The card took 7.5 Wh in all")


def test_without_a_card_its_figures_say_why_they_are_empty(server: Server, training: Trainer) -> None:
    plain = replace(CARD, gpu_use=None, gpu_memory=None, energy=None)
    run_id = _measured(server, training, plain)
    empty = {name: _figure(server, run_id, name)["layout"]["meta"]["empty"] for name in FIGURES}
    assert [name for name, is_empty in empty.items() if is_empty] == ["gpu", "gpu_memory", "power"]


def test_few_points_keep_the_peak_and_say_that_they_are_few(server: Server, training: Trainer) -> None:
    usages = [replace(CARD, memory=9 * GIB if place == 17 else GIB) for place in range(40)]
    drawn = _figure(server, _measured(server, training, *usages), "memory", points=10)
    assert drawn["layout"]["meta"]["thinned"]
    assert max(drawn["data"][0]["y"]) == pytest.approx(9.6637)


def test_it_is_exported_with_units(server: Server, training: Trainer) -> None:
    run_id = _measured(server, training, CARD, CARD)
    text = server.http.get(f"/api/runs/{run_id}/export?format=csv&table=system").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["memory (bytes)"] for row in rows] == [str(GIB)] * 2
    assert rows[0]["energy (Wh)"] == "2.5"
    exported = server.get(f"/api/runs/{run_id}/export", format="json")["system"]
    assert [row["gpu_use"] for row in exported] == [0.4, 0.4]


def test_a_worker_tells_what_its_machine_did_in_the_last_minutes(server: Server) -> None:
    entry = Worker(id="w", host="h", pid=1, device="cpu", slots=1)
    with server.database.write() as session:
        workers.announce(session, entry)
        assert workers.heartbeat(session, "w", [{"cpu": 0.1}] * 100 + [{"cpu": 0.5, "disk_free": 7}]) is False
    [worker] = server.get("/api/workers")["items"]
    assert len(worker["load"]) == workers.LOADS_KEPT
    assert (worker["load"][-1]["cpu"], worker["load"][-1]["disk_free"], worker["load"][-1]["gpu"]) == (
        0.5,
        7,
        None,
    )
