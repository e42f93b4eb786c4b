/** What of the runs is shown, and how: all of it stands in the address. */

import * as v from "valibot";
import type { RunsFilter } from "../api/queries";
import { STATUSES } from "../api/types";
import { lenient, list, listOf, text } from "../search";

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
  "forgetting",
  "capacity_free",
  "tags",
  "duration",
  "created",
];

const both = (keys: string[]) => keys.flatMap((key) => [key, `-${key}`]);
const SORTS = both([
  "created",
  "name",
  "status",
  "strategy",
  "average_accuracy",
  "forgetting",
  "capacity_free",
]);
const GROUP_SORTS = both(["created", "name", "count", "average_accuracy", "forgetting", "capacity_free"]);

const sortsOf = ({ by }: { by?: string | undefined }) => (by ? GROUP_SORTS : SORTS);

export const NEWEST_FIRST = "-created";

export const viewSearch = v.pipe(
  v.object({
    status: lenient(listOf(STATUSES)),
    strategy: lenient(list),
    benchmark: lenient(list),
    dataset: lenient(list),
    tag: lenient(list),
    group: lenient(text),
    archived: lenient(
      v.pipe(
        v.union([v.boolean(), v.literal("true")]),
        v.transform((value) => value !== false),
      ),
    ),
    q: lenient(text),
    sort: lenient(text),
    /** Columns in their order; absent: the usual ones. */
    columns: lenient(listOf(COLUMNS)),
    /** Runs that differ only in name and seed share a row. */
    by: lenient(v.picklist(["seeds", "sweep"])),
  }),
  v.transform((view) => ({ ...view, sort: sortsOf(view).find((sort) => sort === view.sort) })),
);
export type View = v.InferOutput<typeof viewSearch>;

/** Whether the order is by a metric, which unfinished runs have of their first tasks only. */
export function byMetric(sort: string | undefined): boolean {
  return ["average_accuracy", "forgetting", "capacity_free"].includes(sort?.replace(/^-/, "") ?? "");
}

export function filterOf(view: View): RunsFilter {
  const { by: _by, columns: _columns, sort, ...filter } = view;
  return { ...filter, sort: sort ?? NEWEST_FIRST };
}

/** How many of the filters behind the button are in use. */
export function filtersIn({ strategy, benchmark, dataset, tag, archived }: View): number {
  const lists = [strategy, benchmark, dataset, tag];
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), archived ? 1 : 0);
}

export function isFiltered(view: View): boolean {
  return Boolean(view.status || view.group || view.q || filtersIn(view));
}
