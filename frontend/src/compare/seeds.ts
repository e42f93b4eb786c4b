/** What the seeds of a comparison say, as the page lays it out. */

import type { Comparison } from "../api/types";
import { plural, points } from "../text/numbers";
import { writing } from "./tables";

type Statistics = Comparison["statistics"];
export type MetricOverSeeds = Statistics["metrics"][number];
export type MethodVerdict = NonNullable<MetricOverSeeds["verdicts"][number]>;
type SeedMean = NonNullable<MetricOverSeeds["values"][number]>;
type Wanted = MethodVerdict["wanted"];

const FIRST = "average_accuracy";

/** The metric that the address names, else the average accuracy, else the first that is known. */
export function metricShown(
  metrics: MetricOverSeeds[],
  name: string | undefined,
): MetricOverSeeds | undefined {
  return (
    metrics.find((metric) => metric.name === name) ??
    metrics.find((metric) => metric.name === FIRST) ??
    metrics[0]
  );
}

/** "95.3 to 96.9"; a dash where there is none. */
export function intervalOf({ low, high }: Pick<SeedMean, "low" | "high">, unit: string): string {
  if (low === null || high === null) return "–";
  const write = writing(unit);
  return `${write(low)} to ${write(high)}`;
}

/** "−2.0 (−3.1 to −1.0)": a difference always has its sign. */
export function differenceOf({ difference, low, high }: MethodVerdict): string {
  if (low === null || high === null) return points(difference);
  return `${points(difference)} (${points(low)} to ${points(high)})`;
}

/** A p-value after the correction; never rounded across 0.05. */
export function pOf(p: number | null): string {
  if (p === null) return "–";
  if (p < 0.001) return "< 0.001";
  const text = p.toFixed(2);
  return Number(text) >= 0.05 === p >= 0.05 && p >= 0.01 ? text : p.toFixed(4);
}

/** The effect size, without a sign: the difference has it. */
export function effectOf(effect: number | null): string {
  return effect === null ? "–" : Math.abs(effect) < 99.95 ? Math.abs(effect).toFixed(1) : "over 99.9";
}

/** How many runs a verdict asks for. */
export function runsWanted(wanted: Wanted): number {
  return wanted.reduce((sum, { seeds }) => sum + seeds.length, 0);
}

/** "ANPyC: seeds 3 and 4" for each method. */
export function wantedInWords(wanted: Wanted, methods: Statistics["methods"]): string[] {
  return wanted.map(({ method, seeds }) => {
    const { title, note } = methods[method] ?? { title: "", note: "" };
    const named = note ? `${title} · ${note}` : title;
    return `${named}: ${seeds.length === 1 ? "seed" : "seeds"} ${listed(seeds.map(String))}`;
  });
}

function listed(items: string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** "5", "3 (+2)"; what stands in brackets is on its way. */
export function seedsInWords({ seeds, on_their_way }: Statistics["methods"][number]): string {
  return on_their_way.length ? `${seeds.length} (+${on_their_way.length})` : `${seeds.length}`;
}

/** What the brackets say; nothing without them. */
export function onTheirWay({ on_their_way }: Statistics["methods"][number]): string | undefined {
  const many = on_their_way.length;
  return many ? `${plural(many, "more run")} ${many === 1 ? "is" : "are"} on the way` : undefined;
}

interface View {
  run?: string[] | undefined;
  baseline?: string | undefined;
}

/** The view with single runs replaced by all seeds of their settings, for the methods that get new ones: a single
 * run would not show them. */
export function withSeedsTogether(view: View, { columns, statistics }: Comparison, wanted: Wanted): View {
  const together = new Map<string, string>();
  for (const { method } of wanted) {
    const { key, columns: places } = statistics.methods[method] ?? { key: "", columns: [] };
    for (const place of places) {
      const column = columns[place];
      if (key && column && !column.is_group) together.set(column.key, key);
    }
  }
  const replaced = (key: string) => together.get(key) ?? key;
  return {
    run: [...new Set(view.run?.map(replaced))],
    baseline: view.baseline && replaced(view.baseline),
  };
}
