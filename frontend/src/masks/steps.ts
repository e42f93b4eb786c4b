/** The moments at which a layer was recorded, in order: what the slider moves over. */

import type { ArrayKind, MaskIndex } from "../api/types";

export interface Step {
  task: number;
  round: number;
}

type Entries = MaskIndex["items"];

/** Layers in the order of the network, each with its shape. */
export function layersIn(items: Entries): { layer: string; shape: number[] }[] {
  const seen = new Map<string, number[]>();
  for (const { layer, shape } of items) if (!seen.has(layer)) seen.set(layer, shape);
  return [...seen].map(([layer, shape]) => ({ layer, shape }));
}

/** The steps at which a layer was recorded; of one kind of array where it is named. */
export function stepsOf(items: Entries, layer: string, kind?: ArrayKind): Step[] {
  return items
    .filter((item) => item.layer === layer && (!kind || item.kinds.includes(kind)))
    .map(({ task, round }) => ({ task, round }))
    .sort((a, b) => a.task - b.task || a.round - b.round);
}

/** The step at which the last task that was pruned ended: one that is not pruned shows nothing new. */
export function lastPruned(steps: Step[]): number {
  const pruned = steps.findLastIndex(({ round }) => round > 0);
  return pruned >= 0 ? pruned : steps.length - 1;
}

/** The step meant by what stands in the address: that round, else the task's end, else the last before it. */
export function stepAt(steps: Step[], task: number | undefined, round: number | undefined): number {
  if (task === undefined) return steps.length - 1;
  const ways = [
    (step: Step) => step.task === task && step.round === round,
    (step: Step) => step.task === task,
    (step: Step) => step.task < task,
  ];
  const nearest = ways.map((fits) => steps.findLastIndex(fits)).find((index) => index >= 0);
  return nearest ?? steps.length - 1;
}

/** What is stored of a layer at a step, or at the step before it that there is of it. */
export function standAt(items: Entries, layer: string, { task, round }: Step): Entries[number] | undefined {
  const earlier = items.filter(
    (item) => item.layer === layer && (item.task < task || (item.task === task && item.round <= round)),
  );
  return earlier.reduce<Entries[number] | undefined>(
    (last, item) =>
      !last || item.task > last.task || (item.task === last.task && item.round > last.round) ? item : last,
    undefined,
  );
}

/** The step at which the task before or after the one of `at` ends; null at either end. */
export function taskBeside(steps: Step[], at: number, by: 1 | -1): number | null {
  const task = steps[at]?.task ?? 0;
  const tasks = [...new Set(steps.map((step) => step.task))];
  const wanted = tasks[tasks.indexOf(task) + by];
  return wanted === undefined ? null : steps.findLastIndex((step) => step.task === wanted);
}

/** "task 3, round 2", by the task's own number, which counts from 0 as in every figure. */
export function stepInWords({ task, round }: Step): string {
  return `task ${task}${round ? `, round ${round}` : ""}`;
}
