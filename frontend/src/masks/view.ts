/** What the masks tab shows, read from what is stored and from the address. */

import type { ArrayKind, MaskIndex } from "../api/types";
import type { RunSearch } from "../search";
import { layersIn, type Step, stepAt, stepsOf } from "./steps";
import { pictureShape } from "./window";

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
  /** Earlier tasks to compare with, and the one that is compared with. */
  earlier: number[];
  before: number | undefined;
  convolution: boolean;
  /** How the kernels of a convolution are laid out; in a row without it. */
  layout: "filters" | undefined;
  /** Rows × columns of the picture. */
  shape: [number, number];
  /** Tells pictures apart: a window belongs to one of them. */
  picture: string;
}

export function viewOf({ items }: MaskIndex, search: RunSearch): MaskView {
  const layers = layersIn(items);
  const chosen = layers.find(({ layer }) => layer === search.layer) ?? layers[0];
  const layer = chosen?.layer ?? "";
  const ofLayer = items.filter((item) => item.layer === layer);
  const kinds = KINDS.map(({ value }) => value).filter((kind) =>
    ofLayer.some((item) => item.kinds.includes(kind)),
  );
  const kind = search.of && kinds.includes(search.of) ? search.of : (kinds[0] ?? "mask");
  const steps = stepsOf(ofLayer, layer, kind);
  const at = stepAt(steps, search.task, search.round);
  const step = steps[at] as Step;
  const earlier = kinds.includes("mask")
    ? [...new Set(steps.map(({ task }) => task))].filter((task) => task < step.task)
    : [];
  const convolution = chosen?.shape.length === 4;
  const layout = convolution && search.layout !== "flat" ? "filters" : undefined;
  return {
    layers,
    layer,
    kinds,
    kind,
    steps,
    at,
    step,
    earlier,
    before: search.before !== undefined && earlier.includes(search.before) ? search.before : undefined,
    convolution,
    layout,
    shape: pictureShape(chosen?.shape ?? [], layout),
    picture: `${layer}/${search.order}/${layout}`,
  };
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
