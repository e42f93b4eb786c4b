import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunField, RunSummary } from "../api/types";
import { KindTitle } from "../form/KindTitle";
import { bytes, percent, points } from "../text/numbers";
import { duration } from "../text/time";
import { Moment } from "./Moment";
import { positionOf } from "./position";
import classes from "./RunsTable.module.css";
import { Sparkline } from "./Sparkline";
import { StatusWord } from "./StatusWord";
import type { Column } from "./view";

export interface ColumnInfo {
  /** The field, as the server calls it. */
  name: string;
  title: string;
  /** What the list is sorted by; absent where it cannot be. */
  sort?: string;
  /** Said on hover, where the title needs it. */
  hint?: string;
  number?: boolean;
  /** What its values are, and where they are found, where the reader may choose how they are written. */
  type?: RunField["type"];
  value?: (run: RunSummary) => number | string | boolean | null | undefined;
  /** What the number is called where it is explained. */
  metric?: string;
  /** In pixels, unless the reader has set another; absent: what is left. */
  width?: number;
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

const INFO: Record<Column, Omit<ColumnInfo, "name" | "sort"> & { unsorted?: true }> = {
  status: {
    title: "Status",
    width: 112,
    cell: (run) => <StatusWord status={run.status} stopping={run.cancel_requested} />,
  },
  name: {
    title: "Run",
    cell: (run) => (
      <Link
        to="/runs/$id"
        params={{ id: run.id }}
        className={classes.name}
        title={run.notes ? `${run.name}\n\n${run.notes}` : run.name}
        dir="auto"
      >
        {run.label || run.name}
        {run.label && <span className={classes.beside}>{run.name}</span>}
      </Link>
    ),
  },
  progress: { title: "Progress", width: 200, cell: (run) => <RunProgress run={run} /> },
  average_accuracy: {
    title: "Accuracy",
    number: true,
    width: 110,
    metric: "average_accuracy",
    type: "share",
    value: (run) => run.metrics.average_accuracy,
    cell: (run) => percent(run.metrics.average_accuracy),
  },
  forgetting: {
    title: "Forgetting",
    number: true,
    width: 118,
    metric: "forgetting",
    type: "loss",
    value: (run) => run.metrics.forgetting,
    cell: (run) => lost(run.metrics.forgetting),
  },
  capacity_free: {
    title: "Free",
    number: true,
    width: 104,
    metric: "capacity_free",
    type: "share",
    value: (run) => run.metrics.capacity_free,
    cell: (run) => percent(run.metrics.capacity_free),
  },
  strategy: {
    title: "Strategy",
    width: 110,
    cell: (run) => <KindTitle part="strategy" kind={run.strategy} />,
  },
  benchmark: {
    title: "Benchmark",
    width: 110,
    cell: (run) => <KindTitle part="benchmark" kind={run.benchmark} />,
  },
  dataset: {
    title: "Data set",
    width: 100,
    cell: (run) => <KindTitle part="dataset" kind={run.dataset} />,
  },
  seed: { title: "Seed", number: true, width: 64, cell: (run) => run.seed },
  curve: {
    title: "Over tasks",
    width: 108,
    hint: "Average accuracy after each task, from 0 to 100 %",
    unsorted: true,
    cell: (run) => <Sparkline curve={run.accuracy_curve} />,
  },
  tags: {
    title: "Tags",
    width: 150,
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
    width: 200,
    cell: (run) => (
      <span className="quiet" dir="auto" title={run.notes}>
        {run.notes}
      </span>
    ),
  },
  duration: {
    title: "Took",
    number: true,
    width: 92,
    type: "duration",
    value: (run) => run.seconds,
    cell: (run) => (
      <span title={run.seconds_left === null ? undefined : `about ${duration(run.seconds_left)} left`}>
        {duration(run.seconds)}
      </span>
    ),
  },
  bytes: {
    title: "Size",
    number: true,
    width: 92,
    unsorted: true,
    cell: (run) => (
      <span title="Of its files and, about, of its rows in the database">{bytes(run.bytes)}</span>
    ),
  },
  worker: { title: "Worker", width: 130, cell: (run) => run.worker ?? "–" },
  created: {
    title: "Created",
    width: 104,
    type: "moment",
    value: (run) => run.created_at,
    cell: (run) => <Moment at={run.created_at} />,
  },
};

/** The columns that every row can show. */
export const COLUMN_INFO = Object.fromEntries(
  Object.entries(INFO).map(([name, { unsorted, ...info }]) => [
    name,
    { ...info, name, ...(!unsorted && { sort: name }) },
  ]),
) as Record<Column, ColumnInfo>;
