/** Charts of one's own: what may be chosen, and how it stands in the address, in the browser and in a saved view. */

import * as v from "valibot";
import type { FigureParams } from "../api/queries";

export const KINDS = ["dots", "bars", "boxes", "curve", "scatter", "heatmap", "parallel"] as const;
export type ChartKind = (typeof KINDS)[number];

const field = v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_.]*$/i), v.maxLength(120));

/** As the server checks it too (`ChartSpec`). */
export const chartSchema = v.object({
  kind: v.picklist(KINDS),
  x: v.optional(field),
  y: v.optional(field),
  /** Of a heatmap: what its cells are. */
  value: v.optional(field),
  /** `method`, `none`, or a field. */
  group: v.optional(field),
  facet: v.optional(field),
  error: v.optional(v.picklist(["none", "std", "interval", "range"])),
  log: v.optional(v.picklist(["auto", "none", "x", "y", "xy"])),
  /** Of parallel coordinates. */
  axes: v.optional(v.pipe(v.array(field), v.minLength(1), v.maxLength(10))),
  wide: v.optional(v.boolean()),
});
export type Chart = v.InferOutput<typeof chartSchema>;

export const MOST_CHARTS = 12;
/** In the address: that there are none. */
const NONE = "none";

/** What stands there until a reader chooses. */
export const FIRST_CHARTS: readonly Chart[] = [
  { kind: "dots", y: "average_accuracy", error: "interval" },
  { kind: "scatter", x: "forgetting", y: "average_accuracy", error: "std" },
];

const NEEDS_X: ReadonlySet<ChartKind> = new Set(["curve", "scatter", "heatmap"]);

/** Whether enough is chosen to draw it. */
export function isComplete({ kind, x, y, axes }: Chart): boolean {
  if (kind === "parallel") return axes === undefined || axes.length > 1;
  return (
    Boolean(y ?? "average_accuracy") &&
    (Boolean(x) || !NEEDS_X.has(kind)) &&
    (kind !== "heatmap" || Boolean(y))
  );
}

/** "curve-x-strategy.lam-error-interval": nothing in it needs to be escaped. */
export function chartText({ kind, axes, wide, ...rest }: Chart): string {
  const parts: string[] = [kind];
  for (const [name, value] of Object.entries(rest)) if (value) parts.push(name, value);
  if (axes?.length) parts.push("axes", axes.join("*"));
  if (wide) parts.push("wide", "1");
  return parts.join("-");
}

/** Undefined where it is none. */
export function chartOf(text: string): Chart | undefined {
  const [kind, ...rest] = text.split("-");
  const found: Record<string, unknown> = { kind };
  for (let place = 0; place + 1 < rest.length; place += 2) {
    const [name, value] = [rest[place] ?? "", rest[place + 1] ?? ""];
    found[name] = name === "axes" ? value.split("*") : name === "wide" ? value === "1" : value;
  }
  const parsed = v.safeParse(chartSchema, found);
  return parsed.success && isComplete(parsed.output) ? parsed.output : undefined;
}

/** Of an address; undefined where it says nothing of charts. */
export function chartsOf(texts: readonly string[] | undefined): Chart[] | undefined {
  if (texts === undefined) return undefined;
  return texts.flatMap((text) => chartOf(text) ?? []).slice(0, MOST_CHARTS);
}

export function chartTexts(charts: readonly Chart[]): string[] {
  return charts.length > 0 ? charts.map(chartText) : [NONE];
}

/** What the browser or a saved view has kept; what is none is left out. */
export function chartsIn(kept: unknown): Chart[] | undefined {
  if (!Array.isArray(kept)) return undefined;
  return kept
    .flatMap((each) => {
      const parsed = v.safeParse(chartSchema, each);
      return parsed.success && isComplete(parsed.output) ? [parsed.output] : [];
    })
    .slice(0, MOST_CHARTS);
}

/** The figure of the server that draws it. */
export function figureOf({ kind }: Chart): string {
  return kind === "parallel" ? "parallel_coordinates" : "compare_chart";
}

/** What that figure is asked for. */
export function paramsOfChart(chart: Chart, across: number): FigureParams {
  const { kind, axes, wide: _wide, ...rest } = chart;
  if (kind === "parallel") return { axes: axes?.join(","), log: chart.log !== "none" };
  return { kind, ...rest, ...(chart.facet && { across }) };
}

export function moved<T>(items: readonly T[], from: number, by: number): T[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(Math.max(0, Math.min(next.length, from + by)), 0, item);
  return next;
}
