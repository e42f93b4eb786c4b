/** The view as it stands in the address: plain names and values, lists by repetition. */

import * as v from "valibot";
import type { ArrayKind } from "./api/types";

export function parseSearch(text: string): Record<string, unknown> {
  const search: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = search[key];
    if (before === undefined) search[key] = value;
    else search[key] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== "" && item !== false)
        query.append(key, String(item));
    }
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** May be missing, and what a page does not know counts as missing: no address is refused. */
export function lenient<S extends v.GenericSchema>(schema: S) {
  return v.fallback(v.optional(schema), undefined);
}

export const text = v.pipe(v.string(), v.nonEmpty());
export const list = v.union([
  v.array(v.string()),
  v.pipe(
    text,
    v.transform((item) => [item]),
  ),
]);
const naturalNumber = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(0)),
  v.pipe(v.string(), v.digits(), v.transform(Number)),
]);

/** The known items of a list, in its order. */
export function listOf<T extends string>(allowed: readonly T[]) {
  const isAllowed = (item: string): item is T => allowed.includes(item as T);
  return v.pipe(
    list,
    v.transform((items) => items.filter(isAllowed)),
    v.minLength(1),
  );
}

export const newSearch = v.object({
  /** Copy the specification of this run. */
  from: lenient(text),
  preset: lenient(text),
  /** The id of the project that it goes to. */
  project: lenient(text),
});

export const RUN_TABS = [
  "overview",
  "forgetting",
  "capacity",
  "masks",
  "system",
  "log",
  "spec",
  "files",
  "family",
] as const;
export type RunTab = (typeof RUN_TABS)[number];
const ARRAYS = ["mask", "owner", "importance", "weight"] as const satisfies readonly ArrayKind[];

/** Rows of a mask: by number unless said otherwise. */
export const rowOrder = lenient(v.picklist(["density", "cluster"]));
/** The kernels of a convolution folded into columns instead of as images. */
export const kernelLayout = lenient(v.literal("flat"));

/** Rows or columns of a picture that are looked at. */
const stretch = lenient(v.pipe(v.string(), v.regex(/^\d{1,9}:\d{1,9}$/)));

export const runSearch = v.object({
  tab: lenient(v.picklist(RUN_TABS)),
  layer: lenient(text),
  task: lenient(naturalNumber),
  round: lenient(naturalNumber),
  of: lenient(v.picklist(ARRAYS)),
  before: lenient(naturalNumber),
  /** A task's own weights, alone or beside the other's. */
  has: lenient(v.picklist(["claimed", "kept"])),
  other: lenient(naturalNumber),
  /** Another run, whose masks stand beside this one's. */
  beside: lenient(text),
  rows: stretch,
  cols: stretch,
  /** The weight that is picked: its row and column in the picture. */
  cell: lenient(v.pipe(v.string(), v.regex(/^\d{1,9},\d{1,9}$/))),
  order: rowOrder,
  layout: kernelLayout,
  level: lenient(v.picklist(["info", "warning", "error"])),
  /** Of many tasks those with a line, by number. */
  lines: lenient(v.pipe(v.string(), v.regex(/^\d{1,4}(,\d{1,4}){0,9}$/))),
});
export type RunSearch = v.InferOutput<typeof runSearch>;

export const reportsSearch = v.object({
  /** Id of the project whose reports are listed. */
  project: lenient(text),
});

export const compareSearch = v.object({
  run: lenient(list),
  baseline: lenient(text),
  /** The metric over seeds. */
  metric: lenient(text),
  /** Colours given to methods: "1f3a5b7c9d1e.3,…". */
  colors: lenient(v.pipe(text, v.maxLength(8_000), v.regex(/^[0-9A-Za-z.,]+$/))),
  /** Charts of one's own, in their order. */
  chart: lenient(list),
  /** Runs and groups that no figure draws. */
  hidden: lenient(list),
  /** What fine-tuning and joint training reach, as levels. */
  bounds: lenient(
    v.pipe(
      v.union([v.boolean(), v.literal("true")]),
      v.transform((value) => value !== false),
    ),
  ),
});
