"""Fill an MLflow store with ended runs: ``python mlflow_fill.py DATABASE_URL RUNS``. Prints the experiment.

Each has 20 parameters, 6 metrics and a tag, as a run here has; written past the client, which takes its time.
"""

import random
import sys
import uuid

from mlflow.entities import LifecycleStage
from mlflow.store.tracking.dbmodels.models import (
    SqlExperiment,
    SqlLatestMetric,
    SqlMetric,
    SqlParam,
    SqlRun,
    SqlTag,
)
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import insert
from sqlalchemy.orm import Session

METRICS = ("average_accuracy", "forgetting", "backward_transfer", "plasticity", "capacity_free", "seconds")


def main(url, number):
    store = SqlAlchemyStore(url, "./artifacts")
    experiment = int(store.create_experiment("continual learning"))
    chance = random.Random(0)
    runs, params, metrics, latest, tags = [], [], [], [], []
    for place in range(number):
        run = uuid.uuid4().hex
        moment = 1_700_000_000_000 + 60_000 * place
        runs.append(
            {
                "run_uuid": run, "name": f"setting {place // 5}", "source_type": "LOCAL",
                "status": "FINISHED",
                "start_time": moment, "end_time": moment + 30_000, "lifecycle_stage": LifecycleStage.ACTIVE,
                "artifact_uri": f"./artifacts/{run}", "experiment_id": experiment, "user_id": "somebody",
            }
        )  # fmt: skip
        params += [{"key": f"p{index}", "value": str(place % 7), "run_uuid": run} for index in range(20)]
        values = {key: chance.random() for key in METRICS}
        common = {"timestamp": moment, "step": 0, "is_nan": False, "run_uuid": run}
        metrics += [{"key": key, "value": value, **common} for key, value in values.items()]
        latest += [{"key": key, "value": value, **common} for key, value in values.items()]
        tags.append({"key": "mlflow.runName", "value": f"setting {place // 5}", "run_uuid": run})
    with Session(store.engine) as session, session.begin():
        assert session.get(SqlExperiment, experiment) is not None
        for table, rows in (
            (SqlRun, runs),
            (SqlParam, params),
            (SqlMetric, metrics),
            (SqlLatestMetric, latest),
            (SqlTag, tags),
        ):
            session.execute(insert(table), rows)
    print(experiment)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
