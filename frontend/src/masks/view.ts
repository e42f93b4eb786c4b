/** What the masks tab shows, read from what is stored and from the address. */

import type { ArrayKind, MaskIndex } from "../api/types";
import type { RunSearch } from "../search";
import { lastPruned, layersIn, type Step, stepAt, stepsOf } from "./steps";
import { type Part, partOf, pictureShape } from "./window";

export const KINDS: { value: ArrayKind; label: string }[] = [
  { value: "mask", label: "Mask" },
  { value: "owner", label: "Owner" },
  { value: "importance", label: "Importance" },
  { value: "weight", label: "Weight" },
];

export interface MaskView {
  layers: { layer: string; shape: number[] }[];
  layer: string;
  /** Kinds of arrays that are stored of the layer. */
  kinds: ArrayKind[];
  kind: ArrayKind;
  /** Moments of the chosen kind: owners and weights are there at the tasks' ends alone. */
  steps: Step[];
  at: number;
  step: Step;
  /** Tasks whose ends are stored with their owners: those that can be looked at alone. */
  ends: number[];
  /** What a task has, where one is looked at alone or beside the other. */
  has: "claimed" | "kept" | undefined;
  other: number | undefined;
  /** Earlier tasks to compare with, and the one that is compared with. */
  earlier: number[];
  before: number | undefined;
  convolution: boolean;
  /** How the kernels of a convolution are laid out; in a row without it. */
  layout: "filters" | undefined;
  /** Rows × columns of the picture. */
  shape: [number, number];
  /** Tells pictures apart: a window and a picked weight belong to one of them. */
  picture: string;
  /** What of it is looked at; null is the whole. */
  part: Part | null;
  /** Row and column of the weight that is picked. */
  cell: [number, number] | null;
}

/** What of the address belongs to one picture, and is left behind with it. */
export const OF_A_PICTURE = { rows: undefined, cols: undefined, cell: undefined } as const;

export function viewOf({ items }: MaskIndex, search: RunSearch): MaskView {
  const layers = layersIn(items);
  const chosen = layers.find(({ layer }) => layer === search.layer) ?? layers[0];
  const layer = chosen?.layer ?? "";
  const ofLayer = items.filter((item) => item.layer === layer);
  const kinds = KINDS.map(({ value }) => value).filter((kind) =>
    ofLayer.some((item) => item.kinds.includes(kind)),
  );
  const has = kinds.includes("owner") ? search.has : undefined;
  const kind = has ? "owner" : search.of && kinds.includes(search.of) ? search.of : (kinds[0] ?? "mask");
  const steps = stepsOf(ofLayer, layer, kind);
  const at =
    search.task === undefined && (kind === "mask" || kind === "owner")
      ? lastPruned(steps)
      : stepAt(steps, search.task, search.round);
  const step = steps[at] as Step;
  const ends = [...new Set(stepsOf(ofLayer, layer, "owner").map(({ task }) => task))];
  const earlier = kinds.includes("mask")
    ? [...new Set(steps.map(({ task }) => task))].filter((task) => task < step.task)
    : [];
  const convolution = chosen?.shape.length === 4;
  const layout = convolution && search.layout !== "flat" ? "filters" : undefined;
  const shape = pictureShape(chosen?.shape ?? [], layout);
  const other =
    has && ends.includes(search.other ?? -1) && search.other !== step?.task ? search.other : undefined;
  return {
    layers,
    layer,
    kinds,
    kind,
    steps,
    at,
    step,
    ends,
    has,
    other,
    earlier,
    before: has
      ? undefined
      : search.before !== undefined && earlier.includes(search.before)
        ? search.before
        : undefined,
    convolution,
    layout,
    shape,
    picture: `${layer}/${search.order}/${layout}`,
    part: partOf(search.rows, search.cols, shape),
    cell: cellOf(search.cell, shape),
  };
}

function cellOf(text: string | undefined, [height, width]: [number, number]): [number, number] | null {
  const [row, col] = (text ?? "").split(",").map(Number);
  return text && row !== undefined && col !== undefined && row < height && col < width ? [row, col] : null;
}

/** The task, at or before the step, at whose moments arrays of a kind are stored of the layer. */
export function taskWith(
  { items }: MaskIndex,
  layer: string,
  kind: ArrayKind,
  step: Step,
): number | undefined {
  const stored = stepsOf(items, layer, kind);
  return stored[stepAt(stored, step.task, step.round)]?.task;
}
