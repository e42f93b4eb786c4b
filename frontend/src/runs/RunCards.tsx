import { Link } from "@tanstack/react-router";
import type { RunSummary } from "../api/types";
import { percent } from "../text/numbers";
import { Moment } from "./Moment";
import { positionOf } from "./position";
import classes from "./RunCards.module.css";
import { StatusWord } from "./StatusWord";

/** The list on a narrow screen: status, sentence and one number. */
export function RunCards({ runs }: { runs: RunSummary[] }) {
  return (
    <ul className={classes.cards} data-testid="runs">
      {runs.map((run) => (
        <li key={run.id} data-testid="run-row" data-run={run.id}>
          <Link to="/runs/$id" params={{ id: run.id }} className={`panel ${classes.card}`}>
            <span className={classes.top}>
              <StatusWord status={run.status} stopping={run.cancel_requested} />
              <span className="quiet">{positionOf(run)}</span>
              <span className={classes.when}>
                <Moment at={run.created_at} />
              </span>
            </span>
            <span className={classes.main}>
              <span className={classes.name} dir="auto">
                {run.label ? `${run.label} · ${run.name}` : run.name}
              </span>
              <span className={classes.value}>{percent(run.metrics.average_accuracy)}</span>
            </span>
            <span className={classes.sentence}>{run.sentence}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
