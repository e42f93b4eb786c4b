/** What of the runs is shown, and how: all of it stands in the address. */

import * as v from "valibot";
import type { RunsFilter } from "../api/queries";
import { STATUSES } from "../api/types";
import { lenient, list, listOf, text } from "../search";
import { valuesIn, withValues } from "./clauses";
import { isFormat } from "./formats";

export const COLUMNS = [
  "status",
  "name",
  "progress",
  "average_accuracy",
  "forgetting",
  "capacity_free",
  "strategy",
  "benchmark",
  "dataset",
  "seed",
  "curve",
  "tags",
  "notes",
  "duration",
  "bytes",
  "worker",
  "created",
] as const;
export type Column = (typeof COLUMNS)[number];

export const SHOWN_AT_FIRST: readonly Column[] = [
  "status",
  "name",
  "progress",
  "average_accuracy",
  "curve",
  "forgetting",
  "capacity_free",
  "tags",
  "duration",
  "created",
];

/** Where a screen is wide enough for more. */
export const SHOWN_WIDE: readonly Column[] = [
  "status",
  "name",
  "progress",
  "average_accuracy",
  "curve",
  "forgetting",
  "capacity_free",
  "strategy",
  "benchmark",
  "dataset",
  "seed",
  "tags",
  "notes",
  "duration",
  "worker",
  "created",
];

const FIELD = /^[a-z_][a-z0-9_.]*$/i;

/** Groups have a number of runs besides what runs have. */
function isSort(sort: string, by: string | undefined): boolean {
  const field = sort.replace(/^-/, "");
  return FIELD.test(field) && (by !== undefined || field !== "count");
}

/** Names of fields, as the server lists them. */
const fieldNames = v.pipe(
  list,
  v.transform((names) => names.filter((name) => FIELD.test(name))),
  v.minLength(1),
  v.maxLength(60),
);

/** `field:format`, each field once. */
const formatList = v.pipe(
  list,
  v.transform((items) =>
    items.filter((item) => isFormat(item.split(":")[1]) && FIELD.test(item.split(":")[0] ?? "")),
  ),
  v.minLength(1),
  v.maxLength(60),
);

export const NEWEST_FIRST = "-created";

export const viewSearch = v.pipe(
  v.object({
    status: lenient(listOf(STATUSES)),
    strategy: lenient(list),
    benchmark: lenient(list),
    dataset: lenient(list),
    tag: lenient(list),
    group: lenient(text),
    /** The id of the open project; absent: all runs. */
    project: lenient(text),
    /** The id of the saved view that was opened, or none to open no default view. */
    view: lenient(text),
    archived: lenient(
      v.pipe(
        v.union([v.boolean(), v.literal("true")]),
        v.transform((value) => value !== false),
      ),
    ),
    q: lenient(text),
    /** In the filter language. */
    filter: lenient(text),
    sort: lenient(text),
    /** Columns in their order, any field of a run; absent: the usual ones. */
    columns: lenient(fieldNames),
    /** Those of them that stay in view while the others are scrolled. */
    pinned: lenient(fieldNames),
    /** How columns write their values, where that is not as usual. */
    formats: lenient(formatList),
    /** Runs that differ only in name and seed share a row. */
    by: lenient(v.picklist(["seeds", "sweep"])),
  }),
  v.transform((view) => ({
    ...view,
    sort: view.sort !== undefined && isSort(view.sort, view.by) ? view.sort : undefined,
  })),
);
export type View = v.InferOutput<typeof viewSearch>;

/** Whether the order is by a metric, which unfinished runs have of their first tasks only. */
export function byMetric(sort: string | undefined): boolean {
  return ["average_accuracy", "forgetting", "capacity_free"].includes(sort?.replace(/^-/, "") ?? "");
}

/** What the server is asked for; of the columns those that not every row has. */
export function filterOf(view: View): RunsFilter {
  const { by, columns, pinned: _pinned, formats: _formats, view: _view, sort, ...filter } = view;
  const more = by ? [] : (columns ?? []).filter((name) => !isUsual(name));
  return { ...filter, ...(more.length > 0 && { columns: more }), sort: sort ?? NEWEST_FIRST };
}

/** Whether every row has the column. */
export function isUsual(name: string): name is Column {
  return COLUMNS.includes(name as Column);
}

type Part = "status" | "strategy" | "benchmark" | "dataset" | "tag";

/** The values that are wanted of a part: those in the filter, and those that stand in the address by themselves. */
export function wanted(view: View, part: Part): string[] {
  return [...new Set<string>([...(view[part] ?? []), ...valuesIn(view.filter ?? "", part)])];
}

/** Written into the filter. */
export function wanting(view: View, part: Part, values: readonly string[]): Partial<View> {
  return { [part]: undefined, filter: withValues(view.filter ?? "", part, values) || undefined };
}

/** How many of the filters behind the button are in use. */
export function filtersIn(view: View): number {
  const parts = ["strategy", "benchmark", "dataset", "tag"] as const;
  return parts.reduce((sum, part) => sum + wanted(view, part).length, view.archived ? 1 : 0);
}

export function isFiltered(view: View): boolean {
  return Boolean(view.filter || view.status || view.group || view.q || filtersIn(view));
}
