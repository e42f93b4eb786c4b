/** How large a specification's network is, and how much its run will store: known before it is sent. */

import type { Catalog } from "../api/types";
import { bytes, count } from "../text/numbers";
import type { Spec } from "./draft";
import { estimate, pruningRounds } from "./estimate";

type Datasets = Pick<Catalog["datasets"][number], "kind" | "shape" | "classes">[];

export interface Size {
  /** Of the body, which all tasks share and pruning may touch. */
  shared: number;
  /** Of all heads together. */
  heads: number;
  /** Bytes in the database: masks, importances, owners and weights of every task, curves, events. */
  recorded: number;
  /** Bytes in the artifact store: the two checkpoints that are kept. */
  checkpoints: number;
}

const partOf = (spec: Spec, name: string): Spec => (spec[name] as Spec | undefined) ?? {};
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

interface Images {
  channels: number;
  height: number;
  width: number;
  classes: number;
}

/** The images as the network sees them: of several data sets the largest, with padding. */
function imagesOf(spec: Spec, datasets: Datasets): Images | null {
  const dataset = partOf(spec, "dataset");
  const sequence = partOf(spec, "benchmark").datasets;
  const kinds = Array.isArray(sequence) ? sequence : [dataset.kind];
  const known = datasets.filter(({ kind }) => kinds.includes(kind) && kind !== "images");
  if (known.length === 0) return null;
  const pad = isNumber(dataset.pad) ? 2 * dataset.pad : 0;
  const most = (place: number) => Math.max(...known.map(({ shape }) => shape[place] ?? 0));
  return {
    channels: most(0),
    height: most(1) + pad,
    width: most(2) + pad,
    classes: Math.max(...known.map(({ classes }) => classes)),
  };
}

const convolution = (inputs: number, outputs: number) => 9 * inputs * outputs;

/** Parameters of the body, and how many features it hands to the heads. */
function bodyOf(
  model: Spec,
  { channels, height, width }: Images,
): { shared: number; features: number } | null {
  if (model.kind === "mlp" && Array.isArray(model.hidden)) {
    const sizes = [channels * height * width, ...(model.hidden as number[])];
    const shared = sizes.slice(1).reduce((sum, units, layer) => sum + ((sizes[layer] ?? 0) + 1) * units, 0);
    return { shared, features: sizes.at(-1) ?? 0 };
  }
  if (model.kind === "convnet" && Array.isArray(model.channels) && isNumber(model.units)) {
    const sizes = [channels, ...(model.channels as number[])];
    const convolutions = sizes
      .slice(1)
      .reduce((sum, outputs, layer) => sum + convolution(sizes[layer] ?? 0, outputs) + outputs, 0);
    const flat = (sizes.at(-1) ?? 0) * Math.floor(height / 8) * Math.floor(width / 8);
    return { shared: convolutions + (flat + 1) * model.units, features: model.units };
  }
  if (model.kind === "resnet18" && isNumber(model.width)) return resnet(model.width, channels);
  return null;
}

/** Convolutions without biases, each with the two parameters per channel of its normalisation. */
function resnet(first: number, channels: number): { shared: number; features: number } {
  let shared = convolution(channels, first) + 2 * first;
  let inputs = first;
  for (const outputs of [first, 2 * first, 4 * first, 8 * first]) {
    shared += convolution(inputs, outputs) + 3 * convolution(outputs, outputs) + 8 * outputs;
    if (inputs !== outputs) shared += inputs * outputs + 2 * outputs;
    inputs = outputs;
  }
  return { shared, features: inputs };
}

function headsOf(spec: Spec, tasks: number, classes: number): { heads: number; outputs: number } {
  const { kind, scenario, classes_per_task: perTask } = partOf(spec, "benchmark");
  const ofTask = kind === "split" && isNumber(perTask) ? perTask : classes;
  const outputs = scenario === "class" ? ofTask * tasks : ofTask;
  const perHead = scenario === "task" && partOf(spec, "strategy").kind !== "single_head";
  return { heads: perHead ? tasks : 1, outputs };
}

interface Kept {
  /** Bytes per shared parameter in a checkpoint, for what the strategy remembers. */
  checkpoint: number;
  /** Bytes per shared parameter in the database at the end of each task, after compression. */
  task: number;
}

/**
 * As measured on runs of the demo. Importance and weight are float16 and hardly compress, an owner takes little; a
 * checkpoint in the midst of pruning holds more than one at the end of a task, so ANPyC's is between them.
 */
const KEPT: Record<string, Kept> = {
  anpyc: { checkpoint: 17.5, task: 4.1 },
  packnet: { checkpoint: 3, task: 2.2 },
  ewc: { checkpoint: 8, task: 3.3 },
  online_ewc: { checkpoint: 8, task: 3.3 },
  mas: { checkpoint: 8, task: 3.3 },
  si: { checkpoint: 12, task: 3.3 },
  lwf: { checkpoint: 4, task: 0 },
};
const NOTHING_KEPT: Kept = { checkpoint: 0, task: 0 };
const CHECKPOINTS = 2;
/** Per parameter: its value, whether it is held and by which task. */
const NETWORK_BYTES = 4 + 3;
/** Random states and progress. */
const STATE_BYTES = 12_000;
/** Of an epoch, and of one accuracy of an evaluation, with the events that tell of them. */
const EPOCH_BYTES = 560;
const ACCURACY_BYTES = 150;

function optimizerBytes({ optimizer, momentum }: Spec): number {
  return optimizer === "adam" ? 8 : isNumber(momentum) && momentum > 0 ? 4 : 0;
}

/** Null where something is not known, such as the shape of own images. */
export function sizeOf(spec: Spec, datasets: Datasets): Size | null {
  const known = estimate(spec);
  const images = imagesOf(spec, datasets);
  const body = images && bodyOf(partOf(spec, "model"), images);
  if (!known || !images || !body) return null;
  const { tasks } = known;
  const { heads, outputs } = headsOf(spec, tasks, images.classes);
  const { shared } = body;
  const inHeads = heads * (body.features + 1) * outputs;
  const strategy = partOf(spec, "strategy");
  const kept = KEPT[String(strategy.kind)] ?? NOTHING_KEPT;
  const training = partOf(spec, "training");
  const every = isNumber(training.evaluate_every) ? training.evaluate_every : 1;
  const epochs = known.epochs + known.retraining;
  const curves = epochs * EPOCH_BYTES + ((epochs / every) * ACCURACY_BYTES * (tasks + 1)) / 2;
  const masks = shared * (tasks * kept.task + pruningRounds(strategy, tasks) / 8);
  const checkpoint =
    STATE_BYTES + (shared + inHeads) * (NETWORK_BYTES + optimizerBytes(training)) + shared * kept.checkpoint;
  return { shared, heads: inHeads, recorded: curves + masks, checkpoints: CHECKPOINTS * checkpoint };
}

/** "26,122 parameters, 3,250 of them in the heads." */
export function parametersInWords({ shared, heads }: Size): string {
  return `${count(shared + heads)} parameters, ${count(heads)} of them in the heads`;
}

/** "About 2.1 MB stored: 1.2 MB of masks and curves, 0.9 MB of checkpoints." */
export function storedInWords({ recorded, checkpoints }: Size, runs: number): string {
  const total = bytes((recorded + checkpoints) * runs);
  const parts = `${bytes(recorded * runs)} of masks and curves, ${bytes(checkpoints * runs)} of checkpoints`;
  return `About ${total} stored: ${parts}`;
}
