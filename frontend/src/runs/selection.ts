/** The selected runs, as they were when they were selected: a filter may hide them meanwhile. */

import type { RunSummary } from "../api/types";

export type Selection = ReadonlyMap<string, RunSummary>;

export const NOTHING: Selection = new Map();

/** With the run at `index` switched; with everything from `anchor` to it set alike when there is an anchor. */
export function toggled(
  selection: Selection,
  runs: RunSummary[],
  index: number,
  anchor: number | null,
): Selection {
  const run = runs[index];
  if (!run) return selection;
  const next = new Map(selection);
  const on = !next.has(run.id);
  const from = anchor ?? index;
  for (const run of runs.slice(Math.min(from, index), Math.max(from, index) + 1)) {
    if (on) next.set(run.id, run);
    else next.delete(run.id);
  }
  return next;
}

/** The selected runs as they are now, as far as the list knows. */
export function current(selection: Selection, runs: RunSummary[]): RunSummary[] {
  const fresh = new Map(runs.map((run) => [run.id, run]));
  return [...selection].map(([id, run]) => fresh.get(id) ?? run);
}
