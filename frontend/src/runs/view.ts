/** What of the runs is shown, and how: all of it stands in the address. */

import type { RunsFilter } from "../api/queries";
import { STATUSES, type Status } from "../api/types";
import { listIn, oneOf, textIn } from "../search";

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

export interface View {
  status?: Status[];
  strategy?: string[];
  benchmark?: string[];
  dataset?: string[];
  tag?: string[];
  group?: string;
  archived?: boolean;
  q?: string;
  sort?: string;
  /** Columns in their order; absent: the usual ones. */
  columns?: Column[];
  /** Runs that differ only in name and seed share a row. */
  by?: "seeds" | "sweep";
}

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

/** Whether the order is by a metric, which unfinished runs have of their first tasks only. */
export function byMetric(sort: string | undefined): boolean {
  return ["average_accuracy", "forgetting", "capacity_free"].includes(sort?.replace(/^-/, "") ?? "");
}

export function readView(search: Record<string, unknown>): View {
  const status = listIn(search.status)?.filter((one): one is Status => STATUSES.includes(one as Status));
  const by = oneOf(search.by, ["seeds", "sweep"]);
  const columns = listIn(search.columns)?.filter((one): one is Column => COLUMNS.includes(one as Column));
  return {
    status: status?.length ? status : undefined,
    strategy: listIn(search.strategy),
    benchmark: listIn(search.benchmark),
    dataset: listIn(search.dataset),
    tag: listIn(search.tag),
    group: textIn(search.group),
    archived: search.archived === "true" || search.archived === true ? true : undefined,
    q: textIn(search.q),
    sort: oneOf(search.sort, by ? GROUP_SORTS : SORTS),
    columns: columns?.length ? columns : undefined,
    by,
  };
}

export function filterOf(view: View): RunsFilter {
  const { by: _by, columns: _columns, sort, ...filter } = view;
  return { ...filter, sort: sort ?? "-created" };
}

/** How many of the filters behind the button are in use. */
export function filtersIn({ strategy, benchmark, dataset, tag, archived }: View): number {
  const lists = [strategy, benchmark, dataset, tag];
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), archived ? 1 : 0);
}

export function isFiltered(view: View): boolean {
  return Boolean(view.status || view.group || view.q || filtersIn(view));
}
