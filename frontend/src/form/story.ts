/** The specification in one sentence, so that a slip shows before it costs an hour. */

import { plural } from "../text/numbers";
import type { Spec } from "./draft";
import { titleOf } from "./schema";

const textOf = (spec: Spec, part: string, name: string): string =>
  String((spec[part] as Spec | undefined)?.[name] ?? "");

function model(spec: Spec): string {
  const part = spec.model as Spec | undefined;
  const kind = titleOf(String(part?.kind ?? ""));
  return Array.isArray(part?.hidden) ? `${kind} of ${part.hidden.join("–")} units` : kind;
}

/** "ANPyC learns 5 permuted tasks of Digits with an MLP of 128–64 units." */
export function story(spec: Spec, datasetTitle: string): string {
  const datasets = (spec.benchmark as Spec | undefined)?.datasets;
  const learner = titleOf(textOf(spec, "strategy", "kind"));
  if (Array.isArray(datasets)) {
    const names = datasets.map((name) => titleOf(String(name))).join(", ");
    return `${learner} learns ${plural(datasets.length, "data set")} one after the other, ${names}, with ${article(model(spec))}.`;
  }
  const tasks = Number(textOf(spec, "benchmark", "tasks"));
  const sequence = `${textOf(spec, "benchmark", "kind")} ${tasks === 1 ? "task" : "tasks"}`;
  const counted = Number.isFinite(tasks) && tasks > 0 ? `${tasks} ${sequence}` : sequence;
  return `${learner} learns ${counted} of ${datasetTitle} with ${article(model(spec))}.`;
}

function article(noun: string): string {
  return `${/^(MLP|[AEIOaeio])/.test(noun) ? "an" : "a"} ${noun}`;
}

/** "12 runs: λ 1, 3, 10 × 4 seeds." */
export function sweepInWords(grid: Record<string, number[]>, count: number): string {
  const axes = Object.entries(grid).map(([path, values]) =>
    path === "seed" ? plural(values.length, "seed") : `${path} ${values.join(", ")}`,
  );
  return `${plural(count, "run")}: ${axes.join(" × ")}.`;
}
