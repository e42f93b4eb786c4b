import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunSummary } from "../api/types";
import { KindTitle } from "../form/KindTitle";
import { bytes, percent, points } from "../text/numbers";
import { duration } from "../text/time";
import { Moment } from "./Moment";
import { positionOf } from "./position";
import classes from "./RunsTable.module.css";
import { StatusWord } from "./StatusWord";
import type { Column } from "./view";

export interface ColumnInfo {
  title: string;
  /** What the server sorts by; absent where it cannot. */
  sort?: string;
  number?: boolean;
  /** What the number is called where it is explained. */
  metric?: string;
  width?: string;
  cell: (run: RunSummary) => ReactNode;
}

export function RunProgress({ run }: { run: RunSummary }) {
  const where = positionOf(run);
  if (run.status === "queued") {
    return <span className="quiet">{run.state_sentence.replace(/^queued\W*/i, "") || "waiting"}</span>;
  }
  return (
    <span className={classes.progress}>
      {run.status === "running" && (
        <progress value={run.progress} aria-label={`${Math.round(run.progress * 100)} % done`} />
      )}
      <span>{where || (run.status === "running" ? "starting" : "–")}</span>
    </span>
  );
}

/** How much accuracy is lost, in points: positive when something was lost, with a minus when gained. */
export function lost(forgetting: number | null | undefined): string {
  return forgetting === null || forgetting === undefined ? "–" : `${points(forgetting).replace("+", "")} pt`;
}

export const COLUMN_INFO: Record<Column, ColumnInfo> = {
  status: {
    title: "Status",
    sort: "status",
    width: "112px",
    cell: (run) => <StatusWord status={run.status} stopping={run.cancel_requested} />,
  },
  name: {
    title: "Run",
    sort: "name",
    cell: (run) => (
      <Link
        to="/runs/$id"
        params={{ id: run.id }}
        className={classes.name}
        title={run.notes ? `${run.name}\n\n${run.notes}` : run.name}
        dir="auto"
      >
        {run.name}
      </Link>
    ),
  },
  progress: { title: "Progress", width: "220px", cell: (run) => <RunProgress run={run} /> },
  average_accuracy: {
    title: "Accuracy",
    sort: "average_accuracy",
    number: true,
    width: "110px",
    metric: "average_accuracy",
    cell: (run) => percent(run.metrics.average_accuracy),
  },
  forgetting: {
    title: "Forgetting",
    sort: "forgetting",
    number: true,
    width: "118px",
    metric: "forgetting",
    cell: (run) => lost(run.metrics.forgetting),
  },
  capacity_free: {
    title: "Free",
    sort: "capacity_free",
    number: true,
    width: "104px",
    metric: "capacity_free",
    cell: (run) => percent(run.metrics.capacity_free),
  },
  strategy: {
    title: "Strategy",
    sort: "strategy",
    width: "110px",
    cell: (run) => <KindTitle part="strategy" kind={run.strategy} />,
  },
  benchmark: {
    title: "Benchmark",
    width: "110px",
    cell: (run) => <KindTitle part="benchmark" kind={run.benchmark} />,
  },
  dataset: {
    title: "Data set",
    width: "100px",
    cell: (run) => <KindTitle part="dataset" kind={run.dataset} />,
  },
  seed: { title: "Seed", number: true, width: "64px", cell: (run) => run.seed },
  tags: {
    title: "Tags",
    width: "150px",
    cell: (run) => (
      <span className={classes.tags}>
        {run.tags.map((tag) => (
          <span key={tag} className={classes.tag} dir="auto" title={tag}>
            {tag}
          </span>
        ))}
      </span>
    ),
  },
  notes: {
    title: "Notes",
    width: "200px",
    cell: (run) => (
      <span className="quiet" dir="auto" title={run.notes}>
        {run.notes}
      </span>
    ),
  },
  duration: {
    title: "Took",
    number: true,
    width: "92px",
    cell: (run) => (
      <span title={run.seconds_left === null ? undefined : `about ${duration(run.seconds_left)} left`}>
        {duration(run.seconds)}
      </span>
    ),
  },
  bytes: {
    title: "Size",
    number: true,
    width: "92px",
    cell: (run) => (
      <span title="Of its files and, about, of its rows in the database">{bytes(run.bytes)}</span>
    ),
  },
  worker: { title: "Worker", width: "130px", cell: (run) => run.worker ?? "–" },
  created: {
    title: "Created",
    sort: "created",
    width: "104px",
    cell: (run) => <Moment at={run.created_at} />,
  },
};
