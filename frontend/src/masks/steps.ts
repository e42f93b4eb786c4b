/** The moments at which a layer was recorded, in order: what the slider moves over. */

import type { MaskIndex } from "../api/types";

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

export function stepsOf(items: Entries, layer: string): Step[] {
  return items
    .filter((item) => item.layer === layer)
    .map(({ task, round }) => ({ task, round }))
    .sort((a, b) => a.task - b.task || a.round - b.round);
}

/** The step meant by what stands in the address: the last one that fits, the newest when nothing is said. */
export function stepAt(steps: Step[], task: number | undefined, round: number | undefined): number {
  const fitting = steps.findLastIndex(
    (step) => (task === undefined || step.task === task) && (round === undefined || step.round === round),
  );
  return fitting >= 0 ? fitting : steps.length - 1;
}

/** "task 3, round 2", by the task's own number, which counts from 0 as in every figure. */
export function stepInWords({ task, round }: Step): string {
  return `task ${task}${round ? `, round ${round}` : ""}`;
}
