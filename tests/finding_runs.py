"""Runs that differ in much, and which of them a filter leaves: the same on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anpyc_queue import jobs
from anpyc_queue.engine import Database
from anpyc_queue.tables import Attempt, Run
from serving import Server, queued, spec

_RUNS: tuple[dict[str, Any], ...] = (
    {
        "name": "Über alles",
        "strategy": {"kind": "anpyc", "lam": 3},
        "average": 0.9624,
        "tags": ["Paper", "größe"],
    },
    {"name": "second", "strategy": {"kind": "anpyc", "lam": 10}, "average": 0.8, "training": {"lr": 0.01}},
    {"name": "third", "strategy": {"kind": "ewc", "lam": 100}, "average": None, "notes": "ΣΊΣΥΦΟΣ again"},
    {"name": "plain", "strategy": {"kind": "finetune"}, "average": 0.5, "seed": 4, "archived": True},
)


def store_different_runs(database: Database) -> None:
    """Four runs: of an hour ago, a day, ten days and a hundred days, the first two finished."""
    for age, given in zip((1 / 24, 1, 10, 100), _RUNS, strict=True):
        parts = {name: given[name] for name in ("name", "strategy", "training", "seed") if name in given}
        run_id = queued(database, spec(**parts))
        with database.write() as session:
            run = session.get_one(Run, run_id)
            run.tags, run.notes = given.get("tags", []), given.get("notes", "")
            run.archived = given.get("archived", False)
            run.created_at = database.now(session) - timedelta(days=age)
            if given["average"] is None:
                continue
            average = given["average"]
            metrics = {
                "average_accuracy": average,
                "forgetting": 1 - average,
                "backward_transfer": average - 1,
            }
            jobs.set_metrics(run, metrics)
            run.status, run.environment = (
                "succeeded",
                {"commit": f"abc{average}", "device": "cpu", "threads": 2},
            )
            attempt = session.get_one(Attempt, ("run", run_id, 1))
            attempt.begun_at = run.started_at = run.created_at
            attempt.ended_at = run.finished_at = run.created_at + timedelta(seconds=100 * average)


def group_titles(server: Server, sort: str, limit: int, **params: Any) -> list[str]:
    """The titles of all groups, page by page."""
    titles: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = server.get("/api/groups", sort=sort, limit=limit, **params, **cursor)
        titles += [group["title"] for group in page["items"]]
        if page["next_cursor"] is None:
            return titles
        cursor = {"cursor": page["next_cursor"]}


FILTERS = {
    "": "third second Über alles",
    "lam > 3": "third second",
    "lam >= 3 and strategy = ANPyC": "second Über alles",
    "lam = 3": "Über alles",
    "lam != 3": "third second",
    "not lam = 3": "third second",
    "lam in (3, 100)": "third Über alles",
    "lr = 0.01 or strategy = ewc": "third second",
    "training.lr is known and lr < 0.05": "second",
    "initial_prune_percent = 80%": "second Über alles",
    "initial_prune_percent is unknown": "third",
    "exact_share = yes": "second Über alles",
    "exact_share != yes": "",
    'hidden = "32, 16" and seed = 0': "third second Über alles",
    "accuracy >= 90%": "Über alles",
    "accuracy = 96.2%": "Über alles",
    "accuracy is unknown": "third",
    "not accuracy > 90%": "third second",
    "backward_transfer < -10 points": "second",
    "backward_transfer < −0.1": "second",
    "tag = paper": "Über alles",
    "tag = GRÖSSE": "Über alles",
    "tag = GRÖẞE": "Über alles",
    "tag != paper": "third second",
    "tag ~ pap": "Über alles",
    "tag is unknown": "third second",
    "name ~ ÜBER": "Über alles",
    'name = "über alles"': "Über alles",
    "notes ~ σίσυφος": "third",
    "created > -7d": "second Über alles",
    "created < -7d": "third",
    "created > 2020-01-01 and created < 2021-01-01": "",
    "created >= 2020-01-01T10:00": "third second Über alles",
    "duration > 1m25s": "Über alles",
    "duration is unknown": "third",
    "commit ~ ABC": "second Über alles",
    "environment.device = cpu": "second Über alles",
    "threads = 2": "second Über alles",
    "status = succeeded": "second Über alles",
    "status in (queued, failed)": "third",
    "archived = yes": "plain",
    "archived = yes or seed = 0": "plain third second Über alles",
    "group is unknown": "third second Über alles",
    "worker is unknown and attempt = 0": "third second Über alles",
    "id ~ 0": "third second Über alles",
    "project = UNSORTED and not project ~ other": "third second Über alles",
    "project != unsorted": "",
}
"""And the names of the runs that each leaves, the newest first, as they were queued."""
GROUP_SORTS = {
    "lam": "Über alles|second|third|plain",
    "-lam": "third|second|Über alles|plain",
    "-seed": "plain|third|second|Über alles",
    "backward_transfer": "plain|second|Über alles|third",
    "-finished": "Über alles|second|plain|third",
    "status": "third|Über alles|second|plain",
    "-duration": "Über alles|second|plain|third",
    "-commit": "Über alles|second|plain|third",
    "archived": "Über alles|second|third|plain",
    "project": "Über alles|second|third|plain",
    "count": "Über alles|second|third|plain",
}
"""Orders of the settings of all four, each of one run; by a metric without those that did not finish last."""
SORTS = {
    "lam": "Über alles|second|third|plain",
    "-strategy.lam": "third|second|Über alles|plain",
    "lr": "second|Über alles|third|plain",
    "backward_transfer": "plain|second|Über alles|third",
    "-backward_transfer": "Über alles|second|plain|third",
    "duration": "plain|second|Über alles|third",
    "-duration": "Über alles|second|plain|third",
    "started": "plain|second|Über alles|third",
    "-seed": "plain|third|second|Über alles",
    "hidden": "Über alles|second|third|plain",
    "-commit": "Über alles|second|plain|third",
    "exact_share": "Über alles|second|third|plain",
    "tags": "Über alles|second|third|plain",
    "-threads": "plain|second|Über alles|third",
    "dataset": "Über alles|second|third|plain",
    "archived": "Über alles|second|third|plain",
    "project": "Über alles|second|third|plain",
    "-updated": "plain|third|second|Über alles",
}
"""Orders of all four, with what is unknown last."""
