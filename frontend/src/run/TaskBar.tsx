import type { Run } from "../api/types";
import classes from "./TaskBar.module.css";

/** How much of task `index` is done, when `task` is being trained and the whole stands at `progress`. */
export function doneOf(
  index: number,
  task: number | null,
  progress: number,
  tasks: number,
  succeeded: boolean,
): number {
  if (succeeded) return 1;
  if (task === null || index > task) return 0;
  if (index < task) return 1;
  // Tasks take about equally long; never quite empty nor quite full while it is being trained.
  return Math.min(0.97, Math.max(0.03, progress * tasks - task));
}

/** More tasks than these stand without gaps. */
const MANY = 40;

/** The tasks of a run as a row of segments that fill one after the other. */
export function TaskBar({ run }: { run: Run }) {
  const tasks = run.plan.tasks ?? run.position.tasks ?? 1;
  const { task } = run.position;
  return (
    <div
      className={classes.bar}
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={Math.round(run.progress * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      data-status={run.status}
      data-many={tasks > MANY || undefined}
    >
      {Array.from({ length: tasks }, (_, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a task is its number.
          key={index}
          className={classes.task}
          title={run.plan.task_titles[index] ?? `Task ${index + 1}`}
          data-now={run.status === "running" && index === task ? true : undefined}
        >
          <span
            style={{
              width: `${doneOf(index, task, run.progress, tasks, run.status === "succeeded") * 100}%`,
            }}
          />
        </span>
      ))}
    </div>
  );
}
