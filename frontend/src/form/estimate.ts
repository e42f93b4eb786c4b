/** How much a specification asks for, in epochs: enough to tell minutes from days before sending. */

import { plural } from "../text/numbers";
import type { Spec } from "./draft";

interface Estimate {
  tasks: number;
  /** Of base training, all tasks together. */
  epochs: number;
  /** Of retraining after pruning rounds. */
  retraining: number;
}

const numberIn = (part: Spec | undefined, name: string): number | undefined => {
  const value = part?.[name];
  return typeof value === "number" ? value : undefined;
};

/** Pruning rounds of all tasks but the last, which is not pruned: each task prunes a share of the percentage before it, step by step. */
export function pruningRounds(strategy: Spec | undefined, tasks: number): number {
  if (strategy?.kind === "packnet") return Math.max(0, tasks - 1);
  const step = numberIn(strategy, "prune_step");
  let percentage = numberIn(strategy, "initial_prune_percent");
  const decay = numberIn(strategy, "prune_decay");
  if (step === undefined || percentage === undefined || decay === undefined || step <= 0) return 0;
  let rounds = 0;
  for (let task = 0; task < tasks - 1; task += 1) {
    rounds += Math.ceil(percentage / step);
    percentage = Math.floor(percentage * decay);
  }
  return rounds;
}

const EPOCHS_PER_TASK_COUNTED_IN_ITERATIONS = 10;

export function estimate(spec: Spec): Estimate | null {
  const part = (name: string) => spec[name] as Spec | undefined;
  const benchmark = part("benchmark");
  const datasets = benchmark?.datasets;
  const tasks = numberIn(benchmark, "tasks") ?? (Array.isArray(datasets) ? datasets.length : undefined);
  const iterations = numberIn(part("training"), "iterations");
  const perTask =
    iterations !== undefined
      ? Math.min(EPOCHS_PER_TASK_COUNTED_IN_ITERATIONS, iterations)
      : numberIn(part("training"), "epochs");
  if (tasks === undefined || perTask === undefined) return null;
  const retraining =
    pruningRounds(part("strategy"), tasks) * (numberIn(part("strategy"), "retrain_epochs") ?? 0);
  return { tasks, epochs: tasks * perTask, retraining };
}

interface PastRun {
  name: string;
  seconds: number | null;
  spec: Spec;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Seconds that this would take at the pace of the most similar run that has ended; null when none is similar. */
export function expectedSeconds(spec: Spec, past: PastRun[]): { seconds: number; judgedBy: string } | null {
  const wanted = estimate(spec);
  if (!wanted) return null;
  // What decides how long an epoch takes: how many images, through which network, in which batches.
  const load = ({ dataset, model, benchmark, training }: Record<string, Spec | undefined>) => [
    dataset,
    model,
    [benchmark?.kind, benchmark?.classes_per_task, benchmark?.datasets],
    training?.batch_size,
  ];
  const wantedLoad = load(spec as Record<string, Spec | undefined>);
  const similar = past.filter((run) => same(load(run.spec as Record<string, Spec | undefined>), wantedLoad));
  const kindOf = (one: Spec) => (one.strategy as Spec | undefined)?.kind;
  const nearest = similar.find((run) => kindOf(run.spec) === kindOf(spec)) ?? similar[0];
  const ran = nearest && estimate(nearest.spec);
  if (!nearest?.seconds || !ran) return null;
  const pace = nearest.seconds / (ran.epochs + ran.retraining);
  return { seconds: pace * (wanted.epochs + wanted.retraining), judgedBy: nearest.name };
}

/** "5 tasks, 50 epochs and 39 of retraining after pruning". */
export function estimateInWords(spec: Spec): string {
  const known = estimate(spec);
  if (!known) return "";
  const retraining = known.retraining ? ` and ${known.retraining} of retraining after pruning` : "";
  return `${plural(known.tasks, "task")}, ${plural(known.epochs, "epoch")}${retraining}`;
}
