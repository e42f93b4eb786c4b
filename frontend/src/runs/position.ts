import type { RunSummary } from "../api/types";

/** "task 3 of 5, round 2": tasks are counted from 1 for people. */
export function positionOf(run: Pick<RunSummary, "position" | "status">): string {
  const { task, tasks, round } = run.position;
  if (task === null || tasks === null) return "";
  if (run.status === "succeeded") return `${tasks} of ${tasks} tasks`;
  const rounds = round ? `, round ${round}` : "";
  return `task ${task + 1} of ${tasks}${rounds}`;
}
